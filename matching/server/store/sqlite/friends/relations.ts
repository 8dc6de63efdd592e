import { type Friend, MAX_FRIENDS, type Relation, type UserCard } from '../../../../schema/index.js';
import {
  ACCEPTED,
  BLOCKED,
  BLOCKS,
  DATED,
  DECLINED,
  FRIEND,
  isDeclinedSince,
  isFreshSince,
  mayHaveAsked,
  tooManyFriends,
} from '../../../rules/friends.js';
import { ShownIds } from '../../../rules/shown-ids.js';
import { iso } from '../../../rules/time.js';
import type { Database } from '../database.js';
import type { KnownUsers } from '../known.js';
import type { UserRow } from '../users.js';

const NONE: ReadonlyMap<number, number> = new Map();

/** How users stand to each other. */
export class Relations {
  constructor(
    private readonly db: Database,
    private readonly known: KnownUsers,
  ) {}

  /** How one user stands to everybody else, read when it is first needed. */
  seenBy(user: UserRow, now: number): Relationships {
    return new Relationships(this.db, this.known, user, now);
  }

  stateOf(user: number, other: number): { state: number; since: number } {
    const sql = 'SELECT state, since FROM relation WHERE user = ? AND other = ?';
    return this.db.get<{ state: number; since: number }>(sql, user, other) ?? { state: 0, since: 0 };
  }

  areFriends(user: number, other: number): boolean {
    return (this.stateOf(user, other).state & FRIEND) !== 0;
  }

  /** Whether one of the two blocks the other. */
  areApart(user: number, other: number): boolean {
    return (this.stateOf(user, other).state & (BLOCKS | BLOCKED)) !== 0;
  }

  /** Sets some bits of one side and clears others; with nobody on a side it takes the same statements and does nothing. */
  change(user: number, other: number, set: number, clear: number, now: number): void {
    this.db.run(
      `INSERT INTO relation (user, other, state, since)
       SELECT a.key, b.key, ?, ? FROM user a JOIN user b ON b.key = ? WHERE a.key = ?
       ON CONFLICT (user, other) DO UPDATE SET state = (state & ~?) | excluded.state,
         since = CASE WHEN excluded.state & ${DATED} THEN excluded.since ELSE since END`,
      ...[set, now, other, user, clear],
    );
    this.db.run('DELETE FROM relation WHERE user = ? AND other = ? AND state = 0', user, other);
    this.known.forget(user);
  }

  /** @throws Refusal limit-reached */
  befriend(user: number, other: number, now: number): void {
    for (const one of [user, other]) {
      const sql = 'SELECT count(*) AS count FROM relation WHERE user = ? AND state & 1';
      const { count } = this.db.get<{ count: number }>(sql, one) as { count: number };
      if (count >= MAX_FRIENDS) throw tooManyFriends();
    }
    this.change(user, other, FRIEND, DECLINED, now);
    this.change(other, user, FRIEND, DECLINED, now);
    this.db.run(
      `UPDATE friend_request SET state = ${ACCEPTED} WHERE (asker = ? AND target = ?) OR (asker = ? AND target = ?)`,
      ...[user, other, other, user],
    );
  }

  friends(user: UserRow): Friend[] {
    const rows = this.db.all<{ id: string; name: string; since: number }>(
      `SELECT user.id, user.name, relation.since FROM relation JOIN user ON user.key = relation.other
       WHERE relation.user = ? AND relation.state & 1 ORDER BY relation.since`,
      user.key,
    );
    const shown = new ShownIds(user.relation_key);
    return rows.map(({ id, name, since }) => ({ user: { id: shown.of(id), name }, since: iso(since) }));
  }

  /** Whom a user has said no to, as far as it still counts. */
  declined(user: UserRow, now: number): { id: string; since: string }[] {
    const rows = this.db.all<{ id: string; since: number }>(
      `SELECT user.id, relation.since FROM relation JOIN user ON user.key = relation.other
       WHERE relation.user = ? AND relation.state & ${DECLINED} AND relation.since > ?
       ORDER BY relation.since`,
      ...[user.key, isDeclinedSince(now)],
    );
    const shown = new ShownIds(user.relation_key);
    return rows.map(({ id, since }) => ({ id: shown.of(id), since: iso(since) }));
  }

  /** @returns undefined when they are none */
  friendship(user: UserRow, other: number): Friend | undefined {
    const { state, since } = this.stateOf(user.key, other);
    const card = state & FRIEND ? this.card(user, other) : undefined;
    return card ? { user: card, since: iso(since) } : undefined;
  }

  /** Somebody as `user` sees them. */
  card(user: UserRow, other: number): UserCard | undefined {
    const row = this.db.get<{ id: string; name: string }>('SELECT id, name FROM user WHERE key = ?', other);
    return row ? { id: new ShownIds(user.relation_key).of(row.id), name: row.name } : undefined;
  }

  haveFriendInCommon(user: number, other: number): boolean {
    const sql = `SELECT 1 FROM relation a JOIN relation b ON b.user = ? AND b.other = a.other
      WHERE a.user = ? AND a.state & b.state & 1 LIMIT 1`;
    return this.db.get(sql, other, user) !== undefined;
  }

  forgetUser(user: number): void {
    this.db.run('DELETE FROM relation WHERE user = ? OR other = ?', user, user);
    this.known.forget();
  }
}

/** One user's relations to all others, read at most once, and not at all when nobody is found. */
export class Relationships {
  #states: ReadonlyMap<number, number> | undefined;
  #asked: Set<number> | undefined;

  constructor(
    private readonly db: Database,
    private readonly known: KnownUsers,
    private readonly user: UserRow,
    private readonly now: number,
  ) {}

  isHidden(other: number): boolean {
    return (this.#stateOf(other) & (BLOCKS | BLOCKED)) !== 0;
  }

  to(other: number): Relation {
    if (this.#stateOf(other) & FRIEND) return 'friend';
    return this.#hasAsked(other) ? 'requested' : 'stranger';
  }

  /** Keys of the user's friends. */
  friends(): number[] {
    this.#states ??= this.#read();
    return [...this.#states].filter(([, state]) => state & FRIEND).map(([other]) => other);
  }

  #stateOf(other: number): number {
    this.#states ??= this.#read();
    return this.#states.get(other) ?? 0;
  }

  #read(): ReadonlyMap<number, number> {
    const known = this.known.get(this.user.key);
    if (known?.relations) return known.relations;
    const sql = 'SELECT other, state FROM relation WHERE user = ?';
    const rows = this.db.all<{ other: number; state: number }>(sql, this.user.key);
    const states = rows.length === 0 ? NONE : new Map(rows.map((row) => [row.other, row.state]));
    if (known) known.relations = states;
    return states;
  }

  /** Also when the other one has said no: that is never told. */
  #hasAsked(other: number): boolean {
    if (!mayHaveAsked(this.user, this.now)) return false;
    const sql = `SELECT target FROM friend_request WHERE asker = ? AND state <> ${ACCEPTED} AND made > ?`;
    this.#asked ??= new Set(
      this.db.all<{ target: number }>(sql, this.user.key, isFreshSince(this.now)).map(({ target }) => target),
    );
    return this.#asked.has(other);
  }
}
