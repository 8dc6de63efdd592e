import { type Event, MAX_MATCHES, type Match, type Person } from '../../../schema/index.js';
import { type Home, isNearby, NEARBY_KM } from '../../rules/cells.js';
import { spansIn } from '../../rules/live.js';
import { KEEP_MINUTES } from '../../rules/people.js';
import { MOST_OWN } from '../../rules/sharing.js';
import { type IdBatch, ShownIds } from '../../rules/shown-ids.js';
import { DAY_MINUTES, isoMinute, MINUTE_MS, minuteOf } from '../../rules/time.js';
import type { Database } from './database.js';
import type { Relations, Relationships } from './friends/relations.js';
import type { KnownUsers } from './known.js';
import { type LiveIndex, positionOf } from './live.js';
import { MatchIds } from './match-ids.js';
import { type Meeting, type Side, sidesOf, without, write } from './meeting.js';
import { type Companion, Met } from './met.js';
import type { Entry } from './run.js';
import { minuteOfNumber, type Sequence } from './sequence.js';
import type { Topics } from './topics.js';
import type { UserRow } from './users.js';

/** Who is told of an activity. */
export interface NewMatch extends Companion {
  seconds: number;
}

/** One's own activity, as matches are kept by it. */
export interface OwnActivity {
  key: number;
  topic: number;
  /** Epoch milliseconds. */
  closes: number;
}

/** Rows read at a time, and at most behind an activity: nobody is told of it after so many others have begun (waiting.ts). */
const PAGE = 25;
const FURTHEST = 200;
/** Rows behind an activity from which on a match is written under it, too: some room before the furthest that are read. */
const FAR = 150;

const SQL = {
  insert: `INSERT INTO meeting (topic, newer, at, user, pairs) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET pairs = pairs || ',' || excluded.pairs`,
  of: 'SELECT topic, newer, at, user, pairs FROM meeting WHERE topic = ? AND newer = ?',
  behind: `SELECT topic, newer, at, user, pairs FROM meeting WHERE topic = ? AND newer > ? ORDER BY newer LIMIT ${PAGE}`,
  far: `SELECT newer FROM meeting WHERE topic = ? ORDER BY newer DESC LIMIT 1 OFFSET ${FAR}`,
  own: 'SELECT key, spans, closes FROM activity WHERE user = ? AND closes >= ? ORDER BY id DESC',
  newest: `SELECT key, spans, closes FROM activity WHERE user = ? AND closes >= ? ORDER BY id DESC LIMIT ${MOST_OWN}`,
};

/**
 * What both sides have been told. A match is written once, with those that the same publish brought, in the row of the
 * activity that is newer; rows of a topic lie together in the order of time, so that a publish touches one page for all of
 * them. The older side is found behind its own activity, a bounded way on; what would be further is written there, too.
 */
export class Matches {
  readonly #ids: MatchIds;
  readonly #met = new Met();

  constructor(
    private readonly db: Database,
    private readonly known: KnownUsers,
    private readonly topics: Topics,
    private readonly live: LiveIndex,
    private readonly relations: Relations,
    private readonly sequence: Sequence,
  ) {
    this.#ids = new MatchIds(db);
  }

  /** Writes down the matches of an activity that has just been found, for both sides. @param own its entry, and whose it is */
  tell(topic: number, own: Omit<Companion, 'nearby'>, matches: readonly NewMatch[], now: number): void {
    const { user, activity: key } = own.entry;
    const at = minuteOf(now);
    const pairs: number[] = [];
    const far = this.#farIn(topic, key, matches);
    for (const match of matches) {
      const { entry, seconds, nearby } = match;
      const { user: other, activity: theirs } = entry;
      this.#met.add(key, match);
      this.#met.add(theirs, { ...own, nearby });
      const [mine, their] = [this.sequence.next(user, now), this.sequence.next(other, now)];
      const isNewer = theirs < key;
      if (isNewer || key < far) write(pairs, at, { other: theirs, user: other, seqs: [mine, their], seconds, nearby });
      if (isNewer && theirs >= far) continue;
      this.#insert(topic, theirs, at, other, { other: key, user, seqs: [their, mine], seconds, nearby });
    }
    if (pairs.length > 0) this.db.run(SQL.insert, topic, key, at, user, pairs.join());
  }

  /** An activity has been taken in that has met nobody yet. */
  begin(key: number): void {
    this.#met.begin(key);
  }

