import { ANYWHERE, codesOf, type Home, homeOf } from '../../rules/cells.js';
import { DAY_MINUTES, type Interval, minuteOf } from '../../rules/time.js';
import type { Database } from './database.js';
import type { UserRow } from './users.js';

/** Topic key, first minute, minute after the last: a span as it is stored. */
export type StoredSpan = [topic: number, from: number, to: number];

export interface LiveRow {
  slot: number;
  activity: number;
  user: number;
  ended: number;
  home: Home | null;
}

/** Longest an activity can last, in minutes: what started longer ago than this and a day is found no more. */
const LONGEST = 14 * 60;
const TIES = 2 ** 24;
const LAST_MINUTE = 2 ** 26;

/** Sorts newest minute first, and within a minute by what is random in the id, so that order tells nothing of seconds. */
export function slotOf(from: number, activityId: string): number {
  return (LAST_MINUTE - from) * TIES + Number.parseInt(activityId.slice(-6), 16);
}

/** The starting minute in a slot. */
export function minuteOfSlot(slot: number): number {
  return LAST_MINUTE - Math.floor(slot / TIES);
}

/** The slots of everything that started in an interval: from the first up to and without the second. */
export function slotsOf({ from, to }: Interval): [first: number, beyond: number] {
  return [(LAST_MINUTE - to + 1) * TIES, (LAST_MINUTE - from + 1) * TIES];
}

/** Whether an activity is matched at all: what ended a day ago is history, and nobody's business. */
export function isCurrent(closesMs: number, now: number): boolean {
  return minuteOf(closesMs) >= minuteOf(now) - DAY_MINUTES;
}

export function homeOfUser(user: { cell: string | null }): Home | null {
  return user.cell === null ? null : homeOf(user.cell);
}

/** Keeps the match index in step with activities and with what their owners want to show. */
export class LiveIndex {
  constructor(private readonly db: Database) {}

  put(user: UserRow, activity: { key: number; id: string }, spans: StoredSpan[]): void {
    const home = homeOfUser(user);
    const codes = codesOf(home);
    for (const [topic, from, to] of spans) {
      const slot = slotOf(from, activity.id);
      for (const code of codes) {
        this.db.run(
          `INSERT INTO live (topic, cell, slot, activity, user, ended, home) VALUES (?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (topic, cell, slot, activity) DO UPDATE SET ended = excluded.ended`,
          ...[topic, code, slot, activity.key, user.key, to, home],
        );
      }
    }
  }

  remove(user: { cell: string | null }, activity: { key: number; id: string }, spans: StoredSpan[]): void {
    for (const [topic, from] of spans) {
      for (const code of codesOf(homeOfUser(user))) {
        const sql = 'DELETE FROM live WHERE topic = ? AND cell = ? AND slot = ? AND activity = ?';
        this.db.run(sql, topic, code, slotOf(from, activity.id), activity.key);
      }
    }
  }

  /** Brings the rows of one activity from its old spans to its new ones; those that only end otherwise stay in place. */
  change(user: UserRow, activity: { key: number; id: string }, before: StoredSpan[], after: StoredSpan[]): void {
    const kept = new Set(after.map(([topic, from]) => `${topic}@${from}`));
    const gone = before.filter(([topic, from]) => !kept.has(`${topic}@${from}`));
    this.remove(user, activity, gone);
    this.put(user, activity, after);
  }

  /** How many activities go on that can be found: of each kind its rows under anywhere, and of its actions none. */
  count(now: number): number {
    let count = 0;
    for (const { key } of this.db.all<{ key: number }>("SELECT key FROM topic WHERE name NOT LIKE '%/%'")) {
      const sql = 'SELECT count(*) AS count FROM live WHERE topic = ? AND cell = ? AND ended > ?';
      count += this.db.get<{ count: number }>(sql, key, ANYWHERE, minuteOf(now))?.count ?? 0;
    }
    return count;
  }

  /** Takes everything of a user out of the index. */
  withdraw(user: UserRow): void {
    if (user.discoverable) for (const row of this.#activitiesOf(user)) this.remove(user, row, spansIn(row));
  }

  /** Follows a change of visibility or cell. */
  move(before: UserRow, after: UserRow, now: number): void {
    this.withdraw(before);
    if (!after.discoverable) return;
    for (const row of this.#activitiesOf(after)) {
      if (isCurrent(row.closes, now)) this.put(after, row, spansIn(row));
    }
  }

  /** Removes rows of what ended more than a day ago; at most 1,000. Returns how many. */
  sweep(now: number): number {
    const [oldest] = slotsOf({ from: 0, to: minuteOf(now) - DAY_MINUTES - LONGEST });
    for (const { key } of this.db.all<{ key: number }>('SELECT key FROM topic')) {
      const sql = 'SELECT slot, activity, home FROM live WHERE topic = ? AND cell = ? AND slot >= ? LIMIT 1000';
      const rows = this.db.all<LiveRow>(sql, key, ANYWHERE, oldest);
      for (const { slot, activity, home } of rows) {
        for (const code of codesOf(home)) {
          this.db.run(
            'DELETE FROM live WHERE topic = ? AND cell = ? AND slot = ? AND activity = ?',
            key,
            code,
            slot,
            activity,
          );
        }
      }
      if (rows.length > 0) return rows.length;
    }
    return 0;
  }

  #activitiesOf(user: UserRow): { key: number; id: string; spans: string; closes: number }[] {
    return this.db.all('SELECT key, id, spans, closes FROM activity WHERE user = ?', user.key);
  }
}

export function spansIn({ spans }: { spans: string }): StoredSpan[] {
  return JSON.parse(spans) as StoredSpan[];
}
