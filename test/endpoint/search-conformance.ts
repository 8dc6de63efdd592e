import assert from 'node:assert/strict';
import { cellToLatLng, getPentagons, greatCircleDistance, latLngToCell, UNITS } from 'h3-js';
import { RADII_KM, WINDOWS, type Window } from '../../matching/schema/index.js';
import type { Store } from '../../matching/server/index.js';
import { chanceOf, lotOf, MOST_CANDIDATES } from '../../matching/server/rules/ranking.js';
import type { Search } from '../../matching/server/store/store.js';
import { newId } from '../../vocabulary/index.js';
import { Random } from '../support/random.js';
import { iso, NOW, refused, StoreUser } from './store-conformance.js';
import { Cleanup } from './support.js';

const MINUTE = 60_000;
const PEOPLE = 350;
const SEARCHES = 1200;

/** What was published, as plainly as it can be written down. */
interface Told {
  person: Place;
  topic: string;
  id: string;
  /** Minutes, the second one excluded. */
  from: number;
  to: number;
}

/** What a store keeps of a user, and nobody else knows. */
export interface Secrets {
  key: number;
  relationKey: Uint8Array;
}

interface Place extends Secrets {
  user: StoreUser;
  cell: string | null;
  /** When they began to show themselves, epoch milliseconds; 0 for who has done so all the while. */
  shownAt: number;
}

export interface SearchedStore {
  store: Store;
  /** By the ids of their users. */
  secrets: () => Promise<Map<string, Secrets>>;
}

const SEED = 20261122;
let random = new Random(SEED);
const chance = (): number => random.next();
const pick = <T>(of: readonly T[]): T => random.pick(of);
const between = (low: number, high: number): number => random.between(low, high);

/** Towns where grids go wrong, and two where they do not. */
const TOWNS: readonly (readonly [number, number])[] = [
  [48.2, 16.37],
  [48.9, 17.1],
  [-17.8, 180],
  [65.5, -179.98],
  [90, 0],
  [-89.9, 100],
  ...getPentagons(6)
    .slice(0, 3)
    .map((cell) => cellToLatLng(cell) as readonly [number, number]),
  ...getPentagons(4)
    .slice(3, 5)
    .map((cell) => cellToLatLng(cell) as readonly [number, number]),
];

function placeIn([latitude, longitude]: readonly [number, number]): string {
  const spread = pick([0.02, 0.2, 1.2]);
  const north = Math.max(-90, Math.min(90, latitude + (chance() - 0.5) * spread));
  const east = longitude + ((chance() - 0.5) * spread) / Math.max(0.05, Math.cos((north * Math.PI) / 180));
  return latLngToCell(north, ((((east + 180) % 360) + 360) % 360) - 180, 6);
}

interface Expected {
  people: string[];
  reason?: 'nothing-of-yours';
}

