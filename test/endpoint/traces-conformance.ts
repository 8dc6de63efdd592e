import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { KindredClient } from '../../matching/client/index.js';
import type { ConcurrentUsers } from '../../matching/schema/index.js';
import type { Store } from '../../matching/server/index.js';
import {
  Cleanup,
  coffee,
  joinAs,
  type Member,
  type RunningEndpoint,
  type StoreOpener,
  startEndpoint,
  VIENNA,
} from './support.js';

const WEEK = 7 * 86_400_000;

/** A store that can be looked through. */
export interface SearchedThrough {
  store: Store;
  /** Every byte that is kept. */
  everything(): Promise<Buffer>;
  /** A user's key, by their id. */
  keyOf(id: string): Promise<number>;
  /** In how many matches somebody is, on either side. @param key theirs, also when they have left */
  meetingsOf(key: number): Promise<number>;
  /** What the rows of a user say of them and theirs: id, name, cell, activities, requests, blocks. */
  keptOf(id: string): Promise<string[]>;
}

/** Nothing stays in a store, or goes out of it, that should not. */
export function tracesConformance(name: string, open: StoreOpener<SearchedThrough>): void {
  describe(`traces in the whole ${name} store`, tracing(open));
}

const tracing = (open: StoreOpener<SearchedThrough>) => () => {
  const cleanup = new Cleanup();
  let endpoint: RunningEndpoint & SearchedThrough;
  let zoe: Member;
  let ben: Member;
  let carl: Member;
  beforeEach(async () => {
    endpoint = await startEndpoint(cleanup, {}, open);
    [zoe, ben, carl] = [await join3('Zoe-Xanthippe'), await join3('Ben'), await join3('Carl')];
    for (const { client } of [ben, carl]) await client.publish(coffee());
  });
  afterEach(() => cleanup.run());
  const join3 = (name: string) => joinAs(endpoint.url, name);

  /** A UUID as it is written out, and as its bytes. */
  const formsOf = (id: string): (string | Buffer)[] => [id, Buffer.from(id.replaceAll('-', ''), 'hex')];
  const isThere = async (trace: string): Promise<boolean> => {
    const bytes = await endpoint.everything();
    const forms = /^[0-9a-f-]{36}$/.test(trace) ? formsOf(trace) : [trace];
    return forms.some((form) => bytes.includes(form));
  };
  const meetingsOf = async (id: string): Promise<number> => await endpoint.meetingsOf(await endpoint.keyOf(id));
  const sweep = async (later = 0): Promise<void> => {
    while (await endpoint.store.sweep({ now: Date.now() + later, retentionMs: 365 * 86_400_000 }));
  };
  function idOf({ people }: Pick<ConcurrentUsers, 'people'>, name: string): string {
    return people.find(({ user }) => user.name === name)?.user.id as string;
  }

  it('everything that is kept of a user is in their export, in one file', async () => {
    const activity = coffee({
      drink: 'flat-white-42',
      actions: [{ action: 'sip', startedAt: new Date().toISOString() }],
    });
    await zoe.client.publish(activity);
    const seen = await zoe.client.concurrentUsers({ activity: 'coffee' });
    await zoe.client.requestFriend({ userId: idOf(seen, 'Ben') });
    const asZoe = idOf(await carl.client.concurrentUsers({ activity: 'coffee' }), 'Zoe-Xanthippe');
    await carl.client.requestFriend({ userId: asZoe });
    await zoe.client.declineFriendRequest((await zoe.client.friendRequests()).received[0]?.id as string);
    await zoe.client.block('somebody-blocked');
    await zoe.client.invite();
    await zoe.client.updateMe({ cell: null });
    const exported = await zoe.client.exportMe();
    const text = JSON.stringify(exported);

    const kept = [...(await endpoint.keptOf(zoe.id)), ...['flat-white-42', 'sip', 'Ben', VIENNA]];
    assert.ok(kept.length >= 10, String(kept));
    assert.equal(exported.matches.length, await meetingsOf(zoe.id));
    assert.ok(exported.matches.length > 0);
    for (const one of kept) assert.ok(text.includes(String(one)), `${one} is not in the export`);
    assert.deepEqual([exported.declined.length, exported.invitations.length], [1, 1]);
    assert.equal(exported.declined[0]?.id, idOf(seen, 'Carl'));
    assert.ok(!text.includes(zoe.token));
    assert.ok(!(await isThere(zoe.token)), 'the token itself is stored');
  });

  it('nothing is left of who leaves', async () => {
    const activity = coffee({ drink: 'flat-white-42' });
    const { matches } = await zoe.client.publish(activity);
    for (const { user } of matches) await zoe.client.requestFriend({ userId: user.id });
    const { sent } = await zoe.client.friendRequests();
    await ben.client.acceptFriendRequest((await ben.client.friendRequests()).received[0]?.id as string);
    await zoe.client.block('somebody-blocked');
    const { token } = await zoe.client.rotateToken();
    const leaving = new KindredClient({ url: endpoint.url, token });
    const traces = [
      ...[zoe.id, 'Zoe-Xanthippe', activity.id, 'flat-white-42', 'somebody-blocked'],
      ...sent.map(({ id }) => id),
    ];
    assert.equal(await meetingsOf(zoe.id), matches.length);
    const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();
    for (const trace of traces) assert.ok(await isThere(trace), `${trace} is not found where it is`);
    assert.ok((await endpoint.everything()).includes(hashOf(token)));
    const key = await endpoint.keyOf(zoe.id);
    await leaving.deleteMe();
    for (const trace of traces) assert.ok(!(await isThere(trace)), `${trace} is still there`);
    assert.equal(await endpoint.meetingsOf(key), 0);
    for (const old of [token, zoe.token]) assert.ok(!(await endpoint.everything()).includes(hashOf(old)));
    for (const { client } of [ben, carl]) assert.ok(!JSON.stringify(await client.exportMe()).includes('Zoe'));
  });

  it('nothing is left of who leaves, nor brought back by who shows again, whenever they say by then that they met others', async () => {
    const days = (ago: number): string => new Date(Date.now() - ago * 86_400_000).toISOString();
    const activity = coffee();
    assert.equal((await zoe.client.publish(activity)).matches.length, 2);
    const revision = activity.revision + 1;
    const moved = { ...activity, revision, state: 'finished', startedAt: days(30), endedAt: days(30) } as const;
    assert.equal((await zoe.client.publish(moved)).outcome, 'updated');
    for (const discoverable of [false, true]) await zoe.client.updateMe({ discoverable });
    assert.ok(!JSON.stringify(await ben.client.exportMe()).includes('Zoe'));
    await zoe.client.publish(coffee());
    const key = await endpoint.keyOf(zoe.id);
    assert.equal(await endpoint.meetingsOf(key), 2);
    await zoe.client.deleteMe();
    assert.equal(await endpoint.meetingsOf(key), 0);
  });

  it('a ghost is out of everybody’s sight at once, and what was told of them is out of the store with the next sweep', async () => {
    const { matches } = await zoe.client.publish(coffee());
    for (const { user } of matches) await zoe.client.requestFriend({ userId: user.id });
    const traces = (await zoe.client.friendRequests()).sent.map(({ id }) => id);
    assert.deepEqual([traces.length, await meetingsOf(zoe.id)], [2, 2]);
    for (const trace of traces) assert.ok(await isThere(trace));
    await zoe.client.updateMe({ discoverable: false });
    for (const { client } of [ben, carl]) {
      const told = [
        await client.concurrentUsers({ activity: 'coffee' }),
        await client.friendRequests(),
        await client.exportMe(),
      ];
      assert.ok(!JSON.stringify(told).includes('Zoe'));
      assert.ok(!JSON.stringify(await client.publish(coffee())).includes('Zoe'));
    }
    await sweep();
    for (const trace of traces) assert.ok(!(await isThere(trace)), `${trace} is still there`);
    assert.equal(await meetingsOf(zoe.id), 0);
  });

  it('a block takes what was between the two out of sight at once, and out of the store with the next sweep', async () => {
    const { matches } = await zoe.client.publish(coffee());
    const bens = matches.find(({ user }) => user.name === 'Ben');
    const asBen = idOf(await ben.client.concurrentUsers({ activity: 'coffee' }), 'Zoe-Xanthippe');
    await ben.client.requestFriend({ userId: asBen });
    const before = await meetingsOf(zoe.id);
    await zoe.client.block(bens?.user.id as string);
    assert.ok(!JSON.stringify(await ben.client.exportMe()).includes('Zoe'));
    const told = [await zoe.client.concurrentUsers({ activity: 'coffee' }), await zoe.client.friendRequests()];
    assert.ok(!JSON.stringify(told).includes('Ben'));
    await sweep();
    assert.equal(await meetingsOf(zoe.id), before - 1);
  });

  it('a cell that was taken away is forgotten once it no longer keeps anybody from setting another', async () => {
    const cell = '861e126c7ffffff';
    const dora = await joinAs(endpoint.url, 'Dora', { cell });
    await dora.client.updateMe({ cell: null });
    await sweep(WEEK - 60_000);
    assert.equal((await dora.client.exportMe()).lastCell, cell);
    assert.ok(await isThere(cell));
    await sweep(WEEK + 60_000);
    assert.equal((await dora.client.exportMe()).lastCell, null);
    assert.ok(!(await isThere(cell)));
  });
};
