import {
  newTracker,
  SILENCE_MS,
  stepTracker,
  type Told,
  type TrackerInput,
  type TrackerOptions,
  type TrackerProblem,
  type TrackerState,
  withoutMemory,
} from '../../activities/index.js';
import { type Appliance, newId, type Reading } from '../../vocabulary/index.js';
import { CONNECTING_MS } from '../shared/settling.js';
import type { StateFile } from '../shared/state-file.js';
import { likelyFor, namedBy } from './addressee.js';
import type { Saying } from './meaning.js';
import { type Origin, Outbox } from './outbox.js';
import { lighter, type SavedState } from './saved-state.js';

/** So many appliances one node can follow; of more, the one that was idle longest is forgotten. */
export const MOST_APPLIANCES = 200;
/**
 * The state is written this often at most while an activity goes on, in milliseconds: a process that is killed loses no more of
 * its course. What is told or said is written at once. An SD card should outlive its hub.
 */
const SAVE_MS = 60_000;

interface CollectorParts {
  options: TrackerOptions;
  /** What is done by hand with no other appliance there happens here. */
  own: Appliance;
  file: Pick<StateFile<SavedState>, 'save'>;
  send(told: Told, origin?: Origin): void;
  /** What went wrong where nobody waits for an answer: saving (told once, until it works again), or a step or a sending. */
  onProblem(what: 'save' | 'step', problem: unknown): void;
  /** A reading was taken in, and not passed over as late or stale; before anything is sent that followed from it. */
  onTaken?(reading: Reading): void;
  /** The hub's clock was set by so many milliseconds. */
  onLeap?(by: number): void;
  /** So long after the start whoever should receive something may be connecting yet, in milliseconds. */
  connectingMs?: number;
  now?: () => number;
  /** Milliseconds of a clock that nobody sets. */
  elapsed?: () => number;
  /** How far the hub's clock was set since the last call, in milliseconds. */
  leap?: () => number;
}

/** What somebody said changed nothing. */
export class SayingProblem extends Error {
  constructor(readonly reason: TrackerProblem | 'too-many' | 'no-appliance' | 'which-appliance') {
    super(reason);
  }
}

/**
 * Follows the appliances of one node and tells what goes on. What is told is on disk before it is sent, together with
 * the state it came from, and leaves the disk a few seconds after it was sent: a process that is killed in between, or
 * a node that closes before it could send or as it sends, sends it (once more) when it is back, with the same id and
 * revision. So nothing is lost, and nobody who looks at revisions sees anything twice.
 */
export class Collector {
  readonly #parts: CollectorParts;
  readonly #now: () => number;
  readonly #appliances = new Map<string, TrackerState>();
  /** Of these nothing was heard since the start: a hub without a clock chip starts with a wrong clock, and their times are right. */
  readonly #earlier = new Set<string>();
  readonly #outbox: Outbox;
  #delivering: Promise<void> | undefined;
  /** Something is worth saving; the outbox on disk is longer than it need be; what is on disk is not all there is. */
  #changed = false;
  #dropped = false;
  #isLight = false;
  #savedAt = 0;
  #saveFails = false;

  constructor(parts: CollectorParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
    const { connectingMs = CONNECTING_MS, elapsed = () => performance.now() } = parts;
    this.#outbox = new Outbox({ connectingMs, elapsed });
  }

  get appliances(): Iterable<TrackerState> {
    return this.#appliances.values();
  }

  /** Goes on from what was saved. What was not sent is sent with the first tick, when every node is there. */
  restore({ appliances, outbox }: SavedState): void {
    for (const state of appliances) {
      this.#appliances.set(state.appliance.id, state);
      this.#earlier.add(state.appliance.id);
    }
    this.#outbox.add(...outbox.map((told) => ({ told })));
  }

