import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { KindredClient, type WatchState } from '../../matching/client/index.js';
import { type Event, MAX_STRANGERS, problemType } from '../../matching/schema/index.js';
import {
  Cleanup,
  coffee,
  joinAs,
  type Member,
  type RunningEndpoint,
  serveHttp,
  startEndpoint,
  until,
} from './support.js';

describe('stream of events', () => {
  const cleanup = new Cleanup();
  let endpoint: RunningEndpoint;
  let anna: Member;
  beforeEach(async () => {
    endpoint = await startEndpoint(cleanup, { heartbeatMs: 20 });
    anna = await joinAs(endpoint.url, 'Anna');
    await anna.client.publish(coffee());
  });
  afterEach(() => cleanup.run());

  interface Watching {
    events: Event[];
    states: WatchState[];
    abort: AbortController;
    done: Promise<void>;
  }

  function watch(client: KindredClient, lastEventId?: string, backoffBaseMs = 10): Watching {
    const abort = new AbortController();
    cleanup.add(() => abort.abort());
    const events: Event[] = [];
    const states: WatchState[] = [];
    const done = client.watch({
      signal: abort.signal,
      onEvent: (event) => events.push(event),
      onState: (state) => states.push(state),
      backoffBaseMs,
      ...(lastEventId === undefined ? {} : { lastEventId }),
    });
    done.catch(() => {});
    return { events, states, abort, done };
  }

  const opened = ({ states }: Watching) => until(() => states.some(({ state }) => state === 'open'));
  const namesOf = ({ events }: Watching): string[] =>
    events.flatMap((event) => (event.type === 'match' ? [event.match.person.user.name] : []));

  async function meet(name: string): Promise<void> {
    await (await joinAs(endpoint.url, name)).client.publish(coffee());
  }

  /** The ids count up. */
  function assertRising({ events }: Watching): void {
    const ids = events.map(({ id }) => Number(id));
    assert.ok(ids.every((id, index) => index === 0 || id > (ids[index - 1] as number)));
  }

  /** A way to the endpoint that can be cut. */
  async function cuttable(): Promise<{ url: string; cut(): void }> {
    const { port: target } = new URL(endpoint.url);
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      const onward = connect(Number(target), '127.0.0.1');
      for (const one of [socket, onward]) {
        sockets.add(one.on('error', () => {}));
        one.on('close', () => sockets.delete(one));
      }
      socket.pipe(onward).pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const cut = (): void => {
      for (const socket of sockets) socket.destroy();
    };
    cleanup.add(() => {
      cut();
      return new Promise((resolve) => server.close(resolve));
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, cut };
  }

  it('tells both sides of a match, once', async () => {
    const watching = watch(anna.client);
    await opened(watching);
    const ben = await joinAs(endpoint.url, 'Ben');
    const bens = watch(ben.client);
    await opened(bens);
    const activity = coffee();
    await ben.client.publish(activity);
    await ben.client.publish({ ...activity, revision: 2, state: 'ongoing' });
    await until(() => watching.events.length > 0 && bens.events.length > 0);
    await meet('Carl');
    await until(() => watching.events.length > 1 && bens.events.length > 1);
    assert.deepEqual(
      [namesOf(watching), namesOf(bens)],
      [
        ['Ben', 'Carl'],
        ['Anna', 'Carl'],
      ],
    );
    assertRising(watching);
  });

  it('loses nothing and doubles nothing when the connection breaks again and again', async () => {
    const { url, cut } = await cuttable();
    const watching = watch(new KindredClient({ url, token: anna.token }));
    await opened(watching);
    const names = Array.from({ length: MAX_STRANGERS }, (_, index) => `Guest ${index}`);
    for (const [index, name] of names.entries()) {
      if (index % 3 === 1) cut();
      await meet(name);
      if (index % 4 === 2) await until(() => watching.events.length > index);
    }
    await until(() => watching.events.length >= names.length);
    assert.deepEqual(namesOf(watching), names);
    assertRising(watching);
    assert.ok(watching.states.filter(({ state }) => state === 'waiting').length >= 3);
  });

  it('goes on behind the event it is given, after a restart of the hub', async () => {
    await meet('Ben');
    await meet('Carl');
    const before = watch(anna.client, '0');
    await until(() => before.events.length === 2);
    const watching = watch(anna.client, before.events[0]?.id);
    await until(() => watching.events.length > 0);
    assert.deepEqual(namesOf(watching), ['Carl']);
  });

  it('ends when it is aborted', async () => {
    const watching = watch(anna.client);
    await opened(watching);
    watching.abort.abort();
    await watching.done;
  });

  it('ends when the token is not valid any more, and comes back seldom', async () => {
    const watching = watch(anna.client);
    await opened(watching);
    await anna.client.rotateToken();
    const unknown = () => watching.states.flatMap((one) => (one.state === 'waiting' ? [one] : []));
    await until(() => unknown().some(({ problem }) => problem.kind === 'unauthorised'));
    const { retryInMs } = unknown().at(-1) ?? assert.fail();
    assert.ok(retryInMs >= 9000 && retryInMs <= 36_000, `${retryInMs} ms at a hundredth of the usual pace`);
  });

  it('comes back to an endpoint that did not know the token for a while', async () => {
    let refused = 0;
    let isAway = true;
    const url = await serveHttp(cleanup, (_request, response) => {
      if (isAway) {
        refused++;
        const problem = { type: problemType('unauthorised'), title: 'A valid token is needed', status: 401 };
        return response.writeHead(401, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
      }
      return response.writeHead(200, { 'content-type': 'text/event-stream' }).write('id: 7\n\n');
    });
    const watching = watch(new KindredClient({ url, token: anna.token }), undefined, 0);
    await until(() => refused >= 2);
    isAway = false;
    await opened(watching);
  });

  it('keeps at most four streams of one user, and the newest of them', async () => {
    const streams = [];
    for (let count = 0; count < 5; count++) {
      const abort = new AbortController();
      cleanup.add(() => abort.abort());
      const headers = { authorization: `Bearer ${anna.token}` };
      const answer = await fetch(`${endpoint.url}/v1/events`, { headers, signal: abort.signal });
      assert.equal(answer.headers.get('content-type'), 'text/event-stream');
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
      streams.push(answer.body?.getReader());
    }
    const [first, , , , last] = streams;
    while (!(await first?.read())?.done);
    assert.equal((await last?.read())?.done, false);
  });

  it('comes back to what is no endpoint for now, and tells why', async () => {
    let calls = 0;
    const url = await serveHttp(cleanup, (_request, response) => {
      calls++;
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in to this network</html>');
    });
    const watching = watch(new KindredClient({ url, token: anna.token }));
    await until(() => calls >= 3);
    const waiting = watching.states.find((state) => state.state === 'waiting');
    assert.equal(waiting?.state === 'waiting' && waiting.problem.kind, 'not-kindred');
  });

  it('passes on what its listener throws', async () => {
    await meet('Ben');
    const failing = anna.client.watch({
      signal: new AbortController().signal,
      lastEventId: '0',
      onEvent: () => {
        throw new TypeError('the listener failed');
      },
    });
    await assert.rejects(failing, /the listener failed/);
  });
});
