import { ANYWHERE, homeOf, regionCodeOf } from '../cells.js';
import type { Bins, Series } from './bins.js';
import { Histogram } from './histogram.js';
import type { Counted } from './ranks.js';

export interface Visibility {
  discoverable: number | boolean;
  cell: string | null;
}

const NOBODY: Counted = { above: 0, people: 0 };

/** The histograms of one kind of activity, of those who are visible: everyone, and each region. */
export class Crowd {
  readonly #histograms = new Map<string, Histogram>();

  /** @param by 1 or -1 person */
  put({ discoverable, cell }: Visibility, bins: Bins, by: 1 | -1): void {
    if (!discoverable) return;
    const crowds = cell === null ? [ANYWHERE] : [ANYWHERE, regionOf(cell)];
    for (const [series, value] of bins) {
      for (const crowd of crowds) {
        const key = keyOf(series, crowd);
        const histogram = this.#histograms.get(key) ?? new Histogram();
        histogram.add(value, by);
        if (histogram.total > 0) this.#histograms.set(key, histogram);
        else this.#histograms.delete(key);
      }
    }
  }

  /** What the histogram of everyone says (without a cell), or of the region around a cell. */
  read(series: Series, value: number, cell?: string): Counted {
    const histogram = this.#histograms.get(keyOf(series, cell === undefined ? ANYWHERE : regionOf(cell)));
    return histogram ? { above: histogram.above(value), people: histogram.total } : NOBODY;
  }
}

export function regionOf(cell: string): number {
  return regionCodeOf(homeOf(cell));
}

function keyOf(series: Series, crowd: number): string {
  return `${series}@${crowd}`;
}
