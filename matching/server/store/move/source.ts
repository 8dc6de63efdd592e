import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { ASKED, KEPT, MOVED, markerOf } from '../read-only.js';
import { sync } from '../sqlite/copy.js';
import { FileLock, giveToOwnerOf, loadSqlite } from '../sqlite/file.js';
import { MatchIds } from '../sqlite/match-ids.js';
import { bothSidesOf, type Meeting } from '../sqlite/meeting.js';
import { MIGRATIONS } from '../sqlite/migrations.js';
import { firstNumberAfter } from '../sqlite/sequence.js';
import { StoreFailure } from '../store.js';
import { SOURCE_COLUMNS, sourceName, type Table } from './tables.js';

type Row = Record<string, unknown>;

/** Users whose rows are compared together, and about how many activities they have: the keys of all their rows are held. */
const USERS_AT_ONCE = 200;
const ACTIVITIES_AT_ONCE = 50_000;
/** How long a running endpoint is given to take nothing more. Should it not, it says why once a minute. */
const KEEP_MS = 90_000;

/** The SQLite file that is moved. An endpoint may have it open all the while. */
export class Source {
  readonly #db: DatabaseSync;
  #lock: FileLock | undefined;
  /** Whether the marker is this move's to remove. */
  #marksFile = false;
  readonly marker: string;

  /** @throws StoreFailure when it is none of ours, or of another version */
  constructor(readonly file: string) {
    const { DatabaseSync } = loadSqlite();
    this.marker = markerOf(file);
    this.#db = new DatabaseSync(file, { readOnly: true });
    // However this process ends, as far as it can do anything about it.
    process.once('exit', this.#resume);
    try {
      this.#check();
    } catch (error) {
      this.close();
      throw this.sayingWhatStays(
        error instanceof StoreFailure ? error : new StoreFailure(`${file} is no store of Kindred's`),
      );
    }
  }

  #check(): void {
    const { version } = this.#db.prepare('SELECT max(version) AS version FROM migration').get() as { version: number };
    // The last step of some versions is taken by the endpoint that opens it: habits are counted from the activities.
    if (version !== MIGRATIONS.length || this.get('SELECT user FROM feature_due LIMIT 1')) {
      throw new StoreFailure(
        `${this.file} is of another version: open it once with this Kindred's endpoint, then move it`,
      );
    }
    const tables = this.#db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as { name: string }[];
    for (const { name } of tables) {
      const known = SOURCE_COLUMNS[name];
      const columns = this.all<{ name: string }>(`SELECT name FROM pragma_table_info('${name}')`);
      const odd = columns.find((column) => !known?.has(column.name));
      if (known && !odd) continue;
      const what = known ? `the column ${odd?.name} of the table ${name}` : `the table ${name}`;
      throw new StoreFailure(`This Kindred cannot move ${what} yet: nothing has been done`);
    }
  }

  /** Everything read by `work` is as it was at one moment. */
  async snapshot<T>(work: () => Promise<T>): Promise<T> {
    this.#db.exec('BEGIN');
    try {
      return await work();
    } finally {
      this.#db.exec('COMMIT');
    }
  }

  all<T = Row>(sql: string, ...values: (number | string)[]): T[] {
    return this.#db.prepare(sql).all(...values) as T[];
  }

  get<T = Row>(sql: string, ...values: (number | string)[]): T | undefined {
    return this.#db.prepare(sql).get(...values) as T | undefined;
  }

