import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { PublishAnswer } from '../../matching/schema/index.js';
import { openStore, StoreFailure } from '../../matching/server/index.js';
import { Refusal } from '../../matching/server/refusal.js';
import { toPublication } from '../../matching/server/rules/publication.js';
import { ShownIds } from '../../matching/server/rules/shown-ids.js';
import { Database } from '../../matching/server/store/sqlite/database.js';
import { Engine } from '../../matching/server/store/sqlite/engine.js';
import { MIGRATIONS } from '../../matching/server/store/sqlite/migrations.js';
import type { UserRow } from '../../matching/server/store/sqlite/users.js';
import type { Caller } from '../../matching/server/store/store.js';
import { newId } from '../../vocabulary/index.js';
import { featuresConformance } from './features-conformance.js';
import { featuresProperty } from './features-property.js';
import { friendsConformance } from './friends-conformance.js';
import { freshEngine } from './sqlite-engine.js';
import { matchesIn, NOW, reopened, type StoreFactory, StoreUser, storeConformance } from './store-conformance.js';
import { Cleanup, temporaryFolder } from './support.js';

type Told = ReturnType<Engine['operations']['events']>;

const open: StoreFactory = async (cleanup) => {
  const folder = temporaryFolder(cleanup);
  const address = `sqlite:${join(folder, 'kindred.sqlite')}`;
  const store = await openStore(address);
  cleanup.add(() => store.close());
  return {
    store,
    reopen: () => reopened(cleanup, store, address),
    everything: async () => Buffer.concat(readdirSync(folder).map((file) => readFileSync(join(folder, file)))),
  };
};

storeConformance('sqlite', open);
friendsConformance('sqlite', open);
featuresConformance('sqlite', open);
featuresProperty('sqlite', open);

describe('what one may not learn about others, in the sqlite store', () => {
  let db: Database;
  let operations: Engine['operations'];
  freshEngine((opened) => ({ db, operations } = opened));

  function joined(name: string) {
    const call = { credential: new Uint8Array(randomBytes(32)), now: NOW };
    const { id } = operations.createUser({ ...call, name, discoverable: true, cell: null });
    const { relation_key: key } = db.get<UserRow>('SELECT * FROM user WHERE id = ?', id) as UserRow;
    return { call, id, shown: (other: string) => new ShownIds(key).of(other) };
  }

  /** The ids by which Anna sees people of every kind, and ids of nobody. */
  function everybody(anna: ReturnType<typeof joined>): string[] {
    const undecided = joined('A');
    const [declines, blocks, hides, gone] = [joined('B'), joined('C'), joined('D'), joined('E')];
    const ids = [undecided, declines, blocks, hides, gone].map(({ id }) => anna.shown(id));
    const idOfDeclines = anna.shown(declines.id);
    operations.requestFriend({ ...anna.call, to: { userId: idOfDeclines } });
    const [asked] = operations.friendRequests(declines.call).received;
    operations.answerFriendRequest({ ...declines.call, id: asked?.id ?? '', state: 'declined' });
    operations.removeFriend({ ...anna.call, id: idOfDeclines });
    operations.block({ ...blocks.call, id: blocks.shown(anna.id) });
    operations.updateMe({ ...hides.call, patch: { discoverable: false } });
    operations.deleteMe(gone.call);
    return [...ids, randomBytes(16).toString('base64url'), 'x'];
  }

  /** The statements that some work runs. Counting them shows what measuring the time of it could only suggest. */
  function statementsOf({ call }: ReturnType<typeof joined>): (work: () => unknown) => string {
    const log: string[] = [];
    for (const name of ['run', 'get', 'all'] as const) {
      const original = db[name].bind(db) as (sql: string, ...values: never[]) => never;
      db[name] = ((sql: string, ...values: never[]) => {
        log.push(sql);
        return original(sql, ...values);
      }) as never;
    }
    return (work) => {
      // Whether who asks is in memory depends on what they did before, and not on whom they ask.
      operations.me(call);
      log.length = 0;
      try {
        work();
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
      }
      return log.join('\n');
    };
  }

  it('asking, taking back, blocking and unblocking take the same statements whoever it is', () => {
    const anna = joined('Anna');
    const ids = everybody(anna);
    const statements = statementsOf(anna);
    const steps: [string, number, (id: string) => unknown][] = [
      ['ask', 9, (userId) => operations.requestFriend({ ...anna.call, to: { userId } })],
      ['ask again', 1, (userId) => operations.requestFriend({ ...anna.call, to: { userId } })],
      ['take back', 2, (id) => operations.removeFriend({ ...anna.call, id })],
      ['block', 7, (id) => operations.block({ ...anna.call, id })],
      ['unblock', 4, (id) => operations.unblock({ ...anna.call, id })],
      ['ask by a match', 9, () => operations.requestFriend({ ...anna.call, to: { matchId: randomUUID() } })],
    ];
    for (const [step, atLeast, work] of steps) {
      const taken = ids.map((id) => statements(() => work(id)));
      assert.ok((taken[0]?.split('\n').length ?? 0) >= atLeast, step);
      assert.equal(new Set(taken).size, 1, `${step}\n${[...new Set(taken)].join('\n\n')}`);
    }
  });

  it('so do an invitation and a request that are not there, for every reason there is', () => {
    const [anna, ben, carl] = [joined('Anna'), joined('Ben'), joined('Carl')];
    const invited = (who: typeof anna, now = NOW): Uint8Array => {
      const hash = new Uint8Array(randomBytes(32));
      operations.invite({ ...who.call, now, hash });
      return hash;
    };
    const used = invited(ben);
    operations.requestFriend({ ...carl.call, to: { invitation: used } });
    operations.block({ ...ben.call, id: ben.shown(anna.id) });
    const hashes = [new Uint8Array(32), used, invited(ben), invited(anna), invited(carl, NOW - 15 * 86_400_000)];
    const statements = statementsOf(anna);
    const taken = hashes.map((invitation) =>
      statements(() => operations.requestFriend({ ...anna.call, to: { invitation } })),
    );
    assert.equal(new Set(taken).size, 1);
    const answers = [randomUUID(), randomUUID()].map((id) =>
      statements(() => operations.answerFriendRequest({ ...anna.call, id, state: 'accepted' })),
    );
    assert.equal(new Set(answers).size, 1);
  });
});

