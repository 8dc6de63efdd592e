import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreFailure } from '../../matching/server/index.js';
import { checkLog } from '../../matching/server/store/sqlite/wal.js';
import { Cleanup, temporaryFolder } from './support.js';

const TRANSACTIONS = 40;

/** What SQLite itself reads is what the check is measured by. */
describe('the check of a log', () => {
  const cleanup = new Cleanup();
  let file: string;
  let live: DatabaseSync;
  let copy: string;

  beforeEach(() => {
    const folder = temporaryFolder(cleanup);
    [file, copy] = [join(folder, 'live.sqlite'), join(folder, 'copy.sqlite')];
    live = new DatabaseSync(file);
    cleanup.add(() => live.close());
    live.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT)');
  });
  afterEach(() => cleanup.run());

  /** One row a transaction, each of several pages. */
  function insert(count: number): void {
    const row = live.prepare('INSERT INTO t (text) VALUES (?)');
    for (let number = 0; number < count; number++) row.run('x'.repeat(9000 + 500 * (number % 7)));
  }

  /** The files as they are when a process is killed now. */
  function kill(): void {
    for (const end of ['', '-wal']) copyFileSync(file + end, copy + end);
  }

  function rowsRead(): number {
    rmSync(`${copy}-shm`, { force: true });
    const database = new DatabaseSync(copy);
    try {
      return (database.prepare('SELECT count(*) AS count FROM t').get() as { count: number }).count;
    } finally {
      database.close();
    }
  }

  function isRefused(): boolean {
    try {
      checkLog(copy);
      return false;
    } catch (error) {
      if (error instanceof StoreFailure && error.reason === 'damaged') return true;
      throw error;
    }
  }

  it('refuses wherever SQLite would lose more than the transaction that may have been torn, and nowhere else', () => {
    insert(TRANSACTIONS);
    kill();
    const [store, log] = [readFileSync(copy), readFileSync(`${copy}-wal`)];
    let refused = 0;
    for (let number = 0; number <= 100; number++) {
      const at = Math.min(log.length - 1, Math.floor((number / 100) * log.length));
      writeFileSync(copy, store);
      writeFileSync(
        `${copy}-wal`,
        log.map((byte, index) => (index === at ? byte ^ 0x10 : byte)),
      );
      const isLoss = isRefused();
      if (isLoss) refused++;
      let lost: number;
      try {
        lost = TRANSACTIONS - rowsRead();
      } catch {
        // The table itself was in the log only.
        lost = TRANSACTIONS;
      }
      assert.equal(isLoss, lost >= 2, `${lost} lost with byte ${at} of ${log.length}`);
    }
    assert.ok(refused > 80);
  });

  it('takes a log whose end is torn at any byte of its last transaction', () => {
    insert(TRANSACTIONS);
    kill();
    const before = readFileSync(`${copy}-wal`).length;
    insert(1);
    kill();
    const [store, log] = [readFileSync(copy), readFileSync(`${copy}-wal`)];
    for (let length = before; length < log.length; length += 997) {
      writeFileSync(copy, store);
      writeFileSync(`${copy}-wal`, log);
      truncateSync(`${copy}-wal`, length);
      assert.ok(!isRefused());
      assert.equal(rowsRead(), TRANSACTIONS);
    }
  });

  it('takes a log that was begun anew, with old frames behind the new ones, and one that is empty', () => {
    insert(TRANSACTIONS);
    live.exec('PRAGMA wal_checkpoint(RESTART)');
    insert(3);
    kill();
    assert.ok(!isRefused());
    assert.equal(rowsRead(), TRANSACTIONS + 3);
    live.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    kill();
    assert.ok(!isRefused());
    rmSync(`${copy}-wal`);
    assert.ok(!isRefused());
  });
});
