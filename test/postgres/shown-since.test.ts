import assert from 'node:assert/strict';
import { openStore } from '../../matching/server/index.js';
import { MIGRATIONS } from '../../matching/server/store/postgres/migrations.js';
import { iso, NOW, StoreUser } from '../endpoint/store-conformance.js';
import { Cleanup } from '../endpoint/support.js';
import { newSchema, sharedPostgres } from '../support/postgres.js';
import { needsPostgres } from './stores.js';

const MINUTE = 60_000;

describe('a PostgreSQL store from before it knew since when people show themselves', () => {
  needsPostgres();
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  it('takes everybody who was there as shown all the while', async () => {
    const server = await sharedPostgres();
    const schema = newSchema();
    cleanup.add(() => server.query(`DROP SCHEMA "${schema}" CASCADE`));
    const store = await openStore(server.address(schema));
    const [anna, ben] = [await new StoreUser(store, 'Anna').join(), await new StoreUser(store, 'Ben').join()];
    for (const user of [anna, ben]) await user.publish({ startedAt: iso(NOW - 10 * MINUTE) });
    await store.close();
    const before = MIGRATIONS.findIndex(
      (step) => !('name' in step) && step.some((sql) => sql.includes('ADD COLUMN IF NOT EXISTS shown_since')),
    );
    assert.ok(before > 0);
    await server.query(
      `SET search_path = "${schema}"; ALTER TABLE users DROP COLUMN shown_since;
       DELETE FROM migration WHERE version > ${before}`,
    );
    const again = await openStore(server.address(schema));
    cleanup.add(() => again.close());
    anna.store = again;
    assert.deepEqual(await anna.names({ at: NOW - 5 * MINUTE }), ['Ben']);
    const rows = await server.query<{ since: string }>(`SELECT shown_since::text AS since FROM "${schema}".users`);
    assert.deepEqual(
      rows.map(({ since }) => since),
      ['0', '0'],
    );
  });
});