/** The whole answer by looking at everything. Names and seconds of overlap, in order. */
function reference(told: Told[], asker: Place, search: Search): Expected {
  const unit = search.window === 'quarter-hour' ? 15 : 1;
  const topic = search.action ? `${search.activity}/${search.action}` : search.activity;
  const minute = Math.floor(search.at / MINUTE);
  const floor = (value: number): number => Math.floor(value / unit) * unit;
  const ceil = (value: number): number => Math.ceil(value / unit) * unit;
  const own = told
    .filter((one) => one.person === asker && one.topic === topic && one.from <= minute && minute < one.to)
    .sort((a, b) => (a.id < b.id ? 1 : -1))[0];
  const whole = { from: Math.max(floor(minute), Math.floor(asker.shownAt / MINUTE)), to: floor(minute) + unit };
  const { from, to } = search.window === 'overlap' && own ? own : whole;
  if (!told.some((one) => one.person === asker && one.topic === topic && one.from < to && one.to > from)) {
    return { people: [], reason: 'nothing-of-yours' };
  }
  const chance = chanceOf(asker.relationKey, from);
  // Of two in one minute, the one whose turn it is.
  const tie = (one: Told): number => (Number.parseInt(one.id.slice(-6), 16) - chance.turn + 2 ** 24) % 2 ** 24;
  const newestOf = new Map<Place, Told>();
  for (const one of told) {
    if (one.person === asker || one.topic !== topic || one.from >= to || one.to <= from) continue;
    if (search.radiusKm && !isWithin(asker.cell, one.person.cell, search.radiusKm)) continue;
    const known = newestOf.get(one.person);
    if (!known || one.from > known.from || (one.from === known.from && tie(one) < tie(known)))
      newestOf.set(one.person, one);
  }
  assert.ok(newestOf.size <= MOST_CANDIDATES, 'more than all pages reach');
  const untilNow = (value: number): number => Math.min(value, Math.floor(NOW / MINUTE) + 1);
  const found = [...newestOf].map(([{ user, key }, one]) => {
    const mine = ceil(untilNow(to)) - floor(from);
    const shared = Math.max(0, Math.min(ceil(untilNow(one.to)), ceil(to)) - Math.max(floor(one.from), floor(from)));
    const sharedNow = Math.max(
      0,
      Math.min(ceil(untilNow(one.to)), ceil(untilNow(to))) - Math.max(floor(one.from), floor(from)),
    );
    const tenths = Math.floor((10 * sharedNow) / mine);
    const began = floor(Math.max(one.from, from));
    return { text: `${user.name} ${shared * 60}`, order: [-tenths, -began, lotOf(chance, key)] };
  });
  found.sort((a, b) => a.order.map((value, index) => value - (b.order[index] ?? 0)).find((by) => by !== 0) ?? 0);
  return { people: found.map(({ text }) => text) };
}

function isWithin(a: string | null, b: string | null, km: number): boolean {
  return a !== null && b !== null && greatCircleDistance(cellToLatLng(a), cellToLatLng(b), UNITS.km) <= km;
}

type Seen = Record<'found' | 'paged' | 'near' | 'actions' | 'none', number>;

function note(seen: Seen, { radiusKm, action }: Search, { people, reason }: Expected, pages: number): void {
  const isFound = people.length > 0;
  seen.none += Number(reason !== undefined);
  seen.paged += Number(pages > 1);
  seen.found += Number(isFound);
  seen.near += Number(isFound && radiusKm !== undefined);
  seen.actions += Number(isFound && action !== undefined);
}

/** Searches of every store answer what looking at everything does. */
export function searchConformance(name: string, open: (cleanup: Cleanup) => Promise<SearchedStore>): void {
  describe(`search in the ${name} store`, searching(open));
  describe(`search in a crowd in the ${name} store`, searchingCrowds(open));
  describe(`what the ${name} store tells of who began before the minutes asked about`, keepingStarts(open));
}

