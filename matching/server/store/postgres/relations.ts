import { type Friend, MAX_FRIENDS, type UserCard } from '../../../schema/index.js';
import {
  ACCEPTED,
  ANSWERED,
  BLOCKED,
  BLOCKS,
  DATED,
  DECLINED,
  FRIEND,
  isDeclinedSince,
  NOBODY,
  noSuchRequest,
  REQUESTED,
  tooManyFriends,
} from '../../rules/friends.js';
import { ShownIds } from '../../rules/shown-ids.js';
import { iso } from '../../rules/time.js';
import type { Statements } from './database.js';
import type { UserRow } from './users.js';

/** How one user stands to another: bits, and since when. */
export async function stateOf(db: Statements, user: number, other: number): Promise<{ state: number; since: number }> {
  const sql = 'SELECT state, since FROM relation WHERE user_key = $1 AND other = $2';
  return (await db.get<{ state: number; since: number }>(sql, user, other)) ?? { state: 0, since: 0 };
}

/** Whether one of the two blocks the other. */
export async function areApart(db: Statements, user: number, other: number): Promise<boolean> {
  return ((await stateOf(db, user, other)).state & (BLOCKS | BLOCKED)) !== 0;
}

/** Sets some bits of one side and clears others; with nobody on a side it takes the same statements and does nothing. */
export async function change(
  db: Statements,
  [user, other]: readonly [number, number],
  [set, clear]: readonly [number, number],
  now: number,
): Promise<void> {
  await db.run(
    `INSERT INTO relation (user_key, other, state, since)
     SELECT a.key, b.key, $3::int, $4::bigint FROM users a JOIN users b ON b.key = $2 WHERE a.key = $1 ORDER BY a.key
     ON CONFLICT (user_key, other) DO UPDATE
     SET state = (relation.state & ~$5::int) | excluded.state,
       since = CASE WHEN excluded.state & ${DATED} <> 0 THEN excluded.since ELSE relation.since END`,
    ...[user, other, set, now, clear],
  );
  await db.run('DELETE FROM relation WHERE user_key = $1 AND other = $2 AND state = 0', user, other);
}

/** Makes friends of two, and writes down that the other one is to be told. @throws Refusal limit-reached */
export async function becomeFriends(db: Statements, user: UserRow, other: number, now: number): Promise<Friend> {
  const crowded = await db.get(
    `SELECT 1 FROM relation WHERE user_key IN ($1, $2) AND state & ${FRIEND} <> 0
     GROUP BY user_key HAVING count(*) >= ${MAX_FRIENDS}`,
    ...[user.key, other],
  );
  if (crowded) throw tooManyFriends();
  await change(db, [user.key, other], [FRIEND, DECLINED], now);
  await change(db, [other, user.key], [FRIEND, DECLINED], now);
  await db.run(
    `UPDATE friend_request SET state = ${ACCEPTED} WHERE (asker = $1 AND target = $2) OR (asker = $2 AND target = $1)`,
    ...[user.key, other],
  );
  await notify(db, other, ANSWERED, user.key, now);
  const friend = await friendship(db, user, other);
  if (!friend) throw noSuchRequest();
  return friend;
}

export async function friendsOf(db: Statements, user: UserRow): Promise<Friend[]> {
  const rows = await db.all<{ id: string; name: string; since: number }>(
    `SELECT users.id, users.name, relation.since FROM relation JOIN users ON users.key = relation.other
     WHERE relation.user_key = $1 AND relation.state & ${FRIEND} <> 0 ORDER BY relation.since, relation.other`,
    user.key,
  );
  const shown = new ShownIds(user.relation_key);
  return rows.map(({ id, name, since }) => ({ user: { id: shown.of(id), name }, since: iso(since) }));
}

/** Whom a user has said no to, as far as it still counts. */
export async function declinedBy(db: Statements, user: UserRow, now: number): Promise<{ id: string; since: string }[]> {
  const rows = await db.all<{ id: string; since: number }>(
    `SELECT users.id, relation.since FROM relation JOIN users ON users.key = relation.other
     WHERE relation.user_key = $1 AND relation.state & ${DECLINED} <> 0 AND relation.since > $2
     ORDER BY relation.since, relation.other`,
    ...[user.key, isDeclinedSince(now)],
  );
  const shown = new ShownIds(user.relation_key);
  return rows.map(({ id, since }) => ({ id: shown.of(id), since: iso(since) }));
}

/** @returns undefined when they are none */
export async function friendship(db: Statements, user: UserRow, other: number): Promise<Friend | undefined> {
  const { state, since } = await stateOf(db, user.key, other);
  const card = state & FRIEND ? await cardOf(db, user, other) : undefined;
  return card ? { user: card, since: iso(since) } : undefined;
}

/** Somebody as `user` sees them. */
export async function cardOf(db: Statements, user: UserRow, other: number): Promise<UserCard | undefined> {
  const row = await db.get<{ id: string; name: string }>('SELECT id, name FROM users WHERE key = $1', other);
  return row ? { id: new ShownIds(user.relation_key).of(row.id), name: row.name } : undefined;
}

/** The key of who is behind an id as it was shown to a user, or NOBODY. */
export async function keyOf(db: Statements, user: UserRow, shown: string): Promise<number> {
  const id = new ShownIds(user.relation_key).whose(shown);
  return (await db.get<{ key: number }>('SELECT key FROM users WHERE id = $1', id))?.key ?? NOBODY;
}

/** Writes down that something is to be told to a user, behind everything that they were told before. */
export async function notify(db: Statements, user: number, kind: number, other: number, now: number): Promise<void> {
  await db.run('UPDATE users SET seq = seq + 1 WHERE key = $1', user);
  await db.run(
    `INSERT INTO notice (user_key, seq, kind, other, at)
     SELECT key, seq, $2::int, $3::bigint, $4::bigint FROM users WHERE key = $1`,
    ...[user, kind, other, now],
  );
}

/**
 * Forgets what two users were told of each other, when one of them has ended it.
 * @param keepsRequest whether the other one's having been told of the user's request stays. It shows nothing any more, and keeps who
 *   asks again, as after a block that was taken back, from being heard twice
 */
export async function forgetNotices(
  db: Statements,
  user: number,
  other: number,
  { keepsRequest = false } = {},
): Promise<void> {
  const sql =
    'DELETE FROM notice WHERE (user_key = $1 AND other = $2) OR (user_key = $2 AND other = $1 AND kind >= $3)';
  await db.run(sql, user, other, keepsRequest ? ANSWERED : REQUESTED);
}
