import assert from 'node:assert/strict';
import { join } from 'node:path';
import { cellToLatLng, getPentagons, greatCircleDistance, latLngToCell, UNITS } from 'h3-js';
import { RADII_KM, WINDOWS, type Window } from '../../matching/schema/index.js';
import { openStore, type Store } from '../../matching/server/index.js';
import type { Search } from '../../matching/server/store/store.js';
import { newId } from '../../vocabulary/index.js';
import { Random } from '../support/random.js';
import { iso, NOW, StoreUser } from './store-conformance.js';
import { Cleanup, temporaryFolder } from './support.js';

const MINUTE = 60_000;
const PEOPLE = 500;
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

interface Place {
  user: StoreUser;
  cell: string | null;
}

const random = new Random(20261122);
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
  truncated: boolean;
  reason?: 'nothing-of-yours';
}

/** The answer by looking at everything. Names and seconds of overlap, in order. */
function reference(told: Told[], asker: Place, search: Search): Expected {
  const unit = search.window === 'quarter-hour' ? 15 : 1;
  const topic = search.action ? `${search.activity}/${search.action}` : search.activity;
  const minute = Math.floor(search.at / MINUTE);
  const floor = (value: number): number => Math.floor(value / unit) * unit;
  const own = told
    .filter((one) => one.person === asker && one.topic === topic && one.from <= minute && minute < one.to)
    .sort((a, b) => (a.id < b.id ? 1 : -1))[0];
  const { from, to } = search.window === 'overlap' && own ? own : { from: floor(minute), to: floor(minute) + unit };
  if (!told.some((one) => one.person === asker && one.topic === topic && one.from < to && one.to > from)) {
    return { people: [], truncated: false, reason: 'nothing-of-yours' };
  }
  const tie = (one: Told): number => Number.parseInt(one.id.slice(-6), 16);
  const newestOf = new Map<Place, Told>();
  for (const one of told) {
    if (one.person === asker || one.topic !== topic || one.from >= to || one.to <= from) continue;
    if (search.radiusKm && !isWithin(asker.cell, one.person.cell, search.radiusKm)) continue;
    const known = newestOf.get(one.person);
    if (!known || one.from > known.from || (one.from === known.from && tie(one) < tie(known)))
      newestOf.set(one.person, one);
  }
  const sorted = [...newestOf.values()].sort((a, b) => floor(b.from) - floor(a.from) || tie(a) - tie(b));
  const people = sorted.slice(0, search.limit).map((one) => {
    const until = Math.min(one.to, Math.floor(NOW / MINUTE) + 1);
    const ceil = (value: number): number => Math.ceil(value / unit) * unit;
    const shared = Math.min(ceil(until), ceil(to)) - Math.max(floor(one.from), floor(from));
    return `${one.person.user.name} ${Math.max(0, shared) * 60}`;
  });
  return { people, truncated: sorted.length > search.limit };
}

function isWithin(a: string | null, b: string | null, km: number): boolean {
  return a !== null && b !== null && greatCircleDistance(cellToLatLng(a), cellToLatLng(b), UNITS.km) <= km;
}

describe('search', function () {
  this.timeout(120_000);
  const cleanup = new Cleanup();
  const told: Told[] = [];
  let places: Place[];
  let store: Store;

  before(async () => {
    store = await openStore(`sqlite:${join(temporaryFolder(cleanup), 'kindred.sqlite')}`);
    cleanup.add(() => store.close());
    places = await Promise.all(
      Array.from({ length: PEOPLE }, async (_, index) => {
        const cell = chance() < 0.05 ? null : placeIn(pick(TOWNS));
        return { user: await new StoreUser(store, `P${index}`).join(true, cell), cell };
      }),
    );
    await Promise.all(places.flatMap((person) => Array.from({ length: between(1, 3) }, () => publish(person))));
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
    const whole = minutes(started, ended);
    told.push({ person, topic: activity, id, ...whole });
    const action = minutes(actionAt, actionAt);
    if (action.from < whole.to) told.push({ person, topic: `${activity}/raise-cup`, id, ...action });
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

  it(`answers ${SEARCHES} random searches as looking at everything does`, async () => {
    const seen = { found: 0, truncated: 0, near: 0, actions: 0, none: 0 };
    for (let count = 0; count < SEARCHES; count++) {
      const asker = pick(places);
      const search = anySearch(asker);
      const answer = await asker.user.search(search);
      const expected = reference(told, asker, search);
      const people = answer.people.map(({ user, overlapSeconds }) => `${user.name} ${overlapSeconds}`);
      const { asOf: _asOf, ...said } = answer;
      assert.deepEqual({ ...said, people }, expected, JSON.stringify({ search, asker: asker.cell }));
      if (expected.reason) seen.none++;
      if (expected.truncated) seen.truncated++;
      if (people.length === 0) continue;
      seen.found++;
      if (search.radiusKm) seen.near++;
      if (search.action) seen.actions++;
    }
    // A reference that finds nothing would agree with everything.
    assert.ok(seen.found > 400 && seen.truncated > 100 && seen.near > 150, JSON.stringify(seen));
    assert.ok(seen.actions > 20 && seen.none > 50, JSON.stringify(seen));
  });
});
