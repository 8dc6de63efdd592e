import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { Refusal } from '../../refusal.js';
import { BLOCKED, BLOCKS, FRIEND } from '../../rules/friends.js';
import type { Publication } from '../../rules/publication.js';
import { ShownIds } from '../../rules/shown-ids.js';
import { StoreFailure } from '../store.js';
import { checkStore } from './copy.js';
import { Database } from './database.js';
import { Engine } from './engine.js';
import { areSame, explain, loadSqlite } from './file.js';

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

/** What is compared. */
interface Files {
  /** The restored store. An endpoint may have run on it since. */
  restored: string;
  /** What it was restored from: whatever differs from it was done since the restore, and stays. */
  backup: string;
  /** The store that came after the backup. */
  later: string;
}

/** Notes in a restored store which backup it is from. */
export function markRestored(file: string, backup: string): void {
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(file);
  try {
    database.exec(`PRAGMA user_version = ${markOf(backup)}`);
  } finally {
    database.close();
  }
}

/**
 * What stands for a backup where there is room for 31 bits; never 0. All of its bytes count: where nobody joins for a week,
 * seven backups have the same people, and who has left by one is still in another.
 */
function markOf(backup: string): number {
  const hash = createHash('sha256');
  const piece = Buffer.alloc(2 ** 20);
  const descriptor = openSync(backup, 'r');
  try {
    for (;;) {
      const read = readSync(descriptor, piece);
      if (read === 0) break;
      hash.update(piece.subarray(0, read));
    }
  } finally {
    closeSync(descriptor);
  }
  return hash.digest().readUInt32BE() >>> 1 || 1;
}

/**
 * Who withdrew between a backup and the store that came after it, as far as that can be known.
 * @returns undefined when the later one is missing or damaged
 */
export function withdrawnSince(files: Files): Withdrawn | undefined {
  try {
    return countsOf(compare(files));
  } catch {
    return undefined;
  }
}

/**
 * Takes back once more what people took back after a backup was made, as the store itself would when they ask for it. What
 * they have changed since the restore is theirs, and stays.
 * @throws StoreFailure with the reason, such as of a restored store that an endpoint has open
 */
export function withdrawAgain(files: Files): Withdrawn {
  const { restored, backup, later } = files;
  if (!existsSync(restored)) throw new StoreFailure(`There is no store at ${restored}`);
  if (areSame(restored, backup) || areSame(restored, later) || areSame(backup, later)) {
    throw new StoreFailure('--store, --from and --as-in must be three different files');
  }
  const database = Database.open(restored);
  try {
    checkBackup(database, files);
    const doings = compare(files);
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

/** @throws StoreFailure when the store was restored from another backup, or from none */
function checkBackup(database: Database, { restored, backup }: Files): void {
  checkStore(backup);
  const mark = database.get<{ user_version: number }>('PRAGMA user_version')?.user_version;
  if (!mark) {
    throw new StoreFailure(
      `${restored} is not restored from a backup: --store must be what "kindred-endpoint restore" has restored, and --as-in ` +
        'the store that was there before',
    );
  }
  if (mark !== markOf(backup)) throw new StoreFailure(`${backup} is not the backup that ${restored} was restored from`);
}

/**
 * What was taken back since the backup, and has not been changed since the restore.
 * @throws StoreFailure, such as of files that do not belong together: whom the later one does not list has not left then
 */
function compare({ restored, backup, later }: Files): Doings {
  checkStore(later);
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(restored, { readOnly: true });
  try {
    database.prepare('ATTACH ? AS backup').run(backup);
    database.prepare('ATTACH ? AS later').run(later);
    if (lastKeyIn(database, 'later') < lastKeyIn(database, 'backup')) {
      throw new StoreFailure(`${later} is not the store that came after the backup: fewer people have ever joined it`);
    }
    if (database.prepare(STRANGE).get()) {
      throw new StoreFailure(`${later} is not the store that came after the backup: it is of another endpoint`);
    }
    const all = (sql: string): unknown[] => database.prepare(sql).all();
    return Object.fromEntries(Object.entries(SINCE).map(([kind, sql]) => [kind, all(sql)])) as unknown as Doings;
  } catch (error) {
    throw explain(error, later);
  } finally {
    database.close();
  }
}

/** Who was in the backup and is there still: as they were in it (was), are (now), and had become after it (afterwards). */
const RESTORED = 'main.user now JOIN backup.user was ON was.id = now.id';
const ALL = `${RESTORED} JOIN later.user afterwards ON afterwards.id = now.id`;
const WHO = 'SELECT now.token_hash AS credential';
/** Nobody in common, nor the store's own secret, which is older than most backups: everybody would count as gone. */
const STRANGE = `SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM ${ALL})
  AND (SELECT value FROM main.secret WHERE name = 'match') <> (SELECT value FROM later.secret WHERE name = 'match')`;

/** Between the backup and the store that came after it, as far as the restored store (main) has it undone. */
const SINCE: Record<keyof Withdrawn, string> = {
  left: `${WHO} FROM ${RESTORED} WHERE now.id NOT IN (SELECT id FROM later.user)`,
  hidden: `${WHO} FROM ${ALL} WHERE was.discoverable AND NOT afterwards.discoverable AND now.discoverable`,
  cells: `${WHO} FROM ${ALL} WHERE was.cell IS NOT NULL AND afterwards.cell IS NULL AND now.cell IS NOT NULL`,
  blocks: `${WHO}, block.ref FROM ${ALL} JOIN later.block ON block.user = afterwards.key
    WHERE NOT EXISTS (SELECT 1 FROM backup.block old WHERE old.user = was.key AND old.ref = block.ref)
      AND NOT EXISTS (SELECT 1 FROM main.block new WHERE new.user = now.key AND new.ref = block.ref)`,
  // Once for both; a block ends one, too. Friends who have become friends anew have another beginning.
  friendships: `${WHO}, now.relation_key AS relationKey, other.id AS other
    FROM ${ALL} JOIN main.relation ON relation.user = now.key AND relation.state & ${FRIEND} AND relation.other > now.key
      JOIN backup.relation old ON old.user = was.key AND old.other = relation.other AND old.since = relation.since
      JOIN main.user other ON other.key = relation.other JOIN later.user them ON them.id = other.id
    WHERE NOT EXISTS (SELECT 1 FROM later.relation still WHERE still.user = afterwards.key AND still.other = them.key
      AND still.state & ${FRIEND | BLOCKS | BLOCKED})`,
  activities: `${WHO}, gone.id, gone.revision, gone.activity, gone.started, gone.ended, gone.closes
    FROM ${ALL} JOIN later.activity gone ON gone.user = afterwards.key AND gone.state = 'discarded'
      JOIN main.activity old ON old.user = now.key AND old.id = gone.id AND old.revision < gone.revision`,
  tokens: `${WHO}, afterwards.token_hash AS next FROM ${ALL}
    WHERE was.token_hash <> afterwards.token_hash AND now.token_hash = was.token_hash`,
};

/** Of the last one who has joined a store, though they may have left; keys are never given again. */
function lastKeyIn(database: DatabaseSync, schema: string): number {
  const sql = `SELECT coalesce(max(seq), 0) AS key FROM ${schema}.sqlite_sequence WHERE name = 'user'`;
  return Number(database.prepare(sql).get()?.key);
}
