import { type Blocks, type Friendship, MAX_BLOCKS, type SentRequest } from '../../../schema/index.js';
import {
  askOnceMore,
  BLOCKED,
  BLOCKS,
  DECLINED,
  FRIEND,
  type FriendsExport,
  isDeclinedSince,
  isFreshSince,
  NOBODY,
  noSuchInvitation,
  timesOf,
  tooManyBlocks,
} from '../../rules/friends.js';
import { iso } from '../../rules/time.js';
import type { Caller } from '../store.js';
import type { Statements } from './database.js';
import { forgetMatchesBetween } from './matches.js';
import {
  areApart,
  becomeFriends,
  change,
  declinedBy,
  forgetNotices,
  friendship,
  friendsOf,
  keyOf,
  stateOf,
} from './relations.js';
import { type Outcome, received, sent, silence, withdrawFrom } from './requests.js';
import { callerOf, lockCaller, lockPair, type UserRow } from './users.js';

/** Ends a friendship or takes a request back: whatever there is, and whether the id is somebody's or not. */
export async function remove(tx: Statements, call: Caller & { id: string }): Promise<void> {
  const { id, now } = call;
  const caller = await callerOf(tx, call);
  const other = await keyOf(tx, caller, id);
  const user = await lockPair(tx, call, caller, other);
  await withdrawFrom(tx, user.key, id, other);
  const { state } = await stateOf(tx, user.key, other);
  if (!(state & FRIEND)) return;
  await withdrawFrom(tx, other, '', user.key);
  await change(tx, [user.key, other], [0, FRIEND], now);
  await change(tx, [other, user.key], [0, FRIEND], now);
  await forgetNotices(tx, user.key, other);
}

/** @throws Refusal limit-reached */
export async function block(tx: Statements, call: Caller & { id: string }): Promise<void> {
  const { id, now } = call;
  const caller = await callerOf(tx, call);
  const other = await keyOf(tx, caller, id);
  const user = await lockPair(tx, call, caller, other);
  const sql = 'SELECT count(*) AS count FROM block WHERE user_key = $1 AND ref <> $2';
  const { count = 0 } = (await tx.get<{ count: number }>(sql, user.key, id)) ?? {};
  if (count >= MAX_BLOCKS) throw tooManyBlocks();
  const insert = 'INSERT INTO block (user_key, ref, since) VALUES ($1, $2, $3) ON CONFLICT (user_key, ref) DO NOTHING';
  await tx.run(insert, user.key, id, now);
  await withdrawFrom(tx, user.key, id, other);
  await silence(tx, other, user.key);
  await change(tx, [user.key, other], [BLOCKS, FRIEND], now);
  await change(tx, [other, user.key], [BLOCKED, FRIEND], now);
  await forgetMatchesBetween(tx, user.key, other);
  await forgetNotices(tx, user.key, other, { keepsRequest: true });
}

export async function unblock(tx: Statements, call: Caller & { id: string }): Promise<void> {
  const { id, now } = call;
  const caller = await callerOf(tx, call);
  const other = await keyOf(tx, caller, id);
  const user = await lockPair(tx, call, caller, other);
  const gone = await tx.run('DELETE FROM block WHERE user_key = $1 AND ref = $2', user.key, id);
  if (gone === 0) return;
  await change(tx, [user.key, other], [0, BLOCKS], now);
  await change(tx, [other, user.key], [0, BLOCKED], now);
}

export async function blocksOf(db: Statements, user: UserRow): Promise<Blocks> {
  const sql = 'SELECT ref, since FROM block WHERE user_key = $1 ORDER BY since, ref';
  const rows = await db.all<{ ref: string; since: number }>(sql, user.key);
  return { blocks: rows.map(({ ref, since }) => ({ id: ref, since: iso(since) })) };
}

/** @throws Refusal too-many-requests */
export async function invite(tx: Statements, call: Caller & { hash: Uint8Array }): Promise<{ expiresAt: string }> {
  const user = await lockCaller(tx, call);
  const { asked_on, asked } = askOnceMore(user, call.now);
  await tx.run('UPDATE users SET asked_on = $2, asked = $3 WHERE key = $1', user.key, asked_on, asked);
  const sql = 'INSERT INTO invitation (hash, user_key, made) VALUES ($1, $2, $3)';
  await tx.run(sql, Buffer.from(call.hash), user.key, call.now);
  return { expiresAt: timesOf(call.now).expiresAt };
}

/**
 * Makes friends of who uses an invitation and who made it.
 * @throws Refusal not-found, for every reason there is; limit-reached
 */
export async function useInvitation(
  tx: Statements,
  call: Caller,
  hash: Uint8Array,
): Promise<Outcome<SentRequest | Friendship> & { isNew: boolean }> {
  const { now } = call;
  const caller = await callerOf(tx, call);
  const sql = 'SELECT user_key FROM invitation WHERE hash = $1 AND made > $2';
  const read = async (): Promise<number> =>
    (await tx.get<{ user_key: number }>(sql, Buffer.from(hash), isFreshSince(now)))?.user_key ?? NOBODY;
  const user = await lockPair(tx, call, caller, await read());
  // Somebody else may have used it while this one waited.
  const inviter = await read();
  const isApart = await areApart(tx, user.key, inviter);
  if (inviter === NOBODY || inviter === user.key || isApart) throw noSuchInvitation();
  const already = await friendship(tx, user, inviter);
  if (already) return { answer: { state: 'accepted', friend: already }, told: NOBODY, isNew: false };
  const friend = await becomeFriends(tx, user, inviter, now);
  await tx.run('DELETE FROM invitation WHERE hash = $1', Buffer.from(hash));
  return { answer: { state: 'accepted', friend }, told: inviter, isNew: false };
}

export async function exportFriends(db: Statements, user: UserRow, now: number): Promise<FriendsExport> {
  const sql = 'SELECT made FROM invitation WHERE user_key = $1 AND made > $2 ORDER BY made';
  const invitations = await db.all<{ made: number }>(sql, user.key, isFreshSince(now));
  return {
    friends: await friendsOf(db, user),
    sentRequests: await sent(db, user, now),
    receivedRequests: await received(db, user, now),
    ...(await blocksOf(db, user)),
    declined: await declinedBy(db, user, now),
    invitations: invitations.map(({ made }) => ({ expiresAt: timesOf(made).expiresAt })),
  };
}

/** Removes what is past its time, at most 500 rows of each kind. Returns how many of the kind of which there were most. */
export async function sweepFriends(db: Statements, now: number): Promise<number> {
  const some = 'LIMIT 500 FOR UPDATE SKIP LOCKED';
  const sweeps: [string, number][] = [
    [
      `DELETE FROM friend_request WHERE (asker, ref, by_match) IN
         (SELECT asker, ref, by_match FROM friend_request WHERE made <= $1 ${some})`,
      isFreshSince(now),
    ],
    [`DELETE FROM invitation WHERE hash IN (SELECT hash FROM invitation WHERE made <= $1 ${some})`, isFreshSince(now)],
    [
      `DELETE FROM notice WHERE (user_key, seq) IN (SELECT user_key, seq FROM notice WHERE at <= $1 ${some})`,
      isFreshSince(now),
    ],
    [
      `DELETE FROM relation WHERE (user_key, other) IN
         (SELECT user_key, other FROM relation WHERE state = ${DECLINED} AND since <= $1 ${some})`,
      isDeclinedSince(now),
    ],
  ];
  let most = 0;
  for (const [sql, before] of sweeps) most = Math.max(most, await db.run(sql, before));
  return most;
}
