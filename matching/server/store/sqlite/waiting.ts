import { MAX_STRANGERS } from '../../../schema/index.js';
import type { Interval } from '../../rules/time.js';
import type { Database } from './database.js';
import { type Meeting, oldersIn } from './meeting.js';
import type { Entry } from './run.js';

/** Activities of a topic that wait: after so many newer ones, the oldest waits no more. */
const MOST_WAITING = 64;

/**
 * The activities of each topic that have not been told of enough others yet, in the order in which they came. Whoever begins
 * is told of those: so everybody is met by somebody, however large the crowd, and what a publish writes lies together.
 */
export class Waiting {
  readonly #topics = new Map<number, Entry[]>();
  /** The lists that have been changed, as they were at the last `keep`: short, and copied once a transaction. */
  readonly #before = new Map<number, Entry[]>();

  /** What has been done so far stands. */
  keep(): void {
    if (this.#before.size > 0) this.#before.clear();
  }

  /** Steps back behind everything since the last `keep`. */
  stepBack(): void {
    for (const [topic, waiting] of this.#before) this.#topics.set(topic, waiting);
    this.#before.clear();
  }

  add(topic: number, entry: Entry): void {
    const waiting = this.#change(topic);
    waiting.push(entry);
    if (waiting.length > MOST_WAITING) waiting.shift();
  }

  remove(topic: number, entry: Entry): void {
    const at = this.#topics.get(topic)?.lastIndexOf(entry) ?? -1;
    if (at >= 0) this.#change(topic).splice(at, 1);
  }

  /** The list of a topic, to be changed. */
  #change(topic: number): Entry[] {
    const waiting = this.#topics.get(topic) ?? [];
    this.#topics.set(topic, waiting);
    if (!this.#before.has(topic)) this.#before.set(topic, [...waiting]);
    return waiting;
  }

  /** Those who came last and whose time touches those minutes: one entry a user, in an order that tells nothing of how they came. */
  find(topic: number, minutes: Interval, most: number, isHidden: (entry: Entry) => boolean): Entry[] {
    const waiting = this.#topics.get(topic) ?? [];
    const found: Entry[] = [];
    for (let at = waiting.length - 1; at >= 0 && found.length < most; at--) {
      const entry = waiting[at] as Entry;
      if (entry.told >= MAX_STRANGERS) this.#change(topic).splice(at, 1);
      else if (entry.from < minutes.to && entry.ended > minutes.from && !isHidden(entry)) {
        if (!found.some(({ user }) => user === entry.user)) found.push(entry);
      }
    }
    return found.sort((a, b) => a.tie - b.tie);
  }

  /** Counts how many others each has been told of, when the index has been built. */
  count(db: Database): void {
    const sql = 'SELECT newer, pairs FROM meeting WHERE topic = ? AND newer >= ?';
    for (const [topic, waiting] of this.#topics) {
      const entries = new Map(waiting.map((entry) => [entry.activity, entry]));
      for (const row of db.all<Pick<Meeting, 'newer' | 'pairs'>>(sql, topic, waiting[0]?.activity ?? 0)) {
        // What is written under the older one, too, counts once.
        const olders = oldersIn(row).filter((older) => older < row.newer);
        add(entries.get(row.newer), olders.length);
        for (const older of olders) add(entries.get(older), 1);
      }
    }
  }
}

function add(entry: Entry | undefined, told: number): void {
  if (entry) entry.told += told;
}
