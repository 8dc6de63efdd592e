import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Refusal } from '../../matching/server/refusal.js';
import type { Store } from '../../matching/server/store/store.js';
import { Streams } from '../../matching/server/web/streams.js';
import { Cleanup, until } from './support.js';

const REQUEST = 'GET /v1/events HTTP/1.1\r\nhost: here\r\n\r\n';
const USER = 1n as never;
type EventsAfter = Awaited<ReturnType<Store['events']>>;

/** A store of one user, in which happens what a test says. */
class FakeStore {
  readonly told: EventsAfter['events'][number][] = [];
  isRefused = false;
  /** Resolves when it answers. */
  ready = Promise.resolve();
  asked = 0;
  /** What it was told to do for which user. */
  readonly followed: [what: string, user: unknown][] = [];
  readonly feed = {
    onTold: () => {},
    follow: (user: unknown) => void this.followed.push(['follow', user]),
    unfollow: (user: unknown) => void this.followed.push(['unfollow', user]),
  };

  async events({ after = this.told.length }: { after?: number }): Promise<EventsAfter> {
    this.asked++;
    await this.ready;
    if (this.isRefused) throw new Refusal('unauthorised');
    return { user: USER, last: this.told.length, events: this.told.slice(after) };
  }

  tell(text: string): void {
    this.told.push({ id: String(this.told.length + 1), type: 'match', match: { text } } as never);
  }
}

/** How many of these are not collected, though they could be. */
async function stillThere(things: readonly WeakRef<object>[]): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const left = (): number => things.filter((thing) => thing.deref()).length;
  for (let turn = 0; turn < 20 && left() > 0; turn++) {
    await wait(5);
    collect();
  }
  return left();
}

