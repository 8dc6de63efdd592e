import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { KindredClient } from '../../matching/client/index.js';
import type { ConcurrentUsers } from '../../matching/schema/index.js';
import { Cleanup, coffee, joinAs, type Member, type RunningEndpoint, startEndpoint, VIENNA } from './support.js';

const WEEK = 7 * 86_400_000;

/** Every byte that the store keeps, its log and all, looked through for what should not be in it. */
describe('traces in the whole store', () => {
  const cleanup = new Cleanup();
  let endpoint: RunningEndpoint;
  let zoe: Member;
  let ben: Member;
  let carl: Member;
  beforeEach(async () => {
    endpoint = await startEndpoint(cleanup);
    [zoe, ben, carl] = [await join3('Zoe-Xanthippe'), await join3('Ben'), await join3('Carl')];
    for (const { client } of [ben, carl]) await client.publish(coffee());
  });
  afterEach(() => cleanup.run());
  const join3 = (name: string) => joinAs(endpoint.url, name);

  function everything(): Buffer {
    const folder = dirname(endpoint.file);
    return Buffer.concat(readdirSync(folder).map((file) => readFileSync(join(folder, file))));
  }

  /** A UUID as it is written out, and as its bytes. */
  const formsOf = (id: string): (string | Buffer)[] => [id, Buffer.from(id.replaceAll('-', ''), 'hex')];
  const isThere = (trace: string): boolean => {
    const bytes = everything();
    const forms = /^[0-9a-f-]{36}$/.test(trace) ? formsOf(trace) : [trace];
    return forms.some((form) => bytes.includes(form));
  };
  const sweep = async (later = 0): Promise<void> => {
    while (await endpoint.store.sweep({ now: Date.now() + later, retentionMs: 365 * 86_400_000 }));
  };
  function idOf({ people }: Pick<ConcurrentUsers, 'people'>, name: string): string {
    return people.find(({ user }) => user.name === name)?.user.id as string;
  }

  function keyOf(id: string): number {
    const file = new DatabaseSync(endpoint.file, { readOnly: true });
    const row = file.prepare('SELECT key FROM user WHERE id = ?').get(id);
    file.close();
    return row?.key as number;
  }

  /** In how many matches somebody is, on either side. @param who their id, or the key that they had */
  function meetingsOf(who: string | number): number {
    const key = typeof who === 'string' ? keyOf(who) : who;
    const file = new DatabaseSync(endpoint.file, { readOnly: true });
    const rows = file.prepare('SELECT user, pairs FROM meeting').all() as { user: number; pairs: string }[];
    file.close();
    return rows
      .flatMap(({ user, pairs }) =>
        pairs.split(',').flatMap((owner, at) => (at % 5 === 1 ? [[user, Number(owner)]] : [])),
      )
      .filter((both) => both.includes(key)).length;
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

    const file = new DatabaseSync(endpoint.file, { readOnly: true });
    cleanup.add(() => file.close());
    const rows = <T>(sql: string) => file.prepare(sql).all() as T[];
    const [{ key, ...account }] = rows<{ key: number }>(
      `SELECT key, id, name, last_cell FROM user WHERE id = '${zoe.id}'`,
    ) as [{ key: number }];
    const uuid = (bytes: Uint8Array): string =>
      Buffer.from(bytes)
        .toString('hex')
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    const kept = [
      ...Object.values(account),
      ...rows<{ id: string }>(`SELECT id FROM activity WHERE user = ${key}`).map(({ id }) => id),
      ...rows<{ id: Uint8Array }>(`SELECT id FROM friend_request WHERE asker = ${key}`).map(({ id }) => uuid(id)),
      ...rows<{ ref: string }>(`SELECT ref FROM block WHERE user = ${key}`).map(({ ref }) => ref),
      ...['flat-white-42', 'sip', 'Ben', VIENNA],
    ];
    assert.ok(kept.length >= 10, String(kept));
    assert.equal(exported.matches.length, meetingsOf(zoe.id));
    assert.ok(exported.matches.length > 0);
    for (const one of kept) assert.ok(text.includes(String(one)), `${one} is not in the export`);
    assert.deepEqual([exported.declined.length, exported.invitations.length], [1, 1]);
    assert.equal(exported.declined[0]?.id, idOf(seen, 'Carl'));
    assert.ok(!text.includes(zoe.token));
    assert.ok(!isThere(zoe.token), 'the token itself is stored');
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
    assert.equal(meetingsOf(zoe.id), matches.length);
    const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();
    for (const trace of traces) assert.ok(isThere(trace), `${trace} is not found where it is`);
    assert.ok(everything().includes(hashOf(token)));
    const key = keyOf(zoe.id);
    await leaving.deleteMe();
    for (const trace of traces) assert.ok(!isThere(trace), `${trace} is still there`);
    assert.equal(meetingsOf(key), 0);
    for (const old of [token, zoe.token]) assert.ok(!everything().includes(hashOf(old)));
    for (const { client } of [ben, carl]) assert.ok(!JSON.stringify(await client.exportMe()).includes('Zoe'));
  });

  it('a ghost is out of everybody’s sight at once, and what was told of them is out of the store with the next sweep', async () => {
    const { matches } = await zoe.client.publish(coffee());
    for (const { user } of matches) await zoe.client.requestFriend({ userId: user.id });
    const traces = (await zoe.client.friendRequests()).sent.map(({ id }) => id);
    assert.deepEqual([traces.length, meetingsOf(zoe.id)], [2, 2]);
    for (const trace of traces) assert.ok(isThere(trace));
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
    for (const trace of traces) assert.ok(!isThere(trace), `${trace} is still there`);
    assert.equal(meetingsOf(zoe.id), 0);
  });

  it('a block takes what was between the two out of sight at once, and out of the store with the next sweep', async () => {
    const { matches } = await zoe.client.publish(coffee());
    const bens = matches.find(({ user }) => user.name === 'Ben');
    const asBen = idOf(await ben.client.concurrentUsers({ activity: 'coffee' }), 'Zoe-Xanthippe');
    await ben.client.requestFriend({ userId: asBen });
    const before = meetingsOf(zoe.id);
    await zoe.client.block(bens?.user.id as string);
    assert.ok(!JSON.stringify(await ben.client.exportMe()).includes('Zoe'));
    const told = [await zoe.client.concurrentUsers({ activity: 'coffee' }), await zoe.client.friendRequests()];
    assert.ok(!JSON.stringify(told).includes('Ben'));
    await sweep();
    assert.equal(meetingsOf(zoe.id), before - 1);
  });

  it('a cell that was taken away is forgotten once it no longer keeps anybody from setting another', async () => {
    const cell = '861e126c7ffffff';
    const dora = await joinAs(endpoint.url, 'Dora', { cell });
    await dora.client.updateMe({ cell: null });
    await sweep(WEEK - 60_000);
    assert.equal((await dora.client.exportMe()).lastCell, cell);
    assert.ok(isThere(cell));
    await sweep(WEEK + 60_000);
    assert.equal((await dora.client.exportMe()).lastCell, null);
    assert.ok(!isThere(cell));
  });
});
