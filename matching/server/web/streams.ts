import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Event } from '../../schema/index.js';
import type { Store, UserId } from '../store/store.js';

/** Open streams of one user; the oldest gives way, because it may be a connection that died unnoticed. */
const MOST_PER_USER = 4;
/** Bytes that a slow reader may leave unread before it is cut off; it resumes where it was. */
const MOST_UNREAD = 64 * 1024;
const HEARTBEAT_MS = 15_000;

interface Stream {
  response: ServerResponse;
  credential: Uint8Array;
  /** Sequence number of what was sent last. */
  last: number;
  pumping: boolean;
  /** Something happened while it was being read. */
  again: boolean;
}

/**
 * The open streams of events. What is stored is the truth; a wake-up is only a hint to read on from where a stream stands,
 * so that a lost hint loses nothing that the next one does not bring.
 */
export class Streams {
  readonly #streams = new Map<UserId, Set<Stream>>();
  readonly #heartbeat: NodeJS.Timeout;
  #closed = false;

  constructor(
    private readonly store: Store,
    private readonly clock: () => number,
    heartbeatMs = HEARTBEAT_MS,
  ) {
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs);
    this.#heartbeat.unref();
    store.feed?.onTold((users) => this.wake(users));
  }

  /** How many are open. */
  get count(): number {
    let count = 0;
    for (const streams of this.#streams.values()) count += streams.size;
    return count;
  }

  /**
   * Serves a stream on a response of which nothing is sent yet, behind an event or from now on.
   * @param headers sent with it: set on the response, they would be kept for as long as it is open
   */
  async open(
    response: ServerResponse,
    headers: OutgoingHttpHeaders,
    credential: Uint8Array,
    after: number | undefined,
  ): Promise<void> {
    const first = await this.store.events({ credential, now: this.clock(), ...(after === undefined ? {} : { after }) });
    if (this.#closed || response.destroyed) {
      response.destroy();
      return;
    }
    const stream: Stream = { response, credential, last: first.last, pumping: false, again: false };
    this.#add(first.user, stream);
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    // First of all where the stream stands, so that who breaks off before the first event still loses nothing.
    response.write(`retry: 1000\nid: ${after === undefined ? first.last : after}\n\n`);
    this.#send(stream, first.events);
    // What came in between the reading and the adding, and what did not fit into one reading.
    this.#wake(stream);
  }

  /** Something happened to these users. */
  wake(users: Iterable<UserId>): void {
    for (const user of users) for (const stream of this.#streams.get(user) ?? []) this.#wake(stream);
  }

  /** Ends a user's streams: the account or its token is no more. */
  end(user: UserId): void {
    for (const { response } of this.#streams.get(user) ?? []) response.end();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#heartbeat);
    for (const user of [...this.#streams.keys()]) this.end(user);
  }

  #add(user: UserId, stream: Stream): void {
    const streams = this.#streams.get(user) ?? new Set();
    if (streams.size === 0) this.store.feed?.follow(user);
    this.#streams.set(user, streams.add(stream));
    if (streams.size > MOST_PER_USER) for (const { response } of [...streams].slice(0, 1)) response.end();
    const { response } = stream;
    response.on('error', () => response.destroy());
    response.on('close', () => {
      streams.delete(stream);
      if (streams.size > 0 || this.#streams.get(user) !== streams) return;
      this.#streams.delete(user);
      this.store.feed?.unfollow(user);
    });
  }

  #wake(stream: Stream): void {
    stream.again = true;
    if (!stream.pumping) void this.#pump(stream);
  }

  /** Reads on until there is nothing more; ends the stream when it cannot, and its reader comes back. */
  async #pump(stream: Stream): Promise<void> {
    stream.pumping = true;
    try {
      while (stream.again && !stream.response.destroyed) {
        stream.again = false;
        const { credential, last: after } = stream;
        const { last, events } = await this.store.events({ credential, now: this.clock(), after });
        this.#send(stream, events);
        if (last !== after) stream.again = true;
        stream.last = last;
      }
    } catch {
      stream.response.end();
    } finally {
      stream.pumping = false;
    }
  }

  #send({ response }: Stream, events: readonly Event[]): void {
    if (events.length === 0) return;
    write(
      response,
      events
        .map((event) => `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(dataOf(event))}\n\n`)
        .join(''),
    );
  }

  #beat(): void {
    for (const streams of this.#streams.values()) for (const { response } of streams) write(response, ':\n\n');
  }
}

function dataOf(event: Event): object {
  if (event.type === 'match') return event.match;
  return event.type === 'friend-request' ? event.request : event.answer;
}

function write(response: ServerResponse, text: string): void {
  if (response.writableEnded || response.destroyed) return;
  response.write(text);
  if (response.writableLength > MOST_UNREAD) response.destroy();
}
