import type { Activity } from '../vocabulary/index.js';
import { unlessAborted } from './abort.js';

/** What of an activity leaves the house: only what its owner reveals. */
export type SharedActivity = Omit<Activity, 'appliance' | 'confidence'> & Partial<Pick<Activity, 'appliance'>>;

/** `activity` is a target's standing copy of an activity in whatever state it is; the others are told once. */
export type Moment = 'started' | 'finished' | 'activity';

/** One thing to tell one target. Key and time are made once and stay the same on every try. */
export interface Share {
  id: string;
  /** What a receiver may recognise a second copy by. */
  key: string;
  moment: Moment;
  text: string;
  activity: SharedActivity;
  /** Epoch milliseconds. */
  createdAt: number;
}

/** What to tell people of a problem: a key of the locales, and the values in its text; never a secret. */
export interface Reason {
  key: string;
  values?: Record<string, string | number>;
}

/**
 * What became of one try.
 * `failed`: it certainly did not arrive. `permanent` says whether trying again is any use: `no` (later it may work),
 * `item` (never for this share, the next one may work), `target` (never until the target's settings change).
 * `unknown`: it may have arrived. The reason is in words, once an account has explained it.
 */
export type Outcome<Why = string> =
  | { outcome: 'sent'; remoteId?: string; url?: string; answer?: Record<string, unknown> }
  | { outcome: 'failed'; permanent: 'no' | 'item' | 'target'; reason: Why; status?: number; retryAfterMs?: number }
  | { outcome: 'unknown'; reason: Why; status?: number; retryAfterMs?: number };

/**
 * What a second copy does at the receiver: `deduplicates` (recognised by its key), `replaces` (the reader sees one),
 * `none` (the reader sees two).
 */
export type Idempotency = 'deduplicates' | 'replaces' | 'none';

/** A network that activities are told to. A new one is a file in targets/ and a line in its list. */
export interface ShareTarget<Credentials> {
  readonly name: string;
  readonly idempotency: Idempotency;
  /** True when strangers can read along: such a target asks its owner first unless told otherwise. */
  readonly public: boolean;
  /** True when the target keeps a copy of each activity and takes every state of it; false when it takes texts. */
  readonly standing: boolean;
  /** Says what is wrong with the credentials and what to do, or undefined when they can be used. */
  problemWith(credentials: Credentials): Reason | undefined;
  /** One try; never retries by itself, never throws a secret. */
  send(share: Share, context: { signal: AbortSignal; credentials: Credentials }): Promise<Outcome<Reason>>;
}

/** What can be missing in an account; `settings`: something that is there cannot be used. */
export type Lack = 'token' | 'secret' | 'settings';

/** A target with somebody's credentials: where shares go. */
export interface Destination {
  readonly id: string;
  /** What its owner calls it. */
  readonly name: string;
  /** The target's name, for example `webhook`. */
  readonly network: string;
  readonly idempotency: Idempotency;
  readonly public: boolean;
  readonly standing: boolean;
  /** Changes when the settings do; a stopped destination is used again then. Not to be saved: it is made with a secret. */
  readonly settings: string;
  /** Changes when the address does, which is in the flows in clear. Saved with what failed there. */
  readonly address: string;
  /** What its owner has to see to before anything can be sent. */
  readonly lacks?: Lack;
  send(share: Share, signal: AbortSignal): Promise<Outcome>;
}

interface Binding<Credentials> {
  id: string;
  name: string;
  settings: string;
  address: string;
  lacks?: Lack | undefined;
  /** Asked before each try, so that new credentials are used at once. @throws Error saying what is missing */
  credentials: () => Credentials | Promise<Credentials>;
  /** A reason in words for a person. */
  explain(reason: Reason): string;
}

/** Joins a target and an account's credentials to a destination. */
export function destinationOf<Credentials>(
  target: ShareTarget<Credentials>,
  { id, name, settings, address, lacks, credentials, explain }: Binding<Credentials>,
): Destination {
  return {
    id,
    name,
    settings,
    address,
    ...(lacks ? { lacks } : {}),
    network: target.name,
    idempotency: target.idempotency,
    public: target.public,
    standing: target.standing,
    async send(share, signal) {
      let given: Credentials;
      try {
        // An account may ask its network first, and hang with it.
        given = await unlessAborted(Promise.resolve(credentials()), signal);
      } catch (error) {
        if (signal.aborted) return { outcome: 'failed', permanent: 'no', reason: explain({ key: 'cut' }) };
        return stop(error instanceof Error ? error.message : explain({ key: 'unusable' }));
      }
      const problem = target.problemWith(given);
      if (problem) return stop(explain(problem));
      return explained(await target.send(share, { signal, credentials: given }), explain);
    },
  };
}

function stop(reason: string): Outcome {
  return { outcome: 'failed', permanent: 'target', reason };
}

/** The outcome with its reason in words. */
export function explained(outcome: Outcome<Reason>, explain: (reason: Reason) => string): Outcome {
  return outcome.outcome === 'sent' ? outcome : { ...outcome, reason: explain(outcome.reason) };
}