describe('the match index of the sqlite store', () => {
  let db: Database;
  let engine: Engine;
  freshEngine((opened) => ({ db, engine } = opened));

  function joined(name: string): Caller {
    const call = { credential: new Uint8Array(randomBytes(32)), now: NOW };
    engine.operations.createUser({ ...call, name, discoverable: true, cell: null });
    engine.keep();
    return call;
  }

  function publish(call: Caller): PublishAnswer {
    const given = {
      revision: 1,
      activity: 'coffee',
      state: 'started',
      startedAt: new Date(NOW).toISOString(),
    } as const;
    const publication = toPublication(newId(NOW), given, NOW);
    return JSON.parse(engine.operations.publish({ ...call, publication }).json) as PublishAnswer;
  }

  /** As when the disk is full in the middle of it. */
  function takenBack(work: () => void): void {
    const disk = new Error('disk full');
    assert.throws(
      () =>
        db.transaction(() => {
          work();
          throw disk;
        }),
      disk,
    );
    engine.forget();
  }

  it('has who waits for others as before when a transaction is taken back', () => {
    const [anna, ...others] = [joined('Anna'), ...Array.from({ length: 70 }, (_, index) => joined(`P${index}`))];
    publish(anna as Caller);
    engine.keep();
    takenBack(() => engine.operations.updateMe({ ...(anna as Caller), patch: { discoverable: false } }));
    takenBack(() => {
      for (const other of others) publish(other);
    });
    const { matches } = publish(joined('Ben'));
    assert.deepEqual(
      matches.map(({ user, matchId }) => [user.name, matchId !== undefined]),
      [['Anna', true]],
    );
  });

  it('forgets old matches behind those that a clock that was ahead has dated later', () => {
    const insert = 'INSERT INTO meeting (topic, newer, at, user, pairs) VALUES (1, ?, ?, 1, ?)';
    const minute = Math.floor(NOW / 60_000);
    db.run("INSERT INTO topic VALUES (1, 'coffee')");
    for (let newer = 2; newer < 702; newer++) db.run(insert, newer, minute + 100_000, '1,1,0,0,0');
    for (let newer = 702; newer < 712; newer++) db.run(insert, newer, minute - 100_000, '1,1,0,0,0');
    const call = { now: NOW, retentionMs: 365 * 86_400_000 };
    for (let rounds = 0; engine.operations.sweep(call) && rounds < 100; rounds++);
    const left = db.get<{ count: number }>('SELECT count(*) AS count FROM meeting WHERE at < ?', minute);
    assert.equal(left?.count, 0);
  });
});

