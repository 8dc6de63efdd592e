import { randomUUID } from 'node:crypto';
import type { Declined, FriendRequests, Friendship, ReceivedRequest, SentRequest } from '../../../schema/index.js';
import {
  ACCEPTED,
  admitAsking,
  askOnceMore,
  blockedByYou,
  DECLINED,
  FRIEND,
  isFreshSince,
  isToldSince,
  NOBODY,
  noSuchRequest,
  OPEN,
  REQUESTED,
  type Ref,
  type RequestRow,
  receivedOf,
  refOf,
  SILENT,
  sentOf,
  stateOfNew,
} from '../../rules/friends.js';
import type { Caller } from '../store.js';
import type { Statements } from './database.js';
import { areApart, becomeFriends, cardOf, change, friendship, keyOf, notify, stateOf } from './relations.js';
import { callerOf, lockPair, type UserRow } from './users.js';

type Row = RequestRow<string>;

/** Of a request, as USER_COLUMNS of a user. */
const COLUMNS = 'asker, ref, by_match, id, target, state, activity, made';

/** What comes of asking or answering, and the key of the user whom it is told, or NOBODY. */
export interface Outcome<T> {
  answer: T;
  told: number;
}

/** Whoever else is meant by a request stands still, too; the answer says nothing of whether there is anybody. */
async function targetOf(db: Statements, user: UserRow, to: Ref): Promise<number> {
  if ('userId' in to) return await keyOf(db, user, to.userId);
  const sql = 'SELECT other AS key FROM match WHERE user_key = $1 AND id = $2';
  return (await db.get<{ key: number }>(sql, user.key, to.matchId))?.key ?? NOBODY;
}

/**
 * Asks. The answer is the same whether the other one is undecided, has said no, blocks, hides or does not exist; only who has
 * asked, too, is a friend at once.
 * @throws Refusal not-discoverable, blocked-by-you, too-many-requests
 */
export async function ask(
  tx: Statements,
  call: Caller,
  to: Ref,
): Promise<Outcome<SentRequest | Friendship> & { isNew: boolean }> {
  const { now } = call;
  const caller = await callerOf(tx, call);
  const target = await targetOf(tx, caller, to);
  const user = await lockPair(tx, call, caller, target);
  admitAsking(user);
  if ('userId' in to && (await blocks(tx, user, to.userId))) throw blockedByYou();
  const known = await requestTo(tx, user, to, now);
  if (known && known.state !== ACCEPTED) return { answer: sentOf(known), told: NOBODY, isNew: false };
  const already = await friendship(tx, user, target);
  if (already) return { answer: { state: 'accepted', friend: already }, told: NOBODY, isNew: false };
  const { asked_on, asked } = askOnceMore(user, now);
  const isCrossing = (await isAskedBy(tx, target, user.key, now)) && !(await areApart(tx, user.key, target));
  if (isCrossing) {
    const friend = await becomeFriends(tx, user, target, now);
    return { answer: { state: 'accepted', friend }, told: target, isNew: false };
  }
  await tx.run('UPDATE users SET asked_on = $2, asked = $3 WHERE key = $1', user.key, asked_on, asked);
  const state = await stateFor(tx, user.key, target, now);
  const row = await insert(tx, user.key, to, target, state, now);
  // With nobody to tell, nobody's row is found.
  const wasTold = await isNotified(tx, target, user.key, now);
  const told = state === OPEN && !wasTold ? target : NOBODY;
  await notify(tx, told, REQUESTED, user.key, now);
  return { answer: sentOf(row), told, isNew: true };
}

async function blocks(db: Statements, user: UserRow, shown: string): Promise<boolean> {
  const sql = 'SELECT 1 AS yes FROM block WHERE user_key = $1 AND ref = $2';
  return (await db.get<{ yes: number }>(sql, user.key, shown)) !== undefined;
}

/** @throws Refusal not-found, limit-reached */
export async function answer(
  tx: Statements,
  call: Caller & { id: string; state: 'accepted' | 'declined' },
): Promise<Outcome<Friendship | Declined>> {
  const { id, state, now } = call;
  const caller = await callerOf(tx, call);
  const sql = `SELECT ${COLUMNS} FROM friend_request WHERE target = $1 AND id = $2 AND made > $3`;
  const read = (): Promise<Row | undefined> => tx.get<Row>(sql, caller.key, id, isFreshSince(now));
  const user = await lockPair(tx, call, caller, (await read())?.asker ?? NOBODY);
  const row = await read();
  const isApart = await areApart(tx, user.key, row?.asker ?? NOBODY);
  if (!row || isApart) throw noSuchRequest();
  if (row.state === ACCEPTED) {
    const friend = await friendship(tx, user, row.asker);
    if (!friend || state === 'declined') throw noSuchRequest();
    return { answer: { state: 'accepted', friend }, told: NOBODY };
  }
  if (state === 'accepted') {
    return { answer: { state, friend: await becomeFriends(tx, user, row.asker, now) }, told: row.asker };
  }
  await silence(tx, row.asker, user.key);
  await change(tx, [user.key, row.asker], [DECLINED, DECLINED], now);
  return { answer: { state: 'declined' }, told: NOBODY };
}

