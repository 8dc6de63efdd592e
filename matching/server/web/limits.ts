import type { RouteOptions } from 'fastify';
import type { RouteName } from '../../schema/index.js';
import type { Limits } from '../options.js';
import { Refusal } from '../refusal.js';
import { tokenHash } from './token.js';

/** What a household never comes near, and a club behind one address seldom. */
export const DEFAULT_LIMITS: Limits = { callsPerMinute: 300, joinsPerHour: 60, failuresPerMinute: 60 };

/** Callers remembered at most, of each kind; then the ones seen longest ago are forgotten. */
const MOST_CALLERS = 20_000;
const MINUTE_MS = 60_000;

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
    private readonly size: number,
    private readonly periodMs: number,
    private readonly most = MOST_CALLERS,
  ) {}

  get count(): number {
    return this.#buckets.size;
  }

  has(key: string): boolean {
    return this.#buckets.has(key);
  }

  /** Milliseconds until there is a token; 0 when there is one. */
  waitMs(key: string, now: number): number {
    if (this.size === 0) return 0;
    return Math.max(0, (1 - this.#filled(key, now)) * (this.periodMs / this.size));
  }

  take(key: string, now: number): void {
    const tokens = Math.max(0, this.#filled(key, now) - 1);
    // What was used last goes to the end, so that the first one is the one to forget.
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens, at: now });
    if (this.#buckets.size > this.most) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
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

/**
 * How much one caller may ask: each user in all calls together, and each address in joining and in tokens that are not valid.
 * Who has been let in before is let in whatever others do at the same address.
 */
export class Limiter {
  readonly #users: Buckets;
  readonly #joins: Buckets;
  readonly #failures: Buckets;

  constructor(
    { callsPerMinute, joinsPerHour, failuresPerMinute }: Limits,
    private readonly clock: () => number,
  ) {
    this.#users = new Buckets(callsPerMinute, MINUTE_MS);
    this.#joins = new Buckets(joinsPerHour, 60 * MINUTE_MS);
    this.#failures = new Buckets(failuresPerMinute, MINUTE_MS);
  }

  /** Somebody wants to join. @throws Refusal too-many-requests */
  join(address: string): void {
    const network = networkOf(address);
    const now = this.clock();
    check(this.#joins.waitMs(network, now), 'Too many join from your address');
    this.#joins.take(network, now);
  }

  /** A call with a token, valid or not. @throws Refusal too-many-requests */
  call(credential: Uint8Array | undefined, address: string): void {
    const user = keyOf(credential);
    const now = this.clock();
    if (this.#users.has(user)) {
      check(this.#users.waitMs(user, now), 'Your account asks too often');
      this.#users.take(user, now);
    } else check(this.#failures.waitMs(networkOf(address), now), 'Too many tokens from your address are not valid');
  }

  /** Whether the token of a call was valid: then its user's calls are counted from now on. */
  called(credential: Uint8Array | undefined, address: string, isValid: boolean): void {
    const user = keyOf(credential);
    if (!isValid) this.#failures.take(networkOf(address), this.clock());
    else if (credential && !this.#users.has(user)) this.#users.take(user, this.clock());
  }

  /** A user has a new token, and what was left with the old one. */
  rename(credential: Uint8Array, next: Uint8Array): void {
    this.#users.rename(keyOf(credential), keyOf(next));
  }
}

/** What a route does before and after it, to keep to the limits. */
export function limitsOf(
  limiter: Limiter,
  name: RouteName,
  token: boolean,
): Pick<RouteOptions, 'onRequest' | 'onSend'> {
  if (name === 'createUser') return { onRequest: async ({ ip }) => limiter.join(ip) };
  if (!token) return {};
  return {
    onRequest: async ({ headers, ip }) => limiter.call(tokenHash(headers.authorization), ip),
    onSend: async ({ headers, ip }, { statusCode }, payload) => {
      // A refusal for want of calls says nothing of the token.
      if (statusCode !== 429) limiter.called(tokenHash(headers.authorization), ip, statusCode !== 401);
      return payload;
    },
  };
}

function keyOf(credential: Uint8Array | undefined): string {
  return credential ? Buffer.from(credential).toString('latin1') : '';
}

function check(waitMs: number, what: string): void {
  if (waitMs <= 0) return;
  const seconds = Math.ceil(waitMs / 1000);
  throw new Refusal('too-many-requests', `${what}: come back in ${seconds} s`, seconds);
}

/** An IPv4 address, or the /64 of an IPv6 address: one household has all of that. */
export function networkOf(address: string): string {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (mapped) return mapped;
  if (!address.includes(':')) return address;
  const [head = '', tail = ''] = address.split('%')[0]?.split('::') ?? [];
  const before = head.split(':').filter(Boolean);
  const after = tail.split(':').filter(Boolean);
  const zeros = address.includes('::') ? Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0') : [];
  return [...before, ...zeros, ...after]
    .slice(0, 4)
    .map((part) => part.replace(/^0+(?=.)/, '').toLowerCase())
    .join(':');
}
