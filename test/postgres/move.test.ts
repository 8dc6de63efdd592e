import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { KindredClient } from '../../matching/client/index.js';
import { openStore } from '../../matching/server/index.js';
import { Refusal } from '../../matching/server/refusal.js';
import { moveStore } from '../../matching/server/store/index.js';
import { newId } from '../../vocabulary/index.js';
import { EndpointProcess as CliProcess } from '../endpoint/process-support.js';
import { iso, StoreUser } from '../endpoint/store-conformance.js';
import { Cleanup, coffee, joinAs, temporaryFolder, until } from '../endpoint/support.js';
import { newSchema, PostgresServer, sharedPostgres } from '../support/postgres.js';
import { EndpointProcess } from './endpoints.js';
import { digest, needsPostgres } from './stores.js';

const CLI = join(__dirname, '..', '..', 'matching', 'server', 'cli.js');
const MINUTE = 60_000;

describe('moving from SQLite to PostgreSQL', () => {
  needsPostgres();
  const cleanup = new Cleanup();
  let server: PostgresServer;
  let to: string;
  let file: string;
  beforeEach(async () => {
    server = await sharedPostgres();
    const schema = newSchema();
    to = server.address(schema);
    file = join(temporaryFolder(cleanup), 'kindred.sqlite');
    cleanup.add(() => server.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`));
  });
  afterEach(() => cleanup.run());

  it('brings everything: tokens, ids, friends, blocks, requests, invitations, matches, and what goes on', async () => {
    const now = Date.now();
    const old = await openStore(`sqlite:${file}`);
    const names = ['Anna', 'Ben', 'Carl', 'Dora', 'Emil'];
    const users = await Promise.all(names.map((name) => new StoreUser(old, name).join(true, undefined, now)));
    const [anna, ben, carl, dora, emil] = users as [StoreUser, StoreUser, StoreUser, StoreUser, StoreUser];
    for (const user of users) {
      await user.publish(
        { startedAt: iso(now - 5 * MINUTE), actions: [{ action: 'sip', startedAt: iso(now - MINUTE) }] },
        now,
      );
    }
    const gone = newId(now);
    await anna.publish({ id: gone, activity: 'tea' }, now);
    await anna.publish({ id: gone, activity: 'tea', revision: 2, state: 'discarded' }, now);
    await ben.publish({ activity: 'tea', state: 'finished', startedAt: iso(now - MINUTE), seconds: 12 }, now);
    const sees = async (viewer: StoreUser, name: string): Promise<string> =>
      (await viewer.search({}, now)).people.find(({ user }) => user.name === name)?.user.id ?? '';
    const ids = { ben: await sees(anna, 'Ben'), dora: await sees(anna, 'Dora'), emil: await sees(anna, 'Emil') };
    await old.requestFriend({ ...anna.at(now), to: { userId: ids.ben } });
    const [request] = (await old.friendRequests(ben.at(now))).received;
    await old.answerFriendRequest({ ...ben.at(now), id: request?.id ?? '', state: 'accepted' });
    await old.requestFriend({ ...carl.at(now), to: { userId: await sees(carl, 'Anna') } });
    await old.block({ ...anna.at(now), id: ids.dora });
    await old.requestFriend({ ...anna.at(now), to: { userId: 'nobody' } });
    await old.invite({ ...emil.at(now), hash: digest('invitation') });
    const view = async (user: StoreUser) => ({
      me: await user.store.me(user.at(now)),
      kept: { ...(await user.store.exportMe(user.at(now))), exportedAt: '' },
      activities: await user.activities(now),
      matches: await user.matches(now),
      events: await user.store.events({ ...user.at(now), after: 0 }),
      found: await user.search({ window: 'overlap' }, now),
      actions: await user.search({ window: 'minute', action: 'sip', at: now - MINUTE }, now),
      near: await user.search({ radiusKm: 10 }, now),
    });
    const before = await Promise.all(users.map(view));
    await old.close();
    // As ends were once kept that were worked out of seconds.
    const raw = new DatabaseSync(file);
    raw.exec('UPDATE activity SET ended = ended + 0.4, closes = closes + 0.4 WHERE ended IS NOT NULL');
    raw.close();

    const lines: string[] = [];
    const moved = await moveStore(`sqlite:${file}`, to, (line) => lines.push(line));
    assert.deepEqual([moved.users, moved.activity, moved.relation, moved.block], [5, 7, 4, 1]);
    assert.ok(lines.length >= 3);
    const store = await openStore(to);
    cleanup.add(() => store.close());
    for (const user of users) user.store = store;
    assert.deepEqual(await Promise.all(users.map(view)), before);

    const { answer, told } = await store.requestFriend({ ...anna.at(now), to: { invitation: digest('invitation') } });
    assert.deepEqual([answer.state, told], ['accepted', [emil.id]]);
    assert.equal((await anna.publish({ id: gone, activity: 'tea' }, now)).answer.outcome, 'unchanged');
    const heard = (await store.events({ ...carl.at(now), after: 0 })).last;
    const fred = await new StoreUser(store, 'Fred').join(true, undefined, now);
    assert.deepEqual((await fred.publish({}, now)).told.length, 6);
    const { events } = await store.events({ ...carl.at(now), after: heard });
    assert.deepEqual(
      events.map((event) => event.type === 'match' && event.match.person.user.name),
      ['Fred'],
    );
    const emils = (await carl.search({}, now)).people.find(({ user }) => user.name === 'Emil');
    const asked = await store.requestFriend({ ...carl.at(now), to: { matchId: emils?.matchId ?? '' } });
    assert.deepEqual(asked.told, [emil.id]);
    assert.ok(!(await dora.names({}, now)).includes('Anna'));
    const other = join(temporaryFolder(cleanup), 'other.sqlite');
    await (await openStore(`sqlite:${other}`)).close();
    await assert.rejects(
      moveStore(`sqlite:${other}`, to, () => {}),
      /The PostgreSQL store is in use already/,
    );
  });

  it('brings since when people show themselves: what they did before is nobody’s to find there either', async () => {
    const now = Date.now();
    const old = await openStore(`sqlite:${file}`);
    const [anna, carl, dora] = [new StoreUser(old, 'Anna'), new StoreUser(old, 'Carl'), new StoreUser(old, 'Dora')];
    await anna.join(true, undefined, now);
    for (const user of [carl, dora]) await user.join(false, undefined, now);
    const began = now - 10 * MINUTE;
    for (const user of [anna, carl]) await user.publish({ startedAt: iso(began) }, began);
    await dora.publish({ state: 'finished', startedAt: iso(began), endedAt: iso(now - 2 * MINUTE) }, now - 2 * MINUTE);
    for (const user of [carl, dora]) await old.updateMe({ ...user.at(now), patch: { discoverable: true } });
    const seen = async () => [
      await anna.names({ at: now - 5 * MINUTE }, now),
      await anna.names({}, now),
      await carl.names({ at: now - 5 * MINUTE }, now),
    ];
    assert.deepEqual(await seen(), [[], ['Carl'], []]);
    await old.close();
    await moveStore(`sqlite:${file}`, to, () => {});
    const store = await openStore(to);
    cleanup.add(() => store.close());
    for (const user of [anna, carl]) user.store = store;
    assert.deepEqual(await seen(), [[], ['Carl'], []]);
  });

  it('says that it is done where it is, and not where the old endpoint was gone back to', async () => {
    const marker = `${file}.read-only`;
    const old = await openStore(`sqlite:${file}`);
    cleanup.add(() => old.close());
    const anna = await new StoreUser(old, 'Anna').join();
    const again = (): Promise<unknown> => moveStore(`sqlite:${file}`, to, () => {});
    await again();
    await assert.rejects(again(), /kindred\.sqlite is in this PostgreSQL store already: start endpoints on that/);
    assert.equal(readFileSync(marker, 'utf8'), 'moved\n');

    rmSync(marker);
    await until(() =>
      anna.publish().then(
        () => true,
        () => false,
      ),
    );
    const newThings = /was moved into this PostgreSQL store, and .*\.read-only was removed since: .*move into an empty/;
    await assert.rejects(again(), newThings);
    assert.ok(!existsSync(marker));
    // As when another import was killed since.
    writeFileSync(marker, 'read-only\n');
    await assert.rejects(again(), newThings);
    assert.equal(readFileSync(marker, 'utf8'), 'read-only\n');
    const schema = newSchema();
    cleanup.add(() => server.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`));
    assert.equal((await moveStore(`sqlite:${file}`, server.address(schema), () => {})).activity, 1);
  });

  it('takes a file for another one where nobody of it is there, whatever its path', async () => {
    for (const [name, ...before] of [['Anna'], ['Ben', 'read-only\n'], ['Carl', 'moved\n'], [undefined]]) {
      for (const end of ['', '-wal', '-shm', '.lock', '.read-only']) rmSync(`${file}${end}`, { force: true });
      const store = await openStore(`sqlite:${file}`);
      if (name !== undefined) await new StoreUser(store, name).join();
      await store.close();
      const [state] = before;
      if (state !== undefined) writeFileSync(`${file}.read-only`, state);
      const moving = moveStore(`sqlite:${file}`, to, () => {});
      if (name === 'Anna') {
        await moving;
        continue;
      }
      await assert.rejects(moving, /^\w+: The PostgreSQL store is in use already/);
      assert.equal(existsSync(`${file}.read-only`) ? readFileSync(`${file}.read-only`, 'utf8') : undefined, state);
    }
  });

  it('stays moved where the last answer does not come, and is finished by the same command', async () => {
    const old = await openStore(`sqlite:${file}`);
    cleanup.add(() => old.close());
    const anna = await new StoreUser(old, 'Anna').join();
    await (await openStore(to)).close();
    const imported = `"${new URL(to).searchParams.get('schema')}".imported`;
    const only = 'CHECK (finished IS NULL)';
    await server.query(`ALTER TABLE ${imported} ADD CONSTRAINT refused ${only}`);
    await assert.rejects(
      moveStore(`sqlite:${file}`, to, () => {}),
      /Everything is in PostgreSQL, and .*refused.*: run the same command once more/s,
    );
    assert.equal(readFileSync(`${file}.read-only`, 'utf8'), 'moved\n');
    await assert.rejects(anna.publish(), Refusal);
    await server.query(`ALTER TABLE ${imported} DROP CONSTRAINT refused`);
    assert.equal((await moveStore(`sqlite:${file}`, to, () => {})).users, 1);
    await (await openStore(to)).close();
  });

  it('goes on while an endpoint has the file, which then answers reads and takes nothing new', async () => {
    const endpoint = await EndpointProcess.start(cleanup, `sqlite:${file}`);
    const anna = await joinAs(endpoint.url, 'Anna');
    const ben = await joinAs(endpoint.url, 'Ben');
    await ben.client.publish(coffee());
    const answered: string[] = [];
    let refusals = 0;
    let failedReads = 0;
    let stopped = false;
    const writing = (async () => {
      while (!stopped) {
        const activity = coffee({ state: 'finished' });
        await anna.client.publish(activity).then(
          () => answered.push(activity.id),
          ({ status }) => {
            assert.equal(status, 503);
            refusals++;
          },
        );
      }
    })();
    const reading = (async () => {
      while (!stopped) await ben.client.activities().catch(() => failedReads++);
    })();
    symlinkSync(file, `${file}-link`);
    const args = [CLI, 'import', '--from', `sqlite:${file}-link`, '--to', to];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    stopped = true;
    await Promise.all([writing, reading]);
    assert.match(stdout, /pass 1: .*\n[\s\S]*Moved to postgres:\/\/kindred@127[^ ]*: 2 users, \d+ activity/);
    assert.doesNotMatch(stdout, new RegExp(PostgresServer.password));
    assert.ok(stdout.trimEnd().endsWith(`To go back to it instead: remove ${file}.read-only`), stdout);
    assert.equal(failedReads, 0);
    assert.ok(answered.length > 0);
    await assert.rejects(anna.client.publish(coffee()), { status: 503 });
    assert.equal((await anna.client.me()).name, 'Anna');

    const next = await EndpointProcess.start(cleanup, to);
    const { activities } = await new KindredClient({ url: next.url, token: anna.token }).exportMe();
    const there = new Set(activities.map(({ id }) => id));
    assert.deepEqual(
      answered.filter((id) => !there.has(id)),
      [],
    );
    assert.ok(refusals >= 0);
    assert.equal((await new KindredClient({ url: next.url, token: anna.token }).publish(coffee())).outcome, 'created');
    // Back to the old one, if it must be.
    rmSync(`${file}.read-only`);
    for (let tries = 0; tries < 100; tries++) {
      if (
        await anna.client.publish(coffee()).then(
          () => true,
          () => false,
        )
      )
        return;
      await new Promise((done) => setTimeout(done, 50));
    }
    assert.fail('it does not take anything again');
  });

  it('can be broken off and begun again, and nothing is served in between', async () => {
    const now = Date.now();
    const old = await openStore(`sqlite:${file}`);
    const users = await Promise.all(
      Array.from({ length: 450 }, (_, index) => new StoreUser(old, `U${index}`).join(true, undefined, now)),
    );
    for (const user of users.slice(0, 40)) await user.publish({}, now);
    let lines = 0;
    const breaking = moveStore(`sqlite:${file}`, to, () => {
      if (++lines === 1) throw new Error('broken off');
    });
    await assert.rejects(breaking, /broken off/);
    await assert.rejects(openStore(to), /is being filled by "kindred-endpoint import"/);
    assert.ok(!existsSync(`${file}.read-only`));
    // In the meantime somebody leaves, somebody comes, and somebody has another name.
    const [left, renamed] = users as [StoreUser, StoreUser];
    await old.deleteMe(left.at(now));
    await old.updateMe({ ...renamed.at(now), patch: { name: 'Renamed' } });
    await new StoreUser(old, 'Late').join(true, undefined, now);
    await old.close();
    const moved = await moveStore(`sqlite:${file}`, to, () => {});
    assert.deepEqual([moved.users, moved.activity], [450, 39]);
    const store = await openStore(to);
    cleanup.add(() => store.close());
    assert.equal((await store.me(renamed.at(now))).name, 'Renamed');
    await assert.rejects(store.me(left.at(now)));
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`leaves the old endpoint as it was when ${signal} ends it while nothing new is taken`, async () => {
      const endpoint = await EndpointProcess.start(cleanup, `sqlite:${file}`);
      const anna = await joinAs(endpoint.url, 'Anna');
      await (await openStore(to)).close();
      // Holds up the last pass, which fills this table.
      const table = `"${new URL(to).searchParams.get('schema')}".live`;
      const holding = server.query(`BEGIN; LOCK TABLE ${table} IN EXCLUSIVE MODE; SELECT pg_sleep(60)`);
      holding.catch(() => {});
      const letGo = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK TABLE%'";
      cleanup.add(() => server.query(letGo));
      const args = ['import', '--from', `sqlite:${file}`, '--to', to];
      const moving = new CliProcess(cleanup, args);
      await until(() => existsSync(`${file}.read-only`) && readFileSync(`${file}.read-only`, 'utf8') === 'read-only\n');
      await assert.rejects(anna.client.publish(coffee()), { status: 503 });
      assert.equal(await moving.end(signal), 1);
      assert.match(
        moving.output,
        new RegExp(`broken off by ${signal}: the old endpoint goes on, and the same command`),
      );
      assert.ok(!existsSync(`${file}.read-only`));
      await until(() =>
        anna.client.publish(coffee()).then(
          () => true,
          () => false,
        ),
      );
    });
  }

  it('brings somebody who has done very much, and what of it is gone at the second try', async () => {
    const now = Date.now();
    const old = await openStore(`sqlite:${file}`);
    const anna = await new StoreUser(old, 'Anna').join(true, undefined, now);
    await anna.publish({ state: 'finished', startedAt: iso(now - 5 * MINUTE), seconds: 60 }, now);
    await old.close();
    const raw = new DatabaseSync(file);
    cleanup.add(() => raw.close());
    raw.exec(`WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 30000)
      INSERT INTO activity (user, id, revision, activity, state, started, ended, closes, body, spans, received)
      SELECT user, substr(id, 1, 24) || printf('%012x', n), revision, activity, state, started - 7 * 86400000,
        ended - 7 * 86400000, closes - 7 * 86400000, body, spans, received FROM activity, counted`);
    const breaking = moveStore(`sqlite:${file}`, to, () => {
      throw new Error('broken off');
    });
    await assert.rejects(breaking, /broken off/);
    raw.exec('DELETE FROM activity WHERE key % 3 = 0');
    const moved = await moveStore(`sqlite:${file}`, to, () => {});
    assert.equal(moved.activity, 20_001);
  });

  it('notices a column that it does not know', async () => {
    await (await openStore(`sqlite:${file}`)).close();
    const newer = new DatabaseSync(file);
    newer.exec('ALTER TABLE user ADD COLUMN motto TEXT');
    newer.close();
    await assert.rejects(
      moveStore(`sqlite:${file}`, to, () => {}),
      /cannot move the column motto of the table user yet: nothing has been done/,
    );
  });

  it('leaves no habits behind that the new version has not counted yet', async () => {
    const old = await openStore(`sqlite:${file}`);
    const anna = await new StoreUser(old, 'Anna').join();
    await anna.publish({ state: 'finished', seconds: 60 });
    await old.close();
    // As an endpoint leaves it that was killed while it was opened for the first time since an update.
    const raw = new DatabaseSync(file);
    raw.exec('DELETE FROM feature; INSERT INTO feature_due SELECT key FROM user');
    raw.close();
    const move = () => moveStore(`sqlite:${file}`, to, () => {});
    await assert.rejects(move, /open it once with this Kindred's endpoint, then move it/);
    await (await openStore(`sqlite:${file}`)).close();
    assert.equal((await move()).feature, 1);
  });

  it('says what it cannot move', async () => {
    await assert.rejects(
      moveStore('postgres://x/y', 'sqlite:z', () => {}),
      /--from sqlite:FILE --to postgres/,
    );
    await assert.rejects(
      moveStore(`sqlite:${file}`, to, () => {}),
      /There is no file/,
    );
    await (await openStore(`sqlite:${file}`)).close();
    const store = await openStore(to);
    await new StoreUser(store, 'There').join();
    await store.close();
    await assert.rejects(
      moveStore(`sqlite:${file}`, to, () => {}),
      /There are users in the PostgreSQL store already/,
    );
  });
});
