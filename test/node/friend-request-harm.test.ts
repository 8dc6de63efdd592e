import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import register from '../../nodes/friend-request/friend-request.js';
import { AccountNode } from '../support/account-node.js';
import { helper, startServer, statusOf } from '../support/node-helper.js';

const DECLINED = '{"state":"declined"}';
const ACCEPTED = '{"state":"accepted","friend":{"user":{"id":"u","name":"Eve"},"since":"2026-11-22T08:41:00Z"}}';

describe('friend-request, when its endpoint means harm', () => {
  const node = { id: 'friends', type: 'friend-request', version: 1, accept: 'ask', several: false };
  const home = new AccountNode({ register, node, outputs: ['outcomes', 'arrivals'] });
  let close = (): void => {};
  beforeEach(async () => {
    ({ token: home.token } = await home.join('Anna'));
  });
  afterEach(() => close());

  const request = (id: string): object => ({
    ...{ id, user: { id: 'u', name: 'Eve' }, mutualFriends: true },
    ...{ at: '2026-11-22T08:41:00Z', expiresAt: '2026-12-06T00:00:00Z' },
  });

  /** Follows an endpoint that has one friend request after the other on its stream. */
  async function follow(requests: unknown[], accept: string, answer: RequestListener): Promise<string> {
    const told = requests.map((one, at) => `id: ${at + 1}\nevent: friend-request\ndata: ${JSON.stringify(one)}\n\n`);
    const harmful = await startServer((asked, response) => {
      if (asked.url !== '/v1/events') return answer(asked, response);
      const after = Number(asked.headers['last-event-id'] ?? 0);
      const begin = `id: ${after}\n\n`;
      return response.writeHead(200, { 'content-type': 'text/event-stream' }).write(begin + told.slice(after).join(''));
    });
    close = harmful.close;
    await home.deploy({ accept }, { url: harmful.url });
    return harmful.url;
  }

  it('goes on when what it is told of is no request', async () => {
    await follow([null], 'ask', (_asked, response) => response.writeHead(500).end());
    await statusOf('friends', 'friend-request.status.listening');
    assert.deepEqual(home.out('arrivals').messages, []);
  });

  it('answers one request after the other, and no more than somebody can have', async () => {
    let [now, most, answered] = [0, 0, 0];
    let ended = (): void => {};
    const quiet = new Promise<void>((resolve) => (ended = resolve));
    let timer: NodeJS.Timeout | undefined;
    const requests = Array.from({ length: 600 }, (_, at) => request(`r${at}`));
    await follow(requests, 'never', ({ method }, response) => {
      if (method !== 'PATCH') return response.writeHead(500).end();
      clearTimeout(timer);
      timer = setTimeout(() => ended(), 500);
      most = Math.max(most, ++now);
      answered++;
      return setImmediate(() => {
        now--;
        response.writeHead(200, { 'content-type': 'application/json' }).end(DECLINED);
      });
    });
    await quiet;
    assert.equal(most, 1);
    assert.equal(answered, 100);
    const left = home.out('arrivals').messages.map(({ payload }) => (payload as { state: string }).state);
    assert.deepEqual([left.length, new Set(left)], [500, new Set(['open'])]);
  });

  describe('tells what its rule has accepted', () => {
    const states = () => home.out('arrivals').messages.map(({ payload }) => (payload as { state: string }).state);
    /** How each of these is answered, one after the other. */
    const answering = (...answers: RequestListener[]): RequestListener => {
      return (asked, response) => {
        if (asked.url === '/v1/friend-requests') {
          return response.writeHead(200, { 'content-type': 'application/json' }).end('{"received":[],"sent":[]}');
        }
        if (asked.method !== 'PATCH') return response.writeHead(500).end();
        return answers.shift()?.(asked, response);
      };
    };
    const accepts: RequestListener = (_asked, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(ACCEPTED);

    for (const type of ['nodes', 'full'] as const)
      it(`also where a Deploy (${type}) comes while the endpoint is asked`, async () => {
        let asked = (): void => {};
        const isAsked = new Promise<void>((resolve) => (asked = resolve));
        const slow: RequestListener = (request, response) => {
          asked();
          setTimeout(() => accepts(request, response), 200);
        };
        await follow([request('r')], 'friends-of-friends', answering(slow, accepts));
        await isAsked;
        await home.deployChanged({ accept: 'friends-of-friends', name: 'anew' }, type);
        await home.out('arrivals').atLeast(1);
        assert.deepEqual(states(), ['accepted']);
      });

    it('after a restart, where it could not be waited for', async () => {
      let asked = (): void => {};
      const isAsked = new Promise<void>((resolve) => (asked = resolve));
      const url = await follow(
        [request('r')],
        'friends-of-friends',
        answering(() => asked(), accepts),
      );
      await isAsked;
      await helper.unload();
      await home.deploy({ accept: 'friends-of-friends' }, { url });
      await home.out('arrivals').atLeast(1);
      assert.deepEqual(states(), ['accepted']);
    });

    it('and asks once more where an answer was lost, before it calls a friend open', async () => {
      const lost: RequestListener = ({ socket }) => socket.destroy();
      await follow([request('r')], 'friends-of-friends', answering(lost, accepts));
      await home.out('arrivals').atLeast(1);
      assert.deepEqual([states(), home.caught.messages], [['accepted'], []]);
    });
  });

  it('answers nothing by its rule once it is closed: the rule may be another one then', async () => {
    let answered = 0;
    let closed = (): void => {};
    const over = new Promise<void>((resolve) => (closed = resolve));
    const requests = Array.from({ length: 20 }, (_, at) => request(`r${at}`));
    await follow(requests, 'never', ({ method }, response) => {
      if (method !== 'PATCH') return response.writeHead(500).end();
      if (++answered === 2) {
        void (helper.getNode('friends') as unknown as { close(removed: boolean): Promise<void> })
          .close(false)
          .then(closed);
      }
      return setTimeout(() => response.writeHead(200, { 'content-type': 'application/json' }).end(DECLINED), 20);
    });
    await over;
    await wait(300);
    assert.equal(answered, 2);
  });
});
