import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { AMONG, type Among, MEASURES, PERIODS, type Period, type Rank } from '../../matching/schema/index.js';
import { localDay } from '../../matching/server/rules/features/local-time.js';
import type { Store } from '../../matching/server/store/store.js';
import { newId } from '../../vocabulary/index.js';
import { iso, NOW, type OpenedStore, refused, type StoreFactory, StoreUser } from './store-conformance.js';
import { Cleanup, VIENNA } from './support.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const GRAZ = '861e126c7ffffff';

/** A user of a store, with what is asked of their features. */
export class FeatureUser extends StoreUser {
  /** A finished activity of ten minutes. */
  had(startedAt: string, given: Parameters<StoreUser['publish']>[0] = {}, now = NOW) {
    const started = Date.parse(startedAt);
    const times = { startedAt, endedAt: iso(started + 10 * MINUTE) };
    return this.publish({ id: newId(started), state: 'finished', ...times, ...given }, now);
  }

  async habits(activity = 'coffee', timeZone = 'UTC', now = NOW) {
    const question = { activity, timeZone, today: localDay(timeZone, now) };
    const { features } = await this.store.features({ ...this.at(now), question });
    assert.equal(features.length, 1);
    return features[0] as NonNullable<(typeof features)[0]>;
  }

  ranks(
    period: Period = 'week',
    given: { among?: readonly Among[]; timeZone?: string; activity?: string } = {},
    now = NOW,
  ) {
    const { among = AMONG, timeZone = 'UTC', activity = 'coffee' } = given;
    const question = { activity, measures: MEASURES, period, among, timeZone, today: localDay(timeZone, now) };
    return this.store.ranks({ ...this.at(now), question });
  }

  /** Where one stands by count: `2/7`, or why not. */
  async place(among: Among, period: Period = 'week', now = NOW): Promise<string> {
    const { ranks } = await this.ranks(period, { among: [among] }, now);
    const { rank, people, reason, among: about } = ranks[0] as Rank;
    return reason ?? `${about} ${rank}/${people}`;
  }

  async befriend(other: FeatureUser): Promise<void> {
    const hash = new Uint8Array(createHash('sha256').update(randomBytes(32)).digest());
    await this.store.invite({ ...this.at(NOW), hash });
    await other.store.requestFriend({ ...other.at(NOW), to: { invitation: hash } });
  }
}

