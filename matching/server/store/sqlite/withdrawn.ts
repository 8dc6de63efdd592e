import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Refusal } from '../../refusal.js';
import { BLOCKED, BLOCKS, FRIEND } from '../../rules/friends.js';
import type { Publication } from '../../rules/publication.js';
import { ShownIds } from '../../rules/shown-ids.js';
import { StoreFailure } from '../store.js';
import { checkStore } from './copy.js';
import { Database } from './database.js';
import { Engine } from './engine.js';
import { explain, loadSqlite } from './file.js';

/** What people took back, or did so that others see less of them: how many of each. */
export interface Withdrawn {
  /** Accounts. */
  left: number;
  /** Who made themselves invisible. */
  hidden: number;
  /** Who took their cell away. */
  cells: number;
  blocks: number;
  /** Friendships that were ended. */
  friendships: number;
  /** Activities that were discarded. */
  activities: number;
  /** Tokens that were renewed: the old ones may be in wrong hands. */
  tokens: number;
}

/** Of whom, by the token's hash as the restored store has it, and what it takes to do the same again. */
interface Doing {
  credential: Uint8Array;
}
interface Doings extends Record<keyof Withdrawn, Doing[]> {
  blocks: (Doing & { ref: string })[];
  friendships: (Doing & { relationKey: Uint8Array; other: string })[];
  activities: (Doing & Omit<Publication, 'state' | 'body' | 'actions'>)[];
  tokens: (Doing & { next: Uint8Array })[];
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
    return countsOf(compare(restored, later));
  } catch {
    return undefined;
  }
}

/**
 * Takes back once more what people took back after a backup was made, as the store itself would when they ask for it.
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
    const doings = compare(file, later);
    carryOut(doings, database);
    return countsOf(doings);
  } finally {
    database.close();
  }
}

/**
 * Takes back once more what somebody else knows that people took back, such as an audit log.
 * @param file the restored store, which no endpoint may have open
 * @param toldOf what is known of somebody, by the hash of their token
 * @throws StoreFailure with the reason
 */
export function withdrawAsTold(
  file: string,
  toldOf: (credential: Uint8Array) => 'left' | 'hidden' | undefined,
): Withdrawn {
  if (!existsSync(file)) throw new StoreFailure(`There is no store at ${file}`);
  const database = Database.open(file);
  try {
    const users = database.all<Doing & { shown: number }>(
      'SELECT token_hash AS credential, discoverable AS shown FROM user',
    );
    const doings: Doings = {
      left: users.filter(({ credential }) => toldOf(credential) === 'left'),
      hidden: users.filter(({ credential, shown }) => shown && toldOf(credential) === 'hidden'),
      ...{ cells: [], blocks: [], friendships: [], activities: [], tokens: [] },
    };
    carryOut(doings, database);
    return countsOf(doings);
  } finally {
    database.close();
  }
}

function carryOut(doings: Doings, database: Database): void {
  const engine = new Engine(database, { matches: false });
  const { operations } = engine;
  const now = Date.now();
  const inPieces = <One extends Doing>(all: readonly One[], one: (doing: One) => unknown): void => {
    for (let at = 0; at < all.length; at += AT_ONCE) {
      database.transaction(() => all.slice(at, at + AT_ONCE).forEach((doing) => void one(doing)));
      engine.keep();
    }
  };
  inPieces(doings.left, ({ credential }) => operations.deleteMe({ credential, now }));
  inPieces(doings.hidden, ({ credential }) => operations.updateMe({ credential, now, patch: { discoverable: false } }));
  inPieces(doings.cells, ({ credential }) => operations.updateMe({ credential, now, patch: { cell: null } }));
  inPieces(doings.blocks, ({ credential, ref }) => {
    try {
      operations.block({ credential, id: ref, now });
    } catch (error) {
      // Whoever has as many as anybody may have, and had unblocked others since.
      if (!(error instanceof Refusal)) throw error;
    }
  });
  inPieces(doings.friendships, ({ credential, relationKey, other }) =>
    operations.removeFriend({ credential, id: new ShownIds(relationKey).of(other), now }),
  );
  inPieces(doings.activities, ({ credential, ...activity }) =>
    operations.publish({
      ...{ credential, now, publication: { ...activity, state: 'discarded', body: '{}', actions: [] } },
    }),
  );
  // Last: until then everybody is known by the old ones.
  inPieces(doings.tokens, ({ credential, next }) => operations.rotateToken({ credential, next, now }));
}

