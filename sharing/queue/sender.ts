import type { Destination, Outcome } from '../target.js';
import { DEFAULT_BACK_OFF, LONGEST_REST, waitAfter } from './back-off.js';
import { type Consequence, dueAt, finish, mayResend, nextItem, settle, takeNewer } from './settle.js';
import type { QueueState, ShareItem } from './state.js';
import { messageOf, type QueueWorld, saveOrTell } from './world.js';

/** How long a try under way may go on when its queue closes, in milliseconds: most networks have answered by then. */
const LAST_MOMENT = 2_000;
/** For so long after a deploy something may still be starting, such as an endpoint in the same Node-RED; in milliseconds. */
const SETTLING = 3_000;

interface Rest {
  failures: number;
  until: number;
  /** The target itself asked for it: it is not ended before its time. */
  isAsked: boolean;
}

/** Why a target that refused everything gets nothing more. */
export interface Stop {
  reason: string;
  status?: number;
  /** The destination's settings at that time: other settings lift the stop. */
  settings: string;
}

/** Sends each target its shares in order, one at a time, and gives a target that fails a rest. */
export class Sender {
  readonly #world: QueueWorld;
  readonly #onFree: () => void;
  readonly #abort = new AbortController();
  #isClosed = false;
  #isHeld = false;
  #isSettling = false;
  #cancelSettling = () => {};
  readonly #sending = new Map<string, Promise<void>>();
  readonly #rests = new Map<string, Rest>();
  /** What each target was last looked at with. In memory alone: it is made with a secret. */
  readonly #settings = new Map<string, string>();
  /** Not saved: each start gives a target that was stopped another try. */
  readonly #stops = new Map<string, Stop>();

