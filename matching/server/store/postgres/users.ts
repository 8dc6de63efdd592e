import { randomBytes } from 'node:crypto';
import { newId } from '../../../../vocabulary/index.js';
import type { Me, MePatch } from '../../../schema/index.js';
import { Refusal } from '../../refusal.js';
import { type AccountRow, cellAfter, meOf, shownSinceAfter } from '../../rules/accounts.js';
import { homeOf } from '../../rules/cells.js';
import { ACCEPTED, SILENT } from '../../rules/friends.js';
import type { Caller } from '../store.js';
import type { Database, Statements } from './database.js';
import type { Feed } from './feed.js';
import { enterAll, tellAnew, withdrawAll } from './live.js';
import { forgetMatchesOf } from './matches.js';

export interface UserRow extends AccountRow {
  key: number;
  relation_key: Buffer;
  discoverable: boolean;
  shown_since: number;
  token_hash: Buffer;
  seq: number;
  asked_on: number;
  asked: number;
}

/** Named: what was prepared for all columns would be refused as soon as a newer Kindred, over the same store, adds one. */
export const USER_COLUMNS = `key, id, name, token_hash, relation_key, discoverable, shown_since, cell, last_cell, cell_set_at,
  seq, created, asked_on, asked`;

export function unauthorised(): Refusal {
  return new Refusal('unauthorised', 'The token is not valid, or not any more');
}

/** Who calls. @throws Refusal unauthorised */
export async function callerOf(db: Statements, { credential }: Caller): Promise<UserRow> {
  const sql = `SELECT ${USER_COLUMNS} FROM users WHERE token_hash = $1`;
  const user = await db.get<UserRow>(sql, Buffer.from(credential));
  if (!user) throw unauthorised();
  return user;
}

/**
 * Who calls, with nobody else changing anything of theirs until the transaction ends. Whoever changes what is a user's holds
 * that user's row; rows of several users are taken in the order of their keys, so that nobody waits in a circle.
 * @throws Refusal unauthorised
 */
export async function lockCaller(db: Statements, { credential }: Caller): Promise<UserRow> {
  const sql = `SELECT ${USER_COLUMNS} FROM users WHERE token_hash = $1 ORDER BY key FOR NO KEY UPDATE`;
  const user = await db.get<UserRow>(sql, Buffer.from(credential));
  if (!user) throw unauthorised();
  return user;
}

/**
 * The same for a user and one more, if that is somebody.
 * @param other a key
 * @throws Refusal unauthorised
 */
export async function lockPair(db: Statements, call: Caller, user: UserRow, other: number): Promise<UserRow> {
  const sql = `SELECT ${USER_COLUMNS} FROM users WHERE key IN ($1, $2) ORDER BY key FOR NO KEY UPDATE`;
  const rows = await db.all<UserRow>(sql, user.key, other);
  // Another token since it was looked up, or no account any more.
  const locked = rows.find(({ key }) => key === user.key);
  if (!locked?.token_hash.equals(call.credential)) throw unauthorised();
  return locked;
}

/** Accounts: who calls, what they show, and how they leave. */
export class Users {
  constructor(private readonly db: Database) {}

  async create(call: Caller & { name: string; discoverable: boolean; cell: string | null }): Promise<Me> {
    const { name, discoverable, cell, now } = call;
    if (cell !== null) homeOf(cell);
    const user = await this.db.transaction((tx) =>
      tx.get<UserRow>(
        `INSERT INTO users (id, name, token_hash, relation_key, discoverable, cell, last_cell, cell_set_at, created)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING ${USER_COLUMNS}`,
        ...[newId(now), name, Buffer.from(call.credential), randomBytes(16), discoverable, cell, cell],
        ...[cell === null ? null : now, now],
      ),
    );
    return meOf(user as UserRow, now);
  }

  async me(call: Caller): Promise<Me> {
    return meOf(await callerOf(this.db, call), call.now);
  }

  /** Who shows themselves again is told on all processes what was asked of them meanwhile. */
  async update(call: Caller & { patch: MePatch }, feed: Feed): Promise<Me> {
    const after = await this.db.transaction((tx) => this.#update(tx, call, feed), { idempotent: true });
    return meOf(after, call.now);
  }

  async #update(tx: Statements, call: Caller & { patch: MePatch }, feed: Feed): Promise<UserRow> {
    const { patch, now } = call;
    const user = await lockCaller(tx, call);
    const { cell, lastCell, cellSetAt } = cellAfter(user, patch.cell, now);
    const sql = `UPDATE users SET name = $2, discoverable = $3, cell = $4, last_cell = $5, cell_set_at = $6,
      shown_since = $7 WHERE key = $1 RETURNING ${USER_COLUMNS}`;
    const discoverable = patch.discoverable ?? user.discoverable;
    const shownSince = shownSinceAfter(user, patch.discoverable, now);
    const values = [patch.name ?? user.name, discoverable, cell, lastCell, cellSetAt, shownSince];
    const after = (await tx.get<UserRow>(sql, user.key, ...values)) as UserRow;
    if (after.discoverable !== user.discoverable || after.cell !== user.cell) {
      await withdrawAll(tx, user.key);
      if (after.discoverable) await enterAll(tx, after, now);
      if (after.discoverable && !user.discoverable) await tellAnew(tx, user.key);
    }
    if (after.discoverable && !user.discoverable) await feed.post(tx, [user.key]);
    // Who withdraws takes back what was told of them, too, and what they asked strangers.
    if (user.discoverable && !after.discoverable) {
      await forgetMatchesOf(tx, user.key);
      await tx.run('DELETE FROM friend_request WHERE asker = $1 AND state <> $2', user.key, ACCEPTED);
    }
    return after;
  }

  /** The user's streams on other processes end, too: what wakes them finds the token gone. */
  async rotate(call: Caller & { next: Uint8Array }, feed: Feed): Promise<UserRow> {
    return await this.db.transaction(async (tx) => {
      const user = await lockCaller(tx, call);
      await feed.post(tx, [user.key]);
      await tx.run('UPDATE users SET token_hash = $2 WHERE key = $1', user.key, Buffer.from(call.next));
      return user;
    });
  }

  /** Removes every trace. What others asked of somebody who leaves stays open for those, so that leaving tells nothing. */
  async delete(call: Caller, feed: Feed): Promise<UserRow> {
    return await this.db.transaction(async (tx) => {
      const user = await lockCaller(tx, call);
      await feed.post(tx, [user.key]);
      const { key } = user;
      await withdrawAll(tx, key);
      await forgetMatchesOf(tx, key);
      await tx.run('DELETE FROM relation WHERE user_key = $1 OR other = $1', key);
      await tx.run('DELETE FROM friend_request WHERE asker = $1 OR (target = $1 AND state = $2)', key, ACCEPTED);
      await tx.run('UPDATE friend_request SET target = NULL, state = $2 WHERE target = $1', key, SILENT);
      await tx.run('DELETE FROM notice WHERE user_key = $1 OR other = $1', key);
      for (const table of ['block', 'invitation', 'activity', 'feature', 'session']) {
        await tx.run(`DELETE FROM ${table} WHERE user_key = $1`, key);
      }
      await tx.run('DELETE FROM users WHERE key = $1', key);
      return user;
    });
  }
}