  /** Makes a table of both sides of every match, as they are at this moment: the file has a row for many of them. */
  expandMatches(): void {
    this.#db.exec(`DROP TABLE IF EXISTS temp.match;
      CREATE TEMP TABLE match (user INTEGER, mine INTEGER, other INTEGER, theirs INTEGER, seq INTEGER, id TEXT,
        activity TEXT, at INTEGER, seconds INTEGER, nearby INTEGER)`);
    const ids = new MatchIds(this);
    const names = new Map(
      this.all<{ key: number; name: string }>('SELECT * FROM topic').map((row) => [row.key, row.name]),
    );
    const insert = this.#db.prepare('INSERT INTO temp.match VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    for (const meeting of this.#db.prepare('SELECT * FROM meeting').iterate()) {
      for (const side of bothSidesOf(meeting as unknown as Meeting)) {
        const { topic, user, mine, other, theirs, seq, at, seconds, nearby } = side;
        const id = ids.of(topic, mine, theirs);
        insert.run(user, mine, other, theirs, seq, id, names.get(topic) ?? '', at, seconds, Number(nearby));
      }
    }
    this.#db.exec('CREATE INDEX temp.match_mine ON match (user, mine)');
  }

  /** Behind everything that anybody has been told, or is told until a moment. */
  lastNumber(until: number): number {
    return firstNumberAfter(this.get<{ minute: number }>('SELECT minute FROM told')?.minute ?? 0, until);
  }

  /** Rows one after the other: for what is too much to be held at once. */
  each<T = Row>(sql: string, ...values: (number | string)[]): Iterable<T> {
    return this.#db.prepare(sql).iterate(...values) as Iterable<T>;
  }

  *rowsOf(table: Table, behind: number, upTo: number): Generator<Row> {
    for (const row of this.each(table.select, behind, upTo)) yield table.map(row);
  }

  /**
   * The last of some users behind a key: as many as are compared together, by what they have done.
   * @returns undefined when there is nobody
   */
  someUsersBehind(behind: number): number | undefined {
    const users = this.all<{ key: number; activities: number }>(
      `SELECT key, (SELECT count(*) FROM activity WHERE activity.user = user.key) AS activities
       FROM user WHERE key > ? ORDER BY key LIMIT ${USERS_AT_ONCE}`,
      behind,
    );
    let sum = 0;
    for (const { key, activities } of users) {
      sum += activities;
      if (sum >= ACTIVITIES_AT_ONCE) return key;
    }
    return users.at(-1)?.key;
  }

  countOf(table: Table): number {
    return this.all<{ count: number }>(`SELECT count(*) AS count FROM ${sourceName(table)}`)[0]?.count ?? 0;
  }

  /** The next key that a table of the file gives. */
  nextKeyOf(table: string): number {
    const [counted] = this.all<{ seq: number }>('SELECT seq FROM sqlite_sequence WHERE name = ?', table);
    const [most] = this.all<{ key: number | null }>(`SELECT max(key) AS key FROM ${table}`);
    return Math.max(counted?.seq ?? 0, most?.key ?? 0) + 1;
  }

  /**
   * From now on nothing is written to it: an endpoint that has it open answers reads only, and when none has, none can open it.
   * @throws StoreFailure when an endpoint does not do so
   */
  async stopWrites(): Promise<void> {
    if (this.#takeLock() || this.#isKept()) return;
    this.#mark(ASKED);
    for (let waited = 0; !this.#isKept(); waited += 100) {
      if (waited > KEEP_MS) {
        this.resumeWrites();
        throw new StoreFailure(
          'The endpoint that has the file does not stop writing to it: its log says why. Or stop it, and move once more',
        );
      }
      await wait(100);
    }
  }

  /** Also a marker that a killed move has left is this one's from now on: PostgreSQL has said that it was not finished. */
  takeOver(): void {
    this.#marksFile = true;
  }

  /** It is not moved after all: whoever has it open goes on, unless it is moved already, or was asked by another move. */
  resumeWrites(): void {
    process.off('exit', this.#resume);
    this.#resume();
  }

  readonly #resume = (): void => {
    try {
      if (this.#marksFile && this.#state() !== MOVED) rmSync(this.marker, { force: true });
    } catch {
      // Not ours to remove: the endpoint says once a minute that it is there.
    }
  };

  /**
   * It is moved: whoever opens it from now on answers reads only, also after a power cut, and whatever fails from here on.
   * @throws StoreFailure when something may have been written since `stopWrites`
   */
  retire(): void {
    if (!this.#lock && !this.#isKept()) {
      throw new StoreFailure(`${this.marker} was removed meanwhile, and new things may have come in: move once more`);
    }
    this.#mark(MOVED);
    sync(this.marker);
    sync(dirname(this.marker));
  }

  /** Whether it was moved, and nobody has gone back to it. */
  get isRetired(): boolean {
    return this.#state() === MOVED;
  }

  /** What failed before `takeOver`, for an operator who may think that the endpoint takes everything again. */
  sayingWhatStays(error: unknown): unknown {
    if (!(error instanceof StoreFailure) || !existsSync(this.marker)) return error;
    const stays = `${this.marker} is still there, and the old endpoint answers reads only`;
    return new StoreFailure(`${error.message}. ${stays}`, error.reason);
  }

  #isKept(): boolean {
    const state = this.#state();
    return state === KEPT || state === MOVED;
  }

  #state(): string | undefined {
    return existsSync(this.marker) ? readFileSync(this.marker, 'utf8') : undefined;
  }

  #mark(state: string): void {
    this.#marksFile = true;
    writeFileSync(this.marker, state);
    giveToOwnerOf(statSync(this.file), this.marker);
  }

  close(): void {
    process.off('exit', this.#resume);
    this.#db.close();
    this.#lock?.release();
  }

  /** @returns false when an endpoint has it */
  #takeLock(): boolean {
    let lock: FileLock | undefined;
    try {
      lock = new FileLock(this.file);
      giveToOwnerOf(statSync(this.file), `${this.file}.lock`);
      lock.checkNothingIsMissing();
      this.#lock = lock;
      return true;
    } catch (error) {
      lock?.release();
      if ((error as StoreFailure).reason === 'in-use') return false;
      throw error;
    }
  }
}
