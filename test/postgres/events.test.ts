import assert from 'node:assert/strict';
import { openStore } from '../../matching/server/index.js';
import { parseAddress } from '../../matching/server/store/postgres/address.js';
import { Database, type Statements } from '../../matching/server/store/postgres/database.js';
import { eventsOf } from '../../matching/server/store/postgres/events.js';
import { loadDriver, Servers } from '../../matching/server/store/postgres/servers.js';
import { StoreUser } from '../endpoint/store-conformance.js';
import { Cleanup } from '../endpoint/support.js';
import { newSchema, sharedPostgres } from '../support/postgres.js';
import { needsPostgres } from './stores.js';

describe('events over PostgreSQL', () => {
  needsPostgres();
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  it('leave out nothing that is committed while they are read', async () => {
    const server = await sharedPostgres();
    const schema = newSchema();
    const address = server.address(schema);
    const store = await openStore(address);
    const parsed = parseAddress(address.slice('postgres:'.length));
    const db = new Database(new Servers(loadDriver(), parsed, 1), parsed.secrets);
    cleanup.add(() => server.query(`DROP SCHEMA "${schema}" CASCADE`));
    cleanup.add(() => store.close());
    cleanup.add(() => db.close());
    const now = Date.now();
    const join = (name: string): Promise<StoreUser> => new StoreUser(store, name).join(true, undefined, now);
    const [anna, carl, ben] = [await join('Anna'), await join('Carl'), await join('Ben')];
    await anna.publish({}, now);
    await carl.publish({}, now);

    let comes: (() => Promise<unknown>) | undefined = async () => {
      await ben.publish({}, now);
      const [match] = (await carl.search({}, now)).people.filter(({ user }) => user.name === 'Anna');
      await store.requestFriend({ ...carl.at(now), to: { userId: match?.user.id ?? '' } });
    };
    const between: Statements = {
      get: (sql, ...values) => db.get(sql, ...values),
      run: (sql, ...values) => db.run(sql, ...values),
      all: async <T>(sql: string, ...values: unknown[]) => {
        const rows = await db.all<T>(sql, ...values);
        if (sql.includes('FROM match')) {
          const coming = comes;
          comes = undefined;
          await coming?.();
        }
        return rows;
      },
    };
    const told: string[] = [];
    for (let [after, before] = [0, -1]; after !== before; ) {
      const { last, events } = await eventsOf(between, { ...anna.at(now), after });
      told.push(...events.map((event) => (event.type === 'match' ? event.match.person.user.name : event.type)));
      [before, after] = [after, last];
    }
    assert.deepEqual(told, ['Carl', 'Ben', 'friend-request']);
  });
});
