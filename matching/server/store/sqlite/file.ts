import { chownSync, existsSync, lstatSync, readlinkSync, realpathSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { StoreFailure } from '../store.js';

/** "KIND": tells our files from those of others (SQLite file format, offset 68). */
export const APPLICATION_ID = 0x4b494e44;

/** SQLite result codes (sqlite.org/rescode.html). */
const BUSY = 5;
const READONLY = 8;
export const IOERR = 10;
/** IOERR_SHMSIZE: there is no room for the log's index, which is the first file that a store needs when it is opened. */
const NO_ROOM_FOR_INDEX = IOERR | (19 << 8);
const CORRUPT = 11;
export const FULL = 13;
const CANTOPEN = 14;
const NOT_A_DATABASE = 26;

export function loadSqlite(): typeof import('node:sqlite') {
  try {
    return require('node:sqlite') as typeof import('node:sqlite');
  } catch {
    throw new StoreFailure(`The embedded store needs Node 22.13 or newer; this is ${process.version}`);
  }
}

/** So many links after each other lead nowhere: Linux follows no more either. */
const MOST_LINKS = 40;

/**
 * The store itself, where a path is a link to it or to where it is to be: its lock, its log and what else belongs to it lie
 * beside that.
 * @throws StoreFailure when links lead in a circle
 */
export function storeItself(file: string): string {
  let itself = file;
  for (let links = 0; lstatSync(itself, { throwIfNoEntry: false })?.isSymbolicLink(); links++) {
    if (links === MOST_LINKS) {
      throw new StoreFailure(`${file} is a link that leads back to itself: choose another file, or mend the link`);
    }
    itself = resolve(realpathSync(dirname(itself)), readlinkSync(itself));
  }
  return itself;
}

/** Whether two paths are of one file, links or not. */
export function areSame(one: string, other: string): boolean {
  const [first, second] = [one, other].map((file) => (existsSync(file) ? realpathSync(file) : resolve(file)));
  return first === second;
}

/** Whoever has a store can use what root puts beside it for them, as for a service. */
export function giveToOwnerOf({ uid, gid }: Stats, ...files: string[]): void {
  if (process.getuid?.() !== 0) return;
  for (const file of files) chownSync(file, uid, gid);
}

/** What a lock knows of its store. */
const [NONE, OPEN, CLOSED] = [0, 1, 2];

/**
 * An exclusive lock beside the file for as long as it is open: the operating system gives it back when a process dies,
 * and the file itself stays readable for a back-up. It also knows whether whoever had the file last ended cleanly.
 */
export class FileLock {
  readonly #database: DatabaseSync;
  readonly #file: string;

  /** @throws StoreFailure when somebody else has it */
  constructor(file: string) {
    const { DatabaseSync } = loadSqlite();
    this.#file = file;
    let lock: DatabaseSync | undefined;
    try {
      lock = new DatabaseSync(`${file}.lock`);
      // In memory: to say that it ends must need no room on a disk that is full.
      lock.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
      this.#database = lock;
    } catch (error) {
      lock?.close();
      throw explain(error, file);
    }
  }

  /**
   * While a store is open, and after it was killed, there is a log: without it, what was answered last is missing.
   * @throws StoreFailure when the store, or the log of one that was killed, is not there any more
   */
  checkNothingIsMissing(): void {
    const { user_version: state } = this.#database.prepare('PRAGMA user_version').get() as { user_version: number };
    const file = this.#file;
    if (state !== NONE && !existsSync(file)) {
      throw new StoreFailure(
        `${file} is missing, and there was a store: restore a backup. To begin with an empty one, remove ${file}.lock`,
      );
    }
    if (state !== OPEN || existsSync(`${file}-wal`)) return;
    throw new StoreFailure(
      `${file}-wal is missing, and who used ${file} last did not end cleanly: what was answered last may be lost. Put it ` +
        'back, or restore a backup. Only if another SQLite program has opened the store since is nothing lost: then ' +
        `remove ${file}.lock and start again`,
      'damaged',
    );
  }

  /** From now on the store has a log that must not be missed. */
  markOpen(): void {
    this.#mark(OPEN);
  }

  markClosed(): void {
    this.#mark(CLOSED);
  }

  #mark(state: number): void {
    this.#database.exec(`PRAGMA user_version = ${state}; COMMIT; BEGIN EXCLUSIVE`);
  }

  release(): void {
    this.#database.close();
  }
}

/** What SQLite says, in words for an operator. */
export function explain(error: unknown, file: string): Error {
  if (error instanceof StoreFailure) return error;
  const { errcode, message } = error as { errcode?: number; message?: string };
  switch (errcode === NO_ROOM_FOR_INDEX ? FULL : (errcode ?? 0) & 0xff) {
    case BUSY:
      return new StoreFailure(`${file} is in use by another Kindred endpoint: stop that one first`, 'in-use');
    case NOT_A_DATABASE:
      return new StoreFailure(
        `${file} is no SQLite database: choose another file, or restore a backup if it was the store`,
        'damaged',
      );
    case CORRUPT:
      return new StoreFailure(`${file} is damaged: restore a backup`, 'damaged');
    case CANTOPEN:
      return new StoreFailure(`${file} cannot be opened: check that it and its folder may be read and written`);
    case READONLY:
      return new StoreFailure(`${file} may not be written: check that it and its folder may be read and written`);
    case FULL:
      return new StoreFailure(`The disk that ${file} is on is full: free some space, and it goes on by itself`, 'full');
    case IOERR:
      return new StoreFailure(`${file} cannot be read or written (${message}): check the disk and the system's log`);
    default:
      return new StoreFailure(`${file} cannot be used as the store: ${message ?? 'unknown reason'}`);
  }
}

/** What SQLite found wrong with a file, in one line; undefined when it is whole. Changes nothing. */
export function damageIn(database: DatabaseSync, check: 'quick_check' | 'integrity_check'): string | undefined {
  const rows = database.prepare(`PRAGMA ${check}(3)`).all() as Record<string, string>[];
  const lines = rows.flatMap((row) => (row[check] ?? '').split('\n')).filter((line) => !line.startsWith('***'));
  return lines[0] === 'ok' ? undefined : lines.slice(0, 3).join('; ');
}