/** What every store must do about habits and ranks. */
export function featuresConformance(name: string, open: StoreFactory): void {
  describe(`${name} store, habits and ranks`, () => {
    const cleanup = new Cleanup();
    let opened: OpenedStore;
    let store: Store;
    let anna: FeatureUser;
    beforeEach(async () => {
      opened = await open(cleanup);
      store = opened.store;
      anna = await new FeatureUser(store, 'Anna').join();
    });
    afterEach(() => cleanup.run());

    /** So many others who had coffee, 1, 2, 3 … times. */
    async function crowd(count: number, cell: string | null = VIENNA): Promise<FeatureUser[]> {
      const users: FeatureUser[] = [];
      for (let index = 1; index <= count; index++) {
        const user = await new FeatureUser(store, `Crowd ${index}`).join(true, cell);
        for (let times = 0; times < index; times++) await user.had(iso(NOW - HOUR));
        users.push(user);
      }
      return users;
    }

    describe('habits', () => {
      it('are there from the beginning, with nothing in them', async () => {
        const habits = await anna.habits();
        assert.equal(habits.count, 0);
        assert.deepEqual([habits.usualHours, habits.streak], [[], { current: 0, longest: 0 }]);
        assert.deepEqual(habits.periods.week, { from: '2026-11-16', count: 0, minutes: 0, streak: 0 });
        const question = { timeZone: 'UTC', today: localDay('UTC', NOW) };
        assert.deepEqual((await store.features({ ...anna.at(NOW), question })).features, []);
      });

      it('say when, how often, how long, how and what', async () => {
        for (const [day, hour, drink] of [
          [20, '07:55', 'Espresso'],
          [21, '07:15', 'espresso '],
          [22, '07:05', 'Flat white'],
          [22, '08:20', undefined],
        ] as const) {
          const power = { mean: 600 + 10 * day, max: 1400 };
          await anna.had(`2026-11-${day}T${hour}:00Z`, {
            timeZone: 'Europe/Vienna',
            parameters: { power, energy: { total: 0.05 }, humidity: { last: 3 } },
            ...(drink ? { drink } : {}),
          });
        }
        await anna.had('2026-11-22T06:00:00Z', { activity: 'tea', drink: 'Sencha' });
        const habits = await anna.habits('coffee', 'Europe/Vienna');
        assert.deepEqual([habits.count, habits.firstDay, habits.lastDay], [4, '2026-11-20', '2026-11-22']);
        assert.deepEqual([habits.usualHours, habits.hours[8], habits.hours[9]], [[8], 3, 1]);
        assert.equal(habits.perWeek, 4);
        assert.deepEqual(habits.streak, { current: 3, longest: 3 });
        assert.deepEqual(habits.seconds, { mean: 600, spread: 0 });
        assert.deepEqual(habits.drink, { name: 'espresso', count: 2 });
        assert.deepEqual(habits.parameters, {
          energy: { count: 4, mean: 0.05, spread: 0, unit: 'kWh' },
          power: { count: 4, mean: 812.5, spread: 8.29156, unit: 'W' },
        });
        assert.deepEqual(habits.periods.week, { from: '2026-11-16', count: 4, minutes: 40, streak: 3 });
        assert.deepEqual(habits.periods.ever, { count: 4, minutes: 40, streak: 3 });
        const question = { timeZone: 'UTC', today: localDay('UTC', NOW) };
        const { features } = await store.features({ ...anna.at(NOW), question });
        assert.deepEqual(
          features.map(({ activity, drink }) => [activity, drink?.name]),
          [
            ['coffee', 'espresso'],
            ['tea', 'Sencha'],
          ],
        );
      });

      it('count what is finished, once, as its newest revision says', async () => {
        const id = newId(NOW);
        const startedAt = iso(NOW - HOUR);
        const counts = async () => {
          const { count, periods } = await anna.habits();
          return [count, periods.ever.minutes];
        };
        await anna.publish({ id, revision: 1, startedAt });
        assert.deepEqual(await counts(), [0, 0]);
        await anna.had(startedAt, { id, revision: 3 });
        assert.deepEqual(await counts(), [1, 10]);
        await anna.had(startedAt, { id, revision: 3, endedAt: iso(NOW) });
        await anna.publish({ id, revision: 2, startedAt });
        assert.deepEqual(await counts(), [1, 10]);
        await anna.had(startedAt, { id, revision: 4, endedAt: iso(NOW) });
        assert.deepEqual(await counts(), [1, 60]);
        await anna.had(startedAt, { id, revision: 5, activity: 'tea' });
        assert.deepEqual([await counts(), (await anna.habits('tea')).count], [[0, 0], 1]);
        await anna.publish({ id, revision: 6, activity: 'tea', state: 'discarded', startedAt });
        assert.equal((await anna.habits('tea')).count, 0);
      });

      it('put an activity into the local day in which it began', async () => {
        const timeZone = 'Europe/Vienna';
        // 23:55 to 00:05 by the clock of the house.
        await anna.had('2026-11-20T22:55:00Z', { timeZone });
        assert.equal((await anna.habits()).lastDay, '2026-11-20');
        // The same moment is another day elsewhere; each stays in the day it was lived in.
        await anna.had('2026-11-20T22:56:00Z', { timeZone: 'Pacific/Auckland' });
        const habits = await anna.habits();
        assert.deepEqual([habits.firstDay, habits.lastDay, habits.streak.longest], ['2026-11-20', '2026-11-21', 2]);
        assert.deepEqual([habits.hours[23], habits.hours[11]], [1, 1]);
      });

      it('keep a streak over the days on which clocks are changed', async () => {
        const timeZone = 'Europe/Vienna';
        // Summer time ended on Sunday, 25 October 2026: 23:30 local is 21:30 UTC before, and 22:30 UTC after.
        for (const startedAt of ['2026-10-24T21:30:00Z', '2026-10-25T22:30:00Z', '2026-10-26T22:30:00Z']) {
          await anna.had(startedAt, { timeZone });
        }
        // Half past two was there twice.
        for (const startedAt of ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'])
          await anna.had(startedAt, { timeZone });
        const habits = await anna.habits();
        assert.deepEqual([habits.streak.longest, habits.hours[23], habits.hours[2]], [3, 3, 2]);
        assert.deepEqual([habits.firstDay, habits.lastDay], ['2026-10-24', '2026-10-26']);
      });

      it('let a streak go on until a day is over without any', async () => {
        for (const day of [19, 20, 21]) await anna.had(`2026-11-${day}T10:00:00Z`, { timeZone: 'UTC' });
        const current = async (now: number, timeZone = 'UTC') =>
          (await anna.habits('coffee', timeZone, now)).streak.current;
        assert.deepEqual([await current(NOW), await current(NOW + DAY)], [3, 0]);
        // Sunday evening in Auckland is Monday already: Saturday's cup is not of yesterday any more.
        const evening = Date.UTC(2026, 10, 22, 12);
        assert.deepEqual([await current(evening), await current(evening, 'Pacific/Auckland')], [3, 0]);
        // By a clock that was set back the newest day is still to come.
        assert.equal(await current(NOW - 3 * DAY), 3);
      });

      it('are told whatever a drink is called', async () => {
        for (const drink of ['a\u0000b', 'a\ud800b', '\\u0000', '', '"']) {
          await anna.had(iso(NOW - HOUR), { drink });
          await anna.had(iso(NOW - HOUR), { drink });
          assert.ok((await anna.habits()).drink?.name !== undefined, drink);
        }
      });

      it('forget what the endpoint forgets', async () => {
        await anna.had(iso(NOW - 20 * DAY), { drink: 'Mocha' }, NOW - 20 * DAY);
        await anna.had(iso(NOW - DAY), {}, NOW - DAY);
        assert.equal((await anna.habits()).periods.ever.count, 2);
        while (await store.sweep({ now: NOW, retentionMs: 10 * DAY }));
        const habits = await anna.habits();
        assert.deepEqual([habits.count, habits.firstDay, habits.drink], [1, '2026-11-21', undefined]);
        while (await store.sweep({ now: NOW + 20 * DAY, retentionMs: 10 * DAY }));
        assert.equal((await anna.habits()).count, 0);
      });

      it('come with the export, survive a restart, and leave no trace behind', async () => {
        await anna.had(iso(NOW - HOUR), { parameters: { energy: { total: 0.123457 } } });
        const exported = await store.exportMe(anna.at(NOW));
        assert.deepEqual(exported.features, [await anna.habits()]);
        anna.store = await opened.reopen();
        assert.deepEqual([await anna.habits()], exported.features);
        const trace = '"123457"';
        assert.ok((await opened.everything()).includes(trace), 'the search would not find what is there');
        await anna.store.deleteMe(anna.at(NOW));
        assert.ok(!(await opened.everything()).includes(trace));
      });
    });

    describe('ranks', () => {
      it('say who one is among friends, in the area and among everyone', async () => {
        const [first, , third] = await crowd(9);
        for (const friend of [first, third]) await anna.befriend(friend as FeatureUser);
        await anna.had(iso(NOW - HOUR));
        await anna.had(iso(NOW - 2 * HOUR));
        const { from, ranks } = await anna.ranks();
        assert.equal(from, '2026-11-16');
        assert.deepEqual(
          ranks
            .filter(({ measure }) => measure === 'count')
            .map(({ among, value, rank, people }) => [among, value, rank, people]),
          [
            ['friends', 2, 2, 3],
            ['area', 2, 8, 10],
            ['everyone', 2, 8, 10],
          ],
        );
        assert.deepEqual(
          ranks.find(({ measure, among }) => measure === 'streak' && among === 'everyone'),
          {
            ...{ measure: 'streak', among: 'everyone', value: 1, rank: 1, people: 10 },
          },
        );
      });

      it('say nothing of fewer than five strangers, friends not counted among them', async () => {
        await anna.had(iso(NOW - HOUR));
        const others = await crowd(4);
        assert.equal(await anna.place('everyone'), 'too-few');
        assert.equal(await anna.place('area'), 'too-few');
        const fifth = await new FeatureUser(store, 'Fifth').join();
        await fifth.had(iso(NOW - HOUR));
        assert.equal(await anna.place('everyone'), 'everyone 4/6');
        await anna.befriend(others[0] as FeatureUser);
        assert.equal(await anna.place('everyone'), 'too-few');
        assert.equal(await anna.place('friends'), 'friends 1/2');
      });

      it('take the larger crowd where the area, or what is outside it, is too small to hide in', async () => {
        await anna.had(iso(NOW - HOUR));
        await crowd(8);
        assert.equal(await anna.place('area'), 'everyone 8/9');
        await crowd(1);
        assert.equal(await anna.place('area'), 'area 8/10');
        // One who lives elsewhere would be the difference between two answers.
        await crowd(4, GRAZ);
        assert.equal(await anna.place('area'), 'everyone 11/14');
        await crowd(1, null);
        assert.equal(await anna.place('area'), 'area 8/10');
      });

      it('are for who shows, and of who shows, at once', async () => {
        const others = await crowd(6);
        await anna.had(iso(NOW - HOUR));
        assert.equal(await anna.place('everyone'), 'everyone 6/7');
        const last = others[5] as FeatureUser;
        await store.updateMe({ ...last.at(NOW), patch: { discoverable: false } });
        assert.equal(await anna.place('everyone'), 'everyone 5/6');
        await assert.rejects(last.ranks(), refused('not-discoverable'));
        await store.updateMe({ ...last.at(NOW), patch: { discoverable: true } });
        assert.equal(await anna.place('everyone'), 'everyone 6/7');
        await store.deleteMe(last.at(NOW));
        assert.equal(await anna.place('everyone'), 'everyone 5/6');
        await store.deleteMe((others[4] as FeatureUser).at(NOW));
        assert.equal(await anna.place('everyone'), 'too-few');
      });

      it('lose a friend who goes, hides or is blocked, at once', async () => {
        const [ben, carl, dora] = await crowd(3);
        for (const friend of [ben, carl, dora]) await anna.befriend(friend as FeatureUser);
        await anna.had(iso(NOW - HOUR));
        assert.equal(await anna.place('friends'), 'friends 3/4');
        const { friends } = await store.friends(anna.at(NOW));
        const idOf = (user?: FeatureUser) => friends.find((one) => one.user.name === user?.name)?.user.id as string;
        await store.block({ ...anna.at(NOW), id: idOf(dora) });
        assert.equal(await anna.place('friends'), 'friends 2/3');
        assert.equal(await (dora as FeatureUser).place('friends'), 'too-few');
        await store.updateMe({ ...(carl as FeatureUser).at(NOW), patch: { discoverable: false } });
        assert.equal(await anna.place('friends'), 'friends 1/2');
        await store.removeFriend({ ...anna.at(NOW), id: idOf(ben) });
        assert.equal(await anna.place('friends'), 'too-few');
      });

      it('are not for who has nothing in the period, and need a cell for the area', async () => {
        await crowd(6);
        assert.equal(await anna.place('everyone'), 'nothing-of-yours');
        assert.equal(await anna.place('friends', 'ever'), 'nothing-of-yours');
        await anna.had(iso(NOW - 8 * DAY));
        assert.equal(await anna.place('everyone'), 'nothing-of-yours');
        assert.equal(await anna.place('everyone', 'month'), 'everyone 6/7');
        const nowhere = await new FeatureUser(store, 'Nowhere').join(true, null);
        await nowhere.had(iso(NOW - HOUR));
        await assert.rejects(nowhere.ranks('week', { among: ['area'] }), refused('no-cell'));
        const { ranks } = await nowhere.ranks();
        assert.deepEqual([...new Set(ranks.map(({ among }) => among))], ['friends', 'everyone']);
        assert.deepEqual((await anna.ranks('week', { activity: 'karaoke' })).ranks[0]?.reason, 'nothing-of-yours');
      });

      it('find in the old week who has begun the new one somewhere else', async () => {
        await crowd(5);
        await anna.had(iso(NOW - HOUR));
        assert.equal(await anna.place('everyone'), 'everyone 5/6');
        // Sunday noon in London, Monday in Auckland.
        const now = Date.UTC(2026, 10, 22, 12);
        const aucklander = await new FeatureUser(store, 'Aucklander').join();
        for (const startedAt of [iso(NOW - HOUR), iso(now - 5 * MINUTE)]) {
          await aucklander.had(startedAt, { timeZone: 'Pacific/Auckland' }, now);
        }
        assert.equal(await anna.place('everyone', 'week', now), 'everyone 5/7');
        const { from, ranks } = await aucklander.ranks('week', { timeZone: 'Pacific/Auckland' }, now);
        assert.deepEqual([from, ranks[0]?.value], ['2026-11-23', 1]);
      });

      it('are the same after a restart', async () => {
        await crowd(10);
        await anna.had(iso(NOW - HOUR));
        const before = await Promise.all(PERIODS.map((period) => anna.ranks(period)));
        anna.store = await opened.reopen();
        assert.deepEqual(await Promise.all(PERIODS.map((period) => anna.ranks(period))), before);
      });
    });
  });
}