export async function listRequests(db: Statements, user: UserRow, now: number): Promise<FriendRequests> {
  return { received: await received(db, user, now), sent: await sent(db, user, now) };
}

export async function sent(db: Statements, user: UserRow, now: number): Promise<SentRequest[]> {
  const sql = `SELECT ${COLUMNS} FROM friend_request WHERE asker = $1 AND state <> ${ACCEPTED} AND made > $2 ORDER BY key DESC`;
  return (await db.all<Row>(sql, user.key, isFreshSince(now))).map(sentOf);
}

/** Who does not show does not see. */
export async function received(db: Statements, user: UserRow, now: number): Promise<ReceivedRequest[]> {
  if (!user.discoverable) return [];
  const sql = `SELECT ${COLUMNS} FROM friend_request WHERE target = $1 AND state = ${OPEN} AND made > $2
    ORDER BY made DESC, key LIMIT 100`;
  const rows = await db.all<Row>(sql, user.key, isFreshSince(now));
  const shown = await Promise.all(rows.map((row) => shownTo(db, user, row)));
  return shown.flatMap((one) => one ?? []);
}

/** The open request of one asker. */
export async function receivedFrom(
  db: Statements,
  user: UserRow,
  asker: number,
  now: number,
): Promise<ReceivedRequest | undefined> {
  const sql = `SELECT ${COLUMNS} FROM friend_request WHERE asker = $1 AND target = $2 AND state = ${OPEN} AND made > $3`;
  const row = await db.get<Row>(sql, asker, user.key, isFreshSince(now));
  return row && user.discoverable ? await shownTo(db, user, row) : undefined;
}

/** Takes back what a user has asked of one person, whether that is somebody or not. */
export async function withdrawFrom(db: Statements, user: number, shown: string, other: number): Promise<void> {
  await db.run('DELETE FROM friend_request WHERE asker = $1 AND (ref = $2 OR target = $3)', user, shown, other);
}

/** Keeps a request open for its asker, and for nobody else. */
export async function silence(db: Statements, asker: number, target: number): Promise<void> {
  const sql = `UPDATE friend_request SET state = ${SILENT} WHERE asker = $1 AND target = $2 AND state = ${OPEN}`;
  await db.run(sql, asker, target);
}

async function requestTo(db: Statements, user: UserRow, to: Ref, now: number): Promise<Row | undefined> {
  const { ref, byMatch } = refOf(to);
  const sql = `SELECT ${COLUMNS} FROM friend_request WHERE asker = $1 AND ref = $2 AND by_match = $3 AND made > $4`;
  return await db.get<Row>(sql, user.key, ref, byMatch, isFreshSince(now));
}

async function isAskedBy(db: Statements, asker: number, target: number, now: number): Promise<boolean> {
  const sql = `SELECT 1 FROM friend_request
    WHERE asker = $1 AND target = $2 AND state <> ${ACCEPTED} AND made > $3 LIMIT 1`;
  return (await db.get(sql, asker, target, isFreshSince(now))) !== undefined;
}

/** Whether a user has been told of a request within a day: who asks, takes it back and asks again is heard once. */
async function isNotified(db: Statements, user: number, other: number, now: number): Promise<boolean> {
  const sql = 'SELECT 1 FROM notice WHERE user_key = $1 AND other = $2 AND kind = $3 AND at > $4 LIMIT 1';
  return (await db.get(sql, user, other, REQUESTED, isToldSince(now))) !== undefined;
}

/** Whether the one who is asked gets to see it. */
async function stateFor(db: Statements, asker: number, target: number, now: number): Promise<number> {
  const standing = {
    isSomebody: (await db.get('SELECT 1 FROM users WHERE key = $1', target)) !== undefined,
    theirs: await stateOf(db, target, asker),
    isAskedAlready: await isAskedBy(db, asker, target, now),
    isApart: await areApart(db, asker, target),
  };
  return stateOfNew(standing, now);
}

async function insert(
  db: Statements,
  asker: number,
  to: Ref,
  target: number,
  state: number,
  now: number,
): Promise<Row> {
  const { ref, byMatch } = refOf(to);
  await db.run('DELETE FROM friend_request WHERE asker = $1 AND ref = $2 AND by_match = $3', asker, ref, byMatch);
  return (await db.get<Row>(
    `INSERT INTO friend_request (asker, ref, by_match, id, target, state, activity, made)
     VALUES ($1, $2, $3, $4, $5, $6,
       (SELECT activity FROM match WHERE user_key = $1 AND other = $7 ORDER BY id = $2 DESC, seq DESC LIMIT 1), $8)
     RETURNING ${COLUMNS}`,
    ...[asker, ref, byMatch, randomUUID(), target === NOBODY ? null : target, state, target, now],
  )) as Row;
}

async function shownTo(db: Statements, user: UserRow, row: Row): Promise<ReceivedRequest | undefined> {
  const card = await cardOf(db, user, row.asker);
  if (!card) return undefined;
  const common = await db.get(
    `SELECT 1 FROM relation a JOIN relation b ON b.user_key = $2 AND b.other = a.other
     WHERE a.user_key = $1 AND a.state & b.state & ${FRIEND} <> 0 LIMIT 1`,
    ...[row.asker, user.key],
  );
  return receivedOf(row, card, common !== undefined);
}
