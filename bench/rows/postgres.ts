import type { Client } from 'pg';
import type { Store } from '../../matching/server/index.js';
import { toPublication } from '../../matching/server/rules/publication.js';
import { openPostgresStore } from '../../matching/server/store/postgres/index.js';
import { PostgresServer, whyNoPostgres } from '../../test/support/postgres.js';
import { newId } from '../../vocabulary/index.js';
import { type Row, ratio } from '../harness.js';
import { credentialOf, NAMES, random, zipf } from './endpoint-people.js';
import { fillGist, fillStore, GIST_SQL, SCHEMA } from './postgres-data.js';
import { type LivePerson, livePeople } from './search-data.js';

const PEOPLE = 1_000_000;
/** In each round. The neighbour takes up to half a second for each. */
const SEARCHES = 2000;
const GIST_SEARCHES = 500;
const KM = 10;

const USERS = 20_000;
/** Hubs that publish at a time, and connections of the neighbour. */
const HUBS = 512;
const CONNECTIONS = 16;
const SECONDS = 3;

const now = Date.now();
const chance = random(5);
const activityName = zipf(NAMES, chance);
const unavailable = async (): Promise<string | undefined> => whyNoPostgres();

function p99(milliseconds: number[]): number {
  milliseconds.sort((a, b) => a - b);
  return milliseconds[Math.floor(0.99 * (milliseconds.length - 1))] as number;
}

/** A server that is ready, or none. */
async function serverWith(
  settings: string[],
  fill: (server: PostgresServer) => Promise<void>,
): Promise<PostgresServer> {
  const server = await PostgresServer.start(settings);
  try {
    await fill(server);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

const restOf = (server: PostgresServer): string => server.address(SCHEMA).slice('postgres:'.length);

let store: Store;
let gist: Client;
/** Whoever may ask, drawn by lot: with all of 10⁶ in memory it is the collection of that memory that would be measured. */
let askers: (LivePerson & { user: number })[];

function drawAskers(): void {
  const drawn = new Set(Array.from({ length: 20_000 }, () => Math.floor(chance() * PEOPLE)));
  askers = [];
  let user = 0;
  for (const person of livePeople(PEOPLE, now)) {
    if (drawn.has(user)) askers.push({ ...person, user });
    user++;
  }
}

/** The 99th percentile of the times of so many searches, each by somebody else, one after the other. */
async function p99Of(
  count: number,
  search: (asker: LivePerson & { user: number }) => Promise<unknown>,
): Promise<number> {
  const times: number[] = [];
  for (let done = 0; done < count; done++) {
    const asker = askers[Math.floor(chance() * askers.length)] as (typeof askers)[number];
    const begin = performance.now();
    await search(asker);
    times.push(performance.now() - begin);
  }
  return p99(times);
}

const ours = (): Promise<number> =>
  p99Of(SEARCHES, ({ user, activity }) => {
    const search = { activity, window: 'overlap', at: now, radiusKm: KM, limit: 20, among: 'everyone' } as const;
    return store.concurrentUsers({ credential: credentialOf(user), now, search });
  });

const theirs = (): Promise<number> =>
  p99Of(GIST_SEARCHES, ({ user, activity, place: { latitude, longitude } }) => {
    const values = [activity, now / 1000, now / 1000 + 60, user + 1, latitude, longitude, KM * 1000];
    return gist.query({ name: 'gist', text: GIST_SQL, values });
  });

/**
 * Searches within 10 km for the 20 newest, among 10⁶ activities that go on, one for each user: through the store's own door,
 * with token, consent and the whole answer, beside one statement over one GiST index on the same server. Everybody asks for
 * what they do themselves: for anything else ours would have nothing to look for.
 */
export const searchVersusGist: Row = {
  name: 'search_gist_vs_ours_pg_p99',
  what: 'p99 of a search among 10⁶ in PostgreSQL, GiST (activity, tstzrange, earth) against our store; in ms',
  floor: { atLeast: 20 },
  rounds: 5,
  unavailable,
  async prepare() {
    const server = await PostgresServer.start([
      'fsync=off',
      'shared_buffers=1GB',
      'autovacuum=off',
      'max_wal_size=8GB',
    ]);
    try {
      await fillStore(server, PEOPLE, now, true);
      drawAskers();
      gist = await fillGist(server, PEOPLE, now);
      store = await openPostgresStore(server.address(SCHEMA).slice('postgres:'.length));
    } catch (error) {
      await server.stop();
      throw error;
    }
    return async () => {
      await store.close();
      await gist.end();
      askers = [];
      await server.stop();
    };
  },
  async round(reversed) {
    const { value, parts } = await ratio(reversed, ours, theirs);
    return { value: 1 / value, parts };
  },
};

let grouped: Store;
let single: Store;

/** Publishes a second by hubs that begin and end activities, without HTTP. */
async function publishes(to: Store): Promise<number> {
  let done = 0;
  const begin = performance.now();
  const hub = async (index: number): Promise<void> => {
    for (let turn = 0; performance.now() - begin < SECONDS * 1000; turn++) {
      const credential = credentialOf((index + HUBS * turn) % USERS);
      const at = Date.now();
      const times = { startedAt: new Date(at - 60_000).toISOString(), endedAt: new Date(at).toISOString() };
      const body = { revision: 1, activity: activityName(), state: 'finished', ...times } as const;
      await to.publish({ credential, now: at, publication: toPublication(newId(), body, at) });
      done++;
    }
  };
  await Promise.all(Array.from({ length: HUBS }, (_, index) => hub(index)));
  return (done * 1000) / (performance.now() - begin);
}

/**
 * Whole publishes, on disk before the answer: token, activity, match index, the people of the moment, matches told to both
 * sides. Gathered into transactions, beside the same store when each publish is a transaction of its own, 16 at a time.
 */
export const groupVersusSingle: Row = {
  name: 'pg_group_vs_single',
  what: 'publishes a second into PostgreSQL, gathered, against one a transaction over 16 connections',
  floor: { atLeast: 5 },
  rounds: 5,
  unavailable,
  async prepare() {
    const server = await serverWith(['shared_buffers=512MB', 'max_wal_size=4GB'], async (made) => {
      await fillStore(made, USERS, now, false);
      grouped = await openPostgresStore(restOf(made));
      single = await openPostgresStore(restOf(made), { grouping: { most: 1, atOnce: CONNECTIONS } });
    });
    return async () => {
      await grouped.close();
      await single.close();
      await server.stop();
    };
  },
  round: (reversed) =>
    ratio(
      reversed,
      () => publishes(grouped),
      () => publishes(single),
    ),
};
