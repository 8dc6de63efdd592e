import type { IncomingMessage } from 'node:http';
import type { MePatch, RouteName } from '../../schema/index.js';
import type { AuditEntry } from '../options.js';
import { addressClassOf } from './address.js';
import { Buckets } from './buckets.js';
import type { Operation } from './metrics.js';
import { pseudonymOf, tokenHash } from './token.js';

/** Calls that change who may do or see what, or that take data out. What people do all day is nobody's business. */
const AUDITED: ReadonlySet<Operation> = new Set<RouteName>([
  'createUser',
  'updateMe',
  'deleteMe',
  'rotateToken',
  'exportMe',
  'requestFriend',
  'answerFriendRequest',
  'removeFriend',
  'block',
  'unblock',
  'invite',
]);
/** Refusals that are written down in a minute: who hammers at the door must not fill the disk. */
const REFUSALS_PER_MINUTE = 60;

/**
 * Says what happened that matters for security, without saying of whom: a user is a hash of their token's hash, which leads
 * to nobody any more once they have left; an address is its class. No token, name, cell, activity or id is in it.
 */
export class Audit {
  readonly #notes = new WeakMap<IncomingMessage, Partial<AuditEntry>>();
  readonly #refusals = new Buckets(REFUSALS_PER_MINUTE, 60_000);
  #skipped = 0;

  constructor(
    private readonly write: (entry: AuditEntry) => void,
    private readonly clock: () => number,
    private readonly addressOf: (request: IncomingMessage) => string,
  ) {}

  /** A token was made: of the user who has joined, or the next one of a user. */
  tokenMade(request: IncomingMessage, whose: 'user' | 'next', credential: Uint8Array): void {
    this.#notes.set(request, { [whose]: pseudonymOf(credential) });
  }

  /** @param body of the request, where there was one */
  answered(operation: Operation, request: IncomingMessage, status: number, body?: unknown): void {
    const isRefused = status === 401 || status === 403 || status === 429 || status >= 500;
    // What was no request of its kind, or met nothing, has changed nothing.
    if (!isRefused && !(AUDITED.has(operation) && status < 400)) return;
    const now = this.clock();
    if (isRefused) {
      if (this.#refusals.waitMs('', now) > 0) {
        this.#skipped++;
        return;
      }
      this.#refusals.take('', now);
    }
    this.#tell(this.#entryOf(operation, request, status, now, body));
  }

  #entryOf(operation: Operation, request: IncomingMessage, status: number, now: number, body: unknown): AuditEntry {
    const skipped = this.#skipped;
    this.#skipped = 0;
    const credential = tokenHash(request.headers.authorization);
    return {
      at: new Date(now).toISOString(),
      operation,
      status,
      ...(credential && status !== 401 ? { user: pseudonymOf(credential) } : {}),
      ...this.#notes.get(request),
      ...(operation === 'updateMe' && status === 200 ? changesIn(body as MePatch) : {}),
      address: addressClassOf(this.addressOf(request)),
      ...(skipped > 0 ? { skipped } : {}),
    };
  }

  /** Whoever writes it down must not be able to spoil an answer. */
  #tell(entry: AuditEntry): void {
    try {
      this.write(entry);
    } catch {
      // The writer's own affair.
    }
  }
}

function changesIn(patch: MePatch): Partial<AuditEntry> {
  const { discoverable } = patch;
  return { changed: Object.keys(patch), ...(discoverable === undefined ? {} : { discoverable }) };
}