describe('sqlite file', () => {
  const cleanup = new Cleanup();
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder(cleanup);
  });
  afterEach(() => cleanup.run());

  function refuses(address: string, reason: RegExp) {
    return assert.rejects(
      openStore(address),
      (error: Error) => error instanceof StoreFailure && reason.test(error.message),
    );
  }

  it('is refused with its reason when it is none', async () => {
    writeFileSync(join(folder, 'letter.txt'), 'Dear all, this is no database, and it is long enough. '.repeat(50));
    await refuses(`sqlite:${join(folder, 'letter.txt')}`, /is no SQLite database: choose another/);
    mkdirSync(join(folder, 'sub'));
    await refuses(`sqlite:${join(folder, 'sub')}`, /is a folder/);
    if (process.platform !== 'win32') {
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      for (const other of [join(folder, 'pipe'), '/dev/null']) await refuses(`sqlite:${other}`, /is no ordinary file/);
    }
    await refuses(`sqlite:${join(folder, 'missing', 'kindred.sqlite')}`, /There is no folder/);
    for (const address of ['kindred.sqlite', 'mysql://x', 'sqlite:', '', 'constructor:x']) {
      await refuses(address, /must be given as sqlite:FILE/);
    }
  });

  it('is refused when it belongs to another program, or to a newer Kindred', async () => {
    const foreign = new DatabaseSync(join(folder, 'foreign.sqlite'));
    foreign.exec('CREATE TABLE recipe (name TEXT)');
    foreign.close();
    await refuses(`sqlite:${join(folder, 'foreign.sqlite')}`, /a database of another program/);
    const file = join(folder, 'newer.sqlite');
    await (await openStore(`sqlite:${file}`)).close();
    const newer = new DatabaseSync(file);
    newer.exec('INSERT INTO migration VALUES (999, 0)');
    newer.close();
    await refuses(`sqlite:${file}`, /written by a newer Kindred/);
  });

  it('is for its owner alone to read, its log too', async () => {
    const store = await openStore(`sqlite:${join(folder, 'kindred.sqlite')}`);
    cleanup.add(() => store.close());
    await new StoreUser(store, 'Anna').join();
    for (const name of ['kindred.sqlite', 'kindred.sqlite-wal']) {
      assert.equal(statSync(join(folder, name)).mode & 0o077, 0, name);
    }
  });

  it('is refused while another one has it open, and taken after that', async () => {
    const address = `sqlite:${join(folder, 'kindred.sqlite')}`;
    const first = await openStore(address);
    await refuses(address, /in use by another Kindred endpoint/);
    await first.close();
    await (await openStore(address)).close();
  });

  it('is the same one by the name of a link to it', async () => {
    const [file, link] = ['kindred.sqlite', 'link.sqlite'].map((name) => join(folder, name)) as [string, string];
    const first = await openStore(`sqlite:${file}`);
    await new StoreUser(first, 'Anna').join();
    symlinkSync(file, link);
    await refuses(`sqlite:${link}`, /in use by another Kindred endpoint/);
    await first.close();
    const second = await openStore(`sqlite:${link}`);
    await refuses(`sqlite:${file}`, /in use by another Kindred endpoint/);
    assert.equal((await second.counts({ now: NOW })).users, 1);
    await second.close();
  });

  it('is the same one by the name of a link that was there before it', async () => {
    const [file, link] = ['kindred.sqlite', 'link.sqlite'].map((name) => join(folder, name)) as [string, string];
    symlinkSync('kindred.sqlite', link);
    const first = await openStore(`sqlite:${link}`);
    for (const name of [link, file]) await refuses(`sqlite:${name}`, /in use by another Kindred endpoint/);
    await first.close();
    assert.deepEqual(readdirSync(folder).sort(), ['kindred.sqlite', 'kindred.sqlite.lock', 'link.sqlite']);
    rmSync(file);
    for (const name of [link, file]) await refuses(`sqlite:${name}`, /is missing, and there was a store/);
  });

  it('is looked for where a link in a linked folder leads, and refused where links lead in a circle', async () => {
    const [real, linked] = ['real/deep', 'linked'].map((name) => join(folder, name)) as [string, string];
    mkdirSync(real, { recursive: true });
    symlinkSync(real, linked);
    symlinkSync('../kindred.sqlite', join(real, 'link.sqlite'));
    const store = await openStore(`sqlite:${join(linked, 'link.sqlite')}`);
    await store.close();
    assert.ok(existsSync(join(folder, 'real', 'kindred.sqlite.lock')));
    for (const [name, to] of ['ab', 'ba'] as unknown as [string, string][]) symlinkSync(to, join(folder, name));
    await refuses(`sqlite:${join(folder, 'a')}`, /a is a link that leads back to itself: /);
  });

  it('is refused with its reason, and free again, when the main thread cannot read it', async () => {
    const address = `sqlite:${join(folder, 'kindred.sqlite')}`;
    const sqlite = process.getBuiltinModule('node:sqlite');
    const { DatabaseSync: real } = sqlite;
    // As where the process has no file left to open (SQLITE_CANTOPEN).
    class None {
      constructor() {
        throw Object.assign(new Error('unable to open database file'), { errcode: 14 });
      }
    }
    Object.defineProperty(sqlite, 'DatabaseSync', { value: None, configurable: true, enumerable: true });
    try {
      await refuses(address, /cannot be opened: check that it and its folder/);
    } finally {
      Object.defineProperty(sqlite, 'DatabaseSync', { value: real, configurable: true, enumerable: true });
    }
    await (await openStore(address)).close();
  });

  it('keeps the matches that were written before matches had rows of their own', () => {
    const file = join(folder, 'older.sqlite');
    const older = new DatabaseSync(file);
    older.exec('PRAGMA application_id = 0x4b494e44; CREATE TABLE migration (version INTEGER PRIMARY KEY, at INTEGER)');
    const before = MIGRATIONS.findIndex((sql) => sql.includes('CREATE TABLE meeting'));
    for (const [index, sql] of MIGRATIONS.slice(0, before).entries()) {
      older.exec(`${sql}; INSERT INTO migration VALUES (${index + 1}, 0)`);
    }
    const minute = Math.floor(NOW / 60_000);
    const users = ['Anna', 'Ben'].map((name, index) => {
      const credential = new Uint8Array(randomBytes(32));
      older
        .prepare(
          `INSERT INTO user (id, name, token_hash, relation_key, discoverable, seq, created) VALUES (?, ?, ?, ?, 1, 7, 0)`,
        )
        .run(newId(NOW), name, credential, randomBytes(16));
      older
        .prepare(`INSERT INTO activity (user, id, revision, activity, state, started, closes, body, spans, received)
          VALUES (?, ?, 1, 'coffee', 'started', ?, ?, '{"actions":[]}', ?, ?)`)
        .run(index + 1, newId(NOW), NOW, NOW + 3_600_000, JSON.stringify([[1, minute, minute + 60]]), NOW);
      return { credential, now: NOW };
    }) as [Caller, Caller];
    older.exec("INSERT INTO topic VALUES (1, 'coffee')");
    for (const [mine, theirs] of [
      [1, 2],
      [2, 1],
    ] as const) {
      older
        .prepare(`INSERT INTO match VALUES (?, ?, ?, ?, 7, ?, 'coffee', ?, 120, 1)`)
        .run(mine, mine, theirs, theirs, randomBytes(16), minute);
    }
    older.close();
    const db = Database.open(file);
    cleanup.add(() => db.close());
    const { operations } = new Engine(db);
    const [annas, bens] = users.map((user) => operations.events({ ...user, after: 0 })) as [Told, Told];
    const persons = [annas, bens].flatMap(({ events }) => matchesIn(events).map(({ person }) => person));
    assert.deepEqual(
      persons.map(({ user, overlapSeconds, nearby, activity }) => [user.name, overlapSeconds, nearby, activity]),
      [
        ['Ben', 120, true, 'coffee'],
        ['Anna', 120, true, 'coffee'],
      ],
    );
    assert.equal(persons[0]?.matchId, persons[1]?.matchId);
    assert.equal(operations.requestFriend({ ...users[0], to: { matchId: persons[0]?.matchId ?? '' } }).told.length, 1);
    // What comes is behind what was.
    assert.equal(operations.events({ ...users[1], after: bens.last }).events.length, 1);
  });

  it('takes everybody as shown all the while who was there before it knew since when they are', async () => {
    const file = join(folder, 'kindred.sqlite');
    const store = await openStore(`sqlite:${file}`);
    const [anna, ben] = [await new StoreUser(store, 'Anna').join(), await new StoreUser(store, 'Ben').join()];
    for (const user of [anna, ben]) await user.publish({ startedAt: new Date(NOW - 600_000).toISOString() });
    await store.close();
    const older = new DatabaseSync(file);
    const before = MIGRATIONS.findIndex((sql) => sql.includes('ADD COLUMN shown_since'));
    older.exec(`ALTER TABLE user DROP COLUMN shown_since; DELETE FROM migration WHERE version > ${before}`);
    older.close();
    const again = await openStore(`sqlite:${file}`);
    cleanup.add(() => again.close());
    anna.store = again;
    assert.deepEqual(await anna.names({ at: NOW - 300_000 }), ['Ben']);
    const reader = new DatabaseSync(file, { readOnly: true });
    cleanup.add(() => reader.close());
    assert.deepEqual(
      reader
        .prepare('SELECT shown_since FROM user')
        .all()
        .map((row) => row.shown_since),
      [0, 0],
    );
  });

  it('is written so that a power cut loses nothing that was answered', () => {
    const database = Database.open(join(folder, 'kindred.sqlite'));
    cleanup.add(() => database.close());
    // 2 is FULL: a commit waits for the disk, in WAL mode too (sqlite.org/pragma.html#pragma_synchronous).
    assert.equal(database.get('PRAGMA synchronous')?.synchronous, 2);
    assert.equal(database.get('PRAGMA journal_mode')?.journal_mode, 'wal');
  });

  it('has what was accepted before it was closed, and takes nothing after', async () => {
    const address = `sqlite:${join(folder, 'kindred.sqlite')}`;
    const store = await openStore(address);
    const anna = await new StoreUser(store, 'Anna').join();
    const publishing = Promise.all(Array.from({ length: 600 }, () => anna.publish()));
    const closing = store.close();
    await publishing;
    await closing;
    await assert.rejects(store.me(anna.at(NOW)), StoreFailure);
    const again = await openStore(address);
    cleanup.add(() => again.close());
    anna.store = again;
    assert.equal((await anna.activities()).length, 600);
  });

  it('has its log, and is taken again, when the program around it ended without closing it', () => {
    const file = join(folder, 'kindred.sqlite');
    const door = resolve(__dirname, '..', '..', 'matching', 'server', 'index.js');
    // Joins people for as long as it lives, as Node-RED would with an endpoint in it.
    const program = (end: string) => `
      const { openStore } = require(${JSON.stringify(door)});
      openStore(${JSON.stringify(`sqlite:${file}`)}).then((store) => {
        const { randomBytes } = require('node:crypto');
        const join = () => store.createUser({ credential: new Uint8Array(randomBytes(32)), now: Date.now(), name: 'A', discoverable: true, cell: null });
        setInterval(() => { for (let count = 0; count < 20; count++) join().catch(() => {}); }, 2);
        return join().then(() => setTimeout(() => { ${end} }, 50));
      }).catch(({ message }) => { console.error('refused: ' + message); process.exit(9); });`;
    for (const end of ['process.exit(0)', 'throw new Error("out of order")', 'process.exit(0)']) {
      const { stderr, status } = spawnSync(process.execPath, ['-e', program(end)], { encoding: 'utf8' });
      assert.notEqual(status, 9, stderr);
      assert.ok(existsSync(`${file}-wal`));
    }
  });

  it('goes on with the others when one operation fails', async () => {
    const store = await openStore(`sqlite:${join(folder, 'kindred.sqlite')}`);
    cleanup.add(() => store.close());
    const anna = await new StoreUser(store, 'Anna').join();
    // The same credential again breaks a constraint in the middle of a batch.
    const results = await Promise.allSettled([anna.publish(), anna.join(), anna.publish()]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal((await anna.activities()).length, 2);
  });
});