const searching = (open: (cleanup: Cleanup) => Promise<SearchedStore>) =>
  function (this: Mocha.Suite): void {
    const cleanup = new Cleanup();
    const told: Told[] = [];
    let places: Place[];
    /** Who has shown anything: all but those whose activities were over before they began to show themselves. */
    let askers: Place[];
    let store: Store;

    before(async () => {
      random = new Random(SEED);
      const opened = await open(cleanup);
      store = opened.store;
      const joined = await Promise.all(
        Array.from({ length: PEOPLE }, async (_, index) => {
          const cell = chance() < 0.05 ? null : placeIn(pick(TOWNS));
          const shownAt = chance() < 0.1 ? NOW - between(0, 240 * 60) * 1000 : 0;
          return { user: await new StoreUser(store, `P${index}`).join(shownAt === 0, cell), cell, shownAt };
        }),
      );
      const secrets = await opened.secrets();
      places = joined.map((one) => ({ ...one, ...(secrets.get(one.user.id) as Secrets) }));
      await Promise.all(places.flatMap((person) => Array.from({ length: between(1, 3) }, () => publish(person))));
      const hidden = places.filter(({ shownAt }) => shownAt > 0);
      await Promise.all(
        hidden.map(({ user, shownAt }) => store.updateMe({ ...user.at(shownAt), patch: { discoverable: true } })),
      );
      askers = places.filter((person) => told.some((one) => one.person === person));
    });
    after(() => cleanup.run());

    async function publish(person: Place): Promise<void> {
      const started = NOW - between(0, 240 * 60) * 1000;
      const ended = Math.min(NOW, started + between(0, 60 * 60) * 1000);
      const activity = pick(['coffee', 'coffee', 'tea'] as const);
      const actionAt = started + Math.floor(chance() * (ended - started));
      const id = newId(started);
      const actions = [{ action: 'raise-cup', startedAt: iso(actionAt) }] as const;
      // As a hub tells of it: when it begins, when something is done, and when it is over.
      const known = { id, activity, startedAt: iso(started) };
      await person.user.publish({ ...known, revision: 1 }, started);
      await person.user.publish({ ...known, revision: 2, actions: [...actions] }, actionAt);
      const over = { state: 'finished' as const, endedAt: iso(ended), actions: [...actions] };
      await person.user.publish({ ...known, ...over, revision: 3 }, ended);
      const minutes = (from: number, to: number) => {
        const first = Math.floor(from / MINUTE);
        return { from: first, to: Math.max(first + 1, Math.ceil(to / MINUTE)) };
      };
      if (ended < person.shownAt) return;
      const whole = minutes(started, ended);
      remember({ person, topic: activity, id, ...whole });
      const action = minutes(actionAt, actionAt);
      if (action.from < whole.to) remember({ person, topic: `${activity}/raise-cup`, id, ...action });
    }

    /** As far as its owner has shown it. */
    function remember(one: Told): void {
      const from = Math.max(one.from, Math.floor(one.person.shownAt / MINUTE));
      if (from < one.to) told.push({ ...one, from });
    }

    /** Mostly about something of the asker's own. */
    function anySearch(asker: Place): Search {
      const { topic, from, to } = pick(told.filter(({ person }) => person === asker));
      const [activity = '', action] = topic.split('/');
      const search = searchAt(asker, chance() < 0.9 ? between(from, to - 1) * MINUTE : NOW - between(0, 240) * MINUTE);
      return { ...search, activity, ...(action ? { action: 'raise-cup' } : {}) };
    }

    function searchAt(asker: Place, at: number): Search {
      return {
        activity: pick(['coffee', 'tea']),
        window: pick<Window>(WINDOWS),
        at,
        among: 'everyone',
        limit: pick([1, 3, 20, 50]),
        ...(asker.cell && chance() < 0.7 ? { radiusKm: pick(RADII_KM) } : {}),
      };
    }

    /** All pages of an answer. */
    async function pagesOf(
      asker: Place,
      search: Search,
    ): Promise<{ people: string[]; pages: number; reason?: string }> {
      const people: string[] = [];
      for (let pages = 1, after: string | undefined; ; pages++) {
        const answer = await asker.user.search({ ...search, ...(after ? { after } : {}) });
        people.push(...answer.people.map(({ user, overlapSeconds }) => `${user.name} ${overlapSeconds}`));
        assert.equal(answer.truncated, answer.next !== undefined);
        assert.equal(answer.people.length === search.limit || answer.next === undefined, true);
        after = answer.next;
        if (!after) return { people, pages, ...(answer.reason ? { reason: answer.reason } : {}) };
      }
    }

    it(`answers ${SEARCHES} random searches as looking at everything does, on one page and on many`, async () => {
      const seen: Seen = { found: 0, paged: 0, near: 0, actions: 0, none: 0 };
      for (let count = 0; count < SEARCHES; count++) {
        const asker = pick(askers);
        const search = anySearch(asker);
        const expected = reference(told, asker, search);
        const { pages, ...said } = await pagesOf(asker, search);
        assert.deepEqual(said, expected, JSON.stringify({ search, asker: asker.cell }));
        note(seen, search, expected, pages);
      }
      // A reference that finds nothing would agree with everything.
      assert.ok(seen.found > 400 && seen.paged > 100 && seen.near > 150, JSON.stringify(seen));
      assert.ok(seen.actions > 20 && seen.none > 50, JSON.stringify(seen));
    });
  };

