import { existsSync, linkSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { StoreFailure } from '../store.js';
import { type Contents, copyStore, sync } from './copy.js';
import { areSame } from './file.js';

/**
 * Writes a backup of a store, which an endpoint may go on using: everything that was answered before this was called is in
 * it. It appears under its name when it is complete, checked and on disk.
 * @param overwrite whether a file that is there already is replaced
 * @throws StoreFailure with the reason; whatever was there is still there then
 */
export function backUp(file: string, to: string, { overwrite = false } = {}): Contents {
  const target = resolve(to);
  checkTarget(file, target, overwrite);
  const partial = `${target}.${process.pid}.partial`;
  const contents = copyStore(file, partial);
  try {
    if (overwrite) renameSync(partial, target);
    else moveWhereNothingIs(partial, target);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error instanceof StoreFailure
      ? error
      : new StoreFailure(`${to} cannot be written: ${(error as Error).message}`);
  }
  sync(dirname(target));
  return contents;
}

function checkTarget(file: string, target: string, overwrite: boolean): void {
  if (!existsSync(target)) return;
  if (statSync(target).isDirectory()) throw new StoreFailure(`${target} is a folder: name a file in it`);
  if (areSame(file, target)) throw new StoreFailure('The backup must be another file than the store');
  if (existsSync(`${target}-wal`)) throw new StoreFailure(`${target} is a store in use: choose another name`);
  if (!overwrite) throw taken(target);
}

/** A link is made only where nothing is; file systems without links are looked at once more beforehand. */
function moveWhereNothingIs(from: string, to: string): void {
  try {
    linkSync(from, to);
    rmSync(from);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' || existsSync(to)) throw taken(to);
    renameSync(from, to);
  }
}

function taken(target: string): StoreFailure {
  return new StoreFailure(`${target} is there already: choose another name, or add --overwrite`);
}

/** `kindred.sqlite` as it was put aside at a moment: `kindred.sqlite.before-restore-20261125T224107Z`, in the same folder. */
export function asideName(file: string, at: Date): string {
  const stamp = at.toISOString().replace(/[-:]|\.\d+/g, '');
  for (let count = 1; ; count++) {
    const name = join(dirname(file), `${basename(file)}.before-restore-${stamp}${count > 1 ? `-${count}` : ''}`);
    if (!existsSync(name)) return name;
  }
}
