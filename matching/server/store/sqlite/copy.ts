import { closeSync, existsSync, fsyncSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreFailure } from '../store.js';
import { APPLICATION_ID, damageIn, explain, FULL, IOERR, loadSqlite } from './file.js';
import { MIGRATIONS } from './migrations.js';

/** What is in a store's file, for whoever copies it. */
export interface Contents {
  users: number;
  activities: number;
  bytes: number;
  /** When the newest activity came in, epoch milliseconds; missing when there is none. */
  newest?: number;
}

/**
 * Copies a store's file as it is at this moment, whole and without its log, while an endpoint may go on writing it; the copy
 * is checked, and on disk when this returns. Nobody may read it who may not read the store.
 *
 * VACUUM INTO reads one moment's state in one transaction, which holds up nobody in WAL mode. SQLite's backup interface would
 * begin anew with every commit of another process (sqlite.org/c3ref/backup_finish.html), and never end under load.
 * @param copy a file that is not there yet
 * @throws StoreFailure with the reason; there is no copy then
 */
export function copyStore(file: string, copy: string): Contents {
  const { DatabaseSync } = loadSqlite();
  // Made beforehand, so that it is never wider open than this; SQLite takes an empty file.
  createLike(file, copy);
  try {
    const source = new DatabaseSync(file, { readOnly: true });
    try {
      checkOurs(source, file);
      source.prepare('VACUUM INTO ?').run(copy);
    } finally {
      source.close();
    }
    const contents = checkStore(copy);
    sync(copy);
    return contents;
  } catch (error) {
    rmSync(copy, { force: true });
    throw explainCopying(error, file, copy);
  }
}

/**
 * Reads a whole file and checks that it is a store of ours in which nothing is damaged.
 * @throws StoreFailure with what is wrong
 */
export function checkStore(file: string): Contents {
  if (!existsSync(file)) throw new StoreFailure(`There is no file ${file}`);
  const { DatabaseSync } = loadSqlite();
  try {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      checkOurs(database, file);
      const damage = damageIn(database, 'integrity_check');
      if (damage) throw new StoreFailure(`${file} is damaged (${damage}): restore a backup`, 'damaged');
      const number = (sql: string): number => Number(Object.values(database.prepare(sql).get() ?? {})[0] ?? 0);
      const newest = number('SELECT max(received) FROM activity');
      return {
        users: number('SELECT count(*) FROM user'),
        activities: number('SELECT count(*) FROM activity'),
        bytes: number('PRAGMA page_count') * number('PRAGMA page_size'),
        ...(newest > 0 ? { newest } : {}),
      };
    } finally {
      database.close();
    }
  } catch (error) {
    throw explain(error, file);
  }
}

function checkOurs(database: import('node:sqlite').DatabaseSync, file: string): void {
  const { application_id: id } = database.prepare('PRAGMA application_id').get() as { application_id: number };
  if (id !== APPLICATION_ID) throw new StoreFailure(`${file} is no store of a Kindred endpoint`, 'damaged');
  const { version } = database.prepare('SELECT max(version) AS version FROM migration').get() as { version: number };
  if (version > MIGRATIONS.length) throw new StoreFailure(`${file} was written by a newer Kindred: update this one`);
}

function createLike(file: string, copy: string): void {
  if (!existsSync(file)) throw new StoreFailure(`There is no store at ${file}`);
  if (!existsSync(dirname(copy))) throw new StoreFailure(`There is no folder ${dirname(copy)}: make it first`);
  try {
    // The process's umask may narrow it further.
    closeSync(openSync(copy, 'wx', statSync(file).mode & 0o666));
  } catch (error) {
    throw new StoreFailure(`${copy} cannot be written: ${(error as Error).message}`);
  }
}

function explainCopying(error: unknown, file: string, copy: string): Error {
  const reason = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
  if (reason === FULL) return new StoreFailure(`There is no room for ${copy}: free some space, or choose another disk`);
  if (reason === IOERR) {
    return new StoreFailure(
      `${file} could not be copied to ${copy} (disk I/O error): check both disks, and the room left`,
    );
  }
  return explain(error, file);
}

/** Waits until a file, or what a folder lists, is on disk. */
export function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } catch (error) {
    // Windows does not let a folder be synced, and writes it by itself.
    if (!statSync(path).isDirectory()) throw error;
  } finally {
    closeSync(descriptor);
  }
}
