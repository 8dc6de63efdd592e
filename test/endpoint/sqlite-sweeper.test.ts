import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openStore } from '../../matching/server/index.js';
import { Database } from '../../matching/server/store/sqlite/database.js';
import { Engine } from '../../matching/server/store/sqlite/engine.js';
import { LogKeeper } from '../../matching/server/store/sqlite/log-keeper.js';
import { freshEngine } from './sqlite-engine.js';
import { NOW, StoreUser } from './store-conformance.js';
import { Cleanup, temporaryFolder } from './support.js';

const DAY_MS = 86_400_000;

describe('the sweeper of the sqlite store', () => {
  let operations: Engine['operations'];
  freshEngine((opened) => ({ operations } = opened));

  const cell = '861e126c7ffffff';
  const call = { now: NOW, retentionMs: 100 * DAY_MS };
  const join600 = (given: { cell: string | null; now: number }) =>
    Array.from({ length: 600 }, (_, index) => {
      const credential = new Uint8Array(randomBytes(32));
      operations.createUser({ credential, name: `User ${index}`, discoverable: true, ...given });
      return credential;
    });

  it('rests when there is nothing to forget, however many users there are', () => {
    join600({ cell, now: NOW });
    assert.equal(operations.sweep(call), false);
  });

  it('forgets the cells that were taken away a week ago, wherever among the users, and goes on until it has', () => {
    const taken = join600({ cell, now: NOW - 8 * DAY_MS });
    const [kept, early] = [taken[0] as Uint8Array, taken[1] as Uint8Array];
    for (const credential of taken.slice(1)) operations.updateMe({ credential, now: NOW, patch: { cell: null } });
    const late = join600({ cell, now: NOW })[599] as Uint8Array;
    operations.updateMe({ credential: late, now: NOW, patch: { cell: null } });
    let rounds = 1;
    while (operations.sweep(call)) rounds++;
    const lastCellOf = (credential: Uint8Array) => operations.exportMe({ credential, now: NOW }).lastCell;
    assert.deepEqual([kept, early, taken.at(-1) as Uint8Array, late].map(lastCellOf), [cell, null, null, cell]);
    assert.equal(rounds, 2);
  });

  it('rests when it has forgotten what was due, though a little comes due all the time', () => {
    const [anna] = join600({ cell, now: NOW - 8 * DAY_MS }) as [Uint8Array];
    for (let round = 0; round < 5; round++) {
      const now = NOW + round;
      operations.updateMe({ credential: anna, now: now - 8 * DAY_MS, patch: { cell } });
      operations.updateMe({ credential: anna, now: now - 8 * DAY_MS, patch: { cell: null } });
      assert.equal(operations.sweep({ ...call, now }), false);
      assert.equal(operations.exportMe({ credential: anna, now }).lastCell, null);
    }
  });
});

describe('the log of the sqlite store', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  const size = (file: string) => statSync(`${file}-wal`).size;
  const sweep = { name: 'sweep', call: { now: NOW, retentionMs: DAY_MS } } as const;

  it('is emptied once a minute while the sweeper goes on', () => {
    const file = join(temporaryFolder(cleanup), 'kindred.sqlite');
    const db = Database.open(file);
    cleanup.add(() => db.close());
    let now = 0;
    const log = new LogKeeper(db, () => now);
    const { operations } = new Engine(db);
    const isEmptyAt = (seconds: number) => {
      now = 1000 * seconds;
      const credential = new Uint8Array(randomBytes(32));
      operations.createUser({ credential, name: 'Anna', discoverable: true, cell: null, now: NOW });
      log.after([sweep], [{ value: true }]);
      return size(file) === 0;
    };
    assert.deepEqual([1, 59, 60, 61, 119, 120].map(isEmptyAt), [false, false, true, false, false, true]);
  });

  it('is emptied of who left while a backup was being read with the next sweep after that', () => {
    const file = join(temporaryFolder(cleanup), 'kindred.sqlite');
    const db = Database.open(file);
    cleanup.add(() => db.close());
    const log = new LogKeeper(db, () => 0);
    const { operations } = new Engine(db);
    const credential = new Uint8Array(randomBytes(32));
    operations.createUser({ credential, name: 'Anna', discoverable: true, cell: null, now: NOW });
    const backup = new DatabaseSync(file, { readOnly: true });
    backup.exec('BEGIN; SELECT count(*) FROM user');
    const call = { credential, now: NOW };
    operations.deleteMe(call);
    log.after([{ name: 'deleteMe', call }], [{ value: undefined }]);
    assert.notEqual(size(file), 0, 'who reads the log must find it');
    backup.close();
    log.after([sweep], [{ value: false }]);
    assert.equal(size(file), 0);
  });

  it('has nothing of what was forgotten in its log when the sweeper has done all of it, and is left alone before', async () => {
    const file = join(temporaryFolder(cleanup), 'kindred.sqlite');
    const store = await openStore(`sqlite:${file}`);
    cleanup.add(() => store.close());
    const anna = await new StoreUser(store, 'Anna').join();
    const old = NOW - 100 * DAY_MS;
    const publishing = Array.from({ length: 600 }, () => anna.publish({ state: 'finished', seconds: 60 }, old));
    await Promise.all(publishing);
    const logs: [more: boolean, isEmpty: boolean][] = [];
    do {
      const more = await store.sweep({ now: NOW, retentionMs: 50 * DAY_MS });
      logs.push([more, size(file) === 0]);
    } while (logs.at(-1)?.[0]);
    assert.ok(logs.length >= 2, String(logs));
    assert.ok(
      logs.every(([more, isEmpty]) => isEmpty !== more),
      String(logs),
    );
  });
});
