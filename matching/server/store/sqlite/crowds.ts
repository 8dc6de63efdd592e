import { type Bins, binsOf, type Series } from '../../rules/features/bins.js';
import { Crowd, type Visibility } from '../../rules/features/crowd.js';
import type { Counted } from '../../rules/features/ranks.js';
import { daysOf } from '../../rules/features/row.js';
import type { Database } from './database.js';

/**
 * The histograms that ranks are read from, of those who are visible: everyone, and each region. They follow from the rows of
 * features, so they are in memory alone: those of one kind of activity are made when somebody first asks for them, and kept in
 * step from then on; a publish of what nobody asks about costs nothing.
 */
export class Crowds {
  readonly #topics = new Map<number, Crowd>();

  constructor(private readonly db: Database) {}

  /** Whether the topic's histograms are there, and have to be told of every change. */
  has(topic: number): boolean {
    return this.#topics.has(topic);
  }

  /** What the histogram of everyone says (without a cell), or of the region around a cell. */
  read(topic: number, series: Series, value: number, cell?: string): Counted {
    return (this.#topics.get(topic) ?? this.#make(topic)).read(series, value, cell);
  }

  /** Somebody has more, or less: mostly in a few of the series. */
  change(topic: number, who: Visibility, before: Bins, after: Bins): void {
    const crowd = this.#topics.get(topic);
    crowd?.put(who, without(before, after), -1);
    crowd?.put(who, without(after, before), 1);
  }

  /** Somebody is seen otherwise, or elsewhere. */
  move(topic: number, bins: Bins, before: Visibility, after: Visibility): void {
    const crowd = this.#topics.get(topic);
    crowd?.put(before, bins, -1);
    crowd?.put(after, bins, 1);
  }

  /** After a transaction was taken back: what was counted may not be so. */
  forget(): void {
    this.#topics.clear();
  }

  #make(topic: number): Crowd {
    const crowd = new Crowd();
    const sql = `SELECT days, cell, discoverable FROM feature JOIN user ON user.key = feature.user
      WHERE topic = ? AND discoverable = 1`;
    for (const row of this.db.iterate<Visibility & { days: Uint8Array }>(sql, topic)) {
      crowd.put(row, binsOf(daysOf(row.days)), 1);
    }
    this.#topics.set(topic, crowd);
    return crowd;
  }
}

/** Where the value is another one. */
function without(bins: Bins, same: Bins): Bins {
  return new Map([...bins].filter(([series, value]) => same.get(series) !== value));
}
