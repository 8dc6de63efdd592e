import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type {
  Event,
  Match,
  Person,
  PublishAnswer,
  PublishedActivity,
  StoredActivity,
} from '../../matching/schema/index.js';
import { openStore } from '../../matching/server/index.js';
import { Refusal } from '../../matching/server/refusal.js';
import { MOST_OF_USER } from '../../matching/server/rules/live.js';
import { toPublication } from '../../matching/server/rules/publication.js';
import type { Caller, Search, Store } from '../../matching/server/store/store.js';
import { newId } from '../../vocabulary/index.js';
import { Cleanup, VIENNA } from './support.js';

export interface OpenedStore {
  store: Store;
  /** Closes it and opens it again. */
  reopen(): Promise<Store>;
  /** Every byte it keeps, wherever it keeps it. */
  everything(): Promise<Buffer>;
}

export type StoreFactory = (cleanup: Cleanup) => Promise<OpenedStore>;

/** A store that was closed, opened once more. */
export async function reopened(cleanup: Cleanup, store: Store, address: string): Promise<Store> {
  await store.close();
  const again = await openStore(address);
  cleanup.add(() => again.close());
  return again;
}

export const NOW = Date.UTC(2026, 10, 22, 8, 41, 7);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Talks to a store as one user. */
export class StoreUser {
  readonly credential = new Uint8Array(createHash('sha256').update(randomBytes(32)).digest());
  id = '';

  constructor(
    public store: Store,
    readonly name: string,
  ) {}

  async join(discoverable = true, cell: string | null = VIENNA, now = NOW): Promise<this> {
    this.id = (await this.store.createUser({ ...this.at(now), name: this.name, discoverable, cell })).id;
    return this;
  }

  at(now: number): Caller {
    return { credential: this.credential, now };
  }

  async publish(given: Partial<PublishedActivity> & { id?: string } = {}, now = NOW, beginsIn?: number) {
    const body = { revision: 1, activity: 'coffee', state: 'started', startedAt: iso(now), ...given } as const;
    const publication = toPublication(given.id ?? newId(now), body, now);
    const { json, told } = await this.store.publish({
      ...this.at(now),
      publication,
      ...(beginsIn === undefined ? {} : { beginsIn }),
    });
    return { answer: JSON.parse(json) as PublishAnswer, told };
  }

  /** All of them, as the export has them. */
  async activities(now = NOW): Promise<StoredActivity[]> {
    const all: StoredActivity[] = [];
    for (let last: StoredActivity | undefined; ; last = all.at(-1)) {
      const call = { ...this.at(now), ...(last ? { after: last.id } : {}) };
      const page = await this.store.exportActivities(call);
      if (page.length === 0) return all;
      all.push(...page);
    }
  }

  /** All of them, page by page, as the export has them. */
  async matchPages(now = NOW): Promise<Match[][]> {
    const pages: Match[][] = [];
    for (let next: string | undefined; pages.length === 0 || next !== undefined; ) {
      const page = await this.store.exportMatches({ ...this.at(now), ...(next === undefined ? {} : { after: next }) });
      pages.push(page.matches);
      next = page.next;
    }
    return pages;
  }

  async matches(now = NOW): Promise<Match[]> {
    return (await this.matchPages(now)).flat();
  }

  search(given: Partial<Search> = {}, now = NOW) {
    const search = { activity: 'coffee', window: 'minute', at: now, among: 'everyone', limit: 20, ...given } as const;
    return this.store.concurrentUsers({ ...this.at(now), search });
  }

