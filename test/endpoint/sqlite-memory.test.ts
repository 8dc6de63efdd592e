import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { join } from 'node:path';
import fc from 'fast-check';
import { type Companion, Companions } from '../../matching/server/store/sqlite/companions.js';
import { Counters } from '../../matching/server/store/sqlite/counters.js';
import { Database } from '../../matching/server/store/sqlite/database.js';
import { addMatch, MatchIds } from '../../matching/server/store/sqlite/match-ids.js';
import type { Side } from '../../matching/server/store/sqlite/meeting.js';
import { Meetings } from '../../matching/server/store/sqlite/meetings.js';
import { MEMORY } from '../../matching/server/store/sqlite/memory.js';
import { RecentMatches } from '../../matching/server/store/sqlite/recent.js';
import { Cleanup, temporaryFolder } from './support.js';

describe('matches that were told lately', () => {
  const told = (user: number, seq: number, at = 0): Side => ({
    ...{ user, seq, at, topic: 1, mine: 1, other: 9, theirs: 2, seconds: 60, nearby: false },
  });
  const seqs = (recent: RecentMatches, user: number, after: number) =>
    recent.behind(user, after)?.map(({ seq }) => seq);

  it('are remembered of who listens, from then on, until they are read', () => {
    const recent = new RecentMatches();
    recent.add(told(1, 5));
    assert.equal(seqs(recent, 1, 4), undefined);
    recent.listen(1, 5, 5);
    for (const seq of [6, 7, 8]) recent.add(told(1, seq));
    assert.deepEqual(seqs(recent, 1, 5), [6, 7, 8]);
    recent.listen(1, 7, 8);
    assert.deepEqual(seqs(recent, 1, 7), [8]);
    // A second stream that is behind the first reads from the file.
    assert.equal(seqs(recent, 1, 6), undefined);
  });

  it('are forgotten of who does not read on, one user at a time', () => {
    const recent = new RecentMatches();
    for (const user of [1, 2]) recent.listen(user, 0, 0);
    recent.add(told(2, 1));
    for (let seq = 1; seq <= 32; seq++) recent.add(told(1, seq));
    assert.equal(seqs(recent, 1, 0)?.length, 32);
    recent.add(told(1, 33));
    assert.equal(recent.hears(1), false);
    assert.deepEqual(seqs(recent, 2, 0), [1]);
  });

  it('are read on of what the file had, of few users at a time, until there is something new', () => {
    const recent = new RecentMatches();
    const kept = (user: number) => Array.from({ length: 150 }, (_, index) => told(user, index + 1));
    recent.keep(1, 0, kept(1));
    recent.listen(1, 0, 150);
    assert.equal(seqs(recent, 1, 100)?.length, 50);
    recent.listen(1, 100, 150);
    assert.deepEqual([seqs(recent, 1, 99), seqs(recent, 1, 100)?.length], [undefined, 50]);
    for (let user = 2; user <= 40; user++) recent.keep(user, 0, kept(user));
    assert.deepEqual([recent.hears(1), recent.hears(39), recent.hears(40)], [false, true, true]);
    recent.add(told(40, 151));
    assert.equal(recent.hears(40), false);
    // No more than others leave unread: of as many users as those.
    for (let user = 41; user <= 100; user++) recent.keep(user, 0, [told(user, 1)]);
    assert.deepEqual([seqs(recent, 41, 0), recent.hears(39)], [[1], true]);
  });

  it('are remembered of the 20,000 who asked last', () => {
    const recent = new RecentMatches();
    for (let user = 1; user <= 20_000; user++) recent.listen(user, 0, 0);
    recent.listen(1, 0, 0);
    recent.listen(20_001, 0, 0);
    assert.deepEqual(
      [1, 2, 1001, 1002, 20_001].map((user) => recent.hears(user)),
      [true, false, false, true, true],
    );
  });

  it('are forgotten when they are old, and of one user or all', () => {
    const recent = new RecentMatches();
    for (const user of [1, 2, 3, 4]) recent.listen(user, 0, 0);
    recent.add(told(1, 1, 99));
    recent.add(told(2, 1, 100));
    recent.forgetBefore(100);
    recent.forget(3);
    assert.deepEqual(
      [1, 2, 3, 4].map((user) => recent.hears(user)),
      [false, true, false, true],
    );
    recent.forget();
    assert.equal(recent.hears(2), false);
  });
});

