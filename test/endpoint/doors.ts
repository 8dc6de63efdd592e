import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import {
  type AuditEntry,
  type BuildOptions,
  buildEndpoint,
  openStore,
  type Store,
} from '../../matching/server/index.js';
import { hashOf } from '../../matching/server/web/token.js';
import { type Cleanup, temporaryFolder, until } from './support.js';

export const NOW = Date.UTC(2026, 10, 22, 8, 41, 7);

/** What is sent: pieces, with a moment between them. */
export type Pieces = readonly (string | Buffer)[];

/** An endpoint, seen from outside and from inside. */
export class Door {
  /** Requests that Fastify had. */
  behind = 0;
  readonly entries: AuditEntry[] = [];
  readonly events: object[] = [];
  /** The requests that it listened for itself. */
  readonly requests: IncomingMessage[] = [];
  #port = 0;
  #now = NOW;
  #isTls = false;

  private constructor(readonly store: Store) {}

  /**
   * @param way `ahead`: as it is; `fastify`: all requests go to Fastify, as if there were no other way
   * @param handed whether requests are handed in from somebody else's server, as in Node-RED
   */
  static async open(
    cleanup: Cleanup,
    way: 'ahead' | 'fastify',
    tokens: readonly string[],
    { handed = false, ...options }: Partial<BuildOptions> & { handed?: boolean } = {},
  ): Promise<Door> {
    const store = await openStore(`sqlite:${join(temporaryFolder(cleanup), 'kindred.sqlite')}`);
    cleanup.add(() => store.close());
    const door = new Door(store);
    door.#isTls = options.tls !== undefined;
    // Nobody is shown: a store has its own ids for people.
    const [name, discoverable, cell] = ['Anna', false, null];
    for (const token of tokens)
      await store.createUser({ credential: hashOf(token), now: NOW, name, discoverable, cell });
    const app = buildEndpoint({
      clock: () => door.#now,
      audit: (entry) => void door.entries.push(entry),
      onEvent: (event) => void door.events.push(event),
      metrics: 'loopback',
      ...options,
      store,
    });
    const fastify = app.routing;
    app.addHook('onRequest', (_request, _reply, done) => {
      door.behind++;
      done();
    });
    cleanup.add(() => app.close());
    await app.ready();
    if (way === 'fastify') {
      app.server.removeAllListeners('request').on('request', fastify);
      app.routing = fastify;
    }
    app.server.on('request', (request: IncomingMessage) => void door.requests.push(request));
    if (handed) door.#port = await serve(cleanup, (request, response) => app.routing(request, response));
    else {
      await app.listen({ port: 0, host: '127.0.0.1' });
      door.#port = (app.server.address() as AddressInfo).port;
    }
    return door;
  }

  set clock(now: number) {
    this.#now = now;
  }

  connect(): Wire {
    const to = { port: this.#port, host: '127.0.0.1', rejectUnauthorized: false };
    return new Wire(this.#isTls ? connectTls(to) : connect({ ...to, noDelay: true }));
  }

  /** What comes back on a connection of its own, byte by byte but for the date. */
  async ask(pieces: Pieces, count = 1): Promise<string> {
    const wire = this.connect();
    await wire.send(pieces);
    await wire.answered(count);
    wire.socket.destroy();
    return wire.text;
  }

  /** How many answers it has counted, by operation and status, and how many of them it has timed. */
  async counted(): Promise<string[]> {
    const text = await this.ask(['GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n']);
    return text
      .split('\n')
      .filter((line) => /^kindred_http_(requests_total|request_duration_seconds_count)/.test(line))
      .sort();
  }
}

/** Two endpoints that must not differ, whatever comes: one as it is, and one that is Fastify alone. */
export class Pair {
  readonly both: readonly [Door, Door];

  private constructor(
    readonly ahead: Door,
    readonly fastify: Door,
    private readonly token: string,
  ) {
    this.both = [ahead, fastify];
  }

  /** @param tokens of their users, at least one */
  static async open(
    cleanup: Cleanup,
    tokens: readonly [string, ...string[]],
    options: Partial<BuildOptions> & { handed?: boolean } = {},
  ): Promise<Pair> {
    const ahead = await Door.open(cleanup, 'ahead', tokens, options);
    return new Pair(ahead, await Door.open(cleanup, 'fastify', tokens, options), tokens[0]);
  }

  /** Asks both, and finds no difference. @returns the answer, and how many of the requests Fastify had */
  async ask(pieces: Pieces, what = '', count = 1): Promise<{ text: string; behind: number }> {
    const before = this.ahead.behind;
    const [text, expected] = await Promise.all([this.ahead.ask(pieces, count), this.fastify.ask(pieces, count)]);
    assert.equal(text, expected, what);
    return { text, behind: this.ahead.behind - before };
  }

  /** What was done behind the answers does not differ, either. */
  async assertSame(): Promise<void> {
    const { ahead, fastify } = this;
    assert.deepEqual(await ahead.counted(), await fastify.counted());
    assert.deepEqual(ahead.entries, fastify.entries);
    assert.deepEqual(ahead.events, fastify.events);
    const call = { credential: hashOf(this.token), now: NOW, limit: 100 };
    assert.deepEqual(await ahead.store.activities(call), await fastify.store.activities(call));
  }
}

async function serve(cleanup: Cleanup, listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.add(() => server.closeAllConnections());
  cleanup.add(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A connection that sends what it is told to, and reads answers. */
export class Wire {
  #text = '';
  #ended = false;

  constructor(readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (chunk) => (this.#text += chunk));
    socket.on('error', () => {});
    socket.on('close', () => (this.#ended = true));
  }

  get text(): string {
    return this.#text.replace(/^Date: .+$/gim, 'Date: *');
  }

  async send(pieces: Pieces): Promise<void> {
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) await new Promise((resolve) => setTimeout(resolve, 15));
      if (!this.socket.destroyed) this.socket.write(piece);
    }
  }

  /** Until so many answers are there, and the connection is closed where the last one says so. */
  async answered(count: number): Promise<void> {
    await until(() => this.#ended || this.#answers() >= count);
    if (/^connection: close/im.test(this.#text)) await until(() => this.#ended);
  }

  #answers(): number {
    let [count, at] = [0, 0];
    for (;;) {
      const end = this.#text.indexOf('\r\n\r\n', at);
      if (end < 0) return count;
      const head = this.#text.slice(at, end);
      const [, length = '0'] = /^content-length: (\d+)/im.exec(head) ?? [];
      at = end + 4 + Number(length);
      if (at > this.#text.length) return count;
      if (!head.startsWith('HTTP/1.1 100 ')) count++;
    }
  }
}