  async names(given: Partial<Search> = {}, now = NOW): Promise<string[]> {
    return namesOf((await this.search(given, now)).people);
  }
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function namesOf(people: readonly Person[]): string[] {
  return people.map(({ user }) => user.name);
}

/** Makes friends by an invitation. */
async function befriend(inviting: StoreUser, invited: StoreUser): Promise<void> {
  const hash = new Uint8Array(randomBytes(32));
  // So many a day and no more: each on a day of its own.
  const day = NOW - (1 + (befriended++ % 300)) * DAY;
  await inviting.store.invite({ ...inviting.at(day), hash });
  await invited.store.requestFriend({ ...invited.at(day), to: { invitation: hash } });
}
let befriended = 0;

/** The matches among events. */
export function matchesIn(events: readonly Event[]): Match[] {
  return events.flatMap((event) => (event.type === 'match' ? [event.match] : []));
}

export function refused(code: string) {
  return (error: unknown) => error instanceof Refusal && error.code === code;
}

/** What every store must do. */
export function storeConformance(name: string, open: StoreFactory): void {
  describe(`${name} store`, () => {
    const cleanup = new Cleanup();
    let opened: OpenedStore;
    let store: Store;
    let anna: StoreUser;
    let ben: StoreUser;
    beforeEach(async () => {
      opened = await open(cleanup);
      store = opened.store;
      anna = await new StoreUser(store, 'Anna').join();
      ben = await new StoreUser(store, 'Ben').join();
    });
    afterEach(() => cleanup.run());

    it('keeps everything over a restart', async () => {
      const id = newId(NOW);
      await anna.publish({ id, drink: 'espresso' });
      const again = await opened.reopen();
      const { activities } = await again.activities({ ...anna.at(NOW), limit: 10 });
      assert.deepEqual(
        activities.map((one) => [one.id, one.drink]),
        [[id, 'espresso']],
      );
      assert.equal((await again.me(ben.at(NOW))).name, 'Ben');
    });

    it('takes each revision once, and never goes back to an older one', async () => {
      const id = newId(NOW);
      const outcomes = [];
      for (const revision of [1, 1, 3, 2, 3]) {
        const { answer } = await anna.publish({ id, revision, rating: revision });
        outcomes.push([answer.outcome, answer.activity.revision, answer.activity.rating]);
      }
      assert.deepEqual(outcomes, [
        ['created', 1, 1],
        ['unchanged', 1, 1],
        ['updated', 3, 3],
        ['unchanged', 3, 3],
        ['unchanged', 3, 3],
      ]);
      assert.equal((await store.activities({ ...anna.at(NOW), limit: 10 })).activities.length, 1);
    });

    it('takes lengths that are no whole seconds, and no whole milliseconds', async () => {
      for (const seconds of [12.34567, 0.0001, 1e-320]) {
        const { answer } = await anna.publish({ state: 'finished', startedAt: iso(NOW - MINUTE), seconds });
        assert.equal(answer.activity.endedAt, iso(NOW - MINUTE + Math.round(seconds * 1000)));
      }
    });

    it('does not bring a discarded activity back when its start arrives late', async () => {
      const id = newId(NOW);
      await anna.publish({ id, revision: 1 });
      await anna.publish({ id, revision: 2, state: 'discarded' });
      assert.equal((await anna.publish({ id, revision: 1 })).answer.outcome, 'unchanged');
      assert.deepEqual(await ben.names(), []);
      assert.deepEqual((await store.activities({ ...anna.at(NOW), limit: 10 })).activities, []);
    });

    it('gives own activities newest first, page by page', async () => {
      const ids = Array.from({ length: 7 }, (_, index) => newId(NOW + index));
      for (const id of ids) await anna.publish({ id });
      const seen: string[] = [];
      let before: string | undefined;
      do {
        const page = await store.activities({ ...anna.at(NOW), limit: 3, ...(before ? { before } : {}) });
        seen.push(...page.activities.map(({ id }) => id));
        before = page.next;
      } while (before);
      assert.deepEqual(seen, ids.reverse());
    });

    it('finds others in the minute, the quarter and the overlap, and never oneself', async () => {
      await ben.publish({ state: 'finished', startedAt: iso(NOW - 3 * MINUTE), endedAt: iso(NOW - 2 * MINUTE) });
      await anna.publish({ startedAt: iso(NOW - 10 * MINUTE) });
      assert.deepEqual(await anna.names({ window: 'minute' }), []);
      assert.deepEqual(await anna.names({ window: 'minute', at: NOW - 2 * MINUTE }), ['Ben']);
      assert.deepEqual(await anna.names({ window: 'quarter-hour' }), ['Ben']);
      assert.deepEqual(await anna.names({ window: 'overlap' }), ['Ben']);
    });

    it('finds actions in their own minutes', async () => {
      await ben.publish({
        startedAt: iso(NOW - 5 * MINUTE),
        actions: [{ action: 'raise-cup', startedAt: iso(NOW - MINUTE) }],
      });
      const cups = [NOW, NOW - MINUTE].map((at) => ({ action: 'raise-cup', startedAt: iso(at) }) as const);
      await anna.publish({ startedAt: iso(NOW - 5 * MINUTE), actions: cups });
      assert.deepEqual(await anna.names({ action: 'raise-cup' }), []);
      assert.deepEqual(await anna.names({ action: 'raise-cup', at: NOW - MINUTE }), ['Ben']);
      assert.deepEqual(await anna.names({ action: 'stir', at: NOW - MINUTE }), []);
    });

    it('shows nothing to who does not show, and nobody who does not', async () => {
      const carl = await new StoreUser(store, 'Carl').join(false);
      for (const user of [anna, ben, carl]) await user.publish();
      assert.deepEqual(await anna.names(), ['Ben']);
      await assert.rejects(carl.search(), refused('not-discoverable'));
      assert.deepEqual((await carl.publish()).answer.matches, []);
      await store.updateMe({ ...carl.at(NOW), patch: { discoverable: true } });
      assert.deepEqual((await anna.names()).sort(), ['Ben', 'Carl']);
      assert.deepEqual((await carl.names()).sort(), ['Anna', 'Ben']);
    });

    it('takes everything back at once when somebody withdraws', async () => {
      await ben.publish();
      const { told } = await anna.publish();
      assert.deepEqual(told.sort(), [anna.id, ben.id].sort());
      await store.updateMe({ ...ben.at(NOW), patch: { discoverable: false } });
      assert.deepEqual(await anna.names(), []);
      assert.deepEqual((await store.events({ ...anna.at(NOW), after: 0 })).events, []);
    });

    it('tells who sweeps the day nothing of strangers beyond the windows of their own', async () => {
      const start = NOW - 9 * HOUR;
      const actions = [{ action: 'raise-cup' as const, startedAt: iso(start + 10 * MINUTE) }];
      const over = (from: number, to: number) => ({
        state: 'finished' as const,
        startedAt: iso(from),
        endedAt: iso(to),
      });
      await ben.publish({ ...over(start, start + 40 * MINUTE), actions });
      await ben.publish(over(NOW - 3 * HOUR, NOW - 2 * HOUR));
      const sweep = async (given: Partial<Search>): Promise<number[]> => {
        const seen = [];
        for (let at = NOW - 12 * HOUR; at <= NOW; at += MINUTE) {
          const { people, reason } = await anna.search({ at, ...given });
          assert.ok(people.length === 0 || reason === undefined);
          if (people.length > 0) seen.push(Math.round((at - start) / MINUTE));
        }
        return seen;
      };
      for (const window of ['minute', 'quarter-hour', 'overlap'] as const)
        assert.deepEqual(await sweep({ window }), []);
      assert.equal((await anna.search({ at: start })).reason, 'nothing-of-yours');
      // In time, not after the fact: that opens nothing.
      const invented = over(start - 5 * MINUTE, start + 40 * MINUTE);
      const { answer, told } = await anna.publish(invented);
      assert.deepEqual([answer.matches, told], [[], []]);
      for (const window of ['minute', 'quarter-hour', 'overlap'] as const)
        assert.deepEqual(await sweep({ window }), []);
      const id = newId(start);
      await anna.publish({ id, startedAt: iso(start - 5 * MINUTE) }, start - 5 * MINUTE);
      await anna.publish({ id, revision: 2, ...over(start - 5 * MINUTE, start + 20 * MINUTE) }, start + 20 * MINUTE);
      await anna.publish({ id, revision: 3, ...over(start - 3 * HOUR, start + 20 * MINUTE) });
      const minutes = await sweep({ window: 'minute' });
      assert.deepEqual([minutes[0], minutes.at(-1)], [0, 20]);
      assert.deepEqual(await sweep({ window: 'minute', action: 'raise-cup' }), []);
      const { people, reason } = await anna.search({ at: start });
      assert.deepEqual([people.length, reason], [1, undefined]);
    });

    it('opens nothing of the time before to who has hidden, and shows themselves then', async () => {
      const start = NOW - 3 * HOUR;
      const eve = await new StoreUser(store, 'Eve').join(false);
      const ids = new Map([eve, ben].map((user) => [user, newId(start)]));
      for (let revision = 1; revision <= 7; revision++) {
        const at = start + (revision - 1) * (HOUR / 2);
        for (const [user, id] of ids) await user.publish({ id, revision, startedAt: iso(start) }, at);
      }
      // In the quarter of an hour in which Eve begins to show herself, and before that.
      const [began, ended] = [NOW - 8 * MINUTE, NOW - 3 * MINUTE];
      await anna.publish({ state: 'finished', startedAt: iso(began), endedAt: iso(ended) }, ended);
      await store.updateMe({ ...eve.at(NOW), patch: { discoverable: true } });
      const sweep = async (window: Search['window']): Promise<number[]> => {
        const minutes = [];
        for (let back = 12 * 60; back >= 0; back--) {
          const { people, reason } = await eve.search({ at: NOW - back * MINUTE, window });
          const [isFound, names] = [people.length > 0, namesOf(people)];
          assert.deepEqual([names, reason], isFound ? [['Ben'], undefined] : [[], 'nothing-of-yours']);
          if (isFound) minutes.push(back);
        }
        return minutes;
      };
      assert.deepEqual(await sweep('minute'), [0]);
      assert.deepEqual(await sweep('overlap'), [0]);
      // The quarter has begun 11 minutes ago.
      assert.deepEqual(await sweep('quarter-hour'), [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
      const [person] = (await eve.search({ window: 'overlap' })).people;
      assert.equal(person?.overlapSeconds, 60);
      // Hiding and showing oneself once more opens nothing either.
      for (const discoverable of [false, true]) {
        await store.updateMe({ ...eve.at(NOW + HOUR / 2), patch: { discoverable } });
      }
      assert.deepEqual(await eve.names({ at: NOW }, NOW + HOUR / 2), []);
      assert.deepEqual(await eve.names({}, NOW + HOUR / 2), ['Ben']);
    });

    /** Of who hid until NOW, nobody is found before. */
    async function finds(viewer: StoreUser, other: string, now: number): Promise<void> {
      for (const back of [HOUR, HOUR + MINUTE, 90 * MINUTE]) {
        for (const window of ['minute', 'quarter-hour'] as const) {
          assert.deepEqual(await viewer.names({ at: NOW - back, window }, now), [other]);
        }
      }
      assert.deepEqual((await viewer.names({ at: NOW }, now)).sort(), [other, 'Dora']);
    }

    it('shows nobody what somebody did while they hid, and of what goes on the rest', async () => {
      const [carl, dora] = [new StoreUser(store, 'Carl'), new StoreUser(store, 'Dora')];
      for (const user of [carl, dora]) {
        await user.join(false);
        await befriend(ben, user);
      }
      const start = NOW - 2 * HOUR;
      const ids = new Map([anna, ben, carl, dora].map((user) => [user, newId(start)]));
      const given = (user: StoreUser, revision: number) => {
        return { id: ids.get(user) as string, revision, startedAt: iso(start) };
      };
      for (const user of ids.keys()) await user.publish(given(user, 1), start);
      await carl.publish({ ...given(carl, 2), state: 'finished', endedAt: iso(NOW - HOUR) }, NOW - HOUR);
      for (const user of [anna, ben, dora]) {
        await user.publish(given(user, 2), NOW - HOUR);
        await user.publish(given(user, 3), NOW);
      }
      for (const user of [carl, dora]) await store.updateMe({ ...user.at(NOW), patch: { discoverable: true } });
      const later = NOW + 5 * MINUTE;
      const check = async (): Promise<void> => {
        await finds(anna, 'Ben', later);
        await finds(ben, 'Anna', later);
        const overlaps = await Promise.all([anna, ben].map((viewer) => viewer.search({ window: 'overlap' }, later)));
        const ofDora = overlaps.map(({ people }) => people.find(({ user }) => user.name === 'Dora'));
        // Strangers are told in whole minutes, friends in seconds.
        assert.deepEqual(
          ofDora.map((person) => person?.overlapSeconds),
          [6 * 60, 5 * 60],
        );
        assert.deepEqual(await ben.names({ at: NOW - 90 * MINUTE, among: 'friends' }, later), []);
      };
      await check();
      const { answer } = await dora.publish({ ...given(dora, 4), state: 'ongoing' }, later);
      assert.deepEqual(namesOf(answer.matches).sort(), ['Anna', 'Ben']);
      for (const viewer of [anna, ben]) {
        const { events } = await store.events({ ...viewer.at(later), after: 0 });
        const ofDora = matchesIn(events).filter(({ person }) => person.user.name === 'Dora');
        assert.deepEqual(
          ofDora.map(({ person }) => person.overlapSeconds),
          [6 * 60],
        );
      }
      const again = await opened.reopen();
      for (const user of ids.keys()) user.store = again;
      await check();
    });

    for (const isReopened of [false, true]) {
      const when = isReopened ? ', after a restart as well' : '';
      it(`tells who shows themselves of those who are there, whoever else has begun since${when}`, async () => {
        const carl = await new StoreUser(store, 'Carl').join(false);
        await befriend(carl, anna);
        const [ofCarl, ofAnna] = [newId(NOW), newId(NOW)];
        await anna.publish({ id: ofAnna });
        await carl.publish({ id: ofCarl });
        const shows = NOW + 5 * MINUTE;
        await store.updateMe({ ...carl.at(shows), patch: { discoverable: true } });
        const { answer } = await ben.publish({}, shows + 20_000);
        assert.deepEqual(namesOf(answer.matches).sort(), ['Anna', 'Carl']);
        const again = isReopened ? await opened.reopen() : store;
        for (const user of [anna, ben, carl]) user.store = again;
        const next = { revision: 2, state: 'ongoing', startedAt: iso(NOW) } as const;
        const { answer: told } = await carl.publish({ id: ofCarl, ...next }, shows + MINUTE);
        assert.deepEqual(namesOf(told.matches).sort(), ['Anna', 'Ben']);
        const { events } = await again.events({ ...anna.at(shows + MINUTE), after: 0 });
        const people = matchesIn(events).map(({ person }) => `${person.user.name}: ${person.relation}`);
        assert.deepEqual(people.sort(), ['Ben: stranger', 'Carl: friend']);
        const { told: toldOnce } = await carl.publish({ id: ofCarl, ...next, revision: 3 }, shows + 2 * MINUTE);
        assert.deepEqual(toldOnce, []);
      });
    }

    it('tells once of who hides, shows, is renamed and corrected in between, and over a restart', async () => {
      const carl = await new StoreUser(store, 'Carl').join(false);
      await befriend(carl, anna);
      const users = [anna, ben, carl];
      const id = newId(NOW);
      let revision = 0;
      const tellsOf = async (given: Partial<PublishedActivity>, minutes: number): Promise<string[]> => {
        revision++;
        const { told } = await carl.publish({ id, revision, startedAt: iso(NOW), ...given }, NOW + minutes * MINUTE);
        return users.filter((user) => user !== carl && told.includes(user.id)).map(({ name: whose }) => whose);
      };
      const shows = async (discoverable: boolean, minutes: number): Promise<void> => {
        await carl.store.updateMe({ ...carl.at(NOW + minutes * MINUTE), patch: { discoverable } });
      };
      const heard = async (user: StoreUser, minutes: number): Promise<string[]> => {
        const { events } = await user.store.events({ ...user.at(NOW + minutes * MINUTE), after: 0 });
        return matchesIn(events).map(({ person }) => `${person.user.name} ${person.activity}`);
      };
      await anna.publish();
      assert.deepEqual(await tellsOf({ activity: 'tea' }, 0), []);
      assert.deepEqual(await tellsOf({ activity: 'coffee' }, 1), []);
      await shows(true, 2);
      await ben.publish({}, NOW + 2 * MINUTE + 30_000);
      assert.deepEqual(await tellsOf({ startedAt: iso(NOW + 1000) }, 3), ['Anna']);
      assert.deepEqual(await tellsOf({ startedAt: iso(NOW + 2 * MINUTE + 55_000) }, 4), []);
      assert.deepEqual(await heard(carl, 4), ['Ben coffee', 'Anna coffee']);
      assert.deepEqual(await tellsOf({ activity: 'tea' }, 5), []);
      assert.deepEqual(await heard(carl, 5), []);
      assert.deepEqual(await tellsOf({ activity: 'coffee' }, 6), ['Anna', 'Ben']);
      await shows(false, 7);
      await tellsOf({ activity: 'coffee', startedAt: iso(NOW + 3 * MINUTE) }, 8);
      assert.deepEqual([await heard(anna, 8), await heard(ben, 8)], [['Ben coffee'], ['Anna coffee']]);
      await shows(true, 9);
      const again = await opened.reopen();
      for (const user of users) user.store = again;
      assert.deepEqual(await tellsOf({ startedAt: iso(NOW + 4 * MINUTE) }, 10), ['Anna', 'Ben']);
      assert.deepEqual(await tellsOf({ startedAt: iso(NOW + 4 * MINUTE) }, 11), []);
      assert.deepEqual((await heard(carl, 11)).sort(), ['Anna coffee', 'Ben coffee']);
    });

    it('finds who goes on, and shows them others, after their hub’s clock was ahead', async () => {
      await befriend(anna, ben);
      const carl = await new StoreUser(store, 'Carl').join();
      const ahead = { state: 'finished', seconds: 60 } as const;
      for (let day = 45; day > 5; day--)
        await anna.publish({ id: newId(NOW + 365 * DAY - day), ...ahead }, NOW - day * DAY);
      await carl.publish();
      const { answer } = await anna.publish();
      assert.deepEqual(namesOf(answer.matches), ['Carl']);
      assert.deepEqual(await anna.names(), ['Carl']);
      assert.deepEqual(await ben.names({ among: 'friends' }), ['Anna']);
      assert.deepEqual(namesOf((await ben.publish()).answer.matches).sort(), ['Anna', 'Carl']);
      // It is ahead once more, by less.
      const later = NOW + 3 * HOUR;
      await anna.publish({ id: newId(later + DAY) }, later);
      await carl.publish({}, later);
      assert.deepEqual(await anna.names({}, later), ['Carl']);
      assert.deepEqual(await ben.names({ among: 'friends' }, later), ['Anna']);
    });

    it('looks at a bounded number of ids of the future, however many somebody publishes', async () => {
      await befriend(anna, ben);
      await anna.publish({ id: newId(NOW - 1) });
      const long = { startedAt: iso(NOW - 10 * DAY), endedAt: iso(NOW - 10 * DAY + MINUTE) };
      const publish = async () => {
        const id = newId(NOW).replace(/^.{13}/, 'e677d21f-dbff');
        await anna.publish({ id, state: 'finished', ...long });
      };
      await Promise.all(Array.from({ length: MOST_OF_USER - 1 }, publish));
      assert.deepEqual(await ben.names({ among: 'friends' }), ['Anna']);
      await publish();
      assert.deepEqual(await ben.names({ among: 'friends' }), []);
    });

    it('counts what is told late for friends alone, and in part what is told late in part', async () => {
      const ago = (minutes: number): string => iso(NOW - minutes * MINUTE);
      for (const [from, to] of [
        [120, 100],
        [40, 30],
        [8, 2],
      ] as const) {
        await ben.publish({ state: 'finished', startedAt: ago(from), endedAt: ago(to) }, NOW - to * MINUTE);
      }
      const { answer } = await anna.publish({ startedAt: ago(130) });
      assert.deepEqual(namesOf(answer.matches), ['Ben']);
      const seen = await Promise.all([1, 5, 35, 110].map((back) => anna.search({ at: NOW - back * MINUTE })));
      assert.deepEqual(
        seen.map(({ people, reason }) => [people.length, reason]),
        [
          [0, undefined],
          [1, undefined],
          [0, 'nothing-of-yours'],
          [0, 'nothing-of-yours'],
        ],
      );
      const [overlap] = (await anna.search({ window: 'overlap' })).people;
      assert.equal(overlap?.overlapSeconds, 7 * 60);
      await opened.store.requestFriend({ ...anna.at(NOW), to: { userId: overlap?.user.id as string } });
      const [request] = (await opened.store.friendRequests(ben.at(NOW))).received;
      await opened.store.answerFriendRequest({ ...ben.at(NOW), id: request?.id as string, state: 'accepted' });
      const late = { state: 'finished', startedAt: ago(125), endedAt: ago(95) } as const;
      assert.deepEqual(namesOf((await anna.publish(late)).answer.matches), ['Ben']);
      const friends = await anna.search({ at: NOW - 110 * MINUTE, window: 'overlap' });
      assert.deepEqual([namesOf(friends.people), friends.reason], [['Ben'], 'nothing-of-yours']);
    });

    it('reaches as far as asked from the own cell, and needs one', async () => {
      const graz = await new StoreUser(store, 'Graz').join(true, '861e126c7ffffff');
      const nowhere = await new StoreUser(store, 'Nowhere').join(true, null);
      for (const user of [anna, ben, graz, nowhere]) await user.publish();
      assert.deepEqual(await anna.names({ radiusKm: 25 }), ['Ben']);
      assert.equal((await anna.names()).length, 3);
      assert.deepEqual(
        (await anna.search()).people.filter(({ nearby }) => nearby).map(({ user }) => user.name),
        ['Ben'],
      );
      await assert.rejects(nowhere.search({ radiusKm: 10 }), refused('no-cell'));
    });

    it('tells each match to both sides once, whatever is published again', async () => {
      const id = newId(NOW);
      await ben.publish({ id });
      const mine = newId(NOW);
      const first = await anna.publish({ id: mine });
      assert.equal(first.told.length, 2);
      assert.deepEqual((await anna.publish({ id: mine, revision: 2 })).told, []);
      assert.deepEqual((await ben.publish({ id, revision: 2 })).told, []);
      const [forAnna, forBen] = await Promise.all(
        [anna, ben].map((user) => store.events({ ...user.at(NOW), after: 0 })),
      );
      assert.deepEqual([forAnna?.events.length, forBen?.events.length], [1, 1]);
      const [annas, bens] = [forAnna, forBen].map((told) => matchesIn(told?.events ?? [])[0]?.person);
      assert.equal(annas?.user.name, 'Ben');
      assert.equal(annas?.matchId, bens?.matchId);
      assert.notEqual(annas?.user.id, ben.id);
      assert.equal((await store.events({ ...anna.at(NOW), after: forAnna?.last ?? 0 })).events.length, 0);
    });

    it('tells who comes back after days all that they were told, page by page, and what comes meanwhile', async () => {
      const others = [ben];
      for (const name of ['Carl', 'Dora']) others.push(await new StoreUser(store, name).join());
      const meet = async (now: number): Promise<void> => {
        for (const user of [...others, anna]) await user.publish({}, now);
      };
      const back = NOW + 6 * DAY;
      for (let count = 45; count > 0; count--) await meet(back - count * 192 * MINUTE);
      const told: unknown[] = [];
      for (let after = 0, pages = 0; ; pages++) {
        if (pages === 2) await meet(back);
        const { last, events } = await store.events({ ...anna.at(back), after });
        if (last === after) break;
        told.push(...matchesIn(events).map(({ person }) => person.matchId));
        after = last;
      }
      assert.deepEqual([told.length, new Set(told).size], [46 * others.length, 46 * others.length]);
    });

    it('tells both sides, however many others have met in between, and neither behind a block', async () => {
      await anna.publish();
      const { last } = await store.events(anna.at(NOW + 1000));
      // After an outage hubs tell of what was over before Anna began.
      const over = { state: 'finished', startedAt: iso(NOW - 10 * MINUTE), endedAt: iso(NOW - 5 * MINUTE) } as const;
      for (let count = 0; count < 260; count++) {
        const other = await new StoreUser(store, `U${count}`).join();
        await other.publish(over, NOW + 2000);
      }
      const { answer, told } = await ben.publish({}, NOW + MINUTE);
      const isTold = answer.matches.some(({ user, matchId }) => user.name === 'Anna' && matchId !== undefined);
      const annas = async () =>
        matchesIn((await store.events({ ...anna.at(NOW + 2 * MINUTE), after: last })).events).map(
          ({ person }) => person.user,
        );
      const [seen] = await annas();
      const bens = async () => {
        const matches = await ben.matches(NOW + 2 * MINUTE);
        const { events } = await store.events({ ...ben.at(NOW + 2 * MINUTE), after: 0 });
        return [matches, matchesIn(events)].map((those) => namesOf(those.map(({ person }) => person)).includes('Anna'));
      };
      assert.deepEqual([isTold, told.includes(anna.id), seen?.name], [true, true, 'Ben']);
      assert.deepEqual(await bens(), [true, true]);
      await store.block({ ...anna.at(NOW + 2 * MINUTE), id: seen?.id ?? '' });
      assert.deepEqual(await bens(), [false, false]);
      assert.deepEqual(await annas(), []);
    });

    it('bounds what one publish brings, in the answer and to others', async () => {
      const crowd = await Promise.all(Array.from({ length: 30 }, (_, i) => new StoreUser(store, `Crowd ${i}`).join()));
      for (const user of crowd) await user.publish();
      const { answer, told } = await anna.publish();
      const { matches } = answer;
      assert.ok(matches.length > 0 && matches.length <= 10, `${matches.length} are told`);
      assert.ok(matches.every(({ matchId }) => matchId !== undefined));
      assert.equal(told.length, matches.length + 1);
      const page = await anna.search({ limit: 5 });
      assert.equal(page.people.length, 5);
      assert.equal(page.truncated, true);
    });

    it('tells friends of each other, whatever crowd is between them', async () => {
      await ben.publish();
      await befriend(anna, ben);
      for (let count = 0; count < 100; count++) {
        const other = await new StoreUser(store, `Crowd ${count}`).join();
        await other.publish({}, NOW + 2 * MINUTE);
      }
      const { last } = await store.events(ben.at(NOW + 2 * MINUTE));
      const again = await anna.publish({}, NOW + 3 * MINUTE);
      const isBen = ({ user, relation }: { user: { name: string }; relation: string }) =>
        user.name === 'Ben' && relation === 'friend';
      assert.ok(again.answer.matches.some(isBen));
      assert.ok(again.answer.matches.length <= 20 && again.told.includes(ben.id));
      const { events } = await store.events({ ...ben.at(NOW + 4 * MINUTE), after: last });
      assert.deepEqual(namesOf(matchesIn(events).map(({ person }) => person)), ['Anna']);
    });

    it('tells an activity of so many friends and no more, and both sides alike', async () => {
      const mine = newId(NOW);
      const friends = await Promise.all(
        Array.from({ length: 25 }, (_, index) => new StoreUser(store, `Friend ${index}`).join()),
      );
      for (const friend of friends) await befriend(anna, friend);
      await anna.publish({ id: mine });
      for (const friend of friends) await friend.publish();
      const { answer } = await anna.publish({ id: mine, revision: 2, state: 'ongoing' }, NOW + MINUTE);
      const { events } = await store.events({ ...anna.at(NOW + MINUTE), after: 0 });
      const matches = await anna.matches(NOW + MINUTE);
      assert.deepEqual([answer.matches.length, matchesIn(events).length, matches.length], [20, 20, 20]);
    });

    it('tells a friend, whatever else they have done since they began', async () => {
      await befriend(anna, ben);
      await ben.publish({ activity: 'music', category: 'entertainment', startedAt: iso(NOW - HOUR) }, NOW - HOUR);
      for (let count = 12; count > 0; count--) {
        const startedAt = iso(NOW - count * 4 * MINUTE);
        await ben.publish({ activity: 'tea', startedAt, state: 'finished', seconds: 60 }, NOW - count * 4 * MINUTE);
      }
      const { answer } = await anna.publish({ activity: 'music', category: 'entertainment' });
      assert.deepEqual(namesOf(answer.matches), ['Ben']);
    });

    it('tells nobody by event or export of minutes that they did not claim in time', async () => {
      const start = NOW - HOUR;
      const victim = await new StoreUser(store, 'Victim').join(false);
      const id = newId(start);
      const run = { id, activity: 'run', category: 'exercise', startedAt: iso(start) } as const;
      await victim.publish(run, start);
      const late = { activity: 'run', category: 'exercise', state: 'finished' } as const;
      const [from, to] = [iso(start + 5 * MINUTE), iso(start + 20 * MINUTE)];
      await anna.publish({ ...late, startedAt: from, endedAt: to });
      // Partly late: what was claimed in time begins a quarter of an hour ago.
      await ben.publish({ activity: 'run', category: 'exercise', startedAt: iso(start + 30 * MINUTE) });
      await store.updateMe({ ...victim.at(NOW), patch: { discoverable: true } });
      await victim.publish({ ...run, revision: 2, state: 'ongoing' }, NOW + MINUTE);
      const seenBy = async (user: StoreUser) => {
        const { events } = await store.events({ ...user.at(NOW + 2 * MINUTE), after: 0 });
        const matches = await user.matches(NOW + 2 * MINUTE);
        return [...matchesIn(events), ...matches].map(({ person }) => [person.user.name, person.overlapSeconds]);
      };
      assert.deepEqual(await seenBy(anna), []);
      for (const [name, seconds] of await seenBy(ben)) {
        assert.equal(name, 'Victim');
        assert.ok((seconds as number) <= 17 * 60, `${seconds} s are told of 15 minutes that were claimed`);
      }
    });

    it('is told of so many strangers and no more, wherever one moves meanwhile', async () => {
      const id = newId(NOW);
      const carl = await new StoreUser(store, 'Carl').join(true, VIENNA, NOW - 20 * DAY);
      await carl.publish({ id });
      const crowd = async (name: string): Promise<void> => {
        for (let index = 0; index < 12; index++) {
          const other = await new StoreUser(store, `${name} ${index}`).join();
          await other.publish();
        }
      };
      await crowd('Before');
      await store.updateMe({ ...carl.at(NOW), patch: { cell: '861e126c7ffffff' } });
      await crowd('After');
      await store.updateMe({ ...carl.at(NOW), patch: { cell: null } });
      await crowd('Later');
      await carl.publish({ id, revision: 2, state: 'ongoing' });
      await crowd('Last');
      const { answer } = await carl.publish({ id, revision: 3, state: 'ongoing' });
      const matches = await carl.matches(NOW);
      assert.deepEqual([answer.matches.length, matches.length], [10, 10]);
    });

    it('says to strangers only what the window says', async () => {
      const bens = newId(NOW);
      await anna.publish({ startedAt: iso(NOW - 5 * MINUTE) });
      const answers = [];
      for (const [revision, second] of [0, 31, 59].entries()) {
        const startedAt = iso(Math.floor(NOW / MINUTE) * MINUTE - MINUTE + second * 1000);
        await ben.publish({ id: bens, revision, startedAt });
        answers.push(JSON.stringify(await anna.search({ window: 'overlap' })));
      }
      assert.equal(new Set(answers).size, 1);
      assert.doesNotMatch(answers[0] as string, /861e|startedAt/);
      assert.equal(JSON.parse(answers[0] as string).people.length, 1);
    });

    it('ends what never finishes, and forgets what is past its time', async () => {
      await ben.publish();
      await anna.publish({}, NOW + 59 * MINUTE);
      assert.deepEqual(await anna.names({}, NOW + 59 * MINUTE), ['Ben']);
      assert.deepEqual(await anna.names({}, NOW + 62 * MINUTE), []);
      const later = NOW + 30 * DAY;
      while (await store.sweep({ now: later, retentionMs: 20 * DAY }));
      assert.deepEqual((await store.activities({ ...ben.at(later), limit: 10 })).activities, []);
      assert.deepEqual((await store.events({ ...ben.at(later), after: 0 })).events, []);
    });

    it('forgets matches after seven days, and not sooner', async () => {
      for (const user of [anna, ben]) await user.publish({ state: 'finished', seconds: 60 });
      const sweep = async (now: number): Promise<void> => {
        while (await store.sweep({ now, retentionMs: 365 * DAY }));
      };
      for (const [now, left] of [
        [NOW + 7 * DAY, 1],
        [NOW + 7 * DAY + 2 * MINUTE, 0],
      ] as const) {
        await sweep(now);
        for (const user of [anna, ben]) {
          assert.equal((await user.matches(now)).length, left);
          assert.equal((await user.activities(now)).length, 1);
        }
      }
    });

    it('forgets with an activity that anybody found it, and whom it was matched with', async () => {
      await befriend(anna, ben);
      const carl = await new StoreUser(store, 'Carl').join();
      const id = newId(NOW);
      await anna.publish({ id, state: 'finished', seconds: 60 });
      // Once more, as if it were a new one: it is kept for as long as it was before.
      const later = NOW + 3 * DAY;
      await anna.publish({ id, revision: 2 }, later);
      const others = [ben, carl];
      for (const other of others) {
        await other.publish({}, later);
        assert.ok((await other.names({}, later)).includes('Anna'));
        assert.ok((await other.matches(later)).some(({ person }) => person.user.name === 'Anna'));
      }
      await store.sweep({ now: later, retentionMs: 2 * DAY });
      for (const other of others) {
        const told = [await other.search({}, later), await other.publish({}, later), await other.matches(later)];
        assert.ok(!JSON.stringify(told).includes('Anna'));
      }
      assert.equal((await store.counts({ now: later })).live, 4);
    });

    it('forgets what is past its time after a clock that was ahead, and nothing while one is behind', async () => {
      const ahead = NOW + 20 * 365 * DAY;
      const retentionMs = 100 * DAY;
      const finished = { state: 'finished', seconds: 60 } as const;
      for (let count = 0; count < 600; count++) await anna.publish({ ...finished, startedAt: iso(NOW) }, ahead);
      for (const age of [300, 200, 1]) await ben.publish(finished, NOW - age * DAY);
      const sweep = async (now: number): Promise<void> => {
        while (await store.sweep({ now, retentionMs }));
      };
      const countOf = async (user: StoreUser) => (await user.activities()).length;
      await sweep(NOW - 10 * 365 * DAY);
      assert.deepEqual([await countOf(anna), await countOf(ben)], [600, 3]);
      await sweep(NOW);
      assert.deepEqual([await countOf(anna), await countOf(ben)], [600, 1]);
      await sweep(NOW + 101 * DAY);
      assert.deepEqual([await countOf(anna), await countOf(ben)], [0, 0]);
    });

    it('tells at once who meets after a clock that was days ahead', async () => {
      for (const user of [anna, ben]) await user.publish({ activity: 'tea' }, NOW + 3 * DAY);
      const { last } = await store.events(anna.at(NOW + MINUTE));
      for (const user of [anna, ben]) await user.publish({}, NOW + MINUTE);
      const { events } = await store.events({ ...anna.at(NOW + 2 * MINUTE), after: last });
      assert.deepEqual(
        matchesIn(events).map(({ person }) => [person.user.name, person.activity]),
        [['Ben', 'coffee']],
      );
    });

    it('takes another cell at once when the last one is from a clock that was ahead', async () => {
      const carl = await new StoreUser(store, 'Carl').join(true, VIENNA, NOW + 20 * 365 * DAY);
      assert.equal((await store.me(carl.at(NOW))).cellChangeableFrom, undefined);
      const moved = await store.updateMe({ ...carl.at(NOW), patch: { cell: '861e126c7ffffff' } });
      assert.equal(moved.cellChangeableFrom, iso(NOW + 7 * DAY));
    });

    it('takes so many activities of one user in a day and no more', async () => {
      const first = newId(NOW);
      await anna.publish({ id: first });
      const publishing = Array.from({ length: 2100 }, () => anna.publish());
      const results = await Promise.allSettled(publishing);
      const refusals = results.filter((one) => one.status === 'rejected' && refused('limit-reached')(one.reason));
      assert.equal(refusals.length, 101);
      assert.equal((await anna.publish({ id: first, revision: 2 })).answer.outcome, 'updated');
      assert.equal((await store.counts({ now: NOW })).live, 2000);
      assert.equal((await ben.publish()).answer.outcome, 'created');
      while (await store.sweep({ now: NOW + 2 * DAY, retentionMs: 365 * DAY }));
      assert.equal((await anna.publish({}, NOW + 2 * DAY)).answer.outcome, 'created');
    });

    it('lets nobody begin one more before their time, and everybody end what goes on', async () => {
      const [id, later] = [newId(NOW), newId(NOW)];
      await anna.publish({ id });
      await assert.rejects(anna.publish({ id: later }, NOW, 60), refused('too-many-requests'));
      const ended = { state: 'finished', endedAt: iso(NOW) } as const;
      await assert.rejects(anna.publish({ id: later, ...ended }, NOW, 60), refused('too-many-requests'));
      assert.equal((await anna.publish({ id, revision: 2, ...ended }, NOW, 60)).answer.outcome, 'updated');
      assert.equal((await anna.publish({ id: later })).answer.outcome, 'created');
    });

    it('finds one user so many times and no more, however it comes to that', async () => {
      const minutes = Array.from({ length: 8 }, (_, index) => NOW + (3 * index - 60) * MINUTE);
      const actions = (['raise-cup', 'stir', 'sip', 'pour'] as const).flatMap((action) =>
        minutes.map((at) => ({ action, startedAt: iso(at) })),
      );
      const had = { startedAt: iso(NOW - HOUR), actions };
      const zoe = await new StoreUser(store, 'Zoe').join(false);
      const before = Array.from({ length: 2000 }, () => newId(NOW));
      await Promise.all(before.map((id) => zoe.publish({ ...had, id })));
      await store.updateMe({ ...zoe.at(NOW), patch: { discoverable: true } });
      const during = Array.from({ length: 1990 }, () => newId(NOW));
      await Promise.all(during.map((id) => anna.publish({ id, startedAt: had.startedAt })));
      await Promise.all(during.map((id) => anna.publish({ ...had, id, revision: 2 })));
      zoe.store = ben.store = await opened.reopen();
      assert.equal((await zoe.publish({ ...had, id: before[0] as string, revision: 2 })).answer.outcome, 'updated');
      assert.equal((await ben.publish()).answer.outcome, 'created');
    });

    it('knows a token until it is changed', async () => {
      const next = new Uint8Array(32).fill(7);
      assert.equal(await store.rotateToken({ ...anna.at(NOW), next }), anna.id);
      await assert.rejects(store.me(anna.at(NOW)), refused('unauthorised'));
      assert.equal((await store.me({ credential: next, now: NOW })).id, anna.id);
    });

    it('gives matches on export page by page: each one, once, and never many together', async () => {
      const others = await Promise.all(['A', 'B', 'C', 'D'].map((name) => new StoreUser(store, name).join()));
      const hours = 60;
      for (let hour = 0; hour < hours; hour++) {
        const now = NOW + hour * HOUR;
        const over = { state: 'finished', startedAt: iso(now - 5 * MINUTE), endedAt: iso(now) } as const;
        await anna.publish(hour % 7 === 3 ? { state: 'discarded' } : over, now);
        await Promise.all(others.map((other) => other.publish(over, now)));
      }
      const discarded = Array.from({ length: hours }, (_, hour) => hour).filter((hour) => hour % 7 === 3).length;
      const pages = await anna.matchPages(NOW + hours * HOUR);
      const ids = new Set(pages.flat().map(({ person }) => person.matchId));
      assert.deepEqual([pages.flat().length, ids.size], Array(2).fill((hours - discarded) * others.length));
      assert.ok(pages.length > 1);
      const times = pages.flat().map(({ at }) => at);
      assert.deepEqual(times, times.toSorted());
      assert.deepEqual(await new StoreUser(store, 'Nobody').join().then((user) => user.matchPages()), [[]]);
    });

    it('gives everything on export, and nothing of it is left after leaving', async () => {
      const zoe = await new StoreUser(store, 'Zoe-Xanthippe').join();
      await ben.publish();
      await zoe.publish({ drink: 'flat-white-42', actions: [{ action: 'sip', startedAt: iso(NOW) }] });
      await zoe.publish({ activity: 'tea' });
      const activities = await zoe.activities();
      assert.equal(activities.length, 2);
      assert.deepEqual(
        (await zoe.matches()).map(({ person }) => person.user.name),
        ['Ben'],
      );
      assert.equal((await ben.names()).length, 1);

      const traces = [
        zoe.name,
        zoe.id,
        'flat-white-42',
        Buffer.from(zoe.credential),
        ...activities.map(({ id }) => id),
      ];
      const before = await opened.everything();
      for (const trace of traces) assert.ok(before.includes(trace), 'the search would not find what is there');
      assert.equal(await store.deleteMe(zoe.at(NOW)), zoe.id);
      assert.deepEqual(await ben.names(), []);
      assert.deepEqual((await store.events({ ...ben.at(NOW), after: 0 })).events, []);
      const after = await opened.everything();
      for (const trace of traces) assert.ok(!after.includes(trace), `${trace} is still there`);
    });
  });
}
