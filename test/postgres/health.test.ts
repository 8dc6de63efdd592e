import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { openStore, type Store } from '../../matching/server/index.js';
import { parseAddress } from '../../matching/server/store/postgres/address.js';
import { Database } from '../../matching/server/store/postgres/database.js';
import { loadDriver, Servers } from '../../matching/server/store/postgres/servers.js';
import { Checks } from '../../matching/server/store/postgres/sweep.js';
import { Cleanup, until } from '../endpoint/support.js';
import { newSchema, PostgresServer, sharedPostgres } from '../support/postgres.js';
import { needsPostgres } from './stores.js';

describe('looking whether a PostgreSQL store is well', () => {
  /** One row that is held for as long as a commit takes, and passed by meanwhile. */
  function slow(): { db: Database; commits: () => number } {
    let isHeld = false;
    let commits = 0;
    const run = async (): Promise<number> => {
      if (isHeld) return 0;
      isHeld = true;
      await wait(10);
      isHeld = false;
      commits++;
      return 1;
    };
    return { db: { run } as unknown as Database, commits: () => commits };
  }

  it('is done once for many who ask at once, and anew for who asks later', async () => {
    const { db, commits } = slow();
    const checks = new Checks(db);
    await Promise.all(Array.from({ length: 30 }, () => checks.run()));
    assert.equal(commits(), 1);
    await checks.run();
    assert.equal(commits(), 2);
  });

  it('is told to all who wait when it fails, and tried anew then', async () => {
    let tries = 0;
    const run = async (): Promise<number> => {
      tries++;
      await wait(10);
      throw new Error('away');
    };
    const checks = new Checks({ run } as unknown as Database);
    for (let round = 1; round <= 2; round++) {
      const asked = await Promise.allSettled([checks.run(), checks.run()]);
      assert.deepEqual([asked.map(({ status }) => status), tries], [['rejected', 'rejected'], round]);
    }
  });

  it('is no race between processes that came at the same moment', async () => {
    const { db } = slow();
    await Promise.all(Array.from({ length: 8 }, () => new Checks(db).run()));
  });
});

describe('whether a PostgreSQL store is well', () => {
  needsPostgres();
  const cleanup = new Cleanup();
  let server: PostgresServer;
  let schema: string;
  beforeEach(async () => {
    server = await sharedPostgres();
    schema = newSchema();
    await (await openStore(server.address(schema))).close();
    cleanup.add(() => server.query(`DROP SCHEMA "${schema}" CASCADE`));
  });
  afterEach(() => cleanup.run());

  async function open(parameters = ''): Promise<Store> {
    const store = await openStore(server.address(schema) + parameters);
    cleanup.add(() => store.close());
    return store;
  }

  it('is found out by writing', async () => {
    await (await open()).check();
    const store = await open(`&options=${encodeURIComponent('-c default_transaction_read_only=on')}`);
    await assert.rejects(store.check(), /PostgreSQL is away: cannot execute .* in a read-only transaction/);
  });

  it('is the same for many who ask at once', async () => {
    const stores = await Promise.all([open(), open(), open()]);
    await Promise.all(stores.flatMap((store) => Array.from({ length: 10 }, () => store.check())));
  });

  it('is not waited for by one after the other, while a commit waits for its standby', async () => {
    const store = await open();
    // As a check does whose commit is not confirmed.
    const holding = server.query(
      `BEGIN; UPDATE "${schema}".sweeper SET until = until WHERE one = 1; SELECT pg_sleep(60)`,
    );
    holding.catch(() => {});
    const held = "FROM pg_stat_activity WHERE query LIKE 'BEGIN; UPDATE%'";
    cleanup.add(() => server.query(`SELECT pg_terminate_backend(pid) ${held}`));
    await until(async () => (await server.query(`SELECT 1 ${held} AND wait_event = 'PgSleep'`)).length > 0);
    const begun = performance.now();
    await assert.rejects(store.check(), /PostgreSQL does not commit what is written: .*standby/);
    assert.ok(performance.now() - begun < 14_000, 'it stood in line');
  });
});

describe('a PostgreSQL whose standby is away', () => {
  needsPostgres();
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  it('keeps no connection for what is not waited for any more, and what is sent again waits as well', async () => {
    const server = await PostgresServer.start();
    cleanup.add(() => server.stop());
    await (await openStore(server.address('kindred'))).close();
    const address = parseAddress(server.address('kindred').slice('postgres:'.length));
    const db = new Database(new Servers(loadDriver(), address, 4), address.secrets, 50);
    cleanup.add(() => db.close());
    const insert = 'INSERT INTO topic (name) VALUES ($1)';
    const lock = 'SELECT key FROM topic FOR NO KEY UPDATE';
    await db.run(insert, 'there before');
    await server.query("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    await server.query('SELECT pg_reload_conf()');
    let tried = 0;
    const waits = (): Promise<boolean> =>
      db.run(insert, `tried ${tried++}`).then(
        () => false,
        () => true,
      );
    await until(waits);
    for (let count = 1; count <= 10; count++) {
      await assert.rejects(db.run(insert, `one ${count}`));
      await assert.rejects(db.transaction((tx) => tx.all(lock)));
    }
    assert.equal((await db.all('SELECT 1')).length, 1, 'reads go on');
    const connected = "FROM pg_stat_activity WHERE application_name = 'kindred-endpoint'";
    await until(async () => (await server.query(`SELECT 1 ${connected} AND wait_event = 'SyncRep'`)).length === 0);
    assert.ok((await server.query(`SELECT 1 ${connected}`)).length <= 4);
  });
});
