import { ANYWHERE, homeOf, regionCodeOf } from '../../rules/cells.js';
import { type Bins, binsOf, type Series } from '../../rules/features/bins.js';
import { Histogram } from '../../rules/features/histogram.js';
import type { Counted } from '../../rules/features/ranks.js';
import { daysOf } from '../../rules/features/row.js';
import type { Database } from './database.js';

interface Visibility {
  discoverable: number;
  cell: string | null;
}

const NOBODY: Counted = { above: 0, people: 0 };

/**
 * The histograms that ranks are read from, of those who are visible: everyone, and each region. They follow from the rows of
 * features, so they are in memory alone: those of one kind of activity are made when somebody first asks for them, and kept in
 * step from then on; a publish of what nobody asks about costs nothing.
 */
export class Crowds {
  /** By topic; then by series and crowd. */
  readonly #topics = new Map<number, Map<string, Histogram>>();

  constructor(private readonly db: Database) {}

  /** Whether the topic's histograms are there, and have to be told of every change. */
  has(topic: number): boolean {
    return this.#topics.has(topic);
  }

  /** What the histogram of everyone says (without a cell), or of the region around a cell. */
  read(topic: number, series: Series, value: number, cell?: string): Counted {
    const histograms = this.#topics.get(topic) ?? this.#make(topic);
    const histogram = histograms.get(keyOf(series, cell === undefined ? ANYWHERE : regionOf(cell)));
    return histogram ? { above: histogram.above(value), people: histogram.total } : NOBODY;
  }

  /** Somebody has more, or less: mostly in a few of the series. */
  change(topic: number, who: Visibility, before: Bins, after: Bins): void {
    const histograms = this.#topics.get(topic);
    if (!histograms) return;
    put(histograms, who, without(before, after), -1);
    put(histograms, who, without(after, before), 1);
  }

  /** Somebody is seen otherwise, or elsewhere. */
  move(topic: number, bins: Bins, before: Visibility, after: Visibility): void {
    const histograms = this.#topics.get(topic);
    if (!histograms) return;
    put(histograms, before, bins, -1);
    put(histograms, after, bins, 1);
  }

  /** After a transaction was taken back: what was counted may not be so. */
  forget(): void {
    this.#topics.clear();
  }

  #make(topic: number): Map<string, Histogram> {
    const histograms = new Map<string, Histogram>();
    const sql = `SELECT days, cell, discoverable FROM feature JOIN user ON user.key = feature.user
      WHERE topic = ? AND discoverable = 1`;
    for (const row of this.db.iterate<Visibility & { days: Uint8Array }>(sql, topic)) {
      put(histograms, row, binsOf(daysOf(row.days)), 1);
    }
    this.#topics.set(topic, histograms);
    return histograms;
  }
}

/** Where the value is another one. */
function without(bins: Bins, same: Bins): Bins {
  return new Map([...bins].filter(([series, value]) => same.get(series) !== value));
}

function put(histograms: Map<string, Histogram>, { discoverable, cell }: Visibility, bins: Bins, by: 1 | -1): void {
  if (!discoverable) return;
  const crowds = cell === null ? [ANYWHERE] : [ANYWHERE, regionOf(cell)];
  for (const [series, value] of bins) {
    for (const crowd of crowds) {
      const key = keyOf(series, crowd);
      const histogram = histograms.get(key) ?? new Histogram();
      histogram.add(value, by);
      if (histogram.total > 0) histograms.set(key, histogram);
      else histograms.delete(key);
    }
  }
}

export function regionOf(cell: string): number {
  return regionCodeOf(homeOf(cell));
}

function keyOf(series: Series, crowd: number): string {
  return `${series}@${crowd}`;
}