  /**
   * One reading further: microseconds, unless there is something to tell.
   * @returns when everything that followed was sent, or undefined when nothing did
   * @throws SayingProblem when there are too many appliances at once
   */
  read(reading: Reading, origin?: Origin): Promise<void> | undefined {
    // Of an appliance that is not known it would change nothing, and must not make room for itself.
    if (reading.retained && !this.#appliances.has(reading.appliance.id)) return undefined;
    this.#followClock();
    return this.#step(this.#stateOf(reading.appliance), { type: 'reading', reading, arrivedAt: this.#now() }, origin);
  }

  /**
   * @param address an appliance's id or name; without it, the one that it is most likely about
   * @throws SayingProblem when it is about nothing
   */
  say(saying: Saying, address?: string, origin?: Origin): Promise<void> | undefined {
    this.#followClock();
    const state = this.#addressee(saying, address);
    const sent = this.#step(state, { ...saying, now: this.#clockOf(state) }, origin);
    // What was learned is kept, also where there is nothing to tell.
    return sent ?? this.#save();
  }

  /** Time went on: to be called every few seconds. Never throws. */
  tick(): void {
    this.#followClock();
    const now = this.#now();
    for (const state of this.#appliances.values()) {
      const isAwake = state.open !== undefined || now - (state.arrivedAt ?? 0) < 2 * SILENCE_MS;
      if (!isAwake) continue;
      this.#guard(() => void this.#step(state, { type: 'tick', now: this.#clockOf(state) }));
    }
    if (this.#outbox.dropSent()) this.#dropped = true;
    if (!this.#outbox.isHeld && this.#outbox.unsent.length > 0) void this.#deliver();
    else if (this.#isSaveDue(now)) void this.#save();
  }

  /** While something goes on, whatever there is to save waits for the next time. A clock that was set back stops nothing. */
  #isSaveDue(now: number): boolean {
    if (!this.#hasOpen()) return this.#dropped;
    return (this.#dropped || this.#changed) && Math.abs(now - this.#savedAt) >= SAVE_MS;
  }

  /** A Deploy begins: nothing is sent, and it is kept until `goOn`, or for the next start. */
  hold(): void {
    if (this.#outbox.hold()) this.#dropped = true;
  }

  /** The Deploy is through. */
  goOn(): void {
    this.#outbox.goOn();
  }

  /** For how long nothing is sent yet, in milliseconds; not above zero when the next tick sends. */
  get heldForMs(): number {
    return this.#outbox.heldForMs;
  }

  /** Saves what there is; what was not sent is sent after the next start. Never rejects. */
  async close(): Promise<void> {
    this.hold();
    await this.#delivering;
    if (this.#changed || this.#dropped || this.#isLight) await this.#save('all');
  }

  /** Nothing goes on, and nothing that was told could get lost. */
  get isIdle(): boolean {
    return !this.#hasOpen() && this.#outbox.isEmpty;
  }

  #followClock(): void {
    const by = this.#parts.leap?.() ?? 0;
    if (by === 0) return;
    for (const [id, state] of this.#appliances) {
      if (!this.#earlier.has(id)) this.#guard(() => void this.#step(state, { type: 'leap', by }));
    }
    this.#parts.onLeap?.(by);
  }

  #step(state: TrackerState, input: TrackerInput, origin?: Origin): Promise<void> | undefined {
    const { id } = state.appliance;
    const step = this.#safely(state, input);
    if (step.problem) throw new SayingProblem(step.problem);
    if (step.state === state) return undefined;
    this.#appliances.set(id, step.state);
    // What time alone changes, it changes again after the next start.
    if (input.type !== 'tick' || step.told.length > 0) this.#changed = true;
    if (isOfNow(input, step.state)) this.#earlier.delete(id);
    if (input.type === 'reading' && !step.state.behind) this.#parts.onTaken?.(input.reading);
    if (step.told.length === 0) return undefined;
    this.#outbox.add(...step.told.map((told) => ({ told, origin })));
    return this.#deliver();
  }

  /**
   * A saved state that no longer fits must not stop its appliance for ever: what its recogniser remembers begins anew, then all.
   */
  #safely(state: TrackerState, input: TrackerInput) {
    try {
      return stepTracker(state, input, this.#parts.options, newId);
    } catch (error) {
      this.#appliances.set(state.appliance.id, withoutMemory(state) ?? newTracker(state.appliance));
      throw error;
    }
  }

  #stateOf(appliance: Appliance): TrackerState {
    const known = this.#appliances.get(appliance.id);
    if (known) return known;
    if (this.#appliances.size >= MOST_APPLIANCES) this.#forgetIdlest();
    return newTracker(appliance);
  }

  #forgetIdlest(): void {
    let idlest: TrackerState | undefined;
    for (const state of this.#appliances.values()) {
      if (!state.open && (state.arrivedAt ?? 0) < (idlest?.arrivedAt ?? Number.POSITIVE_INFINITY)) idlest = state;
    }
    if (!idlest) throw new SayingProblem('too-many');
    this.#appliances.delete(idlest.appliance.id);
  }

  /** @throws SayingProblem when it is not sure which appliance a correction is about: it must not hit another one */
  #addressee(saying: Saying, address: string | undefined): TrackerState {
    const all = [...this.#appliances.values()];
    const named = namedBy(all, saying, address);
    if (named) return named;
    const { own } = this.#parts;
    const isElsewhere = saying.type === 'correct' && address && address !== own.id && address !== own.name;
    if (isElsewhere) throw new SayingProblem('no-appliance');
    const likely = likelyFor(all, saying);
    if (likely === 'several') throw new SayingProblem('which-appliance');
    return likely ?? this.#stateOf(own);
  }

  /** Now, on the readings' clock: the last reading's time and what has passed since it came. */
  #clockOf({ at, arrivedAt, offset = 0 }: TrackerState): number {
    const now = this.#now();
    return at === undefined ? now - offset : at + Math.max(0, now - (arrivedAt ?? now));
  }

  #hasOpen(): boolean {
    for (const { open } of this.#appliances.values()) if (open) return true;
    return false;
  }

  /** Saves, then sends, in the order of what happened, until there is nothing left. Never rejects. */
  #deliver(): Promise<void> {
    this.#delivering ??= this.#drain().finally(() => {
      this.#delivering = undefined;
    });
    return this.#delivering;
  }

  async #drain(): Promise<void> {
    for (let batch = this.#outbox.unsent; batch.length > 0; batch = this.#outbox.unsent) {
      await this.#save();
      if (this.#outbox.isHeld) return;
      for (const one of batch) {
        this.#outbox.markSent(one);
        this.#guard(() => this.#parts.send(one.told, one.origin));
      }
    }
  }

  #guard(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#parts.onProblem('step', error);
    }
  }

  async #save(what: 'all' | 'light' = 'light'): Promise<void> {
    this.#changed = false;
    this.#dropped = false;
    this.#isLight = what === 'light';
    this.#savedAt = this.#now();
    const outbox = this.#outbox.told;
    const all = [...this.#appliances.values()];
    try {
      await this.#parts.file.save({ version: 1, appliances: this.#isLight ? all.map(lighter) : all, outbox });
      this.#saveFails = false;
    } catch (error) {
      this.#changed = true;
      if (!this.#saveFails) this.#parts.onProblem('save', error);
      this.#saveFails = true;
    }
  }
}

/** Whether a state goes by the clock as it is since the start: a live reading was taken in, or somebody has begun something. */
function isOfNow(input: TrackerInput, { behind }: TrackerState): boolean {
  return input.type === 'start' || (input.type === 'reading' && !input.reading.retained && !behind);
}
