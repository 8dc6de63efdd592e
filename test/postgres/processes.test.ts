import assert from 'node:assert/strict';
import { KindredClient } from '../../matching/client/index.js';
import { type Event, MAX_STRANGERS } from '../../matching/schema/index.js';
import { openStore, StoreFailure } from '../../matching/server/index.js';
import { openPostgresStore } from '../../matching/server/store/postgres/index.js';
import { newId } from '../../vocabulary/index.js';
import { StoreUser } from '../endpoint/store-conformance.js';
import { Cleanup, coffee, joinAs, type Member, until } from '../endpoint/support.js';
import { newSchema, PostgresServer, sharedPostgres } from '../support/postgres.js';
import { EndpointProcess } from './endpoints.js';
import { needsPostgres } from './stores.js';

describe('endpoints over one PostgreSQL', () => {
  needsPostgres();
  const cleanup = new Cleanup();
  let server: PostgresServer;
  let schema: string;
  beforeEach(async () => {
    server = await sharedPostgres();
    schema = newSchema();
    cleanup.add(() => server.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`));
  });
  afterEach(() => cleanup.run());

  const start = (): Promise<EndpointProcess> => EndpointProcess.start(cleanup, server.address(schema));
  const count = async (table: string): Promise<number> =>
    Number((await server.query<{ count: string }>(`SELECT count(*) FROM "${schema}".${table}`))[0]?.count);

  interface Watching {
    events: Event[];
    abort: AbortController;
    done: Promise<void>;
    isOpen: boolean;
    /** Ended by an endpoint that does not know the token. */
    isUnknown: boolean;
  }

  function watch({ token }: Member, url: string, lastEventId?: string): Watching {
    const abort = new AbortController();
    cleanup.add(() => abort.abort());
    const watching: Watching = { events: [], abort, done: Promise.resolve(), isOpen: false, isUnknown: false };
    watching.done = new KindredClient({ url, token }).watch({
      signal: abort.signal,
      onEvent: (event) => watching.events.push(event),
      onState: (now) => {
        if (now.state === 'open') watching.isOpen = true;
        if (now.state === 'waiting' && now.problem.kind === 'unauthorised') watching.isUnknown = true;
      },
      backoffBaseMs: 10,
      ...(lastEventId === undefined ? {} : { lastEventId }),
    });
    watching.done.catch(() => {});
    return watching;
  }
  const namesOf = ({ events }: Watching): string[] =>
    events.flatMap((event) => (event.type === 'match' ? [event.match.person.user.name] : []));

  it('keep no topic of what is discarded, whoever says so', async () => {
    const store = await openStore(server.address(schema));
    cleanup.add(() => store.close());
    const user = await new StoreUser(store, 'Ada').join();
    const before = await count('topic');
    const discarded = { activity: 'never-heard-of', state: 'discarded' } as const;
    await user.publish(discarded);
    await assert.rejects(new StoreUser(store, 'nobody').publish(discarded));
    assert.equal(await count('topic'), before);
  });

  it('start together on an empty database, and serve one house', async () => {
    const endpoints = await Promise.all([start(), start(), start(), start()]);
    const members = await Promise.all(endpoints.map(({ url }, index) => joinAs(url, `User ${index}`)));
    const streams = members.map((member, index) => watch(member, endpoints[(index + 1) % 4]?.url ?? ''));
    await until(() => streams.every(({ isOpen }) => isOpen));
    for (const [index, { token }] of members.entries()) {
      const url = endpoints[(index + 2) % 4]?.url ?? '';
      const { matches } = await new KindredClient({ url, token }).publish(coffee());
      assert.equal(matches.length, index);
    }
    await until(() => streams.every(({ events }) => events.length === 3));
    for (const [index, stream] of streams.entries()) {
      assert.deepEqual(
        namesOf(stream).sort(),
        [0, 1, 2, 3].filter((other) => other !== index).map((other) => `User ${other}`),
      );
      assert.deepEqual(
        stream.events.map(({ id }) => id),
        ['1', '2', '3'],
      );
    }
    for (const [index, { token }] of members.entries()) {
      const client = new KindredClient({ url: endpoints[(index + 3) % 4]?.url ?? '', token });
      const { people } = await client.concurrentUsers({ activity: 'coffee', radiusKm: 10 });
      assert.deepEqual([people.length, new Set(people.map(({ user }) => user.id)).size], [3, 3]);
    }
    for (const { output } of endpoints) assert.doesNotMatch(output, new RegExp(PostgresServer.password));
    await Promise.all(endpoints.map((endpoint) => endpoint.kill('SIGTERM')));
    assert.deepEqual(
      endpoints.map(({ child }) => child.exitCode),
      [0, 0, 0, 0],
    );
    for (const table of ['api', 'session', 'inbox']) assert.equal(await count(table), 0, `${table} is left behind`);
  });

  it('tell each pair once, whoever publishes where and when', async () => {
    const stores = await Promise.all([1, 2, 3].map(() => openStore(server.address(schema))));
    for (const store of stores) cleanup.add(() => store.close());
    const now = Date.now();
    const users = await Promise.all(
      Array.from({ length: MAX_STRANGERS + 1 }, (_, index) =>
        new StoreUser(stores[index % 3] as (typeof stores)[0], `U${index}`).join(true, undefined, now),
      ),
    );
    await Promise.all(users.map((user) => user.publish({}, now)));
    const told = await Promise.all(users.map((user) => user.store.events({ ...user.at(now), after: 0 })));
    for (const [index, { events }] of told.entries()) {
      const names = events.flatMap((event) => (event.type === 'match' ? [event.match.person.user.name] : []));
      assert.deepEqual(
        names.sort(),
        users
          .map(({ name }) => name)
          .filter((_, other) => other !== index)
          .sort(),
        `user ${index} was told of everybody else, once`,
      );
    }
  });

  it('write batches against each other without a deadlock', async () => {
    const stores = await Promise.all([1, 2].map(() => openStore(server.address(schema))));
    for (const store of stores) cleanup.add(() => store.close());
    const now = Date.now();
    const users = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        new StoreUser(stores[0] as (typeof stores)[0], `U${index}`).join(true, undefined, now),
      ),
    );
    const before = await server.query<{ deadlocks: string }>(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    );
    const ids = users.map(() => newId(now));
    for (let revision = 1; revision <= 8; revision++) {
      // Both write the same users' activities at once, in opposite orders.
      const orders = [users, [...users].reverse()];
      await Promise.all(
        orders.flatMap((order, at) =>
          order.map((user) => {
            const mine = Object.assign(Object.create(user) as StoreUser, { store: stores[at] });
            return mine.publish({ id: ids[users.indexOf(user)] as string, revision }, now);
          }),
        ),
      );
    }
    await new Promise((done) => setTimeout(done, 1100));
    const after = await server.query<{ deadlocks: string }>(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    );
    assert.equal(after[0]?.deadlocks, before[0]?.deadlocks);
    assert.equal(await count('activity'), 40);
    const rows = await server.query<{ revision: string }>(`SELECT DISTINCT revision FROM "${schema}".activity`);
    assert.deepEqual(
      rows.map(({ revision }) => Number(revision)),
      [8],
    );
  });

  it('go on behind the last event on another process, when one dies', async () => {
    const [first, second] = [await start(), await start()];
    const anna = await joinAs(first.url, 'Anna');
    await anna.client.publish(coffee());
    const watching = watch(anna, first.url);
    await until(() => watching.isOpen);
    for (const name of ['Ben', 'Carl']) await (await joinAs(second.url, name)).client.publish(coffee());
    await until(() => watching.events.length === 2);
    await first.kill();
    for (const name of ['Dora', 'Emil']) await (await joinAs(second.url, name)).client.publish(coffee());
    const resumed = watch(anna, second.url, watching.events.at(-1)?.id);
    await until(() => resumed.events.length === 2);
    assert.deepEqual(
      [namesOf(watching), namesOf(resumed)],
      [
        ['Ben', 'Carl'],
        ['Dora', 'Emil'],
      ],
    );
    assert.ok((await count('inbox')) >= 1, 'the dead process has something in its inbox');
    await server.query(`UPDATE "${schema}".api SET seen = 0`);
    const store = await openStore(server.address(schema));
    cleanup.add(() => store.close());
    await store.sweep({ now: Date.now(), retentionMs: 1e10 });
    assert.equal(await count('inbox'), 0);
  });

  it('end the streams of a token or an account that is no more, wherever they are', async () => {
    const [first, second] = [await start(), await start()];
    for (const end of [(member: Member) => member.client.rotateToken(), (member: Member) => member.client.deleteMe()]) {
      const anna = await joinAs(first.url, 'Anna');
      const watching = watch(anna, second.url);
      await until(() => watching.isOpen);
      await until(() => watching.isOpen);
      // Followed only once it is written down.
      for (let tries = 0; (await count('session')) === 0 && tries < 200; tries++)
        await new Promise((done) => setTimeout(done, 20));
      await end(anna);
      await until(() => watching.isUnknown);
    }
  });

  it('tell everything without hints, too, and when a process was taken for dead', async () => {
    const rest = server.address(schema).replace(/^postgres:/, '');
    const [one, two] = [
      await openPostgresStore(rest, { hints: false }),
      await openPostgresStore(rest, { hints: false }),
    ];
    for (const store of [one, two]) cleanup.add(() => store.close());
    const now = Date.now();
    const anna = await new StoreUser(one, 'Anna').join(true, undefined, now);
    await anna.publish({}, now);
    const woken: string[] = [];
    one.feed?.onTold((users) => woken.push(...users));
    one.feed?.follow(anna.id);
    await until(() => woken.includes(anna.id));
    woken.length = 0;
    await (await new StoreUser(two, 'Ben').join(true, undefined, now)).publish({}, now);
    await until(() => woken.includes(anna.id));
    await server.query(`DELETE FROM "${schema}".api`);
    await two.sweep({ now, retentionMs: 1e10 });
    assert.equal(await count('session'), 0);
    woken.length = 0;
    // It shows itself every ten seconds, and everybody looks for what was missed.
    const begun = Date.now();
    while (!woken.includes(anna.id) && Date.now() - begun < 60_000) await new Promise((done) => setTimeout(done, 50));
    assert.ok(woken.includes(anna.id));
    woken.length = 0;
    await (await new StoreUser(two, 'Carl').join(true, undefined, now)).publish({}, now);
    await until(() => woken.includes(anna.id));
  });

  it('tell what was on its way to be committed when a stream began', async () => {
    const [one, two] = [await openStore(server.address(schema)), await openStore(server.address(schema))];
    for (const store of [one, two]) cleanup.add(() => store.close());
    const now = Date.now();
    const [anna, ben] = [new StoreUser(one, 'Anna'), new StoreUser(two, 'Ben')];
    for (const user of [anna, ben]) await user.join(true, undefined, now);
    await anna.publish({}, now);
    const told: string[] = [];
    one.feed?.onTold(async (users) => {
      if (!users.includes(anna.id)) return;
      const { events } = await one.events({ ...anna.at(now), after: 0 });
      told.push(...events.map(({ type }) => type));
    });
    // The match is written while nobody follows Anna, and committed when it has been looked for in vain.
    await server.query(`SET search_path TO "${schema}";
      CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.6); RETURN NULL; END';
      CREATE CONSTRAINT TRIGGER late AFTER INSERT ON match DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION linger()`);
    const published = ben.publish({}, now);
    await new Promise((done) => setTimeout(done, 300));
    one.feed?.follow(anna.id);
    await published;
    await until(() => told.includes('match'));
  });

  it('say what is wrong with the database, and never the password', async () => {
    const wrong = server.address(schema).replace(PostgresServer.password, 'wrong-secret-9');
    const refusals = [
      [wrong, /password authentication failed/],
      [server.address(schema, '127.0.0.1:1'), /PostgreSQL is away: .*ECONNREFUSED/],
      [server.address('Not A Schema'), /schema of a PostgreSQL store must be/],
      ['postgres://nothing', /is given as postgres:\/\/USER/],
    ] as const;
    for (const [address, reason] of refusals) {
      await assert.rejects(openStore(address), (error: Error) => {
        assert.ok(error instanceof StoreFailure);
        assert.match(error.message, reason);
        assert.doesNotMatch(error.message, new RegExp(`wrong-secret-9|${PostgresServer.password}`));
        return true;
      });
    }
    await server.query(`CREATE SCHEMA "${schema}"`);
    await server.query(`CREATE TABLE "${schema}".recipe (name TEXT)`);
    await assert.rejects(openStore(server.address(schema)), /is another program's/);
    await server.query(`DROP TABLE "${schema}".recipe`);
    await (await openStore(server.address(schema))).close();
    await server.query(`INSERT INTO "${schema}".migration (version, at) VALUES (999, 0)`);
    await assert.rejects(openStore(server.address(schema)), /written by a newer Kindred/);
  });
});
