import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openStore, type Store } from '../../matching/server/index.js';
import { Database } from '../../matching/server/store/sqlite/database.js';
import { LiveIndex } from '../../matching/server/store/sqlite/live.js';
import { type Row, ratio } from '../harness.js';
import { credentialOf, NAMES, random, zipf } from './endpoint-people.js';
import { benchFolder } from './endpoint-processes.js';
import { type LivePerson, livePeople, liveStore, NAIVE_SQL, naiveStore } from './search-data.js';

const FEW = 10_000;
const MANY = 1_000_000;
const SEARCHES = 2000;
/** The neighbour takes up to a third of a second for each. */
const NAIVE_SEARCHES = 100;
const KM = 10;

const now = Date.now();
const chance = random(5);
const activityName = zipf(NAMES, chance);

function p99(milliseconds: number[]): number {
  milliseconds.sort((a, b) => a - b);
  return milliseconds[Math.floor(0.99 * (milliseconds.length - 1))] as number;
}

/** One search after the other, each by somebody else: the 99th percentile of their times, in milliseconds. */
async function searches(store: Store, people: number, count: number): Promise<number> {
  const times: number[] = [];
  for (let done = 0; done < count; done++) {
    const credential = credentialOf(Math.floor(chance() * people));
    const search = { activity: activityName(), window: 'overlap', at: now, radiusKm: KM, limit: 20 } as const;
    const begin = performance.now();
    await store.concurrentUsers({ credential, now, search: { ...search, among: 'everyone' } });
    times.push(performance.now() - begin);
  }
  return p99(times);
}

const stores: { few?: Store; many?: Store } = {};

/**
 * Searches within 10 km for the 20 newest, through the store's own door with its hop to another thread and back, among
 * 10,000 and among 1,000,000 activities that all go on now, one for each user, in 2,000 towns of very different size. Who
 * asks is anybody; what for, an activity as people do them.
 */
export const searchGrowth: Row = {
  name: 'search_p99_1e6_vs_1e4',
  what: 'p99 of a search, 10 km, 20 people, among 10⁶ live activities against 10⁴; in ms',
  floor: { atMost: 4 },
  rounds: 5,
  async prepare() {
    stores.few = await openStore(`sqlite:${await liveStore(FEW, now)}`);
    stores.many = await openStore(`sqlite:${await liveStore(MANY, now)}`);
    return async () => {
      await stores.few?.close();
      await stores.many?.close();
    };
  },
  round: (reversed) =>
    ratio(
      reversed,
      () => searches(stores.many as Store, MANY, SEARCHES),
      () => searches(stores.few as Store, FEW, SEARCHES),
    ),
};

let naive: DatabaseSync;
let people: LivePerson[];

function naiveSearches(count: number): number {
  const statement = naive.prepare(NAIVE_SQL);
  const times: number[] = [];
  for (let done = 0; done < count; done++) {
    const user = Math.floor(chance() * people.length);
    const { latitude, longitude } = (people[user] as LivePerson).place;
    const activity = activityName();
    const begin = performance.now();
    statement.all({ activity, from: now, until: now + 60_000, user: user + 1, latitude, longitude, km: KM });
    times.push(performance.now() - begin);
  }
  return p99(times);
}

/**
 * The same searches among 10⁶, beside SQL as a newcomer writes it: an index on activity and start, and the haversine formula
 * for each row. It runs in the bench's own thread, without the hop, the token, the consent and the answer that ours has.
 */
export const searchVersusNaive: Row = {
  name: 'search_naive_vs_ours_p99',
  what: 'p99 of a search among 10⁶, index and haversine in SQL against ours; in ms',
  floor: { atLeast: 100 },
  rounds: 5,
  async prepare() {
    stores.many = await openStore(`sqlite:${await liveStore(MANY, now)}`);
    people = [...livePeople(MANY, now)];
    naive = naiveStore(MANY, now);
    return async () => {
      await stores.many?.close();
      naive.close();
      people = [];
      rmSync(join(benchFolder(), 'naive.sqlite'));
    };
  },
  async round(reversed) {
    const { value, parts } = await ratio(
      reversed,
      () => searches(stores.many as Store, MANY, SEARCHES),
      async () => naiveSearches(NAIVE_SEARCHES),
    );
    return { value: 1 / value, parts };
  },
};

/**
 * What the match index takes in memory for each of 10⁶ live activities: the heap with it, less the heap without. Its pages
 * on disk are none; the activity itself is kept for its owner, live or not.
 */
export const bytesPerLive: Row = {
  name: 'bytes_per_live_activity',
  what: 'bytes of the match index for each of 10⁶ live activities, each found anywhere, in its cell and in its region',
  floor: { atMost: 150 },
  rounds: 1,
  async round() {
    const database = Database.open(await liveStore(MANY, now));
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const heap = (): number => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = heap();
    const index = new LiveIndex(database);
    const bytes = heap() - before;
    const live = index.count(now);
    database.close();
    return { value: bytes / live, parts: { live } };
  },
};
