import { MAX_STRANGERS } from '../../../schema/index.js';
import type { Interval } from '../../rules/time.js';
import type { Database } from './database.js';
import { type Meeting, oldersIn } from './meeting.js';
import { countOf, type Entry, toldWith } from './run.js';

/** Activities of a topic that wait: after so many newer ones, the oldest waits no more. */
const MOST_WAITING = 64;

/** An activity that waits, and the minutes of it that its owner told of in time: in no others do strangers meet. */
export interface Waiter {
  entry: Entry;
  claimed: Interval;
}

/**
 * The activities of each topic that have not been told of enough strangers yet, in the order in which they came. Whoever
 * begins is told of those: so everybody is met by somebody, however large the crowd, and what a publish writes lies together.
 */
export class Waiting {
  readonly #topics = new Map<number, Waiter[]>();
  /** The lists that have been changed, as they were at the last `keep`: short, and copied once a transaction. */
  readonly #before = new Map<number, Waiter[]>();

  /** What has been done so far stands. */
  keep(): void {
    if (this.#before.size > 0) this.#before.clear();
  }

  /** Steps back behind everything since the last `keep`. */
  stepBack(): void {
    for (const [topic, waiting] of this.#before) this.#topics.set(topic, waiting);
    this.#before.clear();
  }

  add(topic: number, entry: Entry, claimed: Interval): void {
    const waiting = this.#change(topic);
    waiting.push({ entry, claimed });
    if (waiting.length > MOST_WAITING) waiting.shift();
  }

  /** Other minutes are claimed now, if it still waits. */
  claim(topic: number, entry: Entry, claimed: Interval): void {
    const at = this.#placeOf(topic, entry);
    if (at >= 0) this.#change(topic)[at] = { entry, claimed };
  }

  remove(topic: number, entry: Entry): void {
    const at = this.#placeOf(topic, entry);
    if (at >= 0) this.#change(topic).splice(at, 1);
  }

  /**
   * Those who came last and have claimed some of those minutes: one a user, in an order that tells nothing of how they came.
   * @param minutes that are claimed by who looks
   */
  find(topic: number, minutes: Interval, most: number, isHidden: (entry: Entry) => boolean): Waiter[] {
    const waiting = this.#topics.get(topic) ?? [];
    const found: Waiter[] = [];
    for (let at = waiting.length - 1; at >= 0 && found.length < most; at--) {
      const waiter = waiting[at] as Waiter;
      const { entry, claimed } = waiter;
      if (countOf(entry) >= MAX_STRANGERS) this.#change(topic).splice(at, 1);
      else if (Math.max(claimed.from, minutes.from) < Math.min(claimed.to, minutes.to) && !isHidden(entry)) {
        if (!found.some(({ entry: { user } }) => user === entry.user)) found.push(waiter);
      }
    }
    return found.sort((a, b) => a.entry.tie - b.entry.tie);
  }

  #placeOf(topic: number, entry: Entry): number {
    return this.#topics.get(topic)?.findLastIndex((waiter) => waiter.entry === entry) ?? -1;
  }

  /** The list of a topic, to be changed. */
  #change(topic: number): Waiter[] {
    const waiting = this.#topics.get(topic) ?? [];
    this.#topics.set(topic, waiting);
    if (!this.#before.has(topic)) this.#before.set(topic, [...waiting]);
    return waiting;
  }

  /** Counts how many others each has been told of, when the index has been built. */
  count(db: Database): void {
    const sql = 'SELECT newer, pairs FROM meeting WHERE topic = ? AND newer >= ?';
    for (const [topic, waiting] of this.#topics) {
      const entries = new Map(waiting.map(({ entry }) => [entry.activity, entry]));
      for (const row of db.all<Pick<Meeting, 'newer' | 'pairs'>>(sql, topic, waiting[0]?.entry.activity ?? 0)) {
        // What is written under the older one, too, counts once.
        const olders = oldersIn(row).filter((older) => older < row.newer);
        add(entries.get(row.newer), olders.length);
        for (const older of olders) add(entries.get(older), 1);
      }
    }
  }
}

function add(entry: Entry | undefined, told: number): void {
  if (entry) entry.told = toldWith(entry, told);
}
