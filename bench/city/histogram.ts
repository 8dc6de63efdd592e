/** Buckets in each doubling: a figure read off is right to 3 %. */
const PER_DOUBLING = 24;
const SMALLEST_MS = 0.01;

/** Times in milliseconds, counted in buckets, so that it does not matter how many there are. */
export class Histogram {
  readonly #buckets: number[] = [];
  count = 0;
  most = 0;

  add(ms: number): void {
    const bucket = Math.max(0, Math.round(Math.log2(Math.max(ms, SMALLEST_MS) / SMALLEST_MS) * PER_DOUBLING));
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.count++;
    this.most = Math.max(this.most, ms);
  }

  /** The time that this share of all stays below; NaN when there is none. */
  at(share: number): number {
    let left = share * this.count;
    for (let bucket = 0; bucket < this.#buckets.length; bucket++) {
      left -= this.#buckets[bucket] ?? 0;
      if (left <= 0 && this.count > 0) return SMALLEST_MS * 2 ** (bucket / PER_DOUBLING);
    }
    return Number.NaN;
  }
}
