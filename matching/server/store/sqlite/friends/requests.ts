import { randomUUID } from 'node:crypto';
import type { Declined, FriendRequests, Friendship, ReceivedRequest, SentRequest } from '../../../../schema/index.js';
import {
  ACCEPTED,
  ANSWERED,
  admitAsking,
  askOnceMore,
  blockedByYou,
  DECLINED,
  isFreshSince,
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
} from '../../../rules/friends.js';
import { ShownIds } from '../../../rules/shown-ids.js';
import type { Database } from '../database.js';
import { bytesOfId, idOfBytes } from '../ids.js';
import type { KnownUsers } from '../known.js';
import type { Matches } from '../matches.js';
import type { Sequence } from '../sequence.js';
import type { UserRow } from '../users.js';
import { isNotified, notify } from './notices.js';
import type { Relations } from './relations.js';

type Row = RequestRow<Uint8Array>;

/** What comes of asking or answering, and the users whom it is told. */
export interface Outcome<T> {
  answer: T;
  told: string[];
}

/** Requests for friendship, between people whom the endpoint has reported to each other. */
export class Requests {
  constructor(
    private readonly db: Database,
    private readonly known: KnownUsers,
    private readonly relations: Relations,
    private readonly matches: Matches,
    private readonly sequence: Sequence,
  ) {}