describe('whom activities have been matched with', () => {
  const companion = (activity: number, tie: number): Companion => ({
    entry: { activity, tie, user: 1, from: 0, ended: 1, home: null, told: 0 },
    user: {} as Companion['user'],
    nearby: false,
  });

  it('stands in the order of what is random in them, of the 50,000 activities that began last', () => {
    const companions = new Companions(MEMORY);
    for (let activity = 1; activity <= 50_001; activity++) companions.begin(activity);
    companions.add(1, companion(7, 1));
    assert.deepEqual([companions.of(2500), companions.of(2501)], [undefined, []]);
    assert.deepEqual(companions.entriesOf(1), [companion(7, 1).entry]);
    for (const [activity, tie] of [
      [10, 5],
      [11, 3],
      [12, 9],
      [13, 3],
    ] as const) {
      companions.add(50_001, companion(activity, tie));
    }
    companions.remove(50_001, 10);
    companions.remove(50_001, 99);
    const order = companions.of(50_001)?.map(({ entry }) => entry.activity);
    assert.deepEqual(order, [11, 13, 12]);
  });

  it('are the same, or not known, however many have begun since and whatever was done', () => {
    type Expected = Map<number, Set<number>>;
    const DOES = {
      begin(companions: Companions, expected: Expected, activity: number) {
        companions.begin(activity);
        expected.set(activity, new Set());
      },
      add(companions: Companions, expected: Expected, activity: number, other: number) {
        if (expected.get(activity)?.has(other)) return;
        companions.add(activity, companion(other, 1000 - other));
        expected.get(activity)?.add(other);
      },
      remove(companions: Companions, expected: Expected, activity: number, other: number) {
        companions.remove(activity, other);
        expected.get(activity)?.delete(other);
      },
      forget(companions: Companions, expected: Expected, activity: number) {
        companions.forget(activity);
        expected.delete(activity);
      },
    };
    const does = fc.constantFrom(...(Object.keys(DOES) as (keyof typeof DOES)[]));
    const step = fc.tuple(does, fc.integer({ min: 1, max: 30 }), fc.integer({ min: 100, max: 104 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const companions = new Companions({ newActivities: 4, olderActivities: 12 });
        const expected: Expected = new Map();
        for (const [does, activity, other] of steps) {
          DOES[does](companions, expected, activity, other);
          for (const [each, others] of expected) {
            const entries = companions.entriesOf(each);
            if (entries) assert.deepEqual(new Set(entries.map((entry) => entry.activity)), others);
          }
        }
        const known = [...expected.keys()].filter((each) => companions.entriesOf(each));
        assert.ok(known.length >= Math.min(expected.size, 12));
      }),
    );
  });
});

describe('counters', () => {
  it('count for any user, and refuse what does not fit', () => {
    const counters = new Counters();
    assert.deepEqual([counters.add(5000, 65_535), counters.of(5000), counters.of(1_000_000)], [0, 65_535, 0]);
    assert.throws(() => counters.add(5000, 1), RangeError);
    assert.throws(() => counters.add(1, -1), RangeError);
    assert.deepEqual([counters.of(5000), counters.of(1)], [65_535, 0]);
    counters.clear();
    assert.equal(counters.of(5000), 0);
  });
});

describe('ids of matches', () => {
  const key = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
  const ids = new MatchIds({ get: <Row>() => ({ value: key }) as Row });
  const MOST = 2 ** 48 - 1;

  /** The newer activity and the older one, six bytes each, the topic, four; one AES block. */
  function expected(topic: number, newer: number, older: number): string {
    const block = Buffer.alloc(16);
    block.writeUIntBE(newer, 0, 6);
    block.writeUIntBE(older, 6, 6);
    block.writeUInt32BE(topic, 12);
    const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    return cipher.update(block).toString('base64url');
  }

  it('stay the same: matches that were told must be found by theirs after an update', () => {
    assert.equal(ids.of(3, 70_000, 12), expected(3, 70_000, 12));
    assert.equal(ids.of(3, 12, 70_000), expected(3, 70_000, 12));
    assert.equal(ids.of(2 ** 32 - 1, MOST, MOST - 1), expected(2 ** 32 - 1, MOST, MOST - 1));
    assert.equal(ids.of(1, 2, 1), 'itZh5nVOnvpI2B_afAsAtg');
  });

  it('tell this store which match it is', () => {
    for (const [topic, newer, older] of [
      [1, 2, 1],
      [7, 2 ** 33 + 5, 2 ** 32],
      [2 ** 32 - 1, MOST, 0],
    ] as const) {
      assert.deepEqual(ids.read(ids.of(topic, older, newer)), { topic, activities: [newer, older] });
    }
  });

  it('are the same when they are made together, however many', () => {
    const batch = ids.batch();
    const numbers = Array.from({ length: 300 }, (_, index) => addMatch(batch, index, 1000 * index, 7));
    assert.deepEqual(
      numbers.map((number) => batch.id(number)),
      numbers.map((index) => ids.of(index, 1000 * index, 7)),
    );
    assert.throws(() => addMatch(batch, 1, 2, 3), /made already/);
  });
});

describe('matches that are far', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  it('are those that would not be found behind the older activity, and none of the last hundred', () => {
    const db = Database.open(join(temporaryFolder(cleanup), 'kindred.sqlite'));
    cleanup.add(() => db.close());
    const meetings = new Meetings(db);
    const oldest = 1;
    db.transaction(() => {
      for (let newer = 1; newer <= 700; newer++) {
        const far = meetings.farIn(1, [newer, oldest]);
        assert.ok(far > newer - 200, `of ${newer}, from ${far}`);
        assert.ok(far <= Math.max(0, newer - 100), `of ${newer}, from ${far}`);
        meetings.add({ topic: 1, newer, at: 0, user: newer, pairs: '' });
      }
    });
  });
});
