import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Event, ReceivedRequest } from '../../matching/client/index.js';
import { type ProblemCode, problemType, ROUTES } from '../../matching/schema/index.js';
import { newId } from '../../vocabulary/index.js';
import { Cleanup, coffee, joinAs, type Member, type RunningEndpoint, startEndpoint, until } from './support.js';

describe('friends over HTTP', () => {
  const cleanup = new Cleanup();
  let endpoint: RunningEndpoint;
  let anna: Member;
  let ben: Member;
  let happened: string[];
  beforeEach(async () => {
    happened = [];
    endpoint = await startEndpoint(cleanup, { onEvent: ({ event }) => happened.push(event) });
    anna = await joinAs(endpoint.url, 'Anna');
    ben = await joinAs(endpoint.url, 'Ben');
    for (const { client } of [ben, anna]) await client.publish(coffee());
    happened = [];
  });
  afterEach(() => cleanup.run());

  async function idOf(viewer: Member, name: string): Promise<string> {
    const { people } = await viewer.client.concurrentUsers({ activity: 'coffee' });
    return people.find(({ user }) => user.name === name)?.user.id ?? assert.fail(`${name} is not seen`);
  }

  async function request(asker: Member, asked: Member, name: string): Promise<ReceivedRequest> {
    await asker.client.requestFriend({ userId: await idOf(asker, name) });
    return (await asked.client.friendRequests()).received[0] ?? assert.fail('nothing was received');
  }

  function send(method: string, path: string, body?: unknown, token = anna.token): Promise<Response> {
    const headers = { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) };
    return fetch(endpoint.url + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
  }

  async function assertProblem(response: Response, code: ProblemCode): Promise<void> {
    const problem = (await response.json()) as { type: string; status: number };
    assert.deepEqual([problem.type, problem.status], [problemType(code), response.status], JSON.stringify(problem));
  }

  it('asks, accepts, lists, finds friends, and removes', async () => {
    const { id, mutualFriends, activity } = await request(anna, ben, 'Ben');
    assert.deepEqual([mutualFriends, activity], [false, 'coffee']);
    assert.equal((await ben.client.publish(coffee())).friendRequests, 1);
    assert.equal((await anna.client.friendRequests()).sent.length, 1);
    assert.equal((await ben.client.acceptFriendRequest(id)).friend.user.name, 'Anna');
    assert.deepEqual(
      happened.filter((event) => event.startsWith('friend')),
      ['friend-request', 'friend-answer'],
    );
    const { friends } = await anna.client.friends();
    assert.equal(friends[0]?.user.name, 'Ben');
    const { people } = await anna.client.concurrentUsers({ activity: 'coffee', among: 'friends' });
    assert.deepEqual(
      people.map(({ user, relation }) => [user.id, relation]),
      [[friends[0]?.user.id, 'friend']],
    );
    assert.equal((await anna.client.exportMe()).friends.length, 1);
    await anna.client.removeFriend(friends[0]?.user.id ?? '');
    assert.deepEqual((await ben.client.friends()).friends, []);
  });

  it('tells both sides as it happens, and again after a break', async () => {
    const events: Event[] = [];
    const abort = new AbortController();
    cleanup.add(() => abort.abort());
    const watching = { lastEventId: '0', signal: abort.signal, onEvent: (event: Event) => events.push(event) };
    void anna.client.watch(watching).catch(() => {});
    const types = () => events.map(({ type }) => type);
    await until(() => types().includes('match'));
    const { id } = await request(anna, ben, 'Ben');
    await ben.client.acceptFriendRequest(id);
    await until(() => types().includes('friend-answer'));
    const carl = await joinAs(endpoint.url, 'Carl');
    await carl.client.publish(coffee());
    await carl.client.requestFriend({ userId: await idOf(carl, 'Anna') });
    await until(() => types().includes('friend-request'));
    const again: Event[] = [];
    void anna.client.watch({ ...watching, onEvent: (event) => again.push(event) }).catch(() => {});
    await until(() => again.length === events.length);
    const summary = (list: Event[]) => list.map(({ id, type }) => [id, type]);
    assert.deepEqual(summary(again), summary(events));
    assert.deepEqual(types(), ['match', 'friend-answer', 'match', 'friend-request']);
  });

  it('answers byte for byte the same whoever is asked, save for the ids', async () => {
    const dora = await joinAs(endpoint.url, 'Dora');
    const emil = await joinAs(endpoint.url, 'Emil');
    for (const { client } of [dora, emil]) await client.publish(coffee());
    const ids = { ben: await idOf(anna, 'Ben'), dora: await idOf(anna, 'Dora'), emil: await idOf(anna, 'Emil') };
    await dora.client.block(await idOf(dora, 'Anna'));
    await emil.client.updateMe({ discoverable: false });
    endpoint.setClock(Math.floor(Date.now() / 60_000) * 60_000);
    const answers = new Set<string>();
    for (const userId of [...Object.values(ids), randomBytes(16).toString('base64url'), await idOf(ben, 'Anna')]) {
      const response = await send('POST', '/v1/friend-requests', { userId });
      const headers = [...response.headers].filter(([name]) => name !== 'date');
      const text = (await response.text()).replace(userId, '').replace(/"id":"[^"]+"/, '');
      answers.add(JSON.stringify([response.status, headers, text]));
      assert.equal((await send('DELETE', `/v1/friends/${userId}`)).status, 204);
      assert.equal((await send('PUT', `/v1/blocks/${userId}`)).status, 204);
      assert.equal((await send('DELETE', `/v1/blocks/${userId}`)).status, 204);
    }
    assert.equal(answers.size, 1, [...answers].join('\n'));
  });

  it('blocks, lists whom, and unblocks', async () => {
    const id = await idOf(anna, 'Ben');
    await anna.client.block(id);
    assert.deepEqual((await ben.client.concurrentUsers({ activity: 'coffee' })).people, []);
    assert.deepEqual(
      (await anna.client.blocks()).blocks.map((block) => block.id),
      [id],
    );
    assert.deepEqual((await ben.client.blocks()).blocks, []);
    await anna.client.unblock(id);
    assert.equal((await ben.client.concurrentUsers({ activity: 'coffee' })).people.length, 1);
  });

  it('invites with a secret that it does not keep, for one person', async () => {
    const { invitation, expiresAt } = await anna.client.invite();
    assert.ok(Buffer.from(invitation, 'base64url').length >= 16 && Date.parse(expiresAt) > Date.now());
    const carl = await joinAs(endpoint.url, 'Carl', { discoverable: false });
    const answer = await carl.client.requestFriend({ invitation });
    assert.equal(answer.state === 'accepted' && answer.friend.user.name, 'Anna');
    await assert.rejects(ben.client.requestFriend({ invitation }), { status: 404, type: problemType('not-found') });
  });

  it('gives another user’s token nothing, on every route', async () => {
    const { id } = await request(anna, ben, 'Ben');
    const eve = await joinAs(endpoint.url, 'Eve');
    const idOfBen = await idOf(anna, 'Ben');
    for (const state of ['accepted', 'declined']) {
      for (const token of [eve.token, anna.token]) {
        await assertProblem(await send('PATCH', `/v1/friend-requests/${id}`, { state }, token), 'not-found');
      }
    }
    assert.deepEqual(await eve.client.friendRequests(), { received: [], sent: [] });
    // Anna's ids of others are nobody's for Eve.
    await eve.client.removeFriend(idOfBen);
    await eve.client.requestFriend({ userId: idOfBen });
    await eve.client.block(idOfBen);
    await ben.client.acceptFriendRequest(id);
    await eve.client.removeFriend(idOfBen);
    assert.deepEqual((await eve.client.friends()).friends, []);
    assert.equal((await anna.client.friends()).friends.length, 1);
    assert.deepEqual((await ben.client.friendRequests()).received, []);
    const kept = JSON.stringify(await eve.client.exportMe());
    assert.ok(!kept.includes('Anna') && !kept.includes('Ben'));
  });

  it('says what is wrong with a request', async () => {
    for (const body of [
      {},
      { userId: 1 },
      { userId: 'a', matchId: newId() },
      { userId: 'a', text: 'hi' },
      { matchId: 'x' },
    ]) {
      await assertProblem(await send('POST', '/v1/friend-requests', body), 'bad-request');
    }
    await assertProblem(await send('POST', '/v1/friend-requests', { userId: '\0' }), 'bad-request');
    await assertProblem(await send('PATCH', `/v1/friend-requests/${newId()}`, { state: 'open' }), 'bad-request');
    await assertProblem(await send('PATCH', '/v1/friend-requests/x', { state: 'accepted' }), 'bad-request');
    await assertProblem(await send('PUT', `/v1/blocks/${'x'.repeat(65)}`), 'bad-request');
    await anna.client.updateMe({ discoverable: false });
    await assertProblem(await send('POST', '/v1/friend-requests', { userId: 'a' }), 'not-discoverable');
  });

  it('says when to come back after too many requests', async () => {
    for (let count = 0; count < 20; count++) await anna.client.requestFriend({ matchId: newId() });
    await assert.rejects(anna.client.requestFriend({ matchId: newId() }), (error: Error) => {
      const { kind, status, retryAfterSeconds = 0 } = error as Error & Record<string, number>;
      assert.deepEqual([kind, status], ['busy', 429]);
      return retryAfterSeconds > 0 && retryAfterSeconds <= 86_400;
    });
    const refused = await send(ROUTES.invite.method, ROUTES.invite.path);
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    await assertProblem(refused, 'too-many-requests');
  });
});
