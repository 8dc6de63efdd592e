import assert from 'node:assert/strict';
import { openStore, type Store } from '../../matching/server/index.js';
import { coverOf, homeOf } from '../../matching/server/rules/cells.js';
import { minuteOf } from '../../matching/server/rules/time.js';
import { parseAddress } from '../../matching/server/store/postgres/address.js';
import { Database, type Statements } from '../../matching/server/store/postgres/database.js';
import { putLive } from '../../matching/server/store/postgres/live.js';
import { readMerged, type Stretch } from '../../matching/server/store/postgres/runs.js';
import { loadDriver, Servers } from '../../matching/server/store/postgres/servers.js';
import { newId } from '../../vocabulary/index.js';
import { StoreUser } from '../endpoint/store-conformance.js';
import { Cleanup, VIENNA } from '../endpoint/support.js';
import { newSchema, type PostgresServer, sharedPostgres } from '../support/postgres.js';
import { needsPostgres } from './stores.js';

interface Plan {
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  Plans?: Plan[];
}

function* nodesOf(plan: Plan): Generator<Plan> {
  yield plan;
  for (const part of plan.Plans ?? []) yield* nodesOf(part);
}

describe('how PostgreSQL carries out the statements of its store', () => {
  needsPostgres();
  const cleanup = new Cleanup();
  let server: PostgresServer;
  let schema: string;
  let store: Store;
  let db: Database;
  beforeEach(async () => {
    server = await sharedPostgres();
    schema = newSchema();
    const address = server.address(schema);
    store = await openStore(address);
    const { secrets, ...parsed } = parseAddress(address.slice('postgres:'.length));
    db = new Database(new Servers(loadDriver(), { ...parsed, secrets }, 1), secrets);
    cleanup.add(() => server.query(`DROP SCHEMA "${schema}" CASCADE`));
    cleanup.add(() => store.close());
    cleanup.add(() => db.close());
  });
  afterEach(() => cleanup.run());

  const now = minuteOf(Date.now());

  /** So many people in every cell of a circle, who began one after the other. */
  async function crowd(cells: readonly number[], inEach: number): Promise<void> {
    const spans = cells.flatMap((cell, at) =>
      Array.from({ length: inEach }, (_, index) => ({
        ...{ user: 1000 + at * inEach + index, id: newId(), number: index, home: cell - 2 ** 26 },
        span: [1, now - (index % 30), now + 10] as [number, number, number],
      })),
    );
    await putLive(db, spans);
  }

  /** How a statement that is prepared already is carried out. */
  async function planOf(sql: string, values: unknown[]): Promise<Plan> {
    const known = 'SELECT name FROM pg_prepared_statements WHERE statement = $1';
    const { name } = (await db.get<{ name: string }>(known, sql)) ?? assert.fail('it is not prepared');
    const literals = values.map((value) => (Array.isArray(value) ? `'{${value}}'` : `'${value}'`));
    const explain = `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE "${name}" (${literals})`;
    const [told] = await db.all<{ 'QUERY PLAN': [{ Plan: Plan }] }>(explain);
    return told?.['QUERY PLAN'][0].Plan ?? assert.fail('nothing is told');
  }

  it('reads few rows of a crowd that a search does not need, whatever it was told of the table', async () => {
    const cells = coverOf(homeOf(VIENNA), 10);
    const all: Stretch = {
      behind: { from: now + 100, tie: 0, user: 0, id: newId() },
      until: { from: now - 1000, tie: 0 },
    };
    const asked = { topic: 1, cells, since: now, self: 1 };
    await readMerged(db, asked, all, 288);
    await crowd(cells, 500);
    let plan: Plan | undefined;
    const explaining: Statements = {
      all: db.all.bind(db),
      run: db.run.bind(db),
      get: async (sql, ...values) => {
        plan = await planOf(sql, values);
        return await db.get(sql, ...values);
      },
    };
    assert.equal((await readMerged(explaining, asked, all, 288)).length, 288);
    const scans = [...nodesOf(plan as Plan)].filter((node) => node['Node Type'].includes('Scan'));
    const read = scans
      .filter(({ Plans }) => !Plans)
      .reduce((sum, node) => sum + node['Actual Rows'] * node['Actual Loops'], 0);
    assert.ok(read >= 288 && read <= 288 + cells.length, `${read} rows are read of ${cells.length * 500}`);
  });

  it('goes through its indexes, also when nothing was there when it began', async () => {
    const users = ['Anna', 'Ben'].map((name) => new StoreUser(store, name));
    for (const user of users) await user.join();
    const meet = async (): Promise<void> => {
      for (const user of users) await user.publish({});
      for (const user of users) assert.equal((await user.search({})).people.length, 1);
    };
    // Prepared on every connection that there will be.
    for (let times = 0; times < 6; times++) await meet();
    for (const [table, row] of [
      ['match', "i, gen_random_uuid(), i, gen_random_uuid(), i, 'x', 'coffee', 0, 0, false"],
      ['relation', 'i, i + 1, 1, 0'],
      ['feature', "i, 1, '[]', ''"],
      ['live', '9, 0, 0, 0, i, gen_random_uuid(), i, 0, NULL'],
      ['activity', "i, gen_random_uuid(), i, 1, 'tea', 'finished', 0, 0, 0, '{}', '[]', 0, NULL, TRUE"],
    ]) {
      await server.query(`INSERT INTO "${schema}".${table} SELECT ${row} FROM generate_series(1000000, 1020000) AS i`);
    }
    const scanned = async (): Promise<number> => {
      const sql = `SELECT sum(seq_tup_read + idx_tup_fetch) AS read FROM pg_stat_user_tables WHERE schemaname = '${schema}'
        AND relname IN ('activity', 'feature', 'live', 'match', 'relation')`;
      return Number((await server.query<{ read: string }>(sql))[0]?.read);
    };
    await meet();
    await store.close();
    assert.ok((await scanned()) < 1000, `${await scanned()} rows are read of tables of 20,000`);
  });
});
