import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '../../matching/schema/index.js';
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

  async function open() {
    const server = await sharedPostgres();
    const schema = newSchema();
    const address = server.address(schema);
    const store = await openStore(address);
    cleanup.add(() => server.query(`DROP SCHEMA "${schema}" CASCADE`));
    cleanup.add(() => store.close());
    return { server, schema, address, store };
  }

  it('leave out nothing that is committed while they are read', async () => {
    const { address, store } = await open();
    const parsed = parseAddress(address.slice('postgres:'.length));
    const db = new Database(new Servers(loadDriver(), parsed, 1), parsed.secrets);
    cleanup.add(() => db.close());
    const now = Date.now();
    const enter = (name: string): Promise<StoreUser> => new StoreUser(store, name).join(true, undefined, now);
    const [anna, carl, ben] = [await enter('Anna'), await enter('Carl'), await enter('Ben')];
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
      told.push(...namesIn(events));
      [before, after] = [after, last];
    }
    assert.deepEqual(told, ['Carl', 'Ben', 'friend-request']);
  });

  it('are told neither again nor left out after a restore, with what deploy/README.md says', async () => {
    const { server, schema, store } = await open();
    const now = Date.now();
    const come = async (name: string): Promise<StoreUser> => {
      const user = await new StoreUser(store, name).join(true, undefined, now);
      await user.publish({}, now);
      return user;
    };
    const anna = await come('Anna');
    await come('Ben');
    const backup = await server.query<{ key: string }>(`SELECT key FROM "${schema}".users`);
    for (const name of ['Carl', 'Dora']) await come(name);
    const heard = (await store.events({ ...anna.at(now), after: 0 })).last;
    // As a backup has it from before Carl and Dora.
    const known = backup.map(({ key }) => key).join();
    for (const [table, user] of [
      ['match', `user_key NOT IN (${known}) OR other`],
      ['live', 'user_key'],
      ['activity', 'user_key'],
      ['users', 'key'],
    ] as const) {
      await server.query(`DELETE FROM "${schema}".${table} WHERE ${user} NOT IN (${known})`);
    }
    await server.query(`UPDATE "${schema}".users SET seq = 1`);

    const page = readFileSync(join(__dirname, '..', '..', '..', 'deploy', 'README.md'), 'utf8');
    const [statement = ''] = /UPDATE kindred\.users SET [^";`]+/.exec(page) ?? [];
    await server.query(statement.replace('kindred.', `"${schema}".`));
    assert.deepEqual((await store.events({ ...anna.at(now), after: heard })).events, []);
    await come('Emil');
    assert.deepEqual(namesIn((await store.events({ ...anna.at(now), after: heard })).events), ['Emil']);
  });
});

const namesIn = (events: readonly Event[]): string[] =>
  events.map((event) => (event.type === 'match' ? event.match.person.user.name : event.type));
