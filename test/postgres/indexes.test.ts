import assert from 'node:assert/strict';
import { Client } from 'pg';
import { openStore, type Store } from '../../matching/server/index.js';
import { MIGRATIONS } from '../../matching/server/store/postgres/migrations.js';
import { StoreUser } from '../endpoint/store-conformance.js';
import { Cleanup, until } from '../endpoint/support.js';
import { newSchema, type PostgresServer, sharedPostgres } from '../support/postgres.js';
import { needsPostgres } from './stores.js';

/** The step that builds the first index of a table that may be large. */
const BEFORE_INDEXES = 4;

describe('indexes that a newer Kindred adds to a large PostgreSQL store', function () {
  this.timeout(60_000);
  needsPostgres();
  const cleanup = new Cleanup();
  let server: PostgresServer;
  let schema: string;
  /** An endpoint that goes on while another one is updated. */
  let store: Store;
  beforeEach(async () => {
    server = await sharedPostgres();
    schema = newSchema();
    cleanup.add(() => server.query(`DROP SCHEMA "${schema}" CASCADE`));
    store = await open();
    await server.query(
      `SET search_path = "${schema}"; DROP INDEX match_at, users_cell_gone; DROP TABLE retention;
       DELETE FROM migration WHERE version > ${BEFORE_INDEXES}`,
    );
  });
  afterEach(() => cleanup.run());

  async function open(options = ''): Promise<Store> {
    const opened = await openStore(server.address(schema) + options);
    cleanup.add(() => opened.close());
    return opened;
  }

  const indexes = (): Promise<{ name: string; valid: boolean }[]> =>
    server.query(
      `SELECT relname AS name, indisvalid AS valid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
       WHERE relnamespace = '"${schema}"'::regnamespace AND relname IN ('match_at', 'users_cell_gone') ORDER BY 1`,
    );
  const assertBuilt = async (): Promise<void> => {
    const built = ['match_at', 'users_cell_gone'].map((name) => ({ name, valid: true }));
    assert.deepEqual(await indexes(), built);
    const versions = await server.query(`SELECT version FROM "${schema}".migration ORDER BY version`);
    assert.deepEqual(
      versions,
      MIGRATIONS.map((_, index) => ({ version: index + 1 })),
    );
  };

  /** Somebody who has written a match and is not done: whoever builds an index waits for them. */
  async function unfinished(): Promise<Client> {
    const client = new Client({ connectionString: server.address(schema).replace(/\?.*/, '') });
    client.on('error', () => {});
    await client.connect();
    cleanup.add(() => client.end());
    await client.query(`BEGIN; INSERT INTO "${schema}".match VALUES
      (1, gen_random_uuid(), 2, gen_random_uuid(), 1, 'x', 'coffee', 1, 0, FALSE)`);
    return client;
  }
  const builders = (): Promise<{ pid: number }[]> =>
    server.query(
      `SELECT pid FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%match_at%' AND wait_event_type = 'Lock'`,
    );

  it('are built while others publish', async () => {
    const writer = await unfinished();
    const opening = open();
    await until(async () => (await builders()).length === 1);

    const anna = await new StoreUser(store, 'Anna').join(true);
    const berta = await new StoreUser(store, 'Berta').join(true);
    await anna.publish();
    assert.equal((await berta.publish()).answer.matches.length, 1);
    await server.query(`UPDATE "${schema}".match SET at = at + 1`);

    await writer.query('COMMIT');
    await opening;
    await assertBuilt();
  });

  it('are built by one of several processes that start at once, and none is served before', async () => {
    const writer = await unfinished();
    let opened = 0;
    const all = Promise.all([open(), open(), open(), open()].map((one) => one.then(() => opened++)));
    await until(async () => (await builders()).length === 1);
    assert.equal(opened, 0);
    await writer.query('COMMIT');
    await all;
    await assertBuilt();
  });

  it('are built where the server ends transactions in which nothing happens', async () => {
    const writer = await unfinished();
    const opening = open('&options=-c%20idle_in_transaction_session_timeout%3D100');
    await until(async () => (await builders()).length === 1);
    await new Promise((done) => setTimeout(done, 400));
    await writer.query('COMMIT');
    await opening;
    await assertBuilt();
  });

  it('are built anew where building was broken off, and left one behind that is of no use', async () => {
    const writer = await unfinished();
    const broken = assert.rejects(openStore(server.address(schema)));
    for (let times = 0; times < 3; times++) {
      await until(async () => (await builders()).length === 1);
      // As an operator, or a server that stops, would.
      await server.query(
        `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%match_at%'`,
      );
      const isOver = await Promise.race([broken.then(() => true), new Promise((done) => setTimeout(done, 500, false))]);
      if (isOver) break;
    }
    await broken;
    await writer.query('COMMIT');
    assert.deepEqual(await indexes(), [{ name: 'match_at', valid: false }]);
    await open();
    await assertBuilt();
  });

  it('are waited for where a process that was killed has left the server building', async () => {
    const writer = await unfinished();
    const killed = new Client({ connectionString: server.address(schema).replace(/\?.*/, '') });
    killed.on('error', () => {});
    await killed.connect();
    const building = killed.query(`CREATE INDEX CONCURRENTLY match_at ON "${schema}".match (at)`).catch(() => {});
    await until(async () => (await builders()).length === 1);
    const [before] = await builders();
    (killed as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    await building;

    const opening = open();
    await new Promise((done) => setTimeout(done, 300));
    assert.deepEqual(await builders(), [before], 'the one that is being built is the one that is used');
    await writer.query('COMMIT');
    await opening;
    await assertBuilt();
  });
});