function countsOf(doings: Doings): Withdrawn {
  const { left, hidden, cells, blocks, friendships, activities, tokens } = doings;
  return {
    ...{ left: left.length, hidden: hidden.length, cells: cells.length, blocks: blocks.length },
    ...{ friendships: friendships.length, activities: activities.length, tokens: tokens.length },
  };
}

/**
 * What was taken back since the backup.
 * @throws StoreFailure, such as of a store that is damaged, or from before the backup: whom it does not list has not left
 */
function compare(restored: string, later: string): Doings {
  checkStore(later);
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(restored, { readOnly: true });
  try {
    database.prepare('ATTACH ? AS later').run(later);
    const { user_version: last } = database.prepare('PRAGMA main.user_version').get() as { user_version: number };
    if (lastKeyIn(database, 'later') < last) {
      throw new StoreFailure(`${later} is not the store that came after the backup: fewer people have ever joined it`);
    }
    if (database.prepare(STRANGE).get(last)) {
      throw new StoreFailure(`${later} is not the store that came after the backup: it is of another endpoint`);
    }
    const all = (sql: string): unknown[] => database.prepare(sql).all(last);
    return Object.fromEntries(Object.entries(SINCE).map(([kind, sql]) => [kind, all(sql)])) as unknown as Doings;
  } catch (error) {
    throw explain(error, later);
  } finally {
    database.close();
  }
}

/** Who was in the backup and is in both: as they were, and as they were later. */
const BOTH = 'main.user was JOIN later.user now ON now.id = was.id AND was.key <= ?';
const WHO = 'SELECT was.token_hash AS credential';
/** Nobody in common, nor the store's own secret, which is older than most backups: everybody would count as gone. */
const STRANGE = `SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM ${BOTH})
  AND (SELECT value FROM main.secret WHERE name = 'match') <> (SELECT value FROM later.secret WHERE name = 'match')`;

/** What has happened since the backup, of whoever was in it: in the restored store (main) it is undone. */
const SINCE: Record<keyof Withdrawn, string> = {
  left: `${WHO} FROM main.user was WHERE was.key <= ? AND id NOT IN (SELECT id FROM later.user)`,
  hidden: `${WHO} FROM ${BOTH} WHERE was.discoverable AND NOT now.discoverable`,
  cells: `${WHO} FROM ${BOTH} WHERE was.cell IS NOT NULL AND now.cell IS NULL`,
  blocks: `${WHO}, block.ref FROM ${BOTH} JOIN later.block ON block.user = now.key
    WHERE NOT EXISTS (SELECT 1 FROM main.block old WHERE old.user = was.key AND old.ref = block.ref)`,
  // Once for both; a block ends one, too.
  friendships: `${WHO}, was.relation_key AS relationKey, other.id AS other
    FROM ${BOTH} JOIN main.relation ON relation.user = was.key AND relation.state & ${FRIEND} AND relation.other > was.key
      JOIN main.user other ON other.key = relation.other JOIN later.user them ON them.id = other.id
    WHERE NOT EXISTS (SELECT 1 FROM later.relation still WHERE still.user = now.key AND still.other = them.key
      AND still.state & ${FRIEND | BLOCKS | BLOCKED})`,
  activities: `${WHO}, gone.id, gone.revision, gone.activity, gone.started, gone.ended, gone.closes
    FROM ${BOTH} JOIN later.activity gone ON gone.user = now.key AND gone.state = 'discarded'
      JOIN main.activity old ON old.user = was.key AND old.id = gone.id AND old.revision < gone.revision`,
  tokens: `${WHO}, now.token_hash AS next FROM ${BOTH} WHERE was.token_hash <> now.token_hash`,
};

/** Of the last one who has joined a store, though they may have left; keys are never given again. */
function lastKeyIn(database: DatabaseSync, schema: string): number {
  const sql = `SELECT coalesce(max(seq), 0) AS key FROM ${schema}.sqlite_sequence WHERE name = 'user'`;
  return Number(database.prepare(sql).get()?.key);
}
