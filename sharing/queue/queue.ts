import type { Destination, Outcome } from '../target.js';
import { type Acceptance, accept, forget, type Offer, withdraw } from './accept.js';
import { type BackOff, DEFAULT_BACK_OFF, waitAfter } from './back-off.js';
import { agree, discard, edit, findDraft } from './drafts.js';
import type { LedgerKey } from './ledger.js';
import { finish, mayResend, nextItem, settle } from './settle.js';
import { isSuperseded, moveItems, type QueueState, removeItem, restore, type ShareItem, type Stop } from './state.js';

/** What the queue needs of the world; all of it can be played by a test. */
export interface QueueWorld {
  load(): Promise<unknown>;
  /** Resolves when the state, as it was at the call or later, is on disk. */
  save(state: QueueState): Promise<void>;
  /** The destination of that id as it is now, or undefined when there is none any more. */
  destination(id: string): Destination | undefined;
  /** Epoch milliseconds. */
  now(): number;
  /** How far the clock of `now` was set since the last call, in milliseconds; 0 when it just went on. */
  leap?(): number;
  /** 0 to 1. */
  random(): number;
  /** Runs the task once after so many milliseconds; returns how to cancel it. */
  after(ms: number, task: () => void): () => void;
  tell(event: QueueEvent): void;
  backOff?: BackOff;
}

export type QueueEvent =
  | { event: 'sent'; item: ShareItem; destination: Destination; outcome: Extract<Outcome, { outcome: 'sent' }> }
  | {
      event: 'failed' | 'unknown' | 'stopped';
      item: ShareItem;
      destination: Destination;
      reason: string;
      status?: number;
    }
  | { event: 'retry'; item: ShareItem; destination: Destination; reason: string; failures: number; at: number }
  | { event: 'expired' | 'discarded'; item: ShareItem }
  | { event: 'unsaved' | 'unread'; reason: string }
  /** The clock was set while something was waiting, by so many milliseconds; what waits was put on the new time. */
  | { event: 'leapt'; by: number }
  /** Something moved: a status may want to be shown anew. */
  | { event: 'changed' };

/** In a few figures, for a status. */
export interface QueueSummary {
  waiting: number;
  drafts: number;
  stopped?: Stop;
  /** Epoch milliseconds; there while a target is given a rest after a failure. */
  retryAt?: number;
}

interface Rest {
  failures: number;
  until: number;
}

/** A changed account is noticed after this long at the latest, in milliseconds. */
const LOOK_AGAIN = 60_000;

/**
 * The one layer that retries. Shares are on disk before they count as accepted; each target gets them in order, one at
 * a time; a target that fails is given a rest; the same moment is never accepted twice.
 */
export class ShareQueue {
  readonly #world: QueueWorld;
  readonly #abort = new AbortController();
  readonly #sending = new Map<string, Promise<void>>();
  readonly #rests = new Map<string, Rest>();
  /** Accepted, but not on disk yet: not sent before it is. */
  readonly #unsaved = new Set<ShareItem>();
  readonly #ready: Promise<void>;
  #state: QueueState = restore(undefined);
  #cancelTimer = () => {};

  constructor(world: QueueWorld) {
    this.#world = world;
    this.#ready = this.#load();
  }

  /** Resolves when what was saved is back. Never rejects. */
  ready(): Promise<void> {
    return this.#ready;
  }

