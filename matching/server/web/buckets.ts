import { keepNewest } from '../rules/newest.js';

/** Callers remembered at most, of each kind; then the ones seen longest ago are forgotten. */
const MOST_CALLERS = 20_000;

interface Bucket {
  tokens: number;
  /** Epoch milliseconds. */
  at: number;
}

/** Token buckets by key: so much at once, and as much again in each period. Whoever is not in it has a full one. */
export class Buckets {
  readonly #buckets = new Map<string, Bucket>();

  /** @param size tokens in a full bucket, and in each period; 0 for no limit */
  constructor(
    readonly size: number,
    readonly periodMs: number,
    private readonly most = MOST_CALLERS,
  ) {}

  get count(): number {
    return this.#buckets.size;
  }

  has(key: string): boolean {
    return this.#buckets.has(key);
  }

  /** Milliseconds until there are so many tokens; 0 when there are. None at all are there when nothing is owed. */
  waitMs(key: string, now: number, count = 1): number {
    if (this.size === 0) return 0;
    return Math.max(0, (count - this.#filled(key, now)) * (this.periodMs / this.size));
  }

  /** Whole tokens that are left, none where some are owed, and milliseconds until all of them are there again. */
  left(key: string, now: number): { tokens: number; fullInMs: number } {
    const tokens = this.#filled(key, now);
    return { tokens: Math.max(0, Math.floor(tokens)), fullInMs: (this.size - tokens) * (this.periodMs / this.size) };
  }

  /** @param owed how many may be missing afterwards */
  take(key: string, now: number, count = 1, owed = 0): void {
    const tokens = Math.max(-owed, this.#filled(key, now) - count);
    // What was used last goes to the end, so that the first one is the one to forget.
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens, at: now });
    keepNewest(this.#buckets, this.most);
  }

  forget(key: string): void {
    this.#buckets.delete(key);
  }

  /** Goes on under another key with what is left. */
  rename(key: string, next: string): void {
    const bucket = this.#buckets.get(key);
    if (!bucket) return;
    this.#buckets.delete(key);
    this.#buckets.set(next, bucket);
  }

  #filled(key: string, now: number): number {
    const bucket = this.#buckets.get(key);
    if (!bucket) return this.size;
    // A clock that was set back fills nothing, and empties nothing.
    if (now < bucket.at) bucket.at = now;
    return Math.min(this.size, bucket.tokens + ((now - bucket.at) * this.size) / this.periodMs);
  }
}
