import { chmodSync, existsSync, linkSync, renameSync, rmSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { minuteOf } from '../../rules/time.js';
import { StoreFailure } from '../store.js';
import { asideName } from './backup.js';
import { type Contents, copyStore, sync } from './copy.js';
import { areSame, explain, FileLock, giveToOwnerOf, loadSqlite } from './file.js';
import { markRestored, type Withdrawn, withdrawnSince } from './withdrawn.js';

export interface Restored extends Contents {
  /** Where the store that was there is now; missing when there was none. */
  aside?: string;
  /** Who had withdrawn there since the backup, and has not in what is restored; missing when that cannot be known. */
  withdrawn?: Withdrawn;
}

/**
 * Puts a backup in a store's place. The store that was there is kept beside it, with its log, under a name that says when.
 * Whenever this is broken off, the store is the old one or the restored one.
 * @throws StoreFailure with the reason, such as an endpoint that has the store open; nothing has changed then
 */
export function restore(backup: string, file: string): Restored {
  const target = resolve(file);
  if (areSame(backup, target)) throw new StoreFailure('The backup must be another file than the store');
  if (!existsSync(backup)) throw new StoreFailure(`There is no backup ${backup}`);
  if (!existsSync(dirname(target))) throw new StoreFailure(`There is no folder ${dirname(target)}: make it first`);
  const isNew = !existsSync(target) && !existsSync(`${target}.lock`);
  const lock = new FileLock(target);
  try {
    const incoming = `${target}.${process.pid}.partial`;
    const contents = copyStore(backup, incoming);
    try {
      moveSequencesAhead(incoming);
      markRestored(incoming, backup);
      ownLike(incoming, target);
      const withdrawn = existsSync(target) ? withdrawnSince({ restored: incoming, backup, later: target }) : undefined;
      sync(incoming);
      const aside = putAside(target);
      // From here on there is no log of the old store's any more that could be taken for the new one's.
      renameSync(incoming, target);
      lock.markClosed();
      sync(dirname(target));
      return { ...contents, ...(aside ? { aside } : {}), ...(withdrawn ? { withdrawn } : {}) };
    } catch (error) {
      rmSync(incoming, { force: true });
      throw explain(error, target);
    }
  } finally {
    if (isNew && !existsSync(target)) removeLock(target);
    lock.release();
  }
}

/** Of a store that there is not; while it is held, so that nobody else has it. */
function removeLock(target: string): void {
  try {
    rmSync(`${target}.lock`);
  } catch {
    // Windows removes no file that is open. This one knows of no store, and is in nobody's way.
  }
}

/**
 * Everybody's sequence of events goes on behind what can have been told since the backup. Hubs resume behind what they were
 * told last; without this they would be told old events again, or miss new ones. A backup from before the numbers told the
 * minute needs nothing: all its numbers are smaller.
 */
function moveSequencesAhead(file: string): void {
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(file);
  try {
    const told = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'told'").get();
    if (told) database.prepare('UPDATE told SET minute = max(minute, ?)').run(minuteOf(Date.now()) + 1);
  } finally {
    database.close();
  }
}

/** Who could use the old store can use the new one, and its lock. */
function ownLike(file: string, target: string): void {
  const old = existsSync(target);
  const model: Stats = statSync(old ? target : dirname(target));
  if (old) chmodSync(file, model.mode & 0o777);
  giveToOwnerOf(model, file, `${target}.lock`);
}

/** Gives the store and its log second names, and takes the log's first one away: the store itself is replaced in one step. */
function putAside(target: string): string | undefined {
  if (!existsSync(target)) {
    for (const suffix of ['-wal', '-shm']) rmSync(target + suffix, { force: true });
    return undefined;
  }
  const aside = asideName(target, new Date());
  keepAs(target, aside);
  if (existsSync(`${target}-wal`)) keepAs(`${target}-wal`, `${aside}-wal`);
  sync(dirname(target));
  for (const suffix of ['-wal', '-shm']) rmSync(target + suffix, { force: true });
  return aside;
}

function keepAs(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // A file system without links.
    renameSync(from, to);
  }
}
