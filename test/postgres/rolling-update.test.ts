import assert from 'node:assert/strict';
import { openStore } from '../../matching/server/index.js';
import { parseAddress } from '../../matching/server/store/postgres/address.js';
import { Database } from '../../matching/server/store/postgres/database.js';
import { loadDriver, Servers } from '../../matching/server/store/postgres/servers.js';
import { newId } from '../../vocabulary/index.js';
import { NOW, StoreUser } from '../endpoint/store-conformance.js';
import { Cleanup } from '../endpoint/support.js';
import { newSchema, type PostgresServer, sharedPostgres } from '../support/postgres.js';
import { needsPostgres } from './stores.js';

describe('a PostgreSQL store whose tables a newer Kindred adds to', () => {
  needsPostgres();
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  function databaseIn(server: PostgresServer, schema: string): Database {
    const address = parseAddress(server.address(schema).replace(/^postgres:/, ''));
    const db = new Database(new Servers(loadDriver(), address), address.secrets);
    cleanup.add(() => db.close());
    return db;
  }

  it('goes on answering', async () => {
    const server = await sharedPostgres();
    const schema = newSchema();
    const store = await openStore(server.address(schema));
    cleanup.add(() => server.query(`DROP SCHEMA "${schema}" CASCADE`));
    cleanup.add(() => store.close());
    const [anna, ben] = [await new StoreUser(store, 'Anna').join(), await new StoreUser(store, 'Ben').join()];
    const everything = async (): Promise<void> => {
      assert.equal((await store.me(anna.at(NOW))).name, 'Anna');
      await store.updateMe({ ...anna.at(NOW), patch: { name: 'Anna' } });
      await ben.publish();
      const id = newId(NOW);
      const [match] = (await anna.publish({ id })).answer.matches;
      await anna.publish({ id, revision: 2, state: 'ongoing' });
      assert.deepEqual(await anna.names(), ['Ben']);
      assert.ok((await anna.activities()).length > 0);
      await store.activities({ ...anna.at(NOW), limit: 10 });
      const userId = match?.user.id as string;
      await store.requestFriend({ ...anna.at(NOW), to: { userId } });
      assert.equal((await store.friendRequests(anna.at(NOW))).sent.length, 1);
      assert.equal((await store.friendRequests(ben.at(NOW))).received.length, 1);
      await store.removeFriend({ ...anna.at(NOW), id: userId });
      await new StoreUser(store, 'Cleo').join(false);
      await store.sweep({ now: NOW, retentionMs: 30 * 86_400_000 });
      await store.check();
    };
    await everything();
    for (const table of ['users', 'activity', 'friend_request', 'match', 'relation', 'live', 'feature']) {
      await server.query(`ALTER TABLE "${schema}".${table} ADD COLUMN more BIGINT NOT NULL DEFAULT 0`);
    }
    await everything();
  });

  it('gives up a connection that knows only what was there, and asks again on another', async () => {
    const server = await sharedPostgres();
    const schema = newSchema();
    await server.query(`CREATE SCHEMA "${schema}"; CREATE TABLE "${schema}".changing AS SELECT 1 AS one`);
    cleanup.add(() => server.query(`DROP SCHEMA "${schema}" CASCADE`));
    const db = databaseIn(server, schema);
    const ask = () => db.all('SELECT * FROM changing');
    // As many as there are connections.
    const askAll = () => Promise.all(Array.from({ length: 16 }, ask));
    await askAll();
    await server.query(`ALTER TABLE "${schema}".changing ADD COLUMN two INTEGER DEFAULT 2`);
    assert.deepEqual(await ask(), [{ one: 1, two: 2 }]);
    assert.deepEqual(await db.transaction((tx) => tx.all('SELECT * FROM changing')), [{ one: 1, two: 2 }]);
    assert.equal((await askAll()).length, 16);
  });

  it('says so when it is refused whatever the connection', async () => {
    const server = await sharedPostgres();
    const db = databaseIn(server, newSchema());
    await assert.rejects(db.all('SELECT count(*) FROM pg_class FOR UPDATE'), /PostgreSQL refused: FOR UPDATE/);
  });
});
