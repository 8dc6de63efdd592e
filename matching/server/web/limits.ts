import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler, onSendAsyncHookHandler } from 'fastify';
import type { RouteName } from '../../schema/index.js';
import type { Limits } from '../options.js';
import { tooOften } from '../refusal.js';
import type { Buckets } from './buckets.js';
import { Quota, quotaHeaders } from './quota.js';
import { tokenHash } from './token.js';

/** What a household never comes near, and a club behind one address seldom. */
export const DEFAULT_LIMITS: Limits = {
  callsPerMinute: 300,
  joinsPerHour: 60,
  failuresPerMinute: 60,
  newActivitiesPerDay: 2000,
  // More than of a hub that says everything once a minute.
  bytesPerDay: 32 * 1024 * 1024,
};

/**
 * Calls that look through everything of their user's, or, as a stream that begins days ago, through much of it, and as how many others
 * they count: without it, one user who has published all they may for a day could take all of the store's time.
 */
const DEAR: Partial<Record<RouteName, number>> = { updateMe: 20, block: 20, exportMe: 20, events: 5 };
/**
 * By what somebody protects themselves. A flow of theirs that asks all the time, or somebody who has their token, leaves them never as much
 * as these count: they are owed, one at a time.
 */
const OWED: ReadonlySet<RouteName> = new Set<RouteName>(['updateMe', 'block', 'rotateToken', 'deleteMe']);

/** Calls from one address at most that are under way, of users who are not known yet: all hubs of a club after a restart. */
const MOST_UNDER_WAY = 256;
const SOON_MS = 1000;
const TOO_OFTEN = 'Your account asks too often';
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Refusals that can come before the token is looked at: of what is no request of this interface at all. */
const BEFORE_THE_TOKEN: ReadonlySet<number> = new Set([400, 408, 413, 415]);

/**
 * How much one caller may ask: each user in all calls together, and each address in joining, in tokens that are not valid and
 * in calls that need no token. Who has been let in before is let in whatever others do at the same address.
 */
export class Limiter {
  readonly #users: Quota;
  readonly #open: Quota;
  readonly #joins: Quota;
  readonly #failures: Quota;
  readonly #newActivities: Quota;
  readonly #bytes: Quota;
  /** All limits of a user: those of a publish. */
  readonly #ofUsers: readonly Quota[];
  /**
   * Calls under way by users who were not known when they came, by user, by address and by both: otherwise any number could come before
   * the first answer.
   */
  readonly #underWay = new Map<string, number>();

  constructor(
    limits: Limits,
    private readonly clock: () => number,
  ) {
    this.#users = new Quota('callsPerMinute', limits.callsPerMinute, MINUTE_MS);
    this.#open = new Quota('callsPerMinute', limits.callsPerMinute, MINUTE_MS);
    this.#joins = new Quota('joinsPerHour', limits.joinsPerHour, 60 * MINUTE_MS);
    this.#failures = new Quota('failuresPerMinute', limits.failuresPerMinute, MINUTE_MS);
    this.#newActivities = new Quota('newActivitiesPerDay', limits.newActivitiesPerDay, DAY_MS);
    this.#bytes = new Quota('bytesPerDay', limits.bytesPerDay, DAY_MS, 'content-bytes');
    this.#ofUsers = [this.#users, this.#newActivities, this.#bytes];
  }