describe('connections of streams', () => {
  const cleanup = new Cleanup();
  let store: FakeStore;
  let streams: Streams;
  let server: Server;
  let accepted: Socket[];
  let open: (request: IncomingMessage, response: ServerResponse) => void;

  beforeEach(async () => {
    store = new FakeStore();
    streams = new Streams(store as unknown as Store, Date.now, 10_000);
    cleanup.add(() => streams.close());
    open = (_request, response) => {
      streams.open(response, () => ({ 'x-test': 'yes' }), new Uint8Array(32), undefined).catch(() => response.end());
    };
    accepted = [];
    server = createServer((request, response) => open(request, response));
    server.on('connection', (socket: Socket) => accepted.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanup.add(() => {
      for (const socket of accepted) socket.destroy();
      server.close();
    });
  });
  afterEach(() => cleanup.run());

  interface Reader {
    socket: Socket;
    text: string;
    isEnded: boolean;
    isClosed: boolean;
  }

  function ask(request: string): Reader {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    cleanup.add(() => socket.destroy());
    const reader = { socket, text: '', isEnded: false, isClosed: false };
    socket.setEncoding('utf8').on('data', (text: string) => {
      reader.text += text;
    });
    socket.on('end', () => {
      reader.isEnded = true;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      reader.isClosed = true;
    });
    socket.write(request);
    return reader;
  }

  async function opened(request = REQUEST): Promise<Reader> {
    const reader = ask(request);
    await until(() => reader.text.includes('retry: 1000'));
    return reader;
  }

  it('leave nothing behind, however many come and go', async () => {
    const seen: WeakRef<object>[] = [];
    server.on('connection', (socket) => seen.push(new WeakRef(socket)));
    for (let round = 0; round < 10; round++) {
      // One user has four at most: the newer ones put the older ones out.
      const readers = await Promise.all(Array.from({ length: 30 }, () => opened()));
      for (const { socket } of readers) socket.destroy();
      await until(() => streams.count === 0 && accepted.every(({ destroyed }) => destroyed));
      accepted.length = 0;
    }
    assert.equal(seen.length, 300);
    // What is still on its way out of a call does not count.
    assert.ok((await stillThere(seen)) < 5);
  });

  it('are four of one user at most, however many come at once', async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warned);
    cleanup.add(() => void process.off('warning', warned));
    let answer = (): void => {};
    store.ready = new Promise((resolve) => (answer = resolve));
    const opening = Array.from({ length: 60 }, () => opened());
    await until(() => store.asked === 60);
    answer();
    const readers = await Promise.all(opening);
    assert.equal(streams.count, 4);
    const left = (): Reader[] => readers.filter(({ isEnded, isClosed }) => !isEnded && !isClosed);
    await until(() => left().length === 4);
    store.tell('for all that are left');
    streams.wake([USER]);
    await until(() => left().every(({ text }) => text.includes('for all that are left')));
    assert.deepEqual(store.followed, [['follow', USER]]);
    for (const { socket } of readers) socket.destroy();
    await until(() => streams.count === 0);
    await opened();
    assert.deepEqual(
      store.followed.map(([what]) => what),
      ['follow', 'unfollow', 'follow'],
    );
    assert.deepEqual(warnings, []);
  });

  it('give way also when nobody reads what is left to send', async () => {
    const slow = await opened();
    const [socket] = accepted as [Socket];
    slow.socket.pause();
    for (let turn = 0; turn < 1000 && socket.writableLength === 0; turn++) {
      store.tell('x'.repeat(30_000));
      streams.wake([USER]);
      await wait(0);
    }
    assert.ok(socket.writableLength > 0);
    await Promise.all([1, 2, 3, 4].map(() => opened()));
    assert.equal(streams.count, 4);
    await until(() => socket.destroyed);
  });

  it('answer as any HTTP server does, and then with events only', async () => {
    const reader = await opened();
    store.tell('first');
    streams.wake([USER]);
    await until(() => reader.text.includes('first'));
    const [head = '', body] = reader.text.split('\r\n\r\n');
    const [status, ...fields] = head.split('\r\n');
    const headers = new Map(fields.map((field) => field.split(': ') as [string, string]));
    assert.equal(status, 'HTTP/1.1 200 OK');
    assert.equal(headers.get('content-type'), 'text/event-stream');
    assert.equal(headers.get('x-accel-buffering'), 'no');
    assert.equal(headers.get('x-test'), 'yes');
    assert.equal(headers.get('connection'), 'close');
    assert.ok(Math.abs(Date.parse(headers.get('date') ?? '') - Date.now()) < 10_000);
    assert.equal(body, 'retry: 1000\nid: 0\n\nid: 1\nevent: match\ndata: {"text":"first"}\n\n');
  });

  it('keep neither the request nor the answer, nor the parser of HTTP', async () => {
    let kept: WeakRef<object>[] = [];
    const plain = open;
    open = (request, response) => {
      kept = [new WeakRef(request), new WeakRef(response)];
      plain(request, response);
    };
    const reader = await opened();
    assert.equal(await stillThere(kept), 0);
    assert.equal((accepted[0] as { parser?: unknown }).parser, null);
    store.tell('still there');
    streams.wake([USER]);
    await until(() => reader.text.includes('still there'));
  });

  it('are also for who speaks HTTP/1.0', async () => {
    const reader = await opened('GET /v1/events HTTP/1.0\r\nhost: here\r\n\r\n');
    assert.match(reader.text, /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nretry: 1000\nid: 0\n\n$/s);
  });

  it('take no further request, whether it comes with the first one or later', async () => {
    let requests = 0;
    const plain = open;
    open = (request, response) => {
      requests++;
      if (request.url === '/v1/events') plain(request, response);
      else response.end('another answer');
    };
    const together = ask(`${REQUEST}GET /other HTTP/1.1\r\nhost: here\r\n\r\n`);
    await until(() => together.isClosed);
    assert.ok(!together.text.includes('another answer'), together.text);
    assert.equal(streams.count, 0);
    const later = await opened();
    requests = 0;
    later.socket.write('GET /other HTTP/1.1\r\nhost: here\r\n\r\n'.repeat(3));
    await wait(20);
    store.tell('an event');
    streams.wake([USER]);
    await until(() => later.text.includes('an event'));
    assert.ok(!later.text.includes('another answer'), later.text);
    assert.equal(requests, 0);
  });

  it('wait for their turn behind a request that is not answered yet', async () => {
    let answer = (): void => {};
    const plain = open;
    open = (request, response) => {
      if (request.url === '/v1/events') plain(request, response);
      else answer = () => response.setHeader('content-length', 5).end('first');
    };
    const reader = ask(`GET /other HTTP/1.1\r\nhost: here\r\n\r\n${REQUEST}`);
    await wait(30);
    assert.equal(reader.text, '');
    answer();
    await until(() => reader.text.includes('retry: 1000'));
    assert.match(reader.text, /\r\n\r\nfirstHTTP\/1\.1 200 OK\r\n/);
    store.tell('an event');
    streams.wake([USER]);
    await until(() => reader.text.includes('an event'));
  });

  it('are given up where the connection closes before their turn comes', async () => {
    let [waiting, given] = [0, 0];
    open = (request, response) => {
      if (request.url !== '/v1/events') return;
      waiting++;
      void streams.open(response, () => ({}), new Uint8Array(32), undefined).then(() => given++);
    };
    const reader = ask(`GET /other HTTP/1.1\r\nhost: here\r\n\r\n${REQUEST.repeat(20)}`);
    await until(() => waiting === 20);
    assert.equal(given, 0);
    reader.socket.destroy();
    await until(() => given === 20);
    assert.equal(streams.count, 0);
  });

  it('close between two requests, after the answer to the first one', async () => {
    const plain = open;
    open = (request, response) => {
      if (request.url === '/v1/events') plain(request, response);
      else response.setHeader('content-length', 5).end('other');
    };
    const other = 'GET /other HTTP/1.1\r\nhost: here\r\n\r\n';
    const reader = ask(other + REQUEST + other);
    await until(() => reader.isClosed);
    assert.match(reader.text, /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nother$/s);
    assert.equal(reader.text.match(/HTTP/g)?.length, 1);
    assert.equal(streams.count, 0);
  });

  it('are refused as HTTP refuses', async () => {
    store.isRefused = true;
    const reader = ask(REQUEST);
    await until(() => reader.text.includes('\r\n\r\n'));
    assert.match(reader.text, /content-length: 0/i);
  });

  it('are let go of when one half is closed, or all of it', async () => {
    const [half, gone] = [await opened(), await opened()];
    assert.equal(streams.count, 2);
    half.socket.end();
    gone.socket.resetAndDestroy();
    await until(() => half.isClosed && streams.count === 0);
  });

  it('cut off a reader that does not read, and nobody else', async () => {
    const [slow, quick] = [await opened(), await opened()];
    slow.socket.pause();
    const closed = once(accepted[0] as Socket, 'close');
    for (let count = 0; count < 40; count++) {
      store.tell('x'.repeat(1_000_000));
      streams.wake([USER]);
      await until(() => quick.text.includes(`id: ${count + 1}\n`));
      quick.text = '';
    }
    await closed;
    assert.equal(streams.count, 1);
    assert.equal(quick.isClosed, false);
  });

  it('beat once for all of them', async () => {
    const beating = new Streams(store as unknown as Store, Date.now, 10);
    cleanup.add(() => beating.close());
    open = (_request, response) => void beating.open(response, () => ({}), new Uint8Array(32), undefined);
    const reader = await opened();
    await until(() => /\n\n:\n\n:\n\n$/.test(reader.text));
  });

  it('end when their user’s token does, after what was sent', async () => {
    const reader = await opened();
    store.tell('the last one');
    streams.wake([USER]);
    await wait(0);
    streams.end(USER);
    await until(() => reader.isEnded && streams.count === 0);
    assert.match(reader.text, /the last one/);
  });

  it('end when they may not go on reading', async () => {
    const reader = await opened();
    store.isRefused = true;
    streams.wake([USER]);
    await until(() => reader.isEnded && streams.count === 0);
  });

  it('are closed with the server, also those of which nobody reads', async () => {
    const [first, second] = [await opened(), await opened()];
    second.socket.pause();
    store.tell('x'.repeat(20_000_000));
    streams.close();
    await until(() => first.isEnded);
    const stopped = once(server, 'close');
    server.close();
    await stopped;
    assert.equal(streams.count, 0);
  });
});
