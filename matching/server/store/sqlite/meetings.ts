import { spansIn } from '../../rules/live.js';
import { KEEP_MINUTES } from '../../rules/people.js';
import { EXPORTED_AT_ONCE } from '../../rules/publication.js';
import { DAY_MINUTES, minuteOf } from '../../rules/time.js';
import type { Database } from './database.js';
import { type Meeting, type Side, sidesOf, without } from './meeting.js';

/** One's own activity, as matches are kept by it. */
export interface OwnActivity {
  key: number;
  topic: number;
  /** Epoch milliseconds. */
  closes: number;
}

interface OwnRow {
  key: number;
  spans: string;
  closes: number;
}

/** Rows that are looked at behind an activity: no stranger is told of it after so many others have begun (waiting.ts). */
const FURTHEST = 200;
/** Rows behind an activity from which on a match is written under it, too: some room before the furthest that are read. */
const FAR = 150;
/** Rows that are added to a topic until it is asked again which are far: those that will be by then count as far before. */
const UNTIL_ASKED = 50;

const SQL = {
  insert: `INSERT INTO meeting (topic, newer, at, user, pairs) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET pairs = pairs || ',' || excluded.pairs`,
  of: 'SELECT topic, newer, at, user, pairs FROM meeting WHERE topic = ? AND newer = ?',
  behind: `SELECT topic, newer, at, user, pairs FROM
    (SELECT * FROM meeting WHERE topic = ? AND newer > ? ORDER BY newer LIMIT ${FURTHEST})
    WHERE at <= ? AND instr(pairs, ?) > 0`,
  far: `SELECT newer FROM meeting WHERE topic = ? ORDER BY newer DESC LIMIT 1 OFFSET ${FAR - UNTIL_ASKED}`,
  own: 'SELECT key, spans, closes FROM activity WHERE user = ? AND closes >= ? ORDER BY id DESC',
  next: `SELECT key, id, spans, closes FROM activity WHERE user = ? AND id > ? AND closes >= ?
    ORDER BY id LIMIT ${EXPORTED_AT_ONCE}`,
};

/** The number stands in the text, and few are asked for: each is prepared once. */
const newestOwn = (most: number): string => `${SQL.own} LIMIT ${most}`;

/**
 * The table of matches. A match is written once, with those that the same publish brought, in the row of the activity that is
 * newer; rows of a topic lie together in the order of time, so that a publish touches one page for all of them. The older side
 * is found behind its own activity, a bounded way on; what would be further is written there, too.
 */
export class Meetings {
  /** The activity of each topic before which others are far, and how many rows have been added since that was asked. */
  readonly #far = new Map<number, { before: number; added: number }>();

  constructor(private readonly db: Database) {}

  /** Writes a row, or adds its pairs to the one that is there. */
  add({ topic, newer, at, user, pairs }: Meeting): void {
    const far = this.#far.get(topic);
    if (far) far.added++;
    this.db.run(SQL.insert, topic, newer, at, user, pairs);
  }

  /** The rows of the matches in which an activity is the newer one, and of those that are far. */
  rowsOf(topic: number, activity: number): Meeting[] {
    return this.db.all<Meeting>(SQL.of, topic, activity);
  }

  /** The matches of one activity as its owner has them. */
  sidesOf({ key, topic, closes }: OwnActivity): Side[] {
    const sides = this.rowsOf(topic, key).flatMap((row) => sidesOf(row, key));
    const until = minuteOf(closes) + DAY_MINUTES;
    for (const row of this.db.all<Meeting>(SQL.behind, topic, key, until, String(key))) {
      sides.push(...sidesOf(row, key).filter((side) => !isIn(sides, side)));
    }
    return sides;
  }

  /**
   * A user's activities, the newest first.
   * @param since only what was over after this, epoch milliseconds @param most only so many
   */
  ownOf(user: number, since: number, most?: number): OwnActivity[] {
    const sql = most === undefined ? SQL.own : newestOwn(most);
    return this.db.all<OwnRow>(sql, user, since).flatMap((row) => ownIn(row) ?? []);
  }

  /**
   * Some of a user's activities, the oldest first.
   * @param since as above @param after `next` of those before; without it these are the last
   */
  ownBehind(user: number, since: number, after = ''): { own: OwnActivity[]; next?: string } {
    const rows = this.db.all<OwnRow & { id: string }>(SQL.next, user, after, since);
    const last = rows.length === EXPORTED_AT_ONCE ? rows.at(-1) : undefined;
    return { own: rows.flatMap((row) => ownIn(row) ?? []), ...(last ? { next: last.id } : {}) };
  }

  /** Takes a match out of the row of one of its activities, where it is in it. */
  take(topic: number, activity: number, other: number, at: number): void {
    for (const row of this.rowsOf(topic, activity)) {
      if (row.at !== at) continue;
      const pairs = without(row, other);
      const where = 'WHERE topic = ? AND newer = ? AND at = ?';
      if (pairs === '') this.db.run(`DELETE FROM meeting ${where}`, topic, activity, at);
      else if (pairs !== row.pairs) this.db.run(`UPDATE meeting SET pairs = ? ${where}`, pairs, topic, activity, at);
    }
  }

  /** The activity before which others are far: too many rows have come behind them. */
  farIn(topic: number, activities: readonly number[]): number {
    if (Math.max(...activities) - Math.min(...activities) < FAR - UNTIL_ASKED) return 0;
    const known = this.#far.get(topic);
    if (known && known.added < UNTIL_ASKED) return known.before;
    const before = this.db.get<{ newer: number }>(SQL.far, topic)?.newer ?? 0;
    this.#far.set(topic, { before, added: 0 });
    return before;
  }

  /** Forgets old ones of a topic, at most 500, wherever they are among those that a clock that was ahead dates later. */
  sweep(topic: number, nowMinute: number): number {
    const sql = 'SELECT newer FROM meeting WHERE topic = ? AND at <= ? ORDER BY newer LIMIT 1 OFFSET 499';
    const last = this.db.get<{ newer: number }>(sql, topic, nowMinute)?.newer ?? Number.MAX_SAFE_INTEGER;
    const before = nowMinute - KEEP_MINUTES;
    return this.db.run('DELETE FROM meeting WHERE topic = ? AND newer <= ? AND at < ?', topic, last, before);
  }
}

/** @returns undefined of what cannot be found by anybody */
function ownIn({ key, spans, closes }: OwnRow): OwnActivity | undefined {
  const topic = spansIn({ spans })[0]?.[0];
  return topic === undefined ? undefined : { key, topic, closes };
}

/** Whether it is among the sides of one activity: of what is far, there are two rows. */
function isIn(sides: readonly Side[], { theirs }: Side): boolean {
  return sides.some((side) => side.theirs === theirs);
}