  /** Somebody wants to join. @throws Refusal too-many-requests */
  join(address: string): void {
    spend(this.#joins, networkOf(address), this.clock(), 'Too many join from your address');
  }

  /** A call that needs no token. @throws Refusal too-many-requests */
  openCall(address: string): void {
    spend(this.#open, networkOf(address), this.clock(), 'Too many calls come from your address');
  }

  /**
   * A call with a token, valid or not.
   * @param counts as so many @param isOwed whether it need not be left, where nothing is owed yet
   * @throws Refusal too-many-requests
   */
  call(credential: Uint8Array | undefined, address: string, counts = 1, isOwed = false): void {
    const user = keyOf(credential);
    const now = this.clock();
    if (this.#users.has(user)) {
      const most = Math.min(counts, this.#users.size);
      // What came before its user was known counts when it is answered.
      const needs = isOwed ? 0 : most + (this.#underWay.get(user) ?? 0);
      check(this.#users.waitMs(user, now, needs), TOO_OFTEN);
      this.#users.take(user, now, most, isOwed ? most : 0);
    } else this.#begin(user, networkOf(address), now);
  }

  #begin(user: string, network: string, now: number): void {
    check(this.#failures.waitMs(network, now), 'Too many tokens from your address are not valid');
    const most = this.#users.size || MOST_UNDER_WAY;
    check((this.#underWay.get(user) ?? 0) < most ? 0 : SOON_MS, TOO_OFTEN);
    const others = this.#underWay.get(network) ?? 0;
    check(others < MOST_UNDER_WAY ? 0 : SOON_MS, 'Very many calls from your address are under way');
    for (const key of [user, network, bothOf(user, network)]) {
      this.#underWay.set(key, (this.#underWay.get(key) ?? 0) + 1);
    }
  }

  /** An activity is to be kept. @param bytes of it @throws Refusal too-many-requests */
  keep(credential: Uint8Array, bytes: number): void {
    const [user, now] = [keyOf(credential), this.clock()];
    this.#checkBytes(user, bytes, now);
    this.#takeBytes(user, bytes, now);
  }

  /** A call that publishes so many bytes: counted as both, or, where one is too much, as neither. @throws Refusal too-many-requests */
  publish(credential: Uint8Array, address: string, bytes: number): void {
    const [user, now] = [keyOf(credential), this.clock()];
    this.#checkBytes(user, bytes, now);
    this.call(credential, address);
    this.#takeBytes(user, bytes, now);
  }

  /**
   * For the store, which alone knows whether an activity is a new one: what goes on can always be ended, and taken back.
   * @returns seconds until this user may begin one more; nothing where they may
   */
  beginning(credential: Uint8Array): { beginsIn?: number } {
    const waitMs = this.#newActivities.waitMs(keyOf(credential), this.clock());
    return waitMs > 0 ? { beginsIn: secondsIn(waitMs) } : {};
  }

  #checkBytes(user: string, bytes: number, now: number): void {
    check(this.#bytes.waitMs(user, now, bytes), 'You publish more than anybody does in a day');
  }

  #takeBytes(user: string, bytes: number, now: number): void {
    if (this.#bytes.size > 0) this.#bytes.take(user, now, bytes);
  }

  /** What was kept is new. */
  created(credential: Uint8Array): void {
    if (this.#newActivities.size > 0) this.#newActivities.take(keyOf(credential), this.clock());
  }

  /**
   * What came of a call with a token. Once one was valid its user's calls are counted by user; until then what was refused
   * counts for the address, whether anybody has got as far as looking at the token or not.
   * @param counts as `call` was told
   */
  called(credential: Uint8Array | undefined, address: string, status: number, counts = 1): void {
    const user = keyOf(credential);
    const [network, now] = [networkOf(address), this.clock()];
    const isKnown = this.#users.has(user);
    const wasUnknown = this.#end(user, network);
    if (status === 401) for (const quota of this.#ofUsers) quota.forget(user);
    if (status === 401 || (!isKnown && BEFORE_THE_TOKEN.has(status))) this.#failures.take(network, now);
    else if (credential && (wasUnknown || !isKnown)) this.#users.take(user, now, counts);
  }

  /** @returns whether a call is over whose user was not known when it came */
  #end(user: string, network: string): boolean {
    const both = bothOf(user, network);
    if (!this.#underWay.has(both)) return false;
    for (const key of [user, network, both]) {
      const left = (this.#underWay.get(key) ?? 0) - 1;
      if (left > 0) this.#underWay.set(key, left);
      else this.#underWay.delete(key);
    }
    return true;
  }

  /** A user has a new token, and what was left with the old one. */
  rename(credential: Uint8Array, next: Uint8Array): void {
    for (const quota of this.#ofUsers) quota.rename(keyOf(credential), keyOf(next));
  }

  /** Headers that say what is left to whoever made a call; none where nothing is limited. */
  headersFor(
    name: RouteName,
    token: boolean,
    credential: Uint8Array | undefined,
    address: string,
  ): Record<string, string> {
    const [user, network, now] = [keyOf(credential), networkOf(address), this.clock()];
    if (token && this.#users.has(user)) {
      return quotaHeaders(name === 'publish' ? this.#ofUsers : [this.#users], user, now);
    }
    if (name === 'createUser') return quotaHeaders([this.#joins], network, now);
    return quotaHeaders([token ? this.#failures : this.#open], network, now);
  }
}

/** What a route does before and after it, to keep to the limits. */
export function limitsOf(
  limiter: Limiter,
  name: RouteName,
  token: boolean,
  addressOf: (request: IncomingMessage) => string,
): { onRequest: onRequestAsyncHookHandler; onSend: onSendAsyncHookHandler } {
  const tell = (reply: FastifyReply, credential: Uint8Array | undefined, address: string): void => {
    void reply.headers(limiter.headersFor(name, token, credential, address));
  };
  if (!token) {
    const admit = name === 'createUser' ? limiter.join : limiter.openCall;
    return {
      onRequest: async ({ raw }) => admit.call(limiter, addressOf(raw)),
      onSend: async ({ raw }, reply) => tell(reply, undefined, addressOf(raw)),
    };
  }
  const counts = countsOf(name);
  // Nobody has looked at their tokens.
  const turnedAway = new WeakSet<FastifyRequest>();
  return {
    onRequest: async (request) => {
      turnedAway.add(request);
      limiter.call(tokenHash(request.headers.authorization), addressOf(request.raw), counts, OWED.has(name));
      turnedAway.delete(request);
    },
    onSend: async (request, reply) => {
      const credential = tokenHash(request.headers.authorization);
      const address = addressOf(request.raw);
      if (!turnedAway.has(request)) limiter.called(credential, address, reply.statusCode, counts);
      tell(reply, credential, address);
    },
  };
}

/** As how many calls one counts. */
export function countsOf(name: RouteName): number {
  return DEAR[name] ?? 1;
}

function keyOf(credential: Uint8Array | undefined): string {
  return credential ? Buffer.from(credential).toString('latin1') : '';
}

/** A user at an address: what ends is counted off where it began. */
function bothOf(user: string, network: string): string {
  return `${user} ${network}`;
}

/** @throws Refusal too-many-requests */
function spend(buckets: Buckets, key: string, now: number, what: string): void {
  check(buckets.waitMs(key, now), what);
  buckets.take(key, now);
}

function secondsIn(ms: number): number {
  return Math.ceil(ms / 1000);
}

/** @throws Refusal too-many-requests, unless there is nothing to wait for */
function check(waitMs: number, what: string): void {
  if (waitMs <= 0) return;
  throw tooOften(what, secondsIn(waitMs));
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