const searchingCrowds = (open: (cleanup: Cleanup) => Promise<SearchedStore>) =>
  function (this: Mocha.Suite): void {
    const cleanup = new Cleanup();
    const CROWD = 600;
    let crowd: StoreUser[];
    before(async () => {
      const { store } = await open(cleanup);
      crowd = await Promise.all(Array.from({ length: CROWD }, (_, index) => new StoreUser(store, `C${index}`).join()));
      // All in one minute, and the same length.
      await Promise.all(crowd.map((user, index) => user.publish({ startedAt: iso(NOW - (index % 7) * 1000) })));
    });
    after(() => cleanup.run());

    async function allOf(user: StoreUser, given: Partial<Search> = {}): Promise<string[]> {
      const names: string[] = [];
      let after: string | undefined;
      do {
        const answer = await user.search({ limit: 50, ...given, ...(after ? { after } : {}) });
        assert.equal(answer.truncated, true);
        names.push(...answer.people.map(({ user: { name } }) => name));
        after = answer.next;
      } while (after);
      return names;
    }

    it('reaches so many people and no more, nobody twice, and the same ones however often it is asked', async () => {
      const [viewer] = crowd as [StoreUser];
      const names = await allOf(viewer);
      assert.equal(names.length, MOST_CANDIDATES);
      assert.equal(new Set(names).size, MOST_CANDIDATES);
      assert.deepEqual(await allOf(viewer), names);
      assert.deepEqual(await allOf(viewer, { limit: 7 }), names);
      assert.deepEqual(
        (await viewer.search({ limit: 20 })).people.map(({ user }) => user.name),
        names.slice(0, 20),
      );
    });

    it('shows everybody to somebody, and about as often', async () => {
      const met = new Map<string, number>();
      for (const viewer of crowd) {
        for (const { user } of (await viewer.search({ limit: 20 })).people)
          met.set(user.name, (met.get(user.name) ?? 0) + 1);
      }
      const [least = 0, most = 0] = [Math.min(...met.values()), Math.max(...met.values())];
      // 20 on average. By chance alone one in a million is seen by fewer than 4 or more than 45.
      assert.equal(met.size, CROWD);
      assert.ok(least >= 2 && most <= 60, `${least} to ${most}`);
    });

    it('keeps the pages of an answer apart from who comes later', async () => {
      const [viewer] = crowd as [StoreUser];
      const { next, people } = await viewer.search({ limit: 50 });
      const late = await Promise.all(
        Array.from({ length: 30 }, (_, index) => new StoreUser(viewer.store, `L${index}`).join()),
      );
      await Promise.all(late.map((user) => user.publish()));
      const names = people.map(({ user }) => user.name);
      for (let after = next; after; ) {
        const answer = await viewer.search({ limit: 50, after });
        names.push(...answer.people.map(({ user }) => user.name));
        after = answer.next;
      }
      assert.equal(new Set(names).size, MOST_CANDIDATES);
      assert.ok(!names.some((name) => name.startsWith('L')));
    });

    it('goes on with an answer when one’s own activity is over by then', async () => {
      const { store } = crowd[0] as StoreUser;
      const anna = await new StoreUser(store, 'Anna').join();
      const tea = { id: newId(NOW), activity: 'tea', startedAt: iso(NOW) } as const;
      await anna.publish(tea);
      for (const name of ['Ben', 'Carl']) await (await new StoreUser(store, name).join()).publish({ activity: 'tea' });
      const first = await anna.search({ activity: 'tea', limit: 1 });
      const over = { ...tea, revision: 2, state: 'finished', endedAt: iso(NOW + MINUTE) } as const;
      await anna.publish(over, NOW + MINUTE);
      const page = { activity: 'tea', limit: 1, after: first.next ?? '' };
      const second = await anna.search(page, NOW + 2 * MINUTE);
      const names = [first, second].flatMap(({ people }) => people.map(({ user }) => user.name));
      assert.deepEqual([names.sort(), second.reason, second.asOf], [['Ben', 'Carl'], undefined, first.asOf]);
    });

    it('takes no page that is not of an answer to the one who asks', async () => {
      const [viewer, other] = crowd as [StoreUser, StoreUser];
      const { next = '' } = await viewer.search({ limit: 50 });
      await assert.rejects(other.search({ after: next }), refused('bad-request'));
      await assert.rejects(viewer.search({ after: 'x'.repeat(43) }), refused('bad-request'));
      await assert.rejects(viewer.search({ after: next }, NOW + 2 * 60 * MINUTE), refused('bad-request'));
    });
  };