  /**
   * Takes offers in; resolves when they are on disk.
   * @throws Error when they cannot be saved, or the queue is closed; nothing of them is sent then
   */
  async accept(offers: readonly Offer[]): Promise<Acceptance[]> {
    await this.#ready;
    // The file may be another queue's by now.
    if (this.#abort.signal.aborted) throw new Error('the list of shares is closed: send the activity again');
    this.#followClock();
    this.#state.ledger.tidy(this.#world.now());
    const accepted = offers.map((offer) => accept(this.#state, offer, this.#world.now()));
    const added = accepted.flatMap(({ item, verdict }) => (item && verdict !== 'replaced' ? [item] : []));
    for (const item of added) this.#unsaved.add(item);
    try {
      if (accepted.some(({ item }) => item)) await this.#world.save(this.#state);
    } catch (error) {
      for (const item of added) forget(this.#state, item);
      throw new Error(`the share could not be saved and is not sent: ${messageOf(error)}`);
    } finally {
      for (const item of added) this.#unsaved.delete(item);
    }
    this.#pump();
    return accepted;
  }

  /** Takes back what is not true any more, where nobody can have seen it yet. */
  async withdraw(keys: readonly LedgerKey[]): Promise<void> {
    await this.#ready;
    if (this.#abort.signal.aborted) return;
    const taken = keys.filter((key) => withdraw(this.#state, key));
    if (taken.length > 0) await this.#world.save(this.#state);
    this.#pump();
  }

  /**
   * The owner's yes to a draft; with another text the draft is asked again under a new token.
   * @returns the item, or undefined when the token is unknown, used or too old
   */
  async confirm(token: string, text?: string): Promise<ShareItem | undefined> {
    const item = await this.#draft(token);
    if (!item) return undefined;
    if (text !== undefined && text !== item.text) edit(item, text, this.#world.now());
    else agree(this.#state, item);
    await this.#world.save(this.#state);
    this.#pump();
    return item;
  }

  /** The owner's no to a draft. */
  async discard(token: string): Promise<ShareItem | undefined> {
    const item = await this.#draft(token);
    if (!item) return undefined;
    discard(this.#state, item);
    await this.#world.save(this.#state);
    this.#world.tell({ event: 'discarded', item });
    this.#pump();
    return item;
  }

  summary(): QueueSummary {
    const { items, stopped } = this.#state;
    const drafts = items.filter((item) => item.draft).length;
    const held = items.find((item) => this.#isStopped(item.target));
    const rests = items.flatMap((item) => this.#rests.get(item.target)?.until ?? []);
    const stop = held && stopped[held.target];
    return {
      waiting: items.length - drafts,
      drafts,
      ...(stop ? { stopped: stop } : {}),
      ...(rests.length > 0 ? { retryAt: Math.min(...rests) } : {}),
    };
  }

  /** Ends the tries under way and saves what came of them. What waits goes on after the next start. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#cancelTimer();
    await this.#ready;
    await Promise.all(this.#sending.values());
    await this.#save();
  }

  async #load(): Promise<void> {
    try {
      this.#state = restore(await this.#world.load());
    } catch (error) {
      this.#world.tell({ event: 'unread', reason: messageOf(error) });
    }
    for (const item of this.#state.items.filter((item) => item.mayHaveArrived && !item.draft)) this.#resume(item);
    // After whoever made this queue holds it.
    queueMicrotask(() => this.#pump());
  }

  /** After a restart: a try that was cut short may have arrived. */
  #resume(item: ShareItem): void {
    if (isSuperseded(this.#state, item)) {
      removeItem(this.#state, item);
      return;
    }
    const destination = this.#world.destination(item.target);
    if (!destination || mayResend(destination)) return;
    finish(this.#state, item, 'unknown');
    const reason = 'Node-RED ended while it was being sent';
    this.#world.tell({ event: 'unknown', item, destination, reason });
  }

  async #draft(token: string): Promise<ShareItem | undefined> {
    await this.#ready;
    if (this.#abort.signal.aborted) return undefined;
    this.#sweep();
    return findDraft(this.#state, token);
  }

  #pump(): void {
    if (this.#abort.signal.aborted) return;
    this.#sweep();
    for (const target of new Set(this.#state.items.map((item) => item.target))) this.#sendNext(target);
    this.#schedule();
    this.#world.tell({ event: 'changed' });
  }

  #sendNext(target: string): void {
    if (this.#sending.has(target) || this.#isStopped(target)) return;
    const destination = this.#world.destination(target);
    const now = this.#world.now();
    const rest = this.#rests.get(target);
    // A clock that was set back must not make a rest last for hours.
    if (rest) rest.until = Math.min(rest.until, now + 2 * LOOK_AGAIN * 60);
    if (!destination || (rest && rest.until > now)) return;
    const items = this.#state.items.filter((item) => item.target === target && !this.#unsaved.has(item));
    const item = nextItem(items, now);
    if (!item) return;
    const sending = this.#send(item, destination).finally(() => {
      this.#sending.delete(target);
      this.#pump();
    });
    this.#sending.set(target, sending);
  }

  /** One try. Never rejects. */
  async #send(item: ShareItem, destination: Destination): Promise<void> {
    item.tries += 1;
    item.sending = true;
    const outcome = await this.#try(item, destination);
    const consequence = settle(this.#state, item, destination, outcome);
    if (consequence.what === 'retry') this.#rest(item, destination, outcome, consequence.askedMs);
    else if (consequence.what !== 'stopped') this.#rests.delete(destination.id);
    await this.#save();
    this.#tellOutcome(item, destination, outcome, consequence.what);
  }

  async #try(item: ShareItem, destination: Destination): Promise<Outcome> {
    try {
      // So that a crash from here on is remembered as "may have arrived".
      await this.#world.save(this.#state);
    } catch (error) {
      return { outcome: 'failed', permanent: 'no', reason: `the list of shares cannot be saved: ${messageOf(error)}` };
    }
    try {
      const { id, key, moment, text, activity, createdAt } = item;
      return await destination.send({ id, key, moment, text, activity, createdAt }, this.#abort.signal);
    } catch {
      // Whatever was thrown may carry a secret, so its words are not passed on.
      return { outcome: 'unknown', reason: 'something went wrong while sending' };
    }
  }

  #rest(item: ShareItem, destination: Destination, outcome: Outcome, askedMs: number | undefined): void {
    const failures = (this.#rests.get(destination.id)?.failures ?? 0) + 1;
    const { random, now, backOff = DEFAULT_BACK_OFF } = this.#world;
    const until = now() + waitAfter(failures, backOff, random(), askedMs);
    this.#rests.set(destination.id, { failures, until });
    item.notBefore = Math.max(until, now() + waitAfter(item.tries, backOff, random()));
    const reason = 'reason' in outcome ? outcome.reason : '';
    this.#world.tell({ event: 'retry', item, destination, reason, failures, at: until });
  }

  #tellOutcome(item: ShareItem, destination: Destination, outcome: Outcome, what: string): void {
    if (outcome.outcome === 'sent') {
      this.#world.tell({ event: 'sent', item, destination, outcome });
    } else if (what === 'failed' || what === 'unknown' || what === 'stopped') {
      const { reason, status } = outcome;
      this.#world.tell({ event: what, item, destination, reason, ...(status === undefined ? {} : { status }) });
    }
  }

  #isStopped(target: string): boolean {
    const stop = this.#state.stopped[target];
    if (!stop) return false;
    const destination = this.#world.destination(target);
    if (!destination || destination.settings === stop.settings) return true;
    delete this.#state.stopped[target];
    return false;
  }

  /** A clock that was set makes nothing late and nothing early: it all moves along. */
  #followClock(): void {
    const by = this.#world.leap?.() ?? 0;
    if (by === 0) return;
    for (const rest of this.#rests.values()) rest.until += by;
    if (moveItems(this.#state, by)) this.#world.tell({ event: 'leapt', by });
  }

  /** Drops what is too late, and drafts nobody answered. */
  #sweep(): void {
    this.#followClock();
    const now = this.#world.now();
    for (const item of this.#state.items.filter((candidate) => !candidate.sending)) {
      if (item.draft && item.draft.until <= now) {
        discard(this.#state, item);
        this.#world.tell({ event: 'discarded', item });
      } else if (item.notAfter <= now) {
        finish(this.#state, item, 'expired');
        this.#world.tell({ event: 'expired', item });
      }
      item.notBefore = Math.min(item.notBefore, now + 2 * LOOK_AGAIN * 60);
    }
  }

  #schedule(): void {
    this.#cancelTimer();
    const { items } = this.#state;
    if (items.length === 0) return;
    const now = this.#world.now();
    const moments = items.flatMap((item) => [item.draft?.until ?? item.notBefore, item.notAfter]);
    const rests = [...this.#rests.values()].map(({ until }) => until);
    const next = Math.min(now + LOOK_AGAIN, ...[...moments, ...rests].filter((moment) => moment > now));
    this.#cancelTimer = this.#world.after(next - now, () => this.#pump());
  }

  async #save(): Promise<void> {
    try {
      await this.#world.save(this.#state);
    } catch (error) {
      this.#world.tell({ event: 'unsaved', reason: messageOf(error) });
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error';
}
