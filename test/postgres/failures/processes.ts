import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { KindredClient } from '../../../matching/client/index.js';
import { type Event, MAX_STRANGERS } from '../../../matching/schema/index.js';
import { openStore, type Store } from '../../../matching/server/index.js';
import { openPostgresStore } from '../../../matching/server/store/postgres/index.js';
import { newId } from '../../../vocabulary/index.js';
import { StoreUser } from '../../endpoint/store-conformance.js';
import { type Cleanup, coffee, joinAs } from '../../endpoint/support.js';
import { newSchema, type PostgresServer, sharedPostgres } from '../../support/postgres.js';
import { EndpointProcess } from '../endpoints.js';
import { type Outcome, type Scenario, waitFor } from './house.js';

/** A schema of its own on the shared server. */
async function place(cleanup: Cleanup): Promise<{ server: PostgresServer; schema: string; address: string }> {
  const server = await sharedPostgres();
  const schema = newSchema();
  cleanup.add(() => server.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`));
  return { server, schema, address: server.address(schema) };
}

/** How many of these names were told, and which not, or twice. */
function balanceOf(events: readonly Event[], names: readonly string[]): Outcome['balance'] {
  const told = events.flatMap((event) => (event.type === 'match' ? [event.match.person.user.name] : []));
  const lost = names.filter((name) => !told.includes(name));
  return { acknowledged: names.length, lost: lost.length, doubled: told.length - new Set(told).size };
}

/** A stream on one process, of whom the other one is told; the first process dies in between. */
async function streamMoves(cleanup: Cleanup): Promise<Outcome> {
  const { address } = await place(cleanup);
  const [first, second] = [
    await EndpointProcess.start(cleanup, address),
    await EndpointProcess.start(cleanup, address),
  ];
  const anna = await joinAs(first.url, 'Anna');
  await anna.client.publish(coffee());
  const events: Event[] = [];
  const abort = new AbortController();
  cleanup.add(() => abort.abort());
  const follow = (url: string): void => {
    const lastEventId = events.at(-1)?.id ?? '0';
    const onEvent = (event: Event) => events.push(event);
    const client = new KindredClient({ url, token: anna.token });
    client.watch({ signal: abort.signal, onEvent, backoffBaseMs: 10, lastEventId }).catch(() => {});
  };
  follow(first.url);
  const names = Array.from({ length: 2 * MAX_STRANGERS }, (_, index) => `User ${index}`);
  const come = async (some: readonly string[]): Promise<void> => {
    for (const name of some) await (await joinAs(second.url, name)).client.publish(coffee());
  };
  await come(names.slice(0, 4));
  await waitFor('the first event', () => events.length > 0);
  await first.kill();
  await come(names.slice(4));
  const begun = performance.now();
  const { length } = events;
  follow(second.url);
  await waitFor('the next event', () => events.length > length);
  const seconds = (performance.now() - begun) / 1000;
  const most = names.slice(0, MAX_STRANGERS);
  await waitFor('the last event', () => events.length >= most.length);
  await wait(300);
  return { balance: balanceOf(events, most), seconds };
}

/** Two processes without hints; what the followed one is woken for. */
async function unhinted(cleanup: Cleanup) {
  const { server, schema, address } = await place(cleanup);
  const rest = address.slice('postgres:'.length);
  const [one, two] = [await openPostgresStore(rest, { hints: false }), await openPostgresStore(rest, { hints: false })];
  for (const store of [one, two]) cleanup.add(() => store.close());
  const now = Date.now();
  const anna = await new StoreUser(one, 'Anna').join(true, undefined, now);
  await anna.publish({}, now);
  let woken = 0;
  one.feed?.onTold((users) => {
    if (users.includes(anna.id)) woken++;
  });
  one.feed?.follow(anna.id);
  await waitFor('the first look', () => woken > 0);
  const come = async (name: string): Promise<void> => {
    await (await new StoreUser(two, name).join(true, undefined, now)).publish({}, now);
  };
  const wakes = async (): Promise<number> => {
    const [before, begun] = [woken, performance.now()];
    await waitFor('the next look', () => woken > before);
    return (performance.now() - begun) / 1000;
  };
  const events = async (): Promise<Event[]> => (await one.events({ ...anna.at(now), after: 0 })).events as Event[];
  return { server, schema, two, now, come, wakes, events };
}

async function withoutHints(cleanup: Cleanup): Promise<Outcome> {
  const { come, wakes, events } = await unhinted(cleanup);
  const names = Array.from({ length: 10 }, (_, index) => `User ${index}`);
  let seconds = 0;
  for (const name of names) {
    const woken = wakes();
    await come(name);
    seconds = Math.max(seconds, await woken);
  }
  return { balance: balanceOf(await events(), names), seconds };
}

async function takenForDead(cleanup: Cleanup): Promise<Outcome> {
  const { server, schema, two, now, come, wakes, events } = await unhinted(cleanup);
  await server.query(`DELETE FROM "${schema}".api`);
  await two.sweep({ now, retentionMs: 1e10 });
  const woken = wakes();
  await come('Ben');
  const seconds = await woken;
  return { balance: balanceOf(await events(), ['Ben']), seconds };
}

/** Two processes write the activities of the same users at once, in opposite orders. */
async function writeAgainstEachOther(cleanup: Cleanup): Promise<Outcome> {
  const { server, schema, address } = await place(cleanup);
  const stores = await Promise.all([1, 2].map(() => openStore(address)));
  for (const store of stores) cleanup.add(() => store.close());
  const now = Date.now();
  const deadlocks = async (): Promise<number> => {
    const sql = 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()';
    return Number((await server.query<{ deadlocks: string }>(sql))[0]?.deadlocks);
  };
  const before = await deadlocks();
  const [one] = stores as [Store];
  const people = Array.from({ length: 60 }, (_, index) => new StoreUser(one, `User ${index}`));
  const users = await Promise.all(people.map((user) => user.join(true, undefined, now)));
  const ids = users.map(() => newId(now));
  const revisions = 10;
  for (let revision = 1; revision <= revisions; revision++) {
    const orders = [users, users.toReversed()];
    const writes = orders.flatMap((order, at) =>
      order.map((user) => {
        const mine = Object.assign(Object.create(user) as StoreUser, { store: stores[at] });
        return mine.publish({ id: ids[users.indexOf(user)] as string, revision }, now);
      }),
    );
    await Promise.all(writes);
  }
  const begun = performance.now();
  await users[0]?.publish({}, now);
  const seconds = (performance.now() - begun) / 1000;
  await wait(1100);
  assert.equal(await deadlocks(), before, 'they waited for each other in a circle');
  const rows = await server.query<{ id: string; revision: string }>(`SELECT id, revision FROM "${schema}".activity`);
  const newest = ids.filter((id) => rows.some((row) => row.id === id && Number(row.revision) === revisions));
  const doubled = rows.length - new Set(rows.map(({ id }) => id)).size;
  return { balance: { acknowledged: ids.length, lost: ids.length - newest.length, doubled }, seconds };
}

export const PROCESSES: readonly Scenario[] = [
  {
    name: 'an endpoint process with a stream, `kill -9` (events)',
    sees: 'its stream ends, and goes on behind the last event at another endpoint',
    cure: 'nothing',
    run: streamMoves,
  },
  {
    name: 'hints (`NOTIFY`) lost, or not there (events)',
    sees: 'events up to 100 ms later',
    cure: 'nothing',
    run: withoutHints,
  },
  {
    name: 'a process that was taken for dead, and is not (events)',
    sees: 'events that it missed, within 10 s',
    cure: 'nothing',
    run: takenForDead,
  },
  {
    name: 'two processes write the same users at once, in opposite orders',
    sees: 'answers; there is no deadlock (40P01)',
    cure: 'nothing',
    run: writeAgainstEachOther,
  },
];
