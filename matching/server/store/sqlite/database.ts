import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { StoreFailure } from '../store.js';
import { APPLICATION_ID, explain, loadSqlite, lockOf } from './file.js';
import { MIGRATIONS } from './migrations.js';

type Row = Record<string, unknown>;

/** One SQLite file, open and locked, with its statements prepared once. */
export class Database {
  readonly #statements = new Map<string, StatementSync>();

  private constructor(
    readonly connection: DatabaseSync,
    private readonly lock: DatabaseSync,
  ) {}

  /** @throws StoreFailure when the file cannot be used, with the reason */
  static open(file: string): Database {
    const { DatabaseSync } = loadSqlite();
    if (!existsSync(dirname(file))) throw new StoreFailure(`There is no folder ${dirname(file)} for the store`);
    if (existsSync(file) && statSync(file).isDirectory()) throw new StoreFailure(`${file} is a folder, and no file`);
    const lock = lockOf(file);
    try {
      const connection = new DatabaseSync(file);
      const database = new Database(connection, lock);
      try {
        database.#prepare(file);
        return database;
      } catch (error) {
        connection.close();
        throw error;
      }
    } catch (error) {
      lock.close();
      throw explain(error, file);
    }
  }

  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
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

  /** Moves the log into the file and empties it, so that nothing deleted is left in it. */
  emptyLog(): void {
    this.connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  close(): void {
    this.#statements.clear();
    this.connection.close();
    this.lock.close();
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #prepare(file: string): void {
    const { connection } = this;
    const { application_id: id } = connection.prepare('PRAGMA application_id').get() as { application_id: number };
    const { count } = connection.prepare('SELECT count(*) AS count FROM sqlite_schema').get() as { count: number };
    if (id !== APPLICATION_ID && count > 0)
      throw new StoreFailure(`${file} is a database of another program`, 'damaged');
    // FULL: a commit returns when the log is on disk. secure_delete: what is deleted is overwritten. The log is moved into
    // the file when it has 8,000 pages: a page that has changed many times since is moved once.
    connection.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
      PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 8000; PRAGMA application_id = ${APPLICATION_ID};
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
