import assert from 'node:assert/strict';
import { ROUTES } from '../../matching/schema/index.js';
import { newId } from '../../vocabulary/index.js';
import { Cleanup, coffee, joinAs, type Member, type RunningEndpoint, startEndpoint } from './support.js';

/** Whatever of these is in an answer is Anna's. */
const MARKERS = ['Anna-Annabel', 'Carl-Caspar', 'Dora-Dorothea', 'flat-white-42'];

describe('the token of another user', () => {
  const cleanup = new Cleanup();
  let endpoint: RunningEndpoint;
  let anna: Member;
  let eve: Member;
  let ids: Record<string, string>;

  before(async () => {
    endpoint = await startEndpoint(cleanup);
    anna = await joinAs(endpoint.url, 'Anna-Annabel');
    const carl = await joinAs(endpoint.url, 'Carl-Caspar');
    const dora = await joinAs(endpoint.url, 'Dora-Dorothea');
    eve = await joinAs(endpoint.url, 'Eve');
    const activity = coffee({ drink: 'flat-white-42' });
    for (const { client } of [carl, dora]) await client.publish(coffee());
    const { matches } = await anna.client.publish(activity);
    const idOf = (name: string) => matches.find(({ user }) => user.name === name)?.user.id as string;
    await anna.client.requestFriend({ userId: idOf('Carl-Caspar') });
    await carl.client.acceptFriendRequest((await carl.client.friendRequests()).received[0]?.id as string);
    const { people } = await dora.client.concurrentUsers({ activity: 'coffee' });
    const seen = people.find(({ user }) => user.name === 'Anna-Annabel');
    await dora.client.requestFriend({ userId: seen?.user.id as string });
    ids = {
      ...{ user: anna.id, activity: activity.id, friend: idOf('Carl-Caspar'), stranger: idOf('Dora-Dorothea') },
      request: (await anna.client.friendRequests()).received[0]?.id as string,
      match: matches[0]?.matchId as string,
      nobody: newId(),
    };
    for (const [name, id] of Object.entries(ids)) assert.ok(id, name);
  });
  after(() => cleanup.run());

  const BODIES: Record<string, () => object> = {
    createUser: () => ({ name: 'Eve' }),
    updateMe: () => ({ name: 'Eve' }),
    publish: () => ({ revision: 9, activity: 'tea', state: 'discarded', startedAt: new Date().toISOString() }),
    answerFriendRequest: () => ({ state: 'accepted' }),
  };
  /** What there is no way to tell apart from an own thing: it does nothing, and says so to everybody. */
  const SILENT = new Set(['removeFriend', 'block', 'unblock']);

  async function asEve(
    name: string,
    path: string,
    method: string,
    body?: object,
  ): Promise<{ status: number; text: string }> {
    const headers = { authorization: `Bearer ${eve.token}`, ...(body ? { 'content-type': 'application/json' } : {}) };
    const abort = new AbortController();
    const response = await fetch(endpoint.url + path, {
      ...{ method, headers, signal: abort.signal },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const isStream = response.headers.get('content-type') === 'text/event-stream';
    const text = isStream ? String((await response.body?.getReader().read())?.value) : await response.text();
    abort.abort();
    for (const marker of [...MARKERS, anna.token]) assert.ok(!text.includes(marker), `${name} ${path} tells ${marker}`);
    return { status: response.status, text };
  }

  /** Tries one route with each id that is Anna's. */
  async function tryRoute(name: string, route: { method: string; path: string; body?: object }): Promise<void> {
    const withId = route.path.includes('{id}');
    const query = name === 'concurrentUsers' ? '?activity=coffee' : '';
    const body = route.body ? (BODIES[name]?.() ?? { userId: ids.friend }) : undefined;
    for (const id of withId ? Object.values(ids) : ['']) {
      const { status } = await asEve(name, route.path.replace('{id}', id) + query, route.method, body);
      if (!withId || status === 403 || status === 404 || status === 400) continue;
      // An id that Eve chooses for something of her own may be the same as one of Anna's.
      if (name === 'publish') assert.ok(status === 201 || status === 200, `${name} ${status}`);
      else assert.ok(SILENT.has(name) && status === 204, `${name} ${id} ${status}`);
    }
  }

  it('opens nothing on any route, and changes nothing', async () => {
    const before = { ...(await anna.client.exportMe()), exportedAt: '' };
    // What ends Eve's own account or token comes last.
    const last = new Set(['rotateToken', 'deleteMe']);
    const routes = Object.entries(ROUTES).filter(([name]) => !last.has(name));
    for (const [name, route] of routes) await tryRoute(name, route);
    for (const to of [
      { matchId: ids.match },
      { userId: ids.friend },
      { userId: ids.user },
      { invitation: ids.match },
    ]) {
      const { status, text } = await asEve('requestFriend', '/v1/friend-requests', 'POST', to);
      assert.ok(status === 404 || /"state":"open"/.test(text), text);
    }
    const { text } = await asEve('rotateToken', '/v1/me/token', 'POST');
    eve.token = (JSON.parse(text) as { token: string }).token;
    assert.equal((await asEve('deleteMe', '/v1/me', 'DELETE')).status, 204);
    assert.deepEqual({ ...(await anna.client.exportMe()), exportedAt: '' }, before);
    assert.equal((await anna.client.activities()).activities[0]?.drink, 'flat-white-42');
  });
});
