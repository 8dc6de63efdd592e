import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Event } from '../../schema/index.js';
import type { Store, UserId } from '../store/store.js';
import { takeOver, turnOf } from './take-over.js';

/** Open streams of one user; the oldest gives way, because it may be a connection that died unnoticed. */
const MOST_PER_USER = 4;
/** Bytes that a slow reader may leave unread before it is cut off; it resumes where it was. */
const MOST_UNREAD = 64 * 1024;
const HEARTBEAT_MS = 15_000;
const HEARTBEAT = ':\n\n';

/** There are thousands of them, and most have nothing to say: what is in it is all that one of them keeps. */
interface Stream {
  /** Taken away from http. It is ended by closing it, and so has no length to tell and no chunks. */
  socket: Socket;
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
   * Serves a stream in place of a response of which nothing is sent yet, behind an event or from now on.
   * @param begin is asked once it is known whose it is, for the headers that are sent with it
   */
  async open(
    response: ServerResponse,
    begin: () => OutgoingHttpHeaders,
    credential: Uint8Array,
    after: number | undefined,
  ): Promise<void> {
    await turnOf(response);
    const first = await this.store.events({ credential, now: this.clock(), ...(after === undefined ? {} : { after }) });
    const headers = begin();
    if (this.#closed) response.destroy();
    const socket = takeOver(response);
    if (!socket) return;
    const stream: Stream = { socket, credential, last: first.last, pumping: false, again: false };
    this.#add(first.user, stream);
    // First of all where the stream stands, so that who breaks off before the first event still loses nothing.
    write(socket, `${headOf(headers)}retry: 1000\nid: ${after === undefined ? first.last : after}\n\n`);
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
    for (const { socket } of this.#streams.get(user) ?? []) endSoon(socket);
  }

  /** Ends all streams; who does not read what was sent is not waited for. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#heartbeat);
    for (const streams of this.#streams.values()) for (const { socket } of streams) socket.end().destroy();
  }

  #add(user: UserId, stream: Stream): void {
    const streams = this.#streams.get(user) ?? new Set();
    if (streams.size === 0) this.store.feed?.follow(user);
    this.#streams.set(user, streams.add(stream));
    stream.socket.on('error', ignore).on('data', ignore).on('end', endToo);
    stream.socket.on('close', () => this.#remove(user, stream));
    for (const oldest of streams) {
      if (streams.size <= MOST_PER_USER) break;
      // At once: until it says that it is closed many more can come. And it may be one that is never going to say so.
      this.#remove(user, oldest);
      oldest.socket.end().destroy();
    }
  }

  /** It counts no more: it gave way or was closed, or first the one and then the other. */
  #remove(user: UserId, stream: Stream): void {
    const streams = this.#streams.get(user);
    if (!streams?.delete(stream) || streams.size > 0) return;
    this.#streams.delete(user);
    this.store.feed?.unfollow(user);
  }

  #wake(stream: Stream): void {
    stream.again = true;
    if (!stream.pumping) void this.#pump(stream);
  }

  /** Reads on until there is nothing more; ends the stream when it cannot, and its reader comes back. */
  async #pump(stream: Stream): Promise<void> {
    stream.pumping = true;
    try {
      while (stream.again && !stream.socket.destroyed) {
        stream.again = false;
        const { credential, last: after } = stream;
        const { last, events } = await this.store.events({ credential, now: this.clock(), after });
        this.#send(stream, events);
        if (last !== after) stream.again = true;
        stream.last = last;
      }
    } catch {
      endSoon(stream.socket);
    } finally {
      stream.pumping = false;
    }
  }

  #send({ socket }: Stream, events: readonly Event[]): void {
    if (events.length === 0) return;
    write(
      socket,
      events
        .map((event) => `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(dataOf(event))}\n\n`)
        .join(''),
    );
  }

  #beat(): void {
    for (const streams of this.#streams.values()) for (const { socket } of streams) write(socket, HEARTBEAT);
  }
}

function dataOf(event: Event): object {
  if (event.type === 'match') return event.match;
  return event.type === 'friend-request' ? event.request : event.answer;
}

function headOf(headers: OutgoingHttpHeaders): string {
  const all = {
    ...headers,
    'content-type': 'text/event-stream',
    'x-accel-buffering': 'no',
    date: new Date().toUTCString(),
    connection: 'close',
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  return `HTTP/1.1 200 OK\r\n${lines.join('')}\r\n`;
}

function write(socket: Socket, text: string): void {
  if (!socket.writable) return;
  socket.write(text);
  if (socket.writableLength > MOST_UNREAD) socket.destroy();
}

/** Whatever a reader sends: there is nothing to say on a stream. An error closes the connection by itself. */
function ignore(): void {}

/** Who has closed their half is gone. */
function endToo(this: Socket): void {
  endSoon(this);
}

/** Ends it after what was sent. Once is enough: each further time would leave one more listener there. */
function endSoon(socket: Socket): void {
  if (socket.writable) socket.destroySoon();
}
