import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { StoreFailure } from '../store.js';
import { checkStore } from './copy.js';
import { Database } from './database.js';
import { Engine } from './engine.js';
import { explain, loadSqlite } from './file.js';

/** How many people have left, and how many have made themselves invisible. */
export interface Withdrawn {
  left: number;
  hidden: number;
}

/** Carried out as one transaction: deleting somebody can take a while. */
const AT_ONCE = 50;

/** Notes in a restored store whom it has from the backup: who joins it later has a greater key, and has left nowhere. */
export function markRestored(file: string): void {
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(file);
  try {
    database.exec(`PRAGMA user_version = ${lastKeyIn(database, 'main')}`);
  } finally {
    database.close();
  }
}

/**
 * Who withdrew between a backup and the store that came after it, as far as that can be known.
 * @param restored what was restored from the backup @param later the store that was there
 * @returns undefined when the later one is missing or damaged
 */
export function withdrawnSince(restored: string, later: string): Withdrawn | undefined {
  try {
    const { left, hidden } = compare(restored, later);
    return { left: left.length, hidden: hidden.length };
  } catch {
    return undefined;
  }
}

/**
 * Takes back once more what people took back after a backup was made: who left leaves again, and who made themselves
 * invisible is so again.
 * @param file the restored store, which no endpoint may have open @param later the store that was there
 * @throws StoreFailure with the reason
 */
export function withdrawAgain(file: string, later: string): Withdrawn {
  if (!existsSync(file)) throw new StoreFailure(`There is no store at ${file}`);
  if (resolve(file) === resolve(later)) throw new StoreFailure('--as-in must be another file than the store');
  const database = Database.open(file);
  try {
    if (!database.get<{ user_version: number }>('PRAGMA user_version')?.user_version) {
      throw new StoreFailure(
        `${file} has nobody from a backup: --store must be what "kindred-endpoint restore" has restored, and --as-in the ` +
          'store that was there before',
      );
    }
    const { left, hidden } = compare(file, later);
    const { operations, keep } = engineOver(database);
    const now = Date.now();
    const inPieces = (tokens: readonly Uint8Array[], carryOut: (credential: Uint8Array) => void): void => {
      for (let at = 0; at < tokens.length; at += AT_ONCE) {
        database.transaction(() => tokens.slice(at, at + AT_ONCE).forEach(carryOut));
        keep();
      }
    };
    inPieces(left, (credential) => void operations.deleteMe({ credential, now }));
    inPieces(hidden, (credential) => void operations.updateMe({ credential, now, patch: { discoverable: false } }));
    return { left: left.length, hidden: hidden.length };
  } finally {
    database.close();
  }
}

function engineOver(database: Database): Pick<Engine, 'operations' | 'keep'> {
  const engine = new Engine(database, {});
  return { operations: engine.operations, keep: () => engine.keep() };
}

/**
 * Hashes of the tokens, as the restored store has them, of those who withdrew.
 * @throws StoreFailure, such as of a store that is damaged, or from before the backup: whom it does not list has not left
 */
function compare(restored: string, later: string): { left: Uint8Array[]; hidden: Uint8Array[] } {
  checkStore(later);
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(restored, { readOnly: true });
  try {
    database.prepare('ATTACH ? AS later').run(later);
    const { user_version: last } = database.prepare('PRAGMA main.user_version').get() as { user_version: number };
    if (lastKeyIn(database, 'later') < last) {
      throw new StoreFailure(`${later} is not the store that came after the backup: fewer people have ever joined it`);
    }
    const tokens = (sql: string): Uint8Array[] =>
      database
        .prepare(sql)
        .all(last)
        .map((row) => row.token_hash as Uint8Array);
    return {
      left: tokens('SELECT token_hash FROM main.user WHERE key <= ? AND id NOT IN (SELECT id FROM later.user)'),
      hidden: tokens(
        `SELECT was.token_hash FROM main.user was JOIN later.user now ON now.id = was.id
         WHERE was.key <= ? AND was.discoverable AND NOT now.discoverable`,
      ),
    };
  } catch (error) {
    throw explain(error, later);
  } finally {
    database.close();
  }
}

/** Of the last one who has joined a store, though they may have left; keys are never given again. */
function lastKeyIn(database: DatabaseSync, schema: string): number {
  const sql = `SELECT coalesce(max(seq), 0) AS key FROM ${schema}.sqlite_sequence WHERE name = 'user'`;
  return Number(database.prepare(sql).get()?.key);
}
