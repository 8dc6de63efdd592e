import { ANSWERED, isFreshSince, isToldSince, REQUESTED } from '../../../rules/friends.js';
import { isoMinute, minuteOf } from '../../../rules/time.js';
import type { Told } from '../../../rules/told.js';
import type { Database } from '../database.js';
import type { Sequence } from '../sequence.js';
import type { UserRow } from '../users.js';
import type { Relations } from './relations.js';
import type { Requests } from './requests.js';

interface NoticeRow {
  seq: number;
  kind: number;
  other: number;
  at: number;
}

/**
 * Writes down that something is to be told to a user, behind everything that they were told before. With nobody to tell it
 * takes the same statement.
 */
export function notify(db: Database, sequence: Sequence, user: number, kind: number, other: number, now: number): void {
  const seq = sequence.next(user, now);
  db.run('INSERT INTO notice SELECT key, ?, ?, ?, ? FROM user WHERE key = ?', seq, kind, other, now, user);
}

/** Whether a user has been told of the same within a day: who asks, takes it back and asks again is heard once. */
export function isNotified(db: Database, user: number, kind: number, other: number, now: number): boolean {
  const sql = 'SELECT 1 FROM notice WHERE user = ? AND other = ? AND kind = ? AND at > ? LIMIT 1';
  return db.get(sql, user, other, kind, isToldSince(now)) !== undefined;
}

/**
 * Forgets what two users were told of each other, when one of them has ended it.
 * @param keepsRequest whether the other one's having been told of the user's request stays. It shows nothing any more, and keeps who
 *   asks again, as after a block that was taken back, from being heard twice
 */
export function forgetNotices(db: Database, user: number, other: number, { keepsRequest = false } = {}): void {
  const sql = 'DELETE FROM notice WHERE (user = ? AND other = ?) OR (user = ? AND other = ? AND kind >= ?)';
  db.run(sql, user, other, other, user, keepsRequest ? ANSWERED : REQUESTED);
}

/**
 * What a user is told of friendship behind a sequence number, oldest first, at most 100: what is no longer so has no event.
 */
export function noticesBehind(
  db: Database,
  { requests, relations }: { requests: Requests; relations: Relations },
  user: UserRow,
  after: number,
  now: number,
): Told[] {
  const sql = 'SELECT seq, kind, other, at FROM notice WHERE user = ? AND seq > ? AND at > ? ORDER BY seq LIMIT 100';
  return db.all<NoticeRow>(sql, user.key, after, isFreshSince(now)).map(({ seq, kind, other, at }) => {
    const id = String(seq);
    if (kind === REQUESTED) {
      const request = requests.receivedFrom(user, other, now);
      return { seq, event: request && { id, type: 'friend-request', request } };
    }
    const friend = relations.friendship(user, other);
    const answer = friend && ({ at: isoMinute(minuteOf(at)), answer: 'accepted', friend } as const);
    return { seq, event: answer && { id, type: 'friend-answer', answer } };
  });
}
