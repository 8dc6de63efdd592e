import assert from 'node:assert/strict';
import { openStore, type Store } from '../../matching/server/index.js';
import { minuteOf } from '../../matching/server/rules/time.js';
import { NOW, StoreUser } from '../endpoint/store-conformance.js';
import { Cleanup } from '../endpoint/support.js';
import { newSchema, type PostgresServer, sharedPostgres } from '../support/postgres.js';
import { needsPostgres } from './stores.js';

const DAY_MS = 86_400_000;
const MANY = 20_000;

describe('the sweeper of the postgres store', () => {
  needsPostgres();
  const cleanup = new Cleanup();
  let server: PostgresServer;
  let schema: string;
  let store: Store;
  beforeEach(async () => {
    server = await sharedPostgres();
    schema = newSchema();
    cleanup.add(() => server.query(`DROP SCHEMA "${schema}" CASCADE`));
    store = await open();
  });
  afterEach(() => cleanup.run());

  async function open(): Promise<Store> {
    const opened = await openStore(server.address(schema));
    cleanup.add(() => opened.close());
    return opened;
  }

  const sweep = (of = store): Promise<boolean> => of.sweep({ now: NOW, retentionMs: 100 * DAY_MS });
  const put = (table: string, columns: string, row: string, count: number): Promise<unknown> =>
    server.query(`INSERT INTO "${schema}".${table} (${columns}) SELECT ${row} FROM generate_series(1, ${count}) AS i`);
  const countOf = async (what: string): Promise<number> =>
    Number((await server.query<{ count: string }>(`SELECT count(*) FROM "${schema}".${what}`))[0]?.count);

  /** Whose cell was set, or taken away, so many days ago. */
  const putUsers = (cell: string, days: number, count: number): Promise<unknown> => {
    const columns = 'id, name, token_hash, relation_key, discoverable, cell, last_cell, cell_set_at, created';
    const token = "decode(md5(i || ' ' || random()), 'hex')";
    const row = `gen_random_uuid(), 'User', ${token}, ''::bytea, TRUE, ${cell}, '861e126c7ffffff', ${NOW - days * DAY_MS}, 0`;
    return put('users', columns, row, count);
  };
  const putMatches = (days: number, count: number): Promise<unknown> =>
    put(
      'match',
      'user_key, mine, other, theirs, seq, id, activity, at, seconds, nearby',
      `i, gen_random_uuid(), i + 1, gen_random_uuid(), i, 'x', 'coffee', ${minuteOf(NOW - days * DAY_MS)}, 0, FALSE`,
      count,
    );

  it('rests when nothing is due, however many users there are, and reads none of them', async () => {
    await putUsers("'861e126c7ffffff'", 8, MANY);
    await putUsers('NULL', 1, MANY);
    await putMatches(1, MANY);
    const read = async (): Promise<number> => {
      const sql = `SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) AS read FROM pg_stat_user_tables
        WHERE schemaname = '${schema}' AND relname IN ('users', 'match')`;
      return Number((await server.query<{ read: string }>(sql))[0]?.read);
    };
    const before = await read();
    assert.equal(await sweep(), false);
    // What a connection has read is told when it ends, at the latest.
    await store.close();
    assert.ok((await read()) - before < 100, `${(await read()) - before} rows are read of ${3 * MANY}`);
  });

  it('forgets what is due, wherever among the users, and goes on until it has', async () => {
    await putUsers("'861e126c7ffffff'", 8, 700);
    await putUsers('NULL', 8, 700);
    await putUsers('NULL', 6, 1);
    await putMatches(6, 10);
    await putMatches(8, 2500);
    let rounds = 1;
    while (await sweep()) rounds++;
    assert.equal(rounds, 2);
    assert.deepEqual([await countOf('match'), await countOf('users WHERE last_cell IS NULL')], [10, 700]);
    assert.equal(await countOf('users WHERE last_cell IS NOT NULL AND cell IS NULL'), 1);
  });

  it('rests where little has come due, and does not go on for each single thing', async () => {
    const anna = await new StoreUser(store, 'Anna').join(true, undefined, NOW - 300 * DAY_MS);
    await anna.publish({ state: 'finished', seconds: 60 }, NOW - 200 * DAY_MS);
    await putMatches(8, 1);
    assert.equal(await sweep(), false);
    assert.deepEqual([await countOf('activity'), await countOf('match'), await countOf('live')], [0, 0, 0]);
  });

  it('is one process at a time; another one goes on when that closes, or dies', async () => {
    const [second, third] = [await open(), await open()];
    await putMatches(8, 1);
    const [one, two] = [await sweep(), await sweep(second)];
    assert.deepEqual([one, two, await countOf('match')], [false, false, 0]);
    await putMatches(8, 1);
    await sweep(second);
    assert.equal(await countOf('match'), 1, 'it is the first one’s turn still');
    await sweep();
    assert.equal(await countOf('match'), 0);

    await store.close();
    await putMatches(8, 1);
    await Promise.all([sweep(second), sweep(third)]);
    assert.equal(await countOf('match'), 0);

    // Whoever has died says no word; their turn is over after a while.
    const [{ api, lasts } = { api: '', lasts: 0 }] = await server.query<{ api: string; lasts: number }>(
      `SELECT api, (until - extract(epoch FROM now()) * 1000)::int AS lasts FROM "${schema}".sweeper`,
    );
    assert.ok(api && lasts > 60_000 && lasts < 300_000, `${api} ${lasts}`);
    await server.query(`UPDATE "${schema}".sweeper SET api = gen_random_uuid(), until = until - ${lasts} - 1000`);
    await putMatches(8, 1);
    await sweep(third);
    assert.equal(await countOf('match'), 0);
  });

  it('keeps activities as long as any of the processes is to, whoever’s turn it is, and tells the others', async () => {
    const [second, third] = [await open(), await open()];
    const anna = await new StoreUser(store, 'Anna').join(true, undefined, NOW - 300 * DAY_MS);
    const publish = (days: number): Promise<unknown> =>
      anna.publish({ state: 'finished', seconds: 60 }, NOW - days * DAY_MS);
    const sweepFor = (days: number, of: Store): Promise<boolean> => of.sweep({ now: NOW, retentionMs: days * DAY_MS });
    await publish(50);
    await publish(120);
    await sweep();
    assert.equal(await countOf('activity'), 1);
    await assert.rejects(sweepFor(30, second), {
      ...{ name: 'StoreFailure', reason: 'differs' },
      message: /keeps activities for 100 days, and this one for 30: they are kept for 100\./,
    });
    assert.equal(await sweepFor(30, second), false, 'it is told once');
    assert.equal(await sweepFor(100, third), false);

    // The first closes; the second has its turn, and the third is to keep them still.
    await store.close();
    await sweepFor(30, second);
    assert.equal(await countOf('activity'), 1);
    // The third has died: it may come back, until it was not heard of for a day.
    const age = `UPDATE "${schema}".retention SET seen = seen - ${DAY_MS} - 1000 WHERE ms = ${100 * DAY_MS}`;
    await server.query(age);
    await sweepFor(30, second);
    assert.equal(await countOf('activity'), 0);
    assert.equal(await countOf('retention'), 1);
  });

  it('is somebody else’s turn, too, where the one before began it by a clock that was ahead', async () => {
    await sweep();
    await server.query(`UPDATE "${schema}".sweeper SET api = gen_random_uuid(), until = until + ${DAY_MS}`);
    await putMatches(8, 1);
    await sweep();
    assert.equal(await countOf('match'), 0);
  });
});
