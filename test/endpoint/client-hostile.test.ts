import assert from 'node:assert/strict';
import type { RequestListener, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { EndpointError, KindredClient } from '../../matching/client/index.js';
import { type WatchOptions, watch } from '../../matching/client/watch.js';
import { problemType, ROUTES } from '../../matching/schema/index.js';
import { Cleanup, coffee, serveHttp } from './support.js';

const TOKEN = 'x'.repeat(43);
const CARD = { id: 'p7Yd0w', name: 'Anna' };
const REQUEST = {
  id: 'r1',
  user: CARD,
  mutualFriends: true,
  at: '2026-11-22T08:41:00Z',
  expiresAt: '2026-12-06T00:00:00Z',
};

describe('client, when the endpoint means harm', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  const clientOf = async (listener: RequestListener): Promise<KindredClient> =>
    new KindredClient({ url: await serveHttp(cleanup, listener), token: TOKEN });
  const json =
    (status: number, body: unknown): RequestListener =>
    (_request, response) => {
      const type = status < 400 ? 'application/json' : 'application/problem+json';
      response.writeHead(status, { 'content-type': type }).end(typeof body === 'string' ? body : JSON.stringify(body));
    };
  async function failureOf(calling: Promise<unknown>): Promise<EndpointError> {
    const error = await calling.then(
      (answer) => assert.fail(`it was taken: ${inspect(answer)}`),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof EndpointError, inspect(error));
    return error;
  }

  describe('in an answer', () => {
    it('takes none that is not of the shape that was asked for', async () => {
      for (const body of [null, 7, [], {}, { received: {}, sent: [] }, { received: [null], sent: [] }]) {
        const { kind } = await failureOf((await clientOf(json(200, body))).friendRequests());
        assert.equal(kind, 'not-kindred', inspect(body));
      }
      const sent = [{ id: { toString: 1 }, state: 'open', to: {}, at: REQUEST.at, expiresAt: REQUEST.expiresAt }];
      assert.equal(
        (await failureOf((await clientOf(json(200, { received: [], sent }))).friendRequests())).kind,
        'not-kindred',
      );
      const nothing = await clientOf((_request, response) => response.writeHead(204).end());
      assert.equal((await failureOf(nothing.features())).kind, 'not-kindred');
    });

    it('takes no more than it knows: nothing for a prototype, nothing that is nested without end', async () => {
      const deep = '['.repeat(200_000) + ']'.repeat(200_000);
      const answer = `{"received":[],"sent":[],"__proto__":{"polluted":1},"constructor":{"prototype":{}},"more":${deep}}`;
      assert.deepEqual(await (await clientOf(json(200, answer))).friendRequests(), { received: [], sent: [] });
    });

    it('reads no more than such an answer can have', async () => {
      const friends = `{"friends":[${Array(400_000).fill('[]').join()}]}`;
      assert.equal((await failureOf((await clientOf(json(200, friends))).friends())).kind, 'not-kindred');
    });

    it('waits no longer than a week, and no less than not at all', async () => {
      for (const [asked, taken] of [
        [1e9, 7 * 86_400],
        [-1e9, 0],
        ['soon', undefined],
        [1e300, 7 * 86_400],
      ]) {
        const body = { type: problemType('unavailable'), title: 'Title', status: 503, retryAfterSeconds: asked };
        const { kind, retryAfterSeconds } = await failureOf((await clientOf(json(503, body))).me());
        assert.deepEqual([kind, retryAfterSeconds], ['busy', taken]);
      }
    });

    it('tells nothing of the token, also when the endpoint does', async () => {
      const type = problemType('unauthorised');
      const body = { type, title: 'Title', status: 401, detail: `${TOKEN} is not ${TOKEN}` };
      const error = await failureOf((await clientOf(json(401, body))).me());
      assert.equal(error.message, '… is not …');
      const end = new AbortController();
      const problems: EndpointError[] = [];
      await (await clientOf(json(401, body))).watch({
        signal: end.signal,
        onEvent: () => {},
        onState: (state) => {
          if (state.state !== 'waiting') return;
          problems.push(state.problem);
          end.abort();
        },
      });
      assert.equal(problems[0]?.message, '… is not …');
    });

    it('tells what it says in one line that fits', async () => {
      const type = problemType('bad-time');
      const said = { type, title: 'Title', status: 400, detail: `a\r\nb\u001b[2J\u2028c ${'y'.repeat(20_000)}` };
      const { message } = await failureOf((await clientOf(json(400, said))).publish(coffee()));
      assert.match(message, /^a b \[2J c y{100,}…$/);
      assert.ok(message.length <= 500);
      const none = { type, title: 'Title', status: 400, detail: { toString: 1 } };
      assert.equal((await failureOf((await clientOf(json(400, none))).me())).message, 'Title');
    });
  });

  describe('on the stream', () => {
    const stream = (response: ServerResponse, text: string): void =>
      void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text);

    /** What comes of a watch until it has waited so often. */
    async function watched(listener: RequestListener, waits: number, timeoutMs = 5000) {
      const url = await serveHttp(cleanup, listener);
      const [events, delays, problems] = [[] as unknown[], [] as number[], [] as EndpointError[]];
      const end = new AbortController();
      cleanup.add(() => end.abort());
      const options: WatchOptions = {
        signal: end.signal,
        onEvent: (event) => events.push(event),
        onState: (state) => {
          if (state.state !== 'waiting') return;
          delays.push(state.retryInMs);
          problems.push(state.problem);
          if (delays.length === waits) end.abort();
        },
      };
      await watch({ url, token: TOKEN, timeoutMs }, ROUTES.events.path, options);
      return { events, delays, problems };
    }

    it('passes over an event that is not of its kind’s shape, and reads on', async () => {
      for (const [kind, data] of [
        ['match', null],
        ['match', { at: REQUEST.at, person: null }],
        ['friend-request', null],
        ['friend-request', { ...REQUEST, id: { toString: 1 } }],
        ['friend-answer', { ...REQUEST, answer: 'accepted', friend: [] }],
      ]) {
        const text = `id: 1\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
        const good = `id: 2\nevent: friend-request\ndata: ${JSON.stringify(REQUEST)}\n\n`;
        const { events } = await watched((_request, response) => stream(response, text + good), 1);
        assert.deepEqual(events, [{ id: '2', type: 'friend-request', request: REQUEST }], text);
      }
    });

    it('tells no event again when what stands behind it is no JSON', async () => {
      const asked: unknown[] = [];
      const events = (id: number, data: string) => `id: ${id}\nevent: friend-request\ndata: ${data}\n\n`;
      const told = await watched(({ headers }, response) => {
        asked.push(headers['last-event-id']);
        const good = asked.length === 1 ? events(1, JSON.stringify(REQUEST)) : '';
        stream(response, `${good}${events(2, '{')}`);
      }, 2);
      assert.deepEqual([told.events.length, asked, told.problems[0]?.kind], [1, [undefined, '1'], 'not-kindred']);
    });

    it('takes no place to go on that could not be sent back', async () => {
      for (const id of ['\u20ac', '1'.repeat(20_000), '-1', 'x']) {
        const asked: unknown[] = [];
        const answer: RequestListener = ({ headers }, response) => {
          asked.push(headers['last-event-id']);
          stream(response, `id: ${id}\n\nid: ${id}\nevent: friend-request\ndata: ${JSON.stringify(REQUEST)}\n\n`);
        };
        const { events, problems } = await watched(answer, 2);
        assert.deepEqual([events, problems[0]?.kind, asked], [[], 'not-kindred', [undefined, undefined]], id);
      }
    });

    it('does not come back at once, whatever it is told', async () => {
      const type = problemType('unavailable');
      for (const answer of [
        ((_request, response) => stream(response, 'retry: 0\nid: 1\n\n')) as RequestListener,
        json(503, { type, title: 'Title', status: 503, retryAfterSeconds: -1e9 }),
      ]) {
        const { delays } = await watched(answer, 3);
        assert.ok(
          delays.every((delay) => delay >= 0 && Number.isInteger(delay)),
          inspect(delays),
        );
        // Anything up to 1, 2 and 4 s, by lot.
        assert.ok(Math.max(...delays) > 50, inspect(delays));
      }
    });

    it('comes back as soon to a quiet stream that lasted as to one that brought something', async () => {
      const { now } = performance;
      let ahead = 0;
      performance.now = () => now.call(performance) + ahead;
      cleanup.add(() => {
        performance.now = now;
      });
      // Each lasts for a little more than a minute.
      const { delays } = await watched((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 1\nid: 1\n\n');
        setTimeout(() => {
          ahead += 61_000;
          response.end();
        }, 30);
      }, 5);
      assert.ok(Math.max(...delays) <= 1000, inspect(delays));
    });

    it('waits no longer for the rest of a refusal than for an answer', async () => {
      const answer: RequestListener = (_request, response) => {
        response.writeHead(503, { 'content-type': 'application/problem+json' }).write('{');
      };
      const { problems } = await watched(answer, 1, 100);
      assert.equal(problems[0]?.kind, 'busy');
    });
  });
});
