import { ANYWHERE, cellCodeOf, type Home, regionAround, regionCodeOf } from '../../rules/cells.js';
import type { Position } from '../../rules/gathering.js';
import {
  claimIn,
  homeOfUser,
  isCurrent,
  LONGEST,
  MOST_OF_USER,
  type Shown,
  type StoredSpan,
  shownIn,
  spansGone,
  tieOf,
} from '../../rules/live.js';
import { DAY_MINUTES, MINUTE_MS, minuteOf } from '../../rules/time.js';
import { Counters } from './counters.js';
import type { Database } from './database.js';
import { type Cursor, type Entry, NEVER, Run } from './run.js';
import type { UserRow } from './users.js';
import { Waiting } from './waiting.js';

interface Activity {
  key: number;
  id: string;
}

/** People in one region from which on its cells are told apart: most regions have fewer, and a run for each cell costs memory. */
const CROWD = 64;
/** Activities read at a time when the index is built. */
const PAGE = 10_000;

/** The place of an activity's span in the index. */
export function positionOf(from: number, { key, id }: Activity): Position {
  return { from, tie: tieOf(id), activity: key };
}

/**
 * The match index: who is found under a topic and a cell code, the newest first. It is in memory alone, because everything in
 * it follows from the activities and from what their owners want to show: it is built when the store is opened, kept in step,
 * and stepped back when a transaction is. Only those who want to be found are in it, and of what they do only what they
 * have shown: spans that are given to it are those of `shownSpans`.
 */
export class LiveIndex {
  readonly #topics = new Map<number, Map<number, Run>>();
  readonly waiting = new Waiting();
  /** How many entries each user has, by the user's key. */
  readonly #counts = new Counters();
  #undo: (() => void)[] = [];
  /** Entries that have been changed, each with what it was. */
  #altered: [entry: Entry, ended: number, told: number][] = [];

  constructor(private readonly db: Database) {
    this.#build();
  }

  /** What has been done so far stands. */
  keep(): void {
    if (this.#undo.length > 0) this.#undo = [];
    if (this.#altered.length > 0) this.#altered = [];
    this.waiting.keep();
  }

  /** Steps back behind everything since the last `keep`. */
  stepBack(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
    for (const [entry, ended, told] of this.#altered.splice(0).reverse()) Object.assign(entry, { ended, told });
    this.waiting.stepBack();
  }

  /**
   * Reads back from what began last before a minute, anywhere or in cells and regions. Of a region with few people all of
   * it is read, though only some of its cells were asked for.
   */
  backFrom(minute: number, topic: number, codes: readonly number[], turn: number): Cursor[] {
    const runs = this.#topics.get(topic);
    if (!runs) return [];
    const read = new Set(
      codes.map((code) => {
        const around = regionAround(code);
        return runs.get(around)?.divided ? code : around;
      }),
    );
    return [...read].flatMap((code) => runs.get(code)?.backFrom(minute, turn) ?? []);
  }

  find(topic: number, position: Position): Entry | undefined {
    return this.#topics.get(topic)?.get(ANYWHERE)?.find(position);
  }

  /** Whether a user has any entries. */
  has(user: number): boolean {
    return this.#counts.of(user) > 0;
  }

  /** Whether a user has as many entries as one may. */
  isFull(user: number): boolean {
    return this.#counts.of(user) >= MOST_OF_USER;
  }

  /** What is more than one user may have is left out. @param told of the activity's entry, when that was there before */
  put(user: UserRow, activity: Activity, spans: StoredSpan[], told = NEVER): void {
    const home = homeOfUser(user);
    for (const [index, span] of spans.entries()) {
      const [topic, from, to] = span;
      const position = positionOf(from, activity);
      const known = this.find(topic, position);
      if (known) this.alter(known, { ended: to });
      else if (this.isFull(user.key)) continue;
      const entry = known ?? entryOf(position, user.key, to, home, index === 0 ? told : NEVER);
      if (!known) this.#insert(topic, entry);
      if (index > 0) continue;
      if (known) this.waiting.claim(topic, entry, claimIn(span));
      else this.waiting.add(topic, entry, claimIn(span));
    }
  }

  /** Changes what is known of an entry, in place. */
  alter(entry: Entry, { ended = entry.ended, told = entry.told }: Partial<Pick<Entry, 'ended' | 'told'>>): void {
    this.#altered.push([entry, entry.ended, entry.told]);
    entry.ended = ended;
    entry.told = told;
  }

  remove(activity: Activity, spans: StoredSpan[]): void {
    for (const [topic, from] of spans) {
      const entry = this.find(topic, positionOf(from, activity));
      if (entry) this.#delete(topic, entry);
    }
  }

  /** Brings the entries of one activity from its old spans to its new ones; those that only end otherwise stay in place. */
  change(user: UserRow, activity: Activity, before: StoredSpan[], after: StoredSpan[]): void {
    this.remove(activity, spansGone(before, after));
    this.put(user, activity, after);
  }

  /** How many activities go on that can be found. */
  count(now: number): number {
    const minute = minuteOf(now);
    let count = 0;
    for (const { key } of this.db.all<{ key: number }>("SELECT key FROM topic WHERE name NOT LIKE '%/%'")) {
      for (const { ended } of this.#topics.get(key)?.get(ANYWHERE) ?? []) if (ended > minute) count++;
    }
    return count;
  }

  /** Takes everything of a user out of the index. */
  withdraw(user: UserRow): void {
    if (!user.discoverable || !this.has(user.key)) return;
    for (const row of this.#activitiesOf(user)) this.remove(row, shownIn(row, user));
  }

  /** Follows a change of visibility or cell. */
  move(before: UserRow, after: UserRow, now: number): void {
    // Who only lives elsewhere has looked, and been told of as many others, as before.
    const stays = before.discoverable && after.discoverable;
    const told = new Map(
      stays ? this.#activitiesOf(before).map((row) => [row.key, this.#toldOf(row, shownIn(row, before))]) : [],
    );
    this.withdraw(before);
    if (!after.discoverable) return;
    for (const row of this.#activitiesOf(after)) {
      if (this.isFull(after.key)) break;
      if (isCurrent(row.closes, now)) this.put(after, row, shownIn(row, after), told.get(row.key));
    }
  }

  #toldOf(row: Activity, [whole]: StoredSpan[]): number {
    return (whole && this.find(whole[0], positionOf(whole[1], row))?.told) ?? NEVER;
  }

  /** Removes what ended more than a day ago; at most 1,000 of a topic. Returns how many. */
  sweep(now: number): number {
    const before = minuteOf(now) - DAY_MINUTES - LONGEST;
    for (const [topic, runs] of this.#topics) {
      const old = runs.get(ANYWHERE)?.oldest(before, 1000) ?? [];
      for (const entry of old) this.#delete(topic, entry);
      if (old.length > 0) return old.length;
    }
    return 0;
  }

  #insert(topic: number, entry: Entry): void {
    this.#put(topic, entry);
    this.#undo.push(() => this.#take(topic, entry));
  }

  #delete(topic: number, entry: Entry): void {
    this.#take(topic, entry);
    this.#undo.push(() => this.#put(topic, entry));
  }

  #put(topic: number, entry: Entry): void {
    const runs = this.#topics.get(topic) ?? new Map<number, Run>();
    this.#topics.set(topic, runs);
    this.#counts.add(entry.user, 1);
    runOf(runs, ANYWHERE).put(entry);
    if (entry.home === null) return;
    const region = runOf(runs, regionCodeOf(entry.home));
    region.put(entry);
    if (region.divided) runOf(runs, cellCodeOf(entry.home)).put(entry);
    else if (region.size > CROWD) divide(region, runs);
  }

  #take(topic: number, entry: Entry): void {
    const runs = this.#topics.get(topic);
    this.#counts.add(entry.user, -1);
    this.waiting.remove(topic, entry);
    const codes = entry.home === null ? [] : [cellCodeOf(entry.home), regionCodeOf(entry.home)];
    for (const code of [ANYWHERE, ...codes]) {
      const run = runs?.get(code);
      run?.remove(entry);
      if (run?.size === 0) runs?.delete(code);
    }
  }

