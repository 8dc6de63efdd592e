import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Friend, KindredClient, Person, ReceivedRequest } from '../../matching/client/index.js';
import { problemType } from '../../matching/schema/index.js';
import register from '../../nodes/friend-request/friend-request.js';
import { OrderProblem, ordersOf } from '../../nodes/friend-request/order.js';
import { newId } from '../../vocabulary/index.js';
import { AccountNode } from '../support/account-node.js';
import { anActivity } from '../support/activity.js';
import { helper, startServer, statusOf } from '../support/node-helper.js';
import { until } from '../support/node-red.js';

const STATUS = 'friend-request.status.';

describe('friend-request', () => {
  const node = { id: 'friends', type: 'friend-request', version: 1, accept: 'ask', several: false };
  const home = new AccountNode({ register, node, outputs: ['outcomes', 'arrivals'] });
  let anna: KindredClient;
  let berta: KindredClient;
  beforeEach(async () => {
    ({ client: anna, token: home.token } = await joined('Anna'));
    ({ client: berta } = await joined('Berta'));
  });

  async function joined(name: string): Promise<{ client: KindredClient; token: string }> {
    const { client, token } = await home.join(name);
    await client.publish(anActivity());
    return { client, token };
  }

  const outcomes = () => home.out('outcomes');
  const arrivals = () => home.out('arrivals');
  const listening = () => statusOf('friends', `${STATUS}listening`);
  const give = (payload: unknown): void => home.receive({ payload });
  const outcomesOf = () => outcomes().messages.map(({ topic }) => topic);
  async function outcome<T = Record<string, unknown>>(count = 1): Promise<T> {
    return (await outcomes().atLeast(count))[count - 1]?.payload as T;
  }
  async function arrived<T = ReceivedRequest & { state: string }>(count = 1): Promise<T> {
    return (await arrivals().atLeast(count))[count - 1]?.payload as T;
  }
  /** Somebody as this viewer is shown them. */
  async function seen(viewer: KindredClient, name: string): Promise<Person> {
    const { people } = await viewer.concurrentUsers({ activity: 'coffee' });
    return people.find(({ user }) => user.name === name) ?? assert.fail(`${name} is not seen`);
  }
  const asks = async (asker: KindredClient, name: string) =>
    asker.requestFriend({ userId: (await seen(asker, name)).user.id });
  const namesOf = ({ friends }: { friends: Friend[] }): string[] => friends.map(({ user }) => user.name).sort();
  async function befriend(one: KindredClient, other: KindredClient): Promise<void> {
    await one.requestFriend({ invitation: (await other.invite()).invitation });
  }

  describe('what a message asks for', () => {
    const person = { user: { id: 'p7Yd0w', name: 'Anna' }, activity: 'coffee' };

    it('is a person, a list of them, or one of the verbs with an id or the whole thing', () => {
      assert.deepEqual(ordersOf(person, false), [{ do: 'ask', userId: 'p7Yd0w' }]);
      assert.deepEqual(ordersOf([person], false), [{ do: 'ask', userId: 'p7Yd0w' }]);
      assert.deepEqual(ordersOf([], false), []);
      assert.equal(ordersOf([person, person], true).length, 2);
      const request = { id: 'r1', user: { id: 'u1', name: 'Ben' } };
      for (const verb of ['accept', 'decline']) {
        for (const value of ['r1', request])
          assert.deepEqual(ordersOf({ [verb]: value }, false), [{ do: verb, id: 'r1' }]);
      }
      for (const verb of ['remove', 'block', 'unblock']) {
        for (const value of ['u1', request, request.user]) {
          assert.deepEqual(ordersOf({ [verb]: value }, false), [{ do: verb, id: 'u1' }]);
        }
      }
      assert.deepEqual(ordersOf({ invite: true }, false), [{ do: 'invite' }]);
      assert.deepEqual(ordersOf({ list: true }, false), [{ do: 'list' }]);
      assert.deepEqual(ordersOf({ invitation: ' s ' }, false), [{ do: 'use-invitation', invitation: 's' }]);
    });

    it('is refused when it is none, whatever comes, and without telling what is in it', () => {
      for (const payload of [null, 7, 'Anna', {}, { accept: '' }, { remove: 5 }, { invite: 'yes' }, { user: 'x' }]) {
        assert.throws(() => ordersOf(payload, false), { code: 'message' });
      }
      assert.throws(() => ordersOf([person, person], false), { code: 'one-at-a-time' });
      assert.throws(
        () => ordersOf({ invitation: ['very-secret'] }, false),
        (error: OrderProblem) => !JSON.stringify(error.values).includes('very-secret'),
      );
      const read = (payload: unknown): void => {
        try {
          ordersOf(payload, true);
        } catch (error) {
          assert.ok(error instanceof OrderProblem && JSON.stringify(error.values).length < 500);
        }
      };
      fc.assert(fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), read));
    });
  });

  it('asks a person who was found, and tells when they say yes', async () => {
    await home.deploy();
    await listening();
    give([await seen(anna, 'Berta')]);
    assert.deepEqual([(await outcome()).outcome, outcomesOf()], ['requested', ['requested']]);
    await statusOf('friends', `${STATUS}requested`);
    const [request] = (await berta.friendRequests()).received;
    assert.equal(request?.user.name, 'Anna');
    await berta.acceptFriendRequest(request.id);
    const answer = await arrived<{ answer: string; friend: Friend }>();
    assert.deepEqual([answer.answer, answer.friend.user.name], ['accepted', 'Berta']);
    assert.equal(arrivals().messages[0]?.topic, 'friend-answer');
    assert.deepEqual(namesOf(await anna.friends()), ['Berta']);
  });

  it('tells of a request, and accepts it', async () => {
    await home.deploy();
    await listening();
    await asks(berta, 'Anna');
    const request = await arrived();
    assert.deepEqual([request.user.name, request.state, request.mutualFriends], ['Berta', 'open', false]);
    assert.equal((await statusOf('friends', `${STATUS}asked`)).fill, 'blue');
    give({ accept: request });
    assert.equal((await outcome<{ friend: Friend }>()).friend.user.name, 'Berta');
    assert.deepEqual(namesOf(await berta.friends()), ['Anna']);
  });

  it('declines, so that nobody is told', async () => {
    await home.deploy();
    await listening();
    await asks(berta, 'Anna');
    const before = await berta.friendRequests();
    give({ decline: (await arrived()).id });
    assert.equal((await outcome()).outcome, 'declined');
    assert.deepEqual(await berta.friendRequests(), before);
    assert.deepEqual((await anna.friendRequests()).received, []);
  });

  it('lists, removes, blocks and unblocks', async () => {
    await home.deploy();
    await befriend(anna, berta);
    give({ list: true });
    const { friends } = await outcome<{ friends: Friend[] }>();
    assert.equal(friends[0]?.user.name, 'Berta');
    give({ remove: friends[0] });
    await outcome(2);
    assert.deepEqual(namesOf(await berta.friends()), []);
    const id = friends[0]?.user.id;
    give({ block: id });
    await outcome(3);
    assert.deepEqual((await berta.concurrentUsers({ activity: 'coffee' })).people, []);
    give({ list: true });
    const { blocks } = await outcome<{ blocks: { id: string }[] }>(4);
    assert.deepEqual([blocks.length, blocks[0]?.id], [1, id], 'whoever did not note the id can still unblock');
    give({ unblock: blocks[0] });
    await outcome(5);
    assert.equal((await seen(berta, 'Anna')).relation, 'stranger');
    assert.deepEqual(outcomesOf(), ['listed', 'removed', 'blocked', 'listed', 'unblocked']);
  });

  it('makes an invitation, and uses one', async () => {
    await home.deploy();
    await listening();
    give({ invite: true });
    const { invitation } = await outcome<{ invitation: string }>();
    await berta.requestFriend({ invitation });
    assert.equal((await arrived<{ friend: Friend }>()).friend.user.name, 'Berta');
    const { client: carla } = await joined('Carla');
    give(await carla.invite());
    assert.equal((await outcome<{ friend: Friend }>(2)).friend.user.name, 'Carla');
    give({ invitation });
    assert.equal(await home.problem(), 'friend-request.error.not-found');
    assert.ok(!JSON.stringify(helper.log().args).includes(invitation));
  });

  it('asks one at a time, unless it is told to ask everyone', async () => {
    await joined('Carla');
    await home.deploy();
    const { people } = await anna.concurrentUsers({ activity: 'coffee' });
    assert.equal(people.length, 2);
    give([]);
    give(people);
    assert.equal(await home.problem(), 'friend-request.error.one-at-a-time');
    await statusOf('friends', `${STATUS}one-at-a-time`);
    assert.deepEqual((await anna.friendRequests()).sent, []);
    await helper.unload();
    await home.deploy({ several: true });
    give(people);
    await outcomes().atLeast(2);
    assert.deepEqual(outcomesOf(), ['requested', 'requested']);
    assert.equal((await anna.friendRequests()).sent.length, 2);
  });

  describe('the rule', () => {
    it('accepts friends of friends, and asks about the others', async () => {
      const { client: carla } = await joined('Carla');
      await befriend(anna, berta);
      await befriend(carla, berta);
      await joined('Dora').then(({ client }) => asks(client, 'Anna'));
      await home.deploy({ accept: 'friends-of-friends' });
      assert.deepEqual([(await arrived()).user.name, (await arrived()).state], ['Dora', 'open']);
      await asks(carla, 'Anna');
      const accepted = await arrived(2);
      assert.deepEqual([accepted.user.name, accepted.state, accepted.mutualFriends], ['Carla', 'accepted', true]);
      assert.deepEqual(namesOf(await anna.friends()), ['Berta', 'Carla']);
    });

    it('can be never: then nobody gets through and nobody is told, also of what came meanwhile', async () => {
      await asks(berta, 'Anna');
      const { sent } = await berta.friendRequests();
      await home.deploy({ accept: 'never' });
      const { client: carla } = await joined('Carla');
      await asks(carla, 'Anna');
      while ((await anna.friendRequests()).received.length > 0) await new Promise((done) => setTimeout(done, 10));
      assert.deepEqual((await berta.friendRequests()).sent, sent);
      assert.deepEqual(arrivals().messages, []);
      assert.deepEqual(namesOf(await anna.friends()), []);
    });
  });

  it('keeps its bookmark while it is switched off, and takes it with it when it is deleted', async () => {
    const bookmark = join(home.dir, 'kindred', 'friends-friends.json');
    const tab = { id: 'tab', type: 'tab', label: 'test' };
    await home.deploy();
    await listening();
    while (!existsSync(bookmark)) await new Promise((done) => setTimeout(done, 5));
    await helper.setFlows([tab, { ...node, z: 'tab', account: 'account', d: true, wires: [] }], 'nodes');
    assert.ok(existsSync(bookmark));
    await helper.unload();
    await home.deploy();
    await listening();
    await helper.setFlows([tab], 'nodes');
    assert.ok(!existsSync(bookmark));
  });

  it('begins anew when its bookmark is damaged, and says so where it can be caught', async () => {
    mkdirSync(join(home.dir, 'kindred'), { recursive: true });
    writeFileSync(join(home.dir, 'kindred', 'friends-friends.json'), '{"half');
    await home.deploy();
    assert.equal(await home.problem(), 'friend-request.error.unread');
    await listening();
    await asks(berta, 'Anna');
    assert.equal((await arrived()).user.name, 'Berta');
  });

  it('tells of what came before it was there, once, and neither loses nor doubles over a restart', async () => {
    await asks(berta, 'Anna');
    await home.deploy();
    assert.equal((await arrived()).user.name, 'Berta');
    await listening();
    await helper.unload();
    assert.ok(!readFileSync(join(home.dir, 'kindred', 'friends-friends.json'), 'utf8').includes(home.token));
    await joined('Carla').then(({ client }) => asks(client, 'Anna'));
    await home.deploy();
    await listening();
    await joined('Dora').then(({ client }) => asks(client, 'Anna'));
    await arrivals().atLeast(2);
    assert.deepEqual(
      arrivals().messages.map(({ payload }) => (payload as ReceivedRequest).user.name),
      ['Carla', 'Dora'],
    );
  });

  it('tells of no request twice when the address of its endpoint is another one', async () => {
    await asks(berta, 'Anna');
    await home.deploy();
    await arrived();
    await listening();
    await helper.unload();
    await home.deploy({}, { url: home.endpoint.url.replace('127.0.0.1', 'localhost') });
    await listening();
    await joined('Carla').then(({ client }) => asks(client, 'Anna'));
    assert.equal((await arrived()).user.name, 'Carla');
  });

  it('comes back when the endpoint does', async () => {
    await home.deploy();
    await listening();
    await home.endpoint.close();
    await statusOf('friends', `${STATUS}down-retry`);
    await home.reopen();
    await asks(berta, 'Anna');
    assert.equal((await arrived()).user.name, 'Berta');
  });

  describe('says what is wrong', () => {
    it('with a message', async () => {
      await home.deploy();
      give('Berta');
      assert.equal(await home.problem(), 'friend-request.error.message');
      assert.equal((await statusOf('friends', `${STATUS}message`)).fill, 'red');
      give({ accept: newId() });
      assert.equal(await home.problem(2), 'friend-request.error.not-found');
    });

    it('when nobody sees the asker', async () => {
      const person = await seen(anna, 'Berta');
      await home.deploy({}, { visibility: 'nobody' });
      // Answers and invitations come all the same.
      await listening();
      give(person);
      assert.equal(await home.problem(), 'friend-request.error.not-visible');
      await statusOf('friends', `${STATUS}not-visible`);
    });

    it('when the asker blocks whom they ask, until they unblock', async () => {
      const person = await seen(anna, 'Berta');
      await home.deploy();
      give({ block: person });
      await statusOf('friends', `${STATUS}blocked`);
      give(person);
      assert.equal(await home.problem(), 'friend-request.error.you-block');
      await statusOf('friends', `${STATUS}you-block`);
      give({ unblock: person });
      give(person);
      await statusOf('friends', `${STATUS}requested`);
    });

    it('when it was enough for today', async () => {
      for (let count = 0; count < 20; count++) await anna.requestFriend({ matchId: newId() });
      await home.deploy();
      give(await seen(anna, 'Berta'));
      assert.equal(await home.problem(), 'friend-request.error.too-many');
      give({ invite: true });
      assert.equal(await home.problem(2), 'friend-request.error.too-many');
    });

    it('when the endpoint asks to wait, but never that it was enough for today', async () => {
      let retryAfterSeconds = 0;
      const busy = await startServer((_request, response) => {
        const refusal = { type: problemType('too-many-requests'), title: 'later', retryAfterSeconds };
        response.writeHead(429, { 'content-type': 'application/problem+json' }).end(JSON.stringify(refusal));
      });
      await home.deploy({}, { url: busy.url });
      const orders = [
        { order: { list: true }, seconds: 4 },
        { order: { block: 'p7Yd0w' }, seconds: 90 },
        { order: { invite: true }, seconds: 60 },
      ];
      for (const [index, { order, seconds }] of orders.entries()) {
        retryAfterSeconds = seconds;
        give(order);
        assert.equal(await home.problem(index + 1), 'kindred-account.error.busy');
        await statusOf('friends', `${STATUS}busy`);
      }
      busy.close();
    });

    it('with the account, its token or its endpoint', async () => {
      await home.deploy({ account: '' });
      give({ list: true });
      assert.equal(await home.problem(), 'friend-request.error.no-account');
      await statusOf('friends', `${STATUS}no-account`);
      await helper.unload();
      for (const [credentials, status] of [
        [{}, 'no-token'],
        [{ token: 'x'.repeat(43) }, 'token'],
      ] as const) {
        await home.deploy({}, {}, credentials);
        // The stream says so by itself.
        await statusOf('friends', STATUS + status);
        assert.match(await home.problem(), /^kindred-account\.error\.(no-token|unauthorised)$/);
        give({ list: true });
        assert.match(await home.problem(2), /^kindred-account\.error\.(no-token|unauthorised)$/);
        assert.doesNotMatch(JSON.stringify(helper.log().args), /xxxx/);
        await helper.unload();
      }
      const html = await startServer((_request, response) => response.end('<h1>hello</h1>'));
      await home.deploy({}, { url: html.url });
      give({ list: true });
      assert.equal(await home.problem(), 'kindred-account.error.not-kindred');
      html.close();
    });
  });

  describe('at a Deploy', () => {
    const BLOCKS = ['one', 'two'].map((block) => ({ block }));
    const me = { id: newId(), name: 'Anna', discoverable: true, cell: null, createdAt: new Date().toISOString() };
    let asked: (string | undefined)[];
    let blocked: (string | undefined)[];
    let close = (): void => {};
    beforeEach(() => {
      asked = [];
      blocked = [];
    });
    afterEach(() => close());

    /** An endpoint at which a block takes so long. @param ms milliseconds */
    async function slow(ms: number): Promise<string> {
      const server = await startServer(({ method, url }, response) => {
        if (url === '/v1/me')
          return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(me));
        if (method !== 'PUT') return undefined;
        asked.push(url);
        return setTimeout(() => {
          if (!response.destroyed) blocked.push(url);
          response.writeHead(204).end();
        }, ms);
      });
      close = server.close;
      return server.url;
    }
    const problems = () => helper.log().args.filter(([event]) => JSON.stringify(event).includes('.error.'));

    it('carries out what is under way, and what was just handed over', async () => {
      await home.deploy({ several: true }, { url: await slow(300) });
      give(BLOCKS);
      // As Node-RED hands over a message that was sent just before.
      const friends = helper.getNode('friends');
      setImmediate(() => friends.receive({ payload: { block: 'three' } }));
      await helper.unload();
      assert.deepEqual([blocked.sort(), problems()], [['/v1/blocks/one', '/v1/blocks/three', '/v1/blocks/two'], []]);
    });

    it('tells what came of it, where somebody is still there', async () => {
      await home.deploy({ several: true }, { url: await slow(50) });
      give(BLOCKS);
      await home.deployChanged({ several: true, name: 'anew' });
      assert.deepEqual(outcomesOf(), ['blocked', 'blocked']);
    });

    it('says so when it cannot be waited for, and begins nothing more of it', async () => {
      await home.deploy({ several: true }, { url: await slow(2500) });
      give(BLOCKS);
      // The helper waits for less than a Deploy may take.
      await home.deployChanged({ several: true, name: 'anew' }).catch(() => {});
      assert.equal(await home.problem(), 'kindred-account.error.interrupted');
      await until('the first is done', () => blocked.length > 0);
      await new Promise((done) => setTimeout(done, 200));
      assert.deepEqual([asked, outcomesOf()], [['/v1/blocks/one'], []]);
    });
  });

  it('closes while an endpoint hangs', async () => {
    const hanging = await startServer(() => {});
    await home.deploy({}, { url: hanging.url });
    give({ list: true });
    await helper.unload();
    hanging.close();
    assert.deepEqual(home.caught.messages, []);
  });
});
