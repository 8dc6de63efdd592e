import type { DatabaseSync } from 'node:sqlite';
import { StoreFailure } from '../store.js';

/** "KIND": tells our files from those of others (SQLite file format, offset 68). */
export const APPLICATION_ID = 0x4b494e44;

/** SQLite result codes (sqlite.org/rescode.html). */
const BUSY = 5;
const READONLY = 8;
export const IOERR = 10;
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

/**
 * An exclusive lock beside the file for as long as it is open: the operating system gives it back when a process dies,
 * and the file itself stays readable for a back-up.
 * @throws StoreFailure when somebody else has it
 */
export function lockOf(file: string): DatabaseSync {
  const { DatabaseSync } = loadSqlite();
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(`${file}.lock`);
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock?.close();
    throw explain(error, file);
  }
}

/** What SQLite says, in words for an operator. */
export function explain(error: unknown, file: string): Error {
  if (error instanceof StoreFailure) return error;
  const { errcode, message } = error as { errcode?: number; message?: string };
  switch ((errcode ?? 0) & 0xff) {
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
      return new StoreFailure(`The disk that ${file} is on is full: free some space, and it goes on by itself`);
    case IOERR:
      return new StoreFailure(`${file} cannot be read or written (${message}): check the disk and the system's log`);
    default:
      return new StoreFailure(`${file} cannot be used as the store: ${message ?? 'unknown reason'}`);
  }
}