  #activitiesOf(user: UserRow): { key: number; id: string; spans: string; closes: number }[] {
    return this.db.all('SELECT key, id, spans, closes FROM activity WHERE user = ?', user.key);
  }

  /** Reads what was taken in within the time that anything is found. Rows are in the order in which they came. */
  #build(): void {
    const newest = this.db.get<{ key: number; received: number }>(
      'SELECT key, received FROM activity ORDER BY key DESC LIMIT 1',
    );
    if (!newest) return;
    const since = newest.received - (DAY_MINUTES + LONGEST) * MINUTE_MS;
    const receivedAt = (key: number): number =>
      this.db.get<{ received: number }>('SELECT received FROM activity WHERE key <= ? ORDER BY key DESC LIMIT 1', key)
        ?.received ?? 0;
    let after = newest.key;
    while (after > 0 && receivedAt(after) >= since) after -= PAGE;
    const sql = `SELECT activity.key, activity.id, user, spans, closes, received, cell, shown_since
      FROM activity JOIN user ON user.key = activity.user
      WHERE activity.key > ? AND activity.key <= ? AND discoverable = 1`;
    for (; after < newest.key; after += PAGE) {
      for (const row of this.db.all<BuildRow>(sql, after, after + PAGE)) {
        if (isCurrent(row.closes, newest.received)) this.#buildOf(row);
      }
    }
    this.waiting.count(this.db);
    this.waiting.keep();
  }

  #buildOf(row: BuildRow): void {
    const home = homeOfUser(row);
    // Whoever showed themselves as it was taken in looked then; who shows since may not have.
    const told = row.received > row.shown_since ? 0 : NEVER;
    for (const [index, span] of shownIn(row, row).entries()) {
      // Also of who was hidden as it was published, and shows now.
      if (this.isFull(row.user)) return;
      const [topic, from, to] = span;
      const entry = entryOf(positionOf(from, row), row.user, to, home, index === 0 ? told : NEVER);
      this.#put(topic, entry);
      if (index === 0) this.waiting.add(topic, entry, claimIn(span));
    }
  }
}

/** Written out: an object that begins as a copy of another takes half as much memory again. */
function entryOf(position: Position, user: number, ended: number, home: Home | null, told: number): Entry {
  const { from, tie, activity } = position;
  return { from, tie, activity, user, ended, home, told };
}

function runOf(runs: Map<number, Run>, code: number): Run {
  const run = runs.get(code) ?? new Run();
  runs.set(code, run);
  return run;
}

/** Gives each cell of a region a run of its own, too. */
function divide(region: Run, runs: Map<number, Run>): void {
  for (const entry of region) runOf(runs, cellCodeOf(entry.home as Home)).put(entry);
  region.divided = true;
}

interface BuildRow extends Activity, Shown {
  user: number;
  spans: string;
  closes: number;
  received: number;
  cell: string | null;
}