/** A start before the minutes that are asked about is nobody's business. */
function keepingStarts(open: (cleanup: Cleanup) => Promise<SearchedStore>) {
  return function (this: Mocha.Suite): void {
    const cleanup = new Cleanup();
    afterEach(() => cleanup.run());

    /** An asker and a victim among people who stand around the victim's start, minute by minute, and sooner than it. */
    async function amid(count: number) {
      const { store } = await open(cleanup);
      const people = Array.from({ length: count }, (_, index) => new StoreUser(store, `P${index}`));
      for (const [index, person] of people.entries()) {
        await person.join();
        await person.publish({ startedAt: iso(NOW - (1 + (index % 119)) * MINUTE) });
      }
      const [victim, eve] = [await new StoreUser(store, 'Victim').join(), await new StoreUser(store, 'Eve').join()];
      const [ids, revisions] = [new Map([victim, eve].map((user) => [user, newId(NOW)])), new Map<StoreUser, number>()];
      const publish = (user: StoreUser, startedAt = iso(NOW)) => {
        const revision = (revisions.get(user) ?? 0) + 1;
        revisions.set(user, revision);
        return user.publish({ id: ids.get(user) as string, revision, startedAt });
      };
      await publish(victim);
      await publish(eve);
      /** Everything that the asker is answered when the victim began so many minutes ago; nothing else differs. */
      return async (minutesAgo: number): Promise<string> => {
        await publish(victim, iso(NOW - minutesAgo * MINUTE));
        const { matches } = (await publish(eve)).answer;
        // Of more people than are read for a publish it tells who is among the newest (decision 0011).
        const answers: unknown[] = count < MOST_CANDIDATES ? [matches] : [];
        for (const window of WINDOWS) {
          for (let after: string | undefined, isLast = false; !isLast; isLast = after === undefined) {
            const answer = await eve.search({ window, limit: 50, ...(after ? { after } : {}) }, NOW + 1000);
            after = answer.next;
            answers.push(answer.people, answer.truncated, answer.asOf);
          }
        }
        return JSON.stringify(answers);
      };
    }

    for (const [count, crowd] of [
      [15, 'among a few'],
      [130, 'among those who fill a publish'],
      [260, 'among more than an answer reaches'],
    ] as const) {
      it(`is the same to the byte whether that was minutes or hours ago, ${crowd}`, async () => {
        const answerFor = await amid(count);
        // The quarter of an hour that is asked about has begun 11 minutes ago.
        const answers = [await answerFor(50), await answerFor(118), await answerFor(30)];
        assert.ok(answers[0]?.includes('"name":"P'));
        assert.equal(new Set(answers).size, 1);
      });
    }

    it('is another one when somebody begins within them', async () => {
      const answerFor = await amid(15);
      assert.notEqual(await answerFor(-1), await answerFor(50));
    });
  };
}
