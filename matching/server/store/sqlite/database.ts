import { accessSync, closeSync, constants, existsSync, openSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { StoreFailure } from '../store.js';
import { APPLICATION_ID, damageIn, explain, FileLock, loadSqlite } from './file.js';
import { MIGRATIONS } from './migrations.js';
import { checkLog } from './wal.js';

/** So much of a kind a sweep forgets at most (rows): nobody is to wait for it. */
export const SWEPT_AT_ONCE = 500;
/** Files of at most so many bytes are read through when they are opened: a second of a processor for each 350 MB. */
const CHECKED_BYTES = 256 * 1024 * 1024;

const FAILED_LATELY_MS = 10_000;

type Row = Record<string, unknown>;

/** One SQLite file, open and locked, with its statements prepared once. */
export class Database {
  readonly #statements = new Map<string, StatementSync>();

  #failedAt = Number.NEGATIVE_INFINITY;
  /** The files as they were opened. */
  readonly #opened: { path: string; stats: Stats | undefined }[];

  private constructor(
    readonly connection: DatabaseSync,
    private readonly lock: FileLock,
    private readonly file: string,
  ) {
    this.#prepare();
    this.#opened = [file, `${file}-wal`].map((path) => ({ path, stats: statsOf(path) }));
    lock.markOpen();
  }

  /** @throws StoreFailure when the file cannot be used, with the reason */
  static open(file: string): Database {
    const { DatabaseSync } = loadSqlite();
    if (!existsSync(dirname(file))) throw new StoreFailure(`There is no folder ${dirname(file)} for the store`);
    const there = existsSync(file) ? statSync(file) : undefined;
    if (there?.isDirectory()) throw new StoreFailure(`${file} is a folder, and no file`);
    // Whoever reads a pipe waits for somebody who writes into it.
    if (there && !there.isFile()) throw new StoreFailure(`${file} is no ordinary file: choose another one`);
    const lock = new FileLock(file);
    try {
      lock.checkNothingIsMissing();
      checkLog(file);
      if (existsSync(file)) {
        checkMayWrite(file);
        if (statSync(file).size <= CHECKED_BYTES) checkPages(file);
      } else {
        // For its owner alone to read; its log gets the same rights.
        closeSync(openSync(file, 'a', 0o600));
      }
      const connection = new DatabaseSync(file);
      try {
        return new Database(connection, lock, file);
      } catch (error) {
        connection.close();
        // SQLite takes the log away only when all of it is in the file.
        if (existsSync(file) && !existsSync(`${file}-wal`)) lock.markClosed();
        throw error;
      }
    } catch (error) {
      lock.release();
      throw explain(error, file);
    }
  }

  /** Something could not be written: an operator who asks soon is told, whether it still lasts or not. */
  failed(): void {
    this.#failedAt = performance.now();
  }

  /**
   * Writes a page, as it is, so that a disk that is full or broken is noticed. Where little fits still and more does not,
   * that tells nothing: it counts as well what has failed in the last seconds.
   * @throws an error of SQLite's, or StoreFailure
   */
  check(): void {
    this.run('UPDATE migration SET at = at WHERE version = 1');
    if (performance.now() - this.#failedAt < FAILED_LATELY_MS) throw new StoreFailure('Writing has failed just now');
  }

  /**
   * Which of the files was taken away or replaced while it is in use; undefined when none was. What is written then is on
   * disk, but not where it will be looked for.
   */
  missing(): { path: string; isLog: boolean } | undefined {
    const gone = this.#opened.find(({ path, stats }) => stats && isAnother(stats, statsOf(path)));
    return gone && { path: gone.path, isLog: gone.path !== this.file };
  }

  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  /** @returns the new row's key; undefined when ON CONFLICT left it out */
  insert(sql: string, ...values: SQLInputValue[]): number | undefined {
    const { changes, lastInsertRowid } = this.#statement(sql).run(...values);
    return changes === 0 ? undefined : Number(lastInsertRowid);
  }

  get<T = Row>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.#statement(sql).get(...values) as T | undefined;
  }

  all<T = Row>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#statement(sql).all(...values) as T[];
  }

  /** Rows one after the other: for what is too much to be held at once. */
  iterate<T = Row>(sql: string, ...values: SQLInputValue[]): Iterable<T> {
    return this.#statement(sql).iterate(...values) as Iterable<T>;
  }

  /** Runs `work` as one transaction: all of it is on disk when this returns, or none of it. */
  transaction<T>(work: () => T): T {
    this.#statement('BEGIN IMMEDIATE').run();
    try {
      const result = work();
      this.#statement('COMMIT').run();
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some failures, a full disk among them.
      if (this.connection.isTransaction) this.#statement('ROLLBACK').run();
      throw error;
    }
  }

  /** Moves the log into the file and empties it, so that nothing deleted is left in it. Returns whether all of it is moved. */
  emptyLog(): boolean {
    return this.get<{ busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)')?.busy === 0;
  }

  close(): void {
    this.#statements.clear();
    // First: the log goes away with the connection, and must not be missed then.
    this.lock.markClosed();
    this.connection.close();
    this.lock.release();
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #prepare(): void {
    const { connection, file } = this;
    const { application_id: id } = connection.prepare('PRAGMA application_id').get() as { application_id: number };
    const { count } = connection.prepare('SELECT count(*) AS count FROM sqlite_schema').get() as { count: number };
    if (id !== APPLICATION_ID && count > 0)
      throw new StoreFailure(`${file} is a database of another program`, 'damaged');
    // FULL: a commit returns when the log is on disk. secure_delete: what is deleted is overwritten. The log is moved into
    // the file when it has 8,000 pages: a page that has changed many times since is moved once.
    connection.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
      PRAGMA temp_store = MEMORY; PRAGMA cache_size = -262144; PRAGMA wal_autocheckpoint = 8000; PRAGMA application_id = ${APPLICATION_ID};
      CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY, at INTEGER NOT NULL);
    `);
    const { version } = connection.prepare('SELECT coalesce(max(version), 0) AS version FROM migration').get() as {
      version: number;
    };
    if (version > MIGRATIONS.length) throw new StoreFailure(`${file} was written by a newer Kindred: update this one`);
    MIGRATIONS.slice(version).forEach((sql, index) => {
      this.transaction(() => {
        connection.exec(sql);
        this.run('INSERT INTO migration VALUES (?, ?)', version + index + 1, Date.now());
      });
    });
  }
}

/** Reads the whole file, and changes nothing. @throws StoreFailure when it is damaged */
function checkPages(file: string): void {
  const { DatabaseSync } = loadSqlite();
  const connection = new DatabaseSync(file, { readOnly: true });
  try {
    const damage = damageIn(connection, 'quick_check');
    if (damage) throw new StoreFailure(`${file} is damaged (${damage}): restore a backup`, 'damaged');
  } finally {
    connection.close();
  }
}

/** Before SQLite makes a log that may be written as little as the file, and stays like that. @throws StoreFailure */
function checkMayWrite(file: string): void {
  try {
    accessSync(file, constants.R_OK | constants.W_OK);
  } catch {
    throw new StoreFailure(`${file} may not be read and written: give the endpoint's user the right to`);
  }
}

function statsOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

/** Some file systems number their files anew from time to time, but these do not know when one was made. */
function isAnother(before: Stats, now: Stats | undefined): boolean {
  return !now || (now.ino !== before.ino && now.birthtimeMs !== before.birthtimeMs);
}