  /** Whom an activity has been matched with, as far as they can still be found. @param home of its owner */
  people(own: OwnActivity, home: Home | null): readonly Companion[] {
    const known = this.#met.of(own.key);
    if (known) return known;
    const companions = this.#sides(own).flatMap(({ theirs }) => {
      const entry = this.#entryOf(own.topic, theirs);
      const user = entry && this.known.get(entry.user);
      return entry && user ? { entry, user, nearby: isNearby(home, entry.home, NEARBY_KM) } : [];
    });
    return this.#met.begin(own.key, companions);
  }

  /** The activities that an activity has been matched with. */
  met(activity: OwnActivity): ReadonlySet<number> {
    const known = this.#met.of(activity.key)?.map(({ entry }) => entry.activity);
    return new Set(known ?? this.#sides(activity).map(({ theirs }) => theirs));
  }

  /** An activity is found elsewhere in the index than before, or its owner lives elsewhere. */
  moved(activity: OwnActivity): void {
    this.#met.forget(activity.key);
    for (const { theirs } of this.#sides(activity)) this.#met.forget(theirs);
  }

  /** The same, for all of a user's. */
  movedUser(user: number, now: number): void {
    for (const activity of this.#own(user, now - DAY_MINUTES * MINUTE_MS)) this.moved(activity);
  }

  /** After an activity ended: it is asked about seldom. */
  end(key: number): void {
    this.#met.forget(key);
  }

  /** After a transaction was taken back. */
  forget(): void {
    this.#met.forget();
  }

  /** Ids of matches to be made together, by `addMatch`. */
  newIds(): IdBatch {
    return this.#ids.batch();
  }

  idOf(mine: number, topic: number, theirs: number): string {
    return this.#ids.of(topic, mine, theirs);
  }

  /** The match of a user's with an id, if it is theirs. */
  find(user: number, id: string): { other: number } | undefined {
    const pair = this.#ids.read(id);
    const rows = this.db.all<Meeting>(SQL.of, pair.topic, Math.max(...pair.activities));
    const sides = rows.flatMap((row) => [...sidesOf(row, pair.activities[0]), ...sidesOf(row, pair.activities[1])]);
    return sides.find((side) => side.user === user && pair.activities.includes(side.theirs));
  }

  /** What two users were doing at the same time last. */
  lastActivity(user: number, other: number, now: number): string | null {
    const sides = this.#sidesOf(user, oldest(now), SQL.newest).filter((side) => side.other === other);
    const last = sides.sort((a, b) => b.seq - a.seq)[0];
    return last ? this.topics.nameOf(last.topic) : null;
  }

  /** What a user was told behind a sequence number, oldest first, at most 100. Who does not show any more has no event. */
  events(user: UserRow, after: number, now: number): { seq: number; event: Event | undefined }[] {
    // After a clock that was ahead, numbers are of minutes that have not come yet; activities are of today.
    const told = Math.min(minuteOfNumber(after), minuteOf(now));
    const since = Math.max(oldest(now), (told - DAY_MINUTES) * MINUTE_MS);
    const sides = this.#sidesOf(user.key, since, SQL.newest).filter(({ seq }) => seq > after);
    const show = this.#showing(user, now);
    return sides
      .sort((a, b) => a.seq - b.seq)
      .slice(0, 100)
      .map((side) => {
        const match = show(side);
        return { seq: side.seq, event: match && { id: String(side.seq), type: 'match', match } };
      });
  }

  /** Everything a user was told, for their export. */
  all(user: UserRow, now: number): Match[] {
    const show = this.#showing(user, now);
    const sides = this.#sidesOf(user.key, oldest(now)).sort((a, b) => a.seq - b.seq);
    return sides.flatMap((side) => show(side) ?? []);
  }

  #showing(user: UserRow, now: number): (side: Side) => Match | undefined {
    const shown = new ShownIds(user.relation_key);
    const relations = this.relations.seenBy(user, now);
    return (side) => this.#shown(user, shown, relations, side);
  }

  #shown(user: UserRow, shown: ShownIds, relations: Relationships, side: Side): Match | undefined {
    const other = this.known.get(side.other)?.row;
    if (!other?.discoverable || !user.discoverable || relations.isHidden(side.other)) return undefined;
    const person: Person = {
      user: { id: shown.of(other.id), name: other.name },
      activity: this.topics.nameOf(side.topic),
      window: 'overlap',
      overlapSeconds: side.seconds,
      nearby: side.nearby,
      relation: relations.to(side.other),
      matchId: this.#ids.of(side.topic, side.mine, side.theirs),
    };
    return { at: isoMinute(side.at), person };
  }

  /** Forgets every match of a user, on both sides. */
  forgetUser(user: number, now: number): void {
    for (const activity of this.#own(user, oldest(now))) this.forgetActivity(activity);
  }

  /** Forgets every match of two users with each other. */
  forgetPair(user: number, other: number, now: number): void {
    for (const activity of this.#own(user, oldest(now))) {
      for (const side of this.#sides(activity)) if (side.other === other) this.#forgetSide(side);
      this.#met.forget(activity.key);
    }
  }

  /** Forgets every match of one activity, on both sides. */
  forgetActivity(activity: OwnActivity): void {
    for (const side of this.#sides(activity, Number.POSITIVE_INFINITY)) this.#forgetSide(side);
    this.#met.forget(activity.key);
  }

  #forgetSide({ topic, mine, theirs, at }: Side): void {
    this.#take(topic, mine, theirs, at);
    this.#take(topic, theirs, mine, at);
    this.#met.remove(theirs, mine);
  }

  /** Takes a match out of the row of one of its activities, where it is in it. */
  #take(topic: number, activity: number, other: number, at: number): void {
    for (const row of this.db.all<Meeting>(SQL.of, topic, activity)) {
      if (row.at !== at) continue;
      const pairs = without(row, other);
      const where = 'WHERE topic = ? AND newer = ? AND at = ?';
      if (pairs === '') this.db.run(`DELETE FROM meeting ${where}`, topic, activity, at);
      else if (pairs !== row.pairs) this.db.run(`UPDATE meeting SET pairs = ? ${where}`, pairs, topic, activity, at);
    }
  }

  /** The activity before which others are far: too many rows have come behind them. */
  #farIn(topic: number, key: number, matches: readonly NewMatch[]): number {
    let [first, last] = [key, key];
    for (const { entry } of matches) {
      if (entry.activity < first) first = entry.activity;
      else if (entry.activity > last) last = entry.activity;
    }
    if (last - first < FAR) return 0;
    return this.db.get<{ newer: number }>(SQL.far, topic)?.newer ?? 0;
  }

  /** Forgets old matches, at most 500 of each topic, wherever they are among those that a clock that was ahead dates later. */
  sweep(nowMinute: number): number {
    const before = nowMinute - KEEP_MINUTES;
    let forgotten = 0;
    for (const topic of this.topics.keys()) {
      const sql = 'SELECT newer FROM meeting WHERE topic = ? AND at <= ? ORDER BY newer LIMIT 1 OFFSET 499';
      const last = this.db.get<{ newer: number }>(sql, topic, nowMinute)?.newer ?? Number.MAX_SAFE_INTEGER;
      forgotten += this.db.run('DELETE FROM meeting WHERE topic = ? AND newer <= ? AND at < ?', topic, last, before);
    }
    return forgotten;
  }

  #entryOf(topic: number, key: number): Entry | undefined {
    const row = this.db.get<{ id: string; spans: string }>('SELECT id, spans FROM activity WHERE key = ?', key);
    const whole = row && spansIn(row)[0];
    return whole && this.live.find(topic, positionOf(whole[1], { key, id: row.id }));
  }

  #insert(topic: number, newer: number, at: number, user: number, pair: Parameters<typeof write>[2]): void {
    const pairs: number[] = [];
    write(pairs, at, pair);
    this.db.run(SQL.insert, topic, newer, at, user, pairs.join());
  }

  #sidesOf(user: number, since: number, sql = SQL.own): Side[] {
    return this.#own(user, since, sql).flatMap((activity) => this.#sides(activity));
  }

  /** @param since only what was over after this, epoch milliseconds */
  #own(user: number, since: number, sql = SQL.own): OwnActivity[] {
    const rows = this.db.all<{ key: number; spans: string; closes: number }>(sql, user, since);
    return rows.flatMap(({ key, spans, closes }) => {
      const topic = spansIn({ spans })[0]?.[0];
      return topic === undefined ? [] : { key, topic, closes };
    });
  }

  /** The matches of one activity as its owner has them. */
  #sides({ key, topic, closes }: OwnActivity, most = MAX_MATCHES): Side[] {
    const sides = this.db.all<Meeting>(SQL.of, topic, key).flatMap((row) => sidesOf(row, key));
    const until = minuteOf(closes) + DAY_MINUTES;
    let behind = key;
    for (let read = 0; read < FURTHEST && sides.length < most; read += PAGE) {
      const rows = this.db.all<Meeting>(SQL.behind, topic, behind);
      for (const row of rows) sides.push(...sidesOf(row, key).filter((side) => !isIn(sides, side)));
      const last = rows.at(-1);
      if (!last || rows.length < PAGE || last.at > until) break;
      behind = last.newer;
    }
    return sides;
  }
}

/** Whether it is among the sides of one activity: of what is far, there are two rows. */
function isIn(sides: readonly Side[], { theirs }: Side): boolean {
  return sides.some((side) => side.theirs === theirs);
}

/** What was over before this has no match that is remembered: what ended a day ago is still matched. */
function oldest(now: number): number {
  return (minuteOf(now) - KEEP_MINUTES - DAY_MINUTES) * MINUTE_MS;
}
