import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { mock } from 'node:test';
import {
  type EndpointEvent,
  type EndpointOptions,
  openEndpoint,
  openStore,
  StoreFailure,
} from '../../matching/server/index.js';
import { assemble } from '../../matching/server/open.js';
import { Cleanup, captureThreads, coffee, joinAs, serveHttp, temporaryFolder, until } from './support.js';

describe('endpoint on somebody else’s server', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  function options(changes: Partial<EndpointOptions> = {}): EndpointOptions {
    return { store: `sqlite:${join(temporaryFolder(cleanup), 'kindred.sqlite')}`, prefix: '/kindred', ...changes };
  }

  it('takes what is under its path, and leaves the rest and the upgrades alone', async () => {
    const happened: EndpointEvent[] = [];
    const endpoint = await openEndpoint(options({ onEvent: (event) => happened.push(event) }));
    const server = createServer((incoming, response) => {
      if (!endpoint.handle(incoming, response)) response.end('the editor');
    });
    server.on('upgrade', (_incoming, socket) =>
      socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
    );
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    cleanup.add(() => new Promise((done) => server.close(done)));
    cleanup.add(() => server.closeAllConnections());
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const path of ['/', '/kindredly', '/v1/me', '/red/kindred/healthz']) {
      assert.equal(await (await fetch(base + path)).text(), 'the editor');
    }
    assert.equal((await fetch(`${base}/kindred/healthz`)).status, 200);
    assert.equal((await fetch(`${base}/kindred?x`)).status, 404);
    const upgrade = request(`${base}/comms`, { headers: { connection: 'upgrade', upgrade: 'websocket' } }).end();
    await new Promise<void>((done) => {
      upgrade.on('upgrade', (_response, socket) => {
        socket.destroy();
        done();
      });
    });

    const anna = await joinAs(`${base}/kindred`, 'Anna');
    const ben = await joinAs(`${base}/kindred`, 'Ben');
    const abort = new AbortController();
    const watching = anna.client.watch({ onEvent: () => {}, signal: abort.signal });
    await anna.client.publish(coffee());
    await ben.client.publish(coffee());
    assert.deepEqual(happened, [
      { event: 'joined' },
      { event: 'joined' },
      { event: 'published', activity: 'coffee', state: 'started', outcome: 'created' },
      { event: 'published', activity: 'coffee', state: 'started', outcome: 'created' },
      { event: 'matched', activity: 'coffee', people: 1 },
    ]);
    await endpoint.close();
    await assert.rejects(anna.client.me(), { kind: 'not-kindred' });
    abort.abort();
    await watching;
  });

  it('warns its operator where another endpoint over the store has another retention, and calls nothing failed', async () => {
    const happened: EndpointEvent[] = [];
    const start = setTimeout;
    // The sweeper's minute.
    mock.method(globalThis, 'setTimeout', (work: () => void, ms: number) => start(work, ms === 60_000 ? 5 : ms));
    cleanup.add(() => mock.restoreAll());
    const { close } = await assemble(options({ onEvent: (event) => happened.push(event) }), async (address) => {
      const store = await openStore(address);
      const sweeps = [new StoreFailure('Kept for 100 days', 'differs'), new StoreFailure('The disk is full', 'full')];
      mock.method(store, 'sweep', async () => {
        const problem = sweeps.shift();
        if (problem) throw problem;
        return false;
      });
      return store;
    });
    cleanup.add(close);
    await until(() => happened.length === 2);
    assert.deepEqual(happened, [
      { event: 'warning', problem: 'Kept for 100 days' },
      { event: 'failed', problem: 'The disk is full' },
    ]);
  });

  it('goes on when whoever listens to it fails', async () => {
    const fails = (): never => {
      throw new Error('the listener failed');
    };
    const endpoint = await openEndpoint(options({ prefix: '', onEvent: fails }));
    const server = createServer((incoming, response) => void endpoint.handle(incoming, response));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    cleanup.add(() => new Promise((done) => server.close(done)));
    cleanup.add(() => server.closeAllConnections());
    cleanup.add(() => endpoint.close());
    const { client } = await joinAs(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'Anna');
    assert.equal((await client.me()).name, 'Anna');
  });

  it('says once that its store has stopped, opens it again, and has everything', async () => {
    const happened: EndpointEvent[] = [];
    const threads = captureThreads(cleanup);
    const endpoint = await openEndpoint(options({ prefix: '', onEvent: (event) => happened.push(event) }));
    cleanup.add(() => endpoint.close());
    const url = await serveHttp(cleanup, (incoming, response) => void endpoint.handle(incoming, response));
    const { client } = await joinAs(url, 'Anna');
    await client.publish(coffee());
    happened.length = 0;
    await threads[0]?.terminate();
    for (let count = 0; count < 3; count++) {
      await assert.rejects(client.me(), { kind: 'busy', status: 503, retryAfterSeconds: 5 });
    }
    await until(() => happened.some(({ event }) => event === 'recovered'));
    assert.equal((await client.activities()).activities.length, 1);
    const [failed, ...more] = happened;
    assert.match(failed?.event === 'failed' ? failed.problem : '', /^The store stopped by itself: it is opened again$/);
    assert.deepEqual(more, [{ event: 'recovered' }]);
  });

  it('closes while its store is away', async () => {
    const threads = captureThreads(cleanup);
    const endpoint = await openEndpoint(options());
    await threads[0]?.terminate();
    await endpoint.close();
    assert.equal(threads.length, 1);
  });

  it('says what is wrong with its options', async () => {
    await assert.rejects(openEndpoint(options({ prefix: 'kindred' })), /is no path for the endpoint/);
    await assert.rejects(
      openEndpoint(options({ registration: 'invitation', invitation: 'short' })),
      /16 to 200 characters/,
    );
    for (const token of ['too-short', 'correct horse battery staple', 'für-prometheus-im-keller', 'a'.repeat(201)]) {
      await assert.rejects(openEndpoint(options({ metrics: { token } })), /16 to 200 letters/, token);
    }
    await assert.rejects(openEndpoint(options({ retentionDays: 0 })), /2 to 36,500 days/);
    await assert.rejects(openEndpoint(options({ extraActivities: ['Räder'] })), /is no name for an activity/);
  });
});