  /**
   * Asks. The answer is the same whether the other one is undecided, has said no, blocks, hides or does not exist; only
   * who has asked, too, is a friend at once.
   * @throws Refusal not-discoverable, blocked-by-you, too-many-requests
   */
  ask(user: UserRow, to: Ref, now: number): Outcome<SentRequest | Friendship> & { isNew: boolean } {
    admitAsking(user);
    if ('userId' in to && this.#blocks(user, to.userId)) throw blockedByYou();
    const known = this.#known(user, to, now);
    if (known && known.state !== ACCEPTED) return { answer: sentBy(known), told: [], isNew: false };
    const target = this.#targetOf(user, to);
    const already = this.relations.friendship(user, target);
    if (already) return { answer: { state: 'accepted', friend: already }, told: [], isNew: false };
    const { asked_on, asked } = askOnceMore(user, now);
    const crossing = this.#isAskedBy(target, user.key, now) && !this.relations.areApart(user.key, target);
    if (crossing) {
      const answer = this.becomeFriends(user, target, now);
      return { answer, told: this.#idOf(target), isNew: false };
    }
    this.db.run('UPDATE user SET asked_on = ?, asked = ? WHERE key = ?', asked_on, asked, user.key);
    this.known.forget(user.key);
    const state = this.#stateFor(user.key, target, now);
    const row = this.#insert(user.key, to, target, state, now);
    // With nobody to tell, nobody's row is found.
    const wasTold = isNotified(this.db, target, REQUESTED, user.key, now);
    const told = state === OPEN && !wasTold ? target : NOBODY;
    notify(this.db, this.sequence, told, REQUESTED, user.key, now);
    return { answer: sentBy(row), told: this.#idOf(told), isNew: true };
  }

  #blocks(user: UserRow, shown: string): boolean {
    return this.db.get('SELECT 1 FROM block WHERE user = ? AND ref = ?', user.key, shown) !== undefined;
  }

  /** @throws Refusal not-found, limit-reached */
  answer(user: UserRow, id: string, state: 'accepted' | 'declined', now: number): Outcome<Friendship | Declined> {
    const row = this.db.get<Row>(
      'SELECT * FROM friend_request WHERE target = ? AND id = ? AND made > ?',
      ...[user.key, bytesOfId(id), isFreshSince(now)],
    );
    const isApart = this.relations.areApart(user.key, row?.asker ?? NOBODY);
    if (!row || isApart) throw noSuchRequest();
    if (row.state === ACCEPTED) {
      const friend = this.relations.friendship(user, row.asker);
      if (!friend || state === 'declined') throw noSuchRequest();
      return { answer: { state: 'accepted', friend }, told: [] };
    }
    if (state === 'accepted') {
      return { answer: this.becomeFriends(user, row.asker, now), told: this.#idOf(row.asker) };
    }
    this.silence(row.asker, user.key);
    this.relations.change(user.key, row.asker, DECLINED, DECLINED, now);
    return { answer: { state: 'declined' }, told: [] };
  }

  /** Makes friends of the two, and tells the other one. @throws Refusal limit-reached */
  becomeFriends(user: UserRow, other: number, now: number): Friendship {
    this.relations.befriend(user.key, other, now);
    notify(this.db, this.sequence, other, ANSWERED, user.key, now);
    const friend = this.relations.friendship(user, other);
    if (!friend) throw noSuchRequest();
    return { state: 'accepted', friend };
  }

  list(user: UserRow, now: number): FriendRequests {
    return { received: this.received(user, now), sent: this.sent(user, now) };
  }

  sent(user: UserRow, now: number): SentRequest[] {
    const sql = `SELECT * FROM friend_request WHERE asker = ? AND state <> ${ACCEPTED} AND made > ? ORDER BY key DESC`;
    return this.db.all<Row>(sql, user.key, isFreshSince(now)).map(sentBy);
  }

  /** Who does not show does not see. */
  received(user: UserRow, now: number): ReceivedRequest[] {
    if (!user.discoverable) return [];
    const sql = `SELECT * FROM friend_request WHERE target = ? AND state = ${OPEN} AND made > ?
      ORDER BY made DESC LIMIT 100`;
    const rows = this.db.all<Row>(sql, user.key, isFreshSince(now));
    return rows.flatMap((row) => this.#shownTo(user, row) ?? []);
  }

  /** How many wait for an answer. */
  count(user: UserRow, now: number): number {
    if (!user.discoverable) return 0;
    const known = this.known.get(user.key);
    if (known?.isAsked === false) return 0;
    const sql = `SELECT count(*) AS count FROM friend_request WHERE target = ? AND state = ${OPEN} AND made > ?`;
    const count = this.db.get<{ count: number }>(sql, user.key, isFreshSince(now))?.count ?? 0;
    if (known) known.isAsked = count > 0;
    return count;
  }

  /** The open request of one asker. */
  receivedFrom(user: UserRow, asker: number, now: number): ReceivedRequest | undefined {
    const sql = `SELECT * FROM friend_request WHERE asker = ? AND target = ? AND state = ${OPEN} AND made > ?`;
    const row = this.db.get<Row>(sql, asker, user.key, isFreshSince(now));
    return row && user.discoverable ? this.#shownTo(user, row) : undefined;
  }

  /** Takes back everything that a user has asked for. */
  withdraw(user: number): void {
    this.db.run(`DELETE FROM friend_request WHERE asker = ? AND state <> ${ACCEPTED}`, user);
  }

  /** Takes back what a user has asked of one person, whether that is somebody or not. */
  withdrawFrom(user: number, shown: string, other: number): void {
    this.db.run('DELETE FROM friend_request WHERE asker = ? AND (ref = ? OR target = ?)', user, shown, other);
  }

  /** Keeps a request open for its asker, and for nobody else. */
  silence(asker: number, target: number): void {
    const sql = `UPDATE friend_request SET state = ${SILENT} WHERE asker = ? AND target = ? AND state = ${OPEN}`;
    this.db.run(sql, asker, target);
  }

  forgetUser(user: number): void {
    this.db.run(`DELETE FROM friend_request WHERE asker = ? OR (target = ? AND state = ${ACCEPTED})`, user, user);
    this.db.run(`UPDATE friend_request SET target = NULL, state = ${SILENT} WHERE target = ?`, user);
  }

  #known(user: UserRow, to: Ref, now: number): Row | undefined {
    const { ref, byMatch } = refOf(to);
    const row = this.db.get<Row>(
      'SELECT * FROM friend_request WHERE asker = ? AND ref = ? AND by_match = ?',
      ...[user.key, ref, byMatch],
    );
    return row && row.made > isFreshSince(now) ? row : undefined;
  }

  #targetOf(user: UserRow, to: Ref): number {
    if ('matchId' in to) return this.matches.find(user.key, to.matchId)?.other ?? NOBODY;
    const id = new ShownIds(user.relation_key).whose(to.userId);
    return this.db.get<{ key: number }>('SELECT key FROM user WHERE id = ?', id)?.key ?? NOBODY;
  }

  #isAskedBy(asker: number, target: number, now: number): boolean {
    const sql = `SELECT 1 FROM friend_request WHERE asker = ? AND target = ? AND state <> ${ACCEPTED} AND made > ? LIMIT 1`;
    return this.db.get(sql, asker, target, isFreshSince(now)) !== undefined;
  }

  /** Whether the one who is asked gets to see it. */
  #stateFor(asker: number, target: number, now: number): number {
    const standing = {
      isSomebody: this.db.get('SELECT 1 FROM user WHERE key = ?', target) !== undefined,
      theirs: this.relations.stateOf(target, asker),
      isAskedAlready: this.#isAskedBy(asker, target, now),
      isApart: this.relations.areApart(asker, target),
    };
    return stateOfNew(standing, now);
  }

  #insert(asker: number, to: Ref, target: number, state: number, now: number): Row {
    const { ref, byMatch } = refOf(to);
    const activity = this.matches.activityOf(asker, target, now, byMatch ? ref : undefined);
    this.known.forget(target);
    return this.db.get<Row>(
      `INSERT OR REPLACE INTO friend_request (asker, ref, by_match, id, target, state, activity, made)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`,
      ...[asker, ref, byMatch, bytesOfId(randomUUID()), target === NOBODY ? null : target, state, activity, now],
    ) as Row;
  }

  #shownTo(user: UserRow, row: Row): ReceivedRequest | undefined {
    const card = this.relations.card(user, row.asker);
    if (!card) return undefined;
    const mutualFriends = this.relations.haveFriendInCommon(user.key, row.asker);
    return receivedOf(withId(row), card, mutualFriends);
  }

  #idOf(key: number): string[] {
    return this.db.all<{ id: string }>('SELECT id FROM user WHERE key = ?', key).map(({ id }) => id);
  }
}

function sentBy(row: Row): SentRequest {
  return sentOf(withId(row));
}

function withId(row: Row): RequestRow<string> {
  return { ...row, id: idOfBytes(row.id) };
}
