import { randomBytes } from 'node:crypto';
import { newId } from '../../../../vocabulary/index.js';
import type { Me, MePatch } from '../../../schema/index.js';
import { Refusal } from '../../refusal.js';
import { cellAfter, meOf, shownSinceAfter } from '../../rules/accounts.js';
import { homeOf } from '../../rules/cells.js';
import { cellRestedSince } from '../../rules/people.js';
import type { Caller } from '../store.js';
import { type Database, SWEPT_AT_ONCE } from './database.js';
import type { Features } from './features.js';
import type { Friends } from './friends/friends.js';
import type { KnownUsers } from './known.js';
import type { LiveIndex } from './live.js';
import type { Matches } from './matches.js';

export interface UserRow {
  key: number;
  id: string;
  name: string;
  relation_key: Uint8Array;
  discoverable: number;
  shown_since: number;
  cell: string | null;
  last_cell: string | null;
  cell_set_at: number | null;
  created: number;
  asked_on: number;
  asked: number;
}

/** Accounts: who calls, what they show, and how they leave. */
export class Users {
  constructor(
    private readonly db: Database,
    private readonly known: KnownUsers,
    private readonly live: LiveIndex,
    private readonly matches: Matches,
    private readonly friends: Friends,
    private readonly features: Features,
  ) {}

  /** @throws Refusal unauthorised */
  caller({ credential }: Caller): UserRow {
    const user = this.known.calling(credential)?.row;
    if (!user) throw new Refusal('unauthorised', 'The token is not valid, or not any more');
    return user;
  }

  create(call: Caller & { name: string; discoverable: boolean; cell: string | null }): Me {
    if (call.cell !== null) homeOf(call.cell);
    const id = newId(call.now);
    this.db.run(
      `INSERT INTO user (id, name, token_hash, relation_key, discoverable, cell, last_cell, cell_set_at, created)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[id, call.name, call.credential, randomBytes(16), Number(call.discoverable), call.cell, call.cell],
      ...[call.cell === null ? null : call.now, call.now],
    );
    return meOf(this.caller(call), call.now);
  }

  count(): number {
    return this.db.get<{ count: number }>('SELECT count(*) AS count FROM user')?.count ?? 0;
  }

  me(call: Caller): Me {
    return meOf(this.caller(call), call.now);
  }

  update(call: Caller & { patch: MePatch }): Me {
    const user = this.caller(call);
    const { patch, now } = call;
    const next = {
      name: patch.name ?? user.name,
      discoverable: Number(patch.discoverable ?? user.discoverable),
      shownSince: shownSinceAfter(user, patch.discoverable, now),
      ...cellAfter(user, patch.cell, now),
    };
    this.db.run(
      `UPDATE user SET name = ?, discoverable = ?, shown_since = ?, cell = ?, last_cell = ?, cell_set_at = ?
       WHERE key = ?`,
      ...[next.name, next.discoverable, next.shownSince, next.cell, next.lastCell, next.cellSetAt, user.key],
    );
    this.known.forget(user.key);
    const after = this.caller(call);
    if (after.discoverable !== user.discoverable || after.cell !== user.cell) {
      this.live.move(user, after, now);
      this.matches.movedUser(user.key, now);
      this.features.move(user, after);
    }
    // Who withdraws takes back what was told of them, too, and what they asked strangers.
    if (user.discoverable && !after.discoverable) {
      this.matches.forgetUser(user.key, now);
      this.friends.requests.withdraw(user.key);
    }
    return meOf(after, now);
  }

  rotate(call: Caller & { next: Uint8Array }): string {
    const user = this.caller(call);
    this.db.run('UPDATE user SET token_hash = ? WHERE key = ?', call.next, user.key);
    this.known.forget(user.key);
    return user.id;
  }

  /** Forgets cells that were taken away, once they no longer count; at most `SWEPT_AT_ONCE`. @returns how many */
  forgetCells(now: number): number {
    const forgotten = this.db.run(
      `UPDATE user SET last_cell = NULL, cell_set_at = NULL WHERE key IN
       (SELECT key FROM user WHERE cell IS NULL AND cell_set_at <= ? LIMIT ${SWEPT_AT_ONCE})`,
      cellRestedSince(now),
    );
    if (forgotten > 0) this.known.forget();
    return forgotten;
  }

  delete(call: Caller): string {
    const user = this.caller(call);
    this.live.withdraw(user);
    this.matches.forgetUser(user.key, call.now);
    this.friends.forgetUser(user.key);
    this.features.forgetUser(user);
    this.db.run('DELETE FROM activity WHERE user = ?', user.key);
    this.db.run('DELETE FROM user WHERE key = ?', user.key);
    this.known.forget(user.key);
    return user.id;
  }
}
