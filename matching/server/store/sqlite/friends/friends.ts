import { type Blocks, type Friends as FriendList, MAX_BLOCKS } from '../../../../schema/index.js';
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
} from '../../../rules/friends.js';
import { ShownIds } from '../../../rules/shown-ids.js';
import { iso } from '../../../rules/time.js';
import type { Told } from '../../../rules/told.js';
import { type Database, SWEPT_AT_ONCE } from '../database.js';
import type { KnownUsers } from '../known.js';
import type { Matches } from '../matches.js';
import type { Sequence } from '../sequence.js';
import type { UserRow } from '../users.js';
import { forgetNotices, noticesBehind } from './notices.js';
import type { Relations } from './relations.js';
import { Requests } from './requests.js';

/** Friends, and who wants to have nothing to do with whom. */
export class Friends {
  readonly requests: Requests;

  constructor(
    private readonly db: Database,
    private readonly known: KnownUsers,
    private readonly matches: Matches,
    readonly relations: Relations,
    sequence: Sequence,
  ) {
    this.requests = new Requests(db, known, relations, matches, sequence);
  }

  list(user: UserRow): FriendList {
    return { friends: this.relations.friends(user) };
  }

  /** Ends a friendship or takes a request back: whatever there is, and whether the id is somebody's or not. */
  remove(user: UserRow, shown: string, now: number): void {
    const other = this.#keyOf(user, shown);
    this.requests.withdrawFrom(user.key, shown, other);
    if (!this.relations.areFriends(user.key, other)) return;
    this.requests.withdrawFrom(other, '', user.key);
    this.relations.change(user.key, other, 0, FRIEND, now);
    this.relations.change(other, user.key, 0, FRIEND, now);
    forgetNotices(this.db, user.key, other);
  }

  /** By the same statements whether the id is somebody's or not. @throws Refusal limit-reached */
  block(user: UserRow, shown: string, now: number): void {
    const { count } = this.db.get<{ count: number }>(
      'SELECT count(*) AS count FROM block WHERE user = ? AND ref <> ?',
      ...[user.key, shown],
    ) as { count: number };
    if (count >= MAX_BLOCKS) throw tooManyBlocks();
    this.db.run('INSERT INTO block VALUES (?, ?, ?) ON CONFLICT DO NOTHING', user.key, shown, now);
    const other = this.#keyOf(user, shown);
    this.requests.withdrawFrom(user.key, shown, other);
    this.requests.silence(other, user.key);
    this.relations.change(user.key, other, BLOCKS, FRIEND, now);
    this.relations.change(other, user.key, BLOCKED, FRIEND, now);
    this.matches.forgetPair(user.key, other, now);
    forgetNotices(this.db, user.key, other, { keepsRequest: true });
  }

  unblock(user: UserRow, shown: string, now: number): void {
    const other = this.#keyOf(user, shown);
    const gone = this.db.run('DELETE FROM block WHERE user = ? AND ref = ?', user.key, shown);
    if (gone === 0) return;
    this.relations.change(user.key, other, 0, BLOCKS, now);
    this.relations.change(other, user.key, 0, BLOCKED, now);
  }

  blocks(user: UserRow): Blocks {
    const sql = 'SELECT ref, since FROM block WHERE user = ? ORDER BY since';
    const rows = this.db.all<{ ref: string; since: number }>(sql, user.key);
    return { blocks: rows.map(({ ref, since }) => ({ id: ref, since: iso(since) })) };
  }

  /** @throws Refusal too-many-requests */
  invite(user: UserRow, hash: Uint8Array, now: number): { expiresAt: string } {
    const { asked_on, asked } = askOnceMore(user, now);
    this.db.run('UPDATE user SET asked_on = ?, asked = ? WHERE key = ?', asked_on, asked, user.key);
    this.known.forget(user.key);
    this.db.run('INSERT INTO invitation VALUES (?, ?, ?)', hash, user.key, now);
    return { expiresAt: timesOf(now).expiresAt };
  }

  /**
   * Makes friends of who uses an invitation and who made it.
   * @throws Refusal not-found, for every reason there is; limit-reached
   */
  useInvitation(user: UserRow, hash: Uint8Array, now: number): ReturnType<Requests['ask']> {
    const sql = 'SELECT user FROM invitation WHERE hash = ? AND made > ?';
    const inviter = this.db.get<{ user: number }>(sql, hash, isFreshSince(now))?.user ?? NOBODY;
    const isApart = this.relations.areApart(user.key, inviter);
    if (inviter === NOBODY || inviter === user.key || isApart) throw noSuchInvitation();
    const already = this.relations.friendship(user, inviter);
    if (already) return { answer: { state: 'accepted', friend: already }, told: [], isNew: false };
    const answer = this.requests.becomeFriends(user, inviter, now);
    this.db.run('DELETE FROM invitation WHERE hash = ?', hash);
    return { answer, told: this.#idOf(inviter), isNew: false };
  }

  /** What a user is told behind a sequence number. */
  events(user: UserRow, after: number, now: number): Told[] {
    return noticesBehind(this.db, this, user, after, now);
  }

  export(user: UserRow, now: number): FriendsExport {
    const sql = 'SELECT made FROM invitation WHERE user = ? AND made > ? ORDER BY made';
    const invitations = this.db.all<{ made: number }>(sql, user.key, isFreshSince(now));
    return {
      ...this.list(user),
      sentRequests: this.requests.sent(user, now),
      receivedRequests: this.requests.received(user, now),
      ...this.blocks(user),
      declined: this.relations.declined(user, now),
      invitations: invitations.map(({ made }) => ({ expiresAt: timesOf(made).expiresAt })),
    };
  }

  /** Every trace of a user who leaves. What others asked of them stays open for those, so that leaving tells nothing. */
  forgetUser(user: number): void {
    this.relations.forgetUser(user);
    this.requests.forgetUser(user);
    this.db.run('DELETE FROM notice WHERE user = ? OR other = ?', user, user);
    this.db.run('DELETE FROM block WHERE user = ?', user);
    this.db.run('DELETE FROM invitation WHERE user = ?', user);
  }

  /** Removes what is past its time, at most `SWEPT_AT_ONCE` rows of each kind. @returns how many of the kind of which there were most */
  sweep(now: number): number {
    const some = (table: string, key: string, isOld: string, before: number): number => {
      const sql = `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE ${isOld} <= ? LIMIT ${SWEPT_AT_ONCE})`;
      return this.db.run(sql, before);
    };
    const old = isFreshSince(now);
    const counts = [
      some('friend_request', 'key', 'made', old),
      some('invitation', 'hash', 'made', old),
      some('notice', 'user, seq', 'at', old),
      some('relation', 'user, other', `state = ${DECLINED} AND since`, isDeclinedSince(now)),
    ];
    return Math.max(...counts);
  }

  #keyOf(user: UserRow, shown: string): number {
    const id = new ShownIds(user.relation_key).whose(shown);
    return this.db.get<{ key: number }>('SELECT key FROM user WHERE id = ?', id)?.key ?? NOBODY;
  }

  #idOf(key: number): string[] {
    return this.db.all<{ id: string }>('SELECT id FROM user WHERE key = ?', key).map(({ id }) => id);
  }
}
