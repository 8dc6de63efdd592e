import { randomUUID } from 'node:crypto';
import type { Event, Match, Person } from '../../../schema/index.js';
import { ShownIds } from '../../rules/people.js';
import { isoMinute } from '../../rules/time.js';
import type { Database } from './database.js';
import type { Relations, Relationships } from './friends/relations.js';
import { idOfBytes } from './ids.js';
import type { UserRow } from './users.js';

interface MatchRow {
  other: number;
  seq: number;
  id: Uint8Array;
  activity: string;
  at: number;
  seconds: number;
  nearby: number;
  theirs: number;
}

export interface NewMatch {
  mine: number;
  other: number;
  theirs: number;
  activity: string;
  /** Minute. */
  at: number;
  seconds: number;
  nearby: boolean;
}

/** How long a match is remembered. */
const KEEP_MINUTES = 7 * 24 * 60;

/** What both sides have been told: one row for each side of a pair of activities. */
export class Matches {
  constructor(
    private readonly db: Database,
    private readonly relations: Relations,
  ) {}

  /** Records a match for both sides. @returns its id */
  tell(user: UserRow, match: NewMatch): string {
    // A random id, and not one made of the time: the second in which a stranger began stays unknown.
    const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex');
    this.#insert(user.key, match, id);
    this.#insert(match.other, { ...match, mine: match.theirs, theirs: match.mine, other: user.key }, id);
    return idOfBytes(id);
  }

  /** The ids of the matches of one activity, by the other side's activity. */
  idsOf(user: number, mine: number): Map<number, string> {
    const rows = this.db.all<MatchRow>('SELECT theirs, id FROM match WHERE user = ? AND mine = ?', user, mine);
    return new Map(rows.map(({ theirs, id }) => [theirs, idOfBytes(id)]));
  }

  #insert(user: number, { mine, other, theirs, activity, at, seconds, nearby }: NewMatch, id: Uint8Array): void {
    const next = this.db.get<{ seq: number }>('UPDATE user SET seq = seq + 1 WHERE key = ? RETURNING seq', user);
    this.db.run(
      'INSERT INTO match VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...[user, mine, other, theirs, next?.seq ?? 0, id, activity, at, seconds, Number(nearby)],
    );
  }

  /** The ids of a user's newest matches, by the other side's activity. */
  idsFor(user: UserRow): Map<number, string> {
    const sql = 'SELECT theirs, id FROM match WHERE user = ? ORDER BY seq DESC LIMIT 64';
    return new Map(this.db.all<MatchRow>(sql, user.key).map(({ theirs, id }) => [theirs, idOfBytes(id)]));
  }

  /** What a user was told behind a sequence number, oldest first. Who does not show any more has no event. */
  events(user: UserRow, after: number, now: number): { seq: number; event: Event | undefined }[] {
    const rows = this.db.all<MatchRow>(
      `SELECT other, seq, id, activity, at, seconds, nearby, theirs FROM match
       WHERE user = ? AND seq > ? ORDER BY seq LIMIT 100`,
      ...[user.key, after],
    );
    const show = this.#showing(user, now);
    return rows.map((row) => {
      const match = show(row);
      return { seq: row.seq, event: match && { id: String(row.seq), type: 'match', match } };
    });
  }

  /** Everything a user was told, for their export. */
  all(user: UserRow, now: number): Match[] {
    const rows = this.db.all<MatchRow>('SELECT * FROM match WHERE user = ? ORDER BY seq', user.key);
    const show = this.#showing(user, now);
    return rows.flatMap((row) => show(row) ?? []);
  }

  #showing(user: UserRow, now: number): (row: MatchRow) => Match | undefined {
    const shown = new ShownIds(user.relation_key);
    const relations = this.relations.seenBy(user, now);
    return (row) => this.#shown(user, shown, relations, row);
  }

  #shown(user: UserRow, shown: ShownIds, relations: Relationships, row: MatchRow): Match | undefined {
    const other = this.db.get<UserRow>('SELECT * FROM user WHERE key = ?', row.other);
    if (!other?.discoverable || !user.discoverable) return undefined;
    const person: Person = {
      user: { id: shown.of(other.id), name: other.name },
      activity: row.activity,
      window: 'overlap',
      overlapSeconds: row.seconds,
      nearby: row.nearby === 1,
      relation: relations.to(row.other),
      matchId: idOfBytes(row.id),
    };
    return { at: isoMinute(row.at), person };
  }

  /** Forgets every match of a user, on both sides. */
  forgetUser(user: number): void {
    this.#forgetOtherSide('SELECT other, theirs, user, mine FROM match WHERE user = ?', user);
    this.db.run('DELETE FROM match WHERE user = ?', user);
  }

  /** Forgets every match of two users with each other. */
  forgetPair(user: number, other: number): void {
    const sql = 'DELETE FROM match WHERE (user = ? AND other = ?) OR (user = ? AND other = ?)';
    this.db.run(sql, user, other, other, user);
  }

  /** Forgets every match of one activity, on both sides. */
  forgetActivity(user: number, mine: number): void {
    this.#forgetOtherSide('SELECT other, theirs, user, mine FROM match WHERE user = ? AND mine = ?', user, mine);
    this.db.run('DELETE FROM match WHERE user = ? AND mine = ?', user, mine);
  }

  #forgetOtherSide(sql: string, ...of: number[]): void {
    for (const row of this.db.all<{ other: number; theirs: number; user: number; mine: number }>(sql, ...of)) {
      this.db.run(
        'DELETE FROM match WHERE user = ? AND mine = ? AND other = ? AND theirs = ?',
        ...[row.other, row.theirs, row.user, row.mine],
      );
    }
  }

  /** Forgets old matches of the 500 users behind a key. Returns the last of them, or undefined at the end. */
  sweep(afterUser: number, nowMinute: number): number | undefined {
    const users = this.db.all<{ key: number }>('SELECT key FROM user WHERE key > ? ORDER BY key LIMIT 500', afterUser);
    for (const { key } of users) {
      this.db.run('DELETE FROM match WHERE user = ? AND at < ?', key, nowMinute - KEEP_MINUTES);
    }
    return users.at(-1)?.key;
  }
}
