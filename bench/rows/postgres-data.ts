import { Client } from 'pg';
import { openStore } from '../../matching/server/index.js';
import { homeOf } from '../../matching/server/rules/cells.js';
import { parseAddress } from '../../matching/server/store/postgres/address.js';
import { Database } from '../../matching/server/store/postgres/database.js';
import { type LiveSpan, putLive } from '../../matching/server/store/postgres/live.js';
import { loadDriver, Servers } from '../../matching/server/store/postgres/servers.js';
import type { PostgresServer } from '../../test/support/postgres.js';
import { newId } from '../../vocabulary/index.js';
import { credentialOf, NAMES } from './endpoint-people.js';
import { type LivePerson, livePeople } from './search-data.js';

const MINUTE_MS = 60_000;
const AT_ONCE = 20_000;
export const SCHEMA = 'bench';

/**
 * A store with so many users, each in the middle of one activity, or of none. Written straight into the tables: publishing
 * a million would take minutes, and leave the same rows.
 */
export async function fillStore(server: PostgresServer, count: number, now: number, isLive: boolean): Promise<void> {
  const address = server.address(SCHEMA);
  await (await openStore(address)).close();
  const { secrets, ...parsed } = parseAddress(address.slice('postgres:'.length));
  const db = new Database(new Servers(loadDriver(), { ...parsed, secrets }, 2), secrets);
  const names = NAMES.map((_, index) => index + 1);
  await db.run('INSERT INTO topic (key, name) SELECT * FROM unnest($1::int[], $2::text[])', names, NAMES);
  await db.run(`ALTER TABLE topic ALTER COLUMN key RESTART WITH ${NAMES.length + 1}`);
  await inPieces(count, now, (some, first) => writeSome(db, some, first, now, isLive));
  await db.run(`ALTER TABLE users ALTER COLUMN key RESTART WITH ${count + 1}`);
  await db.get('SELECT setval($1, $2)', 'arrival', count);
  // Not what is empty: who plans for an empty table reads all of it when it is full.
  const filled = ['users', 'topic', ...(isLive ? ['activity', 'live'] : [])];
  for (const table of filled) await db.run(`ANALYZE ${table}`);
  await db.close();
}

/** The same people in every run, some at a time. @param write takes the place of the first of them, too */
async function inPieces(
  count: number,
  now: number,
  write: (some: LivePerson[], first: number) => Promise<void>,
): Promise<void> {
  let some: LivePerson[] = [];
  let first = 0;
  for (const person of livePeople(count, now)) {
    some.push(person);
    if (some.length < AT_ONCE && first + some.length < count) continue;
    await write(some, first);
    first += some.length;
    some = [];
  }
}

async function writeSome(
  db: Database,
  people: LivePerson[],
  first: number,
  now: number,
  isLive: boolean,
): Promise<void> {
  const key = Buffer.alloc(16, 7);
  const keys = people.map((_, index) => first + index + 1);
  await db.run(
    `INSERT INTO users (key, id, name, token_hash, relation_key, discoverable, cell, last_cell, cell_set_at, created)
     SELECT key, id, name, hash, $5, TRUE, cell, cell, $6::bigint, $6::bigint
     FROM unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::text[]) AS v (key, id, hash, cell),
       LATERAL (SELECT 'User ' || v.key - 1 AS name) AS n`,
    ...[keys, keys.map(() => newId()), keys.map((one) => Buffer.from(credentialOf(one - 1)))],
    ...[people.map(({ place }) => place.cell), key, now],
  );
  if (!isLive) return;
  const rows = people.map(({ activity, place, started, ended }, index): LiveSpan & LivePerson => ({
    ...{ activity, place, started, ended, user: first + index + 1, id: newId(started), home: homeOf(place.cell) },
    number: first + index + 1,
    span: [NAMES.indexOf(activity as never) + 1, Math.floor(started / MINUTE_MS), Math.ceil(ended / MINUTE_MS)],
  }));
  await db.run(
    `INSERT INTO activity (user_key, id, number, revision, activity, state, started, closes, body, spans, received, looked)
     SELECT user_key, id, user_key, 1, activity, 'started', started, closes, '{"actions":[]}', spans, $7::bigint, TRUE
     FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::text[])
       AS v (user_key, id, activity, started, closes, spans)`,
    ...[rows.map(({ user }) => user), rows.map(({ id }) => id), rows.map(({ activity }) => activity)],
    ...[rows.map(({ started }) => started), rows.map(({ ended }) => Math.round(ended))],
    ...[rows.map(({ span }) => JSON.stringify([span])), now],
  );
  await putLive(db, rows);
}

/** What people write who know PostgreSQL: one GiST index over what, when and where, with Debian's own extensions. */
export async function fillGist(server: PostgresServer, count: number, now: number): Promise<Client> {
  const address = new URL(server.address());
  const client = new Client({
    connectionString: `${address.protocol}//${address.username}:${address.password}@${address.host}${address.pathname}`,
  });
  await client.connect();
  await client.query(`CREATE EXTENSION cube; CREATE EXTENSION earthdistance; CREATE EXTENSION btree_gist;
    CREATE TABLE person (id BIGINT PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE doing (user_id BIGINT NOT NULL, activity TEXT NOT NULL, during TSTZRANGE NOT NULL,
      latitude FLOAT8 NOT NULL, longitude FLOAT8 NOT NULL)`);
  await inPieces(count, now, async (some, first) => {
    const ids = some.map((_, index) => first + index + 1);
    await client.query("INSERT INTO person SELECT id, 'User ' || id - 1 FROM unnest($1::bigint[]) AS v (id)", [ids]);
    await client.query(
      `INSERT INTO doing SELECT id, activity, tstzrange(to_timestamp(begun / 1000), to_timestamp(ended / 1000)), latitude, longitude
       FROM unnest($1::bigint[], $2::text[], $3::float8[], $4::float8[], $5::float8[], $6::float8[])
         AS v (id, activity, begun, ended, latitude, longitude)`,
      [
        ...[
          ids,
          some.map(({ activity }) => activity),
          some.map(({ started }) => started),
          some.map(({ ended }) => ended),
        ],
        ...[some.map(({ place }) => place.latitude), some.map(({ place }) => place.longitude)],
      ],
    );
  });
  await client.query("SET maintenance_work_mem = '512MB'");
  await client.query(
    'CREATE INDEX doing_when_where ON doing USING gist (activity, during, ll_to_earth(latitude, longitude))',
  );
  await client.query('VACUUM ANALYZE doing');
  return client;
}

export const GIST_SQL = `SELECT person.id, person.name, lower(during) AS begun FROM doing JOIN person ON person.id = doing.user_id
  WHERE activity = $1 AND during && tstzrange(to_timestamp($2), to_timestamp($3)) AND user_id <> $4
    AND earth_box(ll_to_earth($5, $6), $7) @> ll_to_earth(latitude, longitude)
    AND earth_distance(ll_to_earth($5, $6), ll_to_earth(latitude, longitude)) <= $7
  ORDER BY begun DESC LIMIT 20`;
