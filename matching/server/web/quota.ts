import type { Limits } from '../options.js';
import { Buckets } from './buckets.js';

/** A limit, and what callers are told of it, as draft-ietf-httpapi-ratelimit-headers-10 writes both. */
export class Quota extends Buckets {
  /** Its item in `RateLimit-Policy`. */
  readonly policy: string;

  /** @param unit of what it counts, as the draft names it, where that is not calls */
  constructor(
    private readonly name: keyof Limits,
    size: number,
    periodMs: number,
    unit?: 'content-bytes',
  ) {
    super(size, periodMs);
    this.policy = `"${name}";q=${size}${unit ? `;qu="${unit}"` : ''};w=${periodMs / 1000}`;
  }

  /** What a caller has left, as an item of `RateLimit`. */
  standing(key: string, now: number): string {
    const { tokens, fullInMs } = this.left(key, now);
    return `"${this.name}";r=${tokens};t=${Math.ceil(fullInMs / 1000)}`;
  }
}

/** Headers that say what a caller has left; none where nothing is limited. */
export function quotaHeaders(quotas: readonly Quota[], key: string, now: number): Record<string, string> {
  const limited = quotas.filter(({ size }) => size > 0);
  if (limited.length === 0) return {};
  return {
    'ratelimit-policy': limited.map(({ policy }) => policy).join(', '),
    ratelimit: limited.map((quota) => quota.standing(key, now)).join(', '),
  };
}