  /** @param onFree called after each try, when what came of it is written down and told, and when a deploy has settled */
  constructor(world: QueueWorld, onFree: () => void) {
    this.#world = world;
    this.#onFree = onFree;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether a deploy is under way, or just through: who would be asked may be away, or connecting yet. */
  get isUnsettled(): boolean {
    return this.#isHeld || this.#isSettling;
  }

  /** Begins a try for every target that is not busy, stopped or at rest. @param items those that may be sent */
  sendNext(state: QueueState, items: readonly ShareItem[], now: number): void {
    for (const target of new Set(items.map((item) => item.target))) {
      const theirs = items.filter((item) => item.target === target);
      this.#sendNextTo(target, state, theirs, now);
    }
  }

  /** Why nothing goes to a target that refused everything, while it has the settings it did so with. */
  stopOf(target: string): Stop | undefined {
    const stop = this.#stops.get(target);
    const destination = this.#world.destination(target);
    if (stop && destination && destination.settings !== stop.settings) this.#stops.delete(target);
    return this.#stops.get(target);
  }

  /** Begins nothing until `goOn`; a try under way that comes to nothing meanwhile does not count. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Ends a hold, and gives every target that was stopped another try. A failure in the next moment is not told yet. */
  goOn(): void {
    this.#isHeld = false;
    this.#stops.clear();
    this.#isSettling = true;
    this.#cancelSettling();
    this.#cancelSettling = this.#world.after(SETTLING, () => {
      this.#isSettling = false;
      this.#onFree();
    });
  }

  /** When a target is tried, in epoch milliseconds; ahead only after a failure. @param items what waits for it */
  nextTry(target: string, items: readonly ShareItem[]): number {
    return Math.max(this.#rests.get(target)?.until ?? 0, dueAt(items));
  }

  /** The target is there again: what waits for it need not wait any longer, unless the target itself asked for that. */
  wake(target: string, items: readonly ShareItem[], now: number): void {
    this.#stops.delete(target);
    const rest = this.#rests.get(target);
    if (rest?.isAsked) return;
    if (rest) rest.until = now;
    // Of a failure before the last start, only the items know.
    for (const item of items) if (!item.asked) item.notBefore = now;
  }

  /** When the rests end, in epoch milliseconds. */
  rests(): number[] {
    return [...this.#rests.values()].map(({ until }) => until);
  }

  /**
   * Puts the rests on a clock that was set by so many milliseconds, and gives every target that was stopped another try:
   * a signature carries the time, and by a wrong clock it is refused as a wrong secret is.
   */
  setClock(by: number): void {
    for (const rest of this.#rests.values()) rest.until += by;
    this.#stops.clear();
  }

  /**
   * Begins nothing any more. A try under way gets a moment, for what is broken off has to be sent once more, and then is
   * broken off. Resolves when there is none.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelSettling();
    const cancel = this.#world.after(LAST_MOMENT, () => this.#abort.abort());
    await Promise.all(this.#sending.values());
    cancel();
  }

  #sendNextTo(target: string, state: QueueState, items: readonly ShareItem[], now: number): void {
    if (this.#isHeld || this.#sending.has(target) || this.stopOf(target)) return;
    const destination = this.#world.destination(target);
    if (destination) this.#forgetOthers(destination, items, now);
    const rest = this.#rests.get(target);
    // A clock that was set back must not make a rest last for hours.
    if (rest) rest.until = Math.min(rest.until, now + LONGEST_REST);
    if (!destination || (rest && rest.until > now)) return;
    const item = nextItem(items, now);
    if (!item) return;
    const sending = this.#send(state, item, destination).finally(() => {
      this.#sending.delete(target);
      this.#onFree();
    });
    this.#sending.set(target, sending);
  }

  /** What failed with other settings says nothing of these: a mended address is tried at once. */
  #forgetOthers({ id, settings, address }: Destination, items: readonly ShareItem[], now: number): void {
    const isOther = (this.#settings.get(id) ?? settings) !== settings;
    this.#settings.set(id, settings);
    if (isOther) this.#rests.delete(id);
    for (const item of items) {
      if (item.failedWith === undefined || (!isOther && item.failedWith === address)) continue;
      Object.assign(item, { notBefore: now, tries: 0, chokes: 0 });
      delete item.asked;
      delete item.failedWith;
    }
  }

  /** One try. Never rejects. */
  async #send(state: QueueState, item: ShareItem, destination: Destination): Promise<void> {
    if (item.mayHaveArrived && !mayResend(destination)) return this.#giveUp(state, item, destination);
    item.tries += 1;
    item.sending = true;
    const unsaved = await this.#unsaved(state);
    const outcome = unsaved ?? (await this.#try(item, destination));
    if (this.#isClosed && outcome.outcome !== 'sent') {
      // Broken off with what it was sent through: for the next start, and nobody's fault that would have to be told.
      item.sending = outcome.outcome === 'unknown';
      takeNewer(item);
      return;
    }
    const consequence = settle(state, item, destination, outcome);
    if (this.#isHeld && isForNothing(consequence)) return saveOrTell(this.#world, state);
    if (consequence.what === 'retry') this.#rest(item, destination, outcome, consequence.askedMs);
    else if (consequence.what === 'stopped') this.#stop(destination, outcome);
    else this.#rests.delete(destination.id);
    // That the list cannot be saved is told by what came of the try already.
    if (unsaved) await this.#unsaved(state);
    else await saveOrTell(this.#world, state);
    this.#tellOutcome(item, destination, outcome, consequence);
  }

  /** After a restart: a try was cut short, and whether it arrived nobody can say. */
  async #giveUp(state: QueueState, item: ShareItem, destination: Destination): Promise<void> {
    finish(state, item, 'unknown');
    await saveOrTell(this.#world, state);
    this.#world.tell({ event: 'unknown', item, destination, reason: this.#world.words('ended') });
  }

  /** Saves, so that a crash from here on is remembered as "may have arrived". @returns what comes of the try when that cannot be */
  async #unsaved(state: QueueState): Promise<Outcome | undefined> {
    try {
      await this.#world.save(state);
      return undefined;
    } catch (error) {
      const reason = this.#world.words('unsaved', { reason: messageOf(error) });
      return { outcome: 'failed', permanent: 'no', reason };
    }
  }

  async #try(item: ShareItem, destination: Destination): Promise<Outcome> {
    try {
      const { id, key, moment, text, activity, createdAt } = item;
      return await destination.send({ id, key, moment, text, activity, createdAt }, this.#abort.signal);
    } catch {
      // Whatever was thrown may carry a secret, so its words are not passed on.
      return { outcome: 'unknown', reason: this.#world.words('thrown') };
    }
  }

  #rest(item: ShareItem, destination: Destination, outcome: Outcome, askedMs: number | undefined): void {
    const isTold = !this.#isSettling || askedMs !== undefined;
    // What is only starting must not make the pauses grow.
    if (!isTold) item.tries -= 1;
    const failures = (this.#rests.get(destination.id)?.failures ?? 0) + (isTold ? 1 : 0);
    const { random, now, backOff = DEFAULT_BACK_OFF } = this.#world;
    const until = now() + waitAfter(failures, backOff, random(), askedMs);
    this.#rests.set(destination.id, { failures, until, isAsked: askedMs !== undefined });
    item.failedWith = destination.address;
    item.notBefore = Math.max(until, now() + waitAfter(item.tries, backOff, random()));
    if (askedMs === undefined) delete item.asked;
    else item.asked = true;
    const reason = 'reason' in outcome ? outcome.reason : '';
    if (isTold) this.#world.tell({ event: 'retry', item, destination, reason, failures, at: until });
  }

  #stop({ id, settings }: Destination, outcome: Outcome): void {
    if (outcome.outcome === 'sent') return;
    const { reason, status } = outcome;
    this.#rests.delete(id);
    this.#stops.set(id, { reason, settings, ...(status === undefined ? {} : { status }) });
  }

  #tellOutcome(item: ShareItem, destination: Destination, outcome: Outcome, consequence: Consequence): void {
    if (outcome.outcome === 'sent') {
      this.#world.tell({ event: 'sent', item, destination, outcome });
    } else if (consequence.what !== 'sent' && consequence.what !== 'retry') {
      const { what, ...more } = consequence;
      const { reason, status } = outcome;
      const known = status === undefined ? {} : { status };
      this.#world.tell({ event: what, item, destination, reason, ...known, ...more });
    }
  }
}

/** It came to nothing, and the target has not said when it wants to be asked again. */
function isForNothing(consequence: Consequence): boolean {
  return consequence.what === 'stopped' || (consequence.what === 'retry' && consequence.askedMs === undefined);
}
