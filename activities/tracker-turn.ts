import type { Action, Activity, ActivityState, Appliance, Category } from '../vocabulary/index.js';
import type { RecogniserEvent } from './recogniser.js';
import { cut, HOLD_MS, type Stretch } from './summary.js';
import { forget, split } from './summary-history.js';
import {
  activityOf,
  courseOf,
  dismissal,
  dismissedRun,
  iso,
  newestOf,
  offsetOf,
  onNewClock,
  type Run,
  type TrackerState,
} from './tracker-state.js';

/** Nothing that a person does lasts longer (a week): a sensor is stuck. Endpoints take no more than ten days. */
export const LONGEST_MS = 604_800_000;

/** The most actions that an activity lists; older ones leave the list. */
export const MOST_ACTIONS = 200;

/** What a recogniser's memory calls what goes on right now, or has just ended. */
const MOMENTARY = ['run', 'last', 'burst', 'isTold'];

/** Whether a place in a memory, or in that of the programmes within it, is of what goes on right now. */
function isMomentary(path: readonly string[]): boolean {
  return (path[0] === 'programme' ? path : path.slice(0, 1)).some((name) => MOMENTARY.includes(name));
}

/** An action, with the activity that it happened in. */
type ToldAction = Action & { activityId: string; activity: string; appliance: Appliance };

export type Told = { type: 'activity'; activity: Activity } | { type: 'action'; action: ToldAction };

/** Names the next activity. @param at its start, epoch milliseconds */
export type NewId = (at: number) => string;

export interface RunOptions {
  activity: string;
  category: Category;
  /** Seconds between two `ongoing`; 0 tells of it only when something changed. */
  everySeconds: number;
  /** The parameters to tell; none named means all. */
  keep: readonly string[];
  place: string;
}

/** One step of a tracker at work on its own copy of the state: what can become of an activity, and the telling of it. */
export class Turn {
  readonly state: TrackerState;
  readonly told: Told[] = [];
  /** Now, on the readings' clock, in epoch milliseconds; never before what was seen already. */
  now: number;
  /** How long what was seen last holds, in milliseconds: as long as values do, or as its recogniser trusts a silence. */
  holdMs = HOLD_MS;

  constructor(
    state: TrackerState,
    now: number,
    readonly options: RunOptions,
    readonly newId: NewId,
  ) {
    this.state = { ...state };
    this.now = Math.max(now, state.at ?? 0, state.open?.seenAt ?? 0);
  }

  apply(event: RecogniserEvent): void {
    const { open } = this.state;
    if (event.type === 'action') this.#act(event);
    else if (!open && event.type === 'finish') this.#noteOver(event.at);
    else if (!open && event.type === 'discard') this.#noteOver(this.now);
    else if (open?.byHand) return;
    else if (event.type === 'start' && !open) this.begin(event.at, { confidence: event.confidence });
    else if (event.type === 'resume' && !open) this.#resume(event);
    else if (event.type === 'finish' && open) this.#finish(open, event);
    else if (event.type === 'discard' && open) this.#discard(open, event.at);
  }

  /** Never before the end of the one before, never in the future. */
  begin(at: number, how: Pick<Run, 'confidence' | 'byHand' | 'isSequel'>): void {
    const before = this.state.last?.endedAt ?? 0;
    const startedAt = clamp(at, before <= this.now ? before : 0, this.now);
    const { activity, category } = this.options;
    this.#outliveCorrections(startedAt);
    const seenAt = clamp(this.state.at ?? startedAt, startedAt, this.now);
    // What is older would be joined with what is new, and that cut less exactly.
    const since = Math.min(startedAt, this.state.pending?.since ?? startedAt);
    this.state.history = split(forget(this.state.history, since), startedAt);
    const settled = this.#pendingFrom(startedAt);
    const id = this.newId(startedAt + (this.state.offset ?? 0));
    const run = { id, revision: 0, activity, category, startedAt, seenAt, toldAt: 0, actions: [], settled, ...how };
    this.state.open = this.tell({ ...run, state: 'started' }, 'started');
  }

  /** What has left the history already of an activity that is told so late. */
  #pendingFrom(startedAt: number): Stretch | undefined {
    const settled = this.state.pending?.settled;
    return settled && settled.to > startedAt ? cut(settled, startedAt, settled.to) : undefined;
  }

  /** From now on nothing is lost of what may be told with a start at this moment; without it, nothing is waited for. */
  awaitStart(since: number | undefined): void {
    if (since === this.state.pending?.since) return;
    this.state.pending = since === undefined ? undefined : { since };
    if (since !== undefined) this.state.history = split(this.state.history, since);
  }

  /** Never before its start, and never after what was last seen of it; by hand, when it is said. */
  end(run: Run, at: number): void {
    const endedAt = clamp(at, run.startedAt, run.byHand ? this.now : Math.max(run.startedAt, run.seenAt));
    const settled = courseOf(run, this.state, endedAt);
    this.state.history = forget(this.state.history, endedAt);
    this.state.open = undefined;
    const { last, past = [] } = this.state;
    this.state.past = last ? [...past, last] : past;
    this.state.last = this.tell({ ...run, endedAt, seenAt: endedAt, settled }, 'finished');
    this.tidyPast();
  }

  /** What was taken for none is over, at that time: it would not go on if that were taken back. */
  #noteOver(overAt: number): void {
    const dismissed = dismissal(this.state);
    const run = dismissedRun(this.state);
    const settled = run && courseOf(run, this.state, overAt);
    this.state.past = this.state.past?.map((one) => (one === run ? { ...one, settled } : one));
    this.state.corrections = this.state.corrections?.map((one) => (one === dismissed ? { ...one, overAt } : one));
  }

  /** Another activity begins: what was taken for none would not go on, and what is going on is another matter. */
  #outliveCorrections(startedAt: number): void {
    const dismissed = dismissal(this.state);
    const run = this.state.past?.find(({ id }) => id === dismissed?.id);
    if (run) this.#noteOver(Math.min(run.seenAt, startedAt));
    this.outliveMoment();
  }

  /** What corrections have changed in what the recogniser had open is not taken back any more: something else is open. */
  outliveMoment(): void {
    this.state.corrections = this.state.corrections?.map((one) => {
      return { ...one, learned: one.learned.filter(({ path }) => !isMomentary(path)) };
    });
  }

  /** Keeps an activity that is not open: as the last when none ended later, else among those that were before. */
  keep(run: Run): void {
    const { last, past = [] } = this.state;
    const others = [...past, ...(last ? [last] : [])].filter(({ id }) => id !== run.id);
    const newest = newestOf([...others, run].filter(({ state }) => state === 'finished'));
    const isLast = newest === run || last?.id === run.id;
    this.state.last = isLast ? run : last;
    this.state.past = [...others, run].filter((one) => one !== this.state.last);
  }

  /** Forgets the activities that no correction needs any more. */
  tidyPast(): void {
    const { corrections = [], past = [], last } = this.state;
    const about = new Set(corrections.map(({ id }) => id));
    // What was the last before one was added is that again when the added one goes.
    const isAdded = corrections.some(({ what }) => what === 'missed');
    const before = newestOf(past.filter(({ id, state }) => isAdded && state === 'finished' && !about.has(id)));
    const kept = past.filter((run) => (run === before || about.has(run.id)) && run.id !== last?.id);
    this.state.past = kept.length > 0 ? kept : undefined;
    if (corrections.length === 0) this.state.corrections = undefined;
  }

  /** Tells of an activity as it is with a change. */
  tellAgain(run: Run, change: Partial<Run>): void {
    const isOpen = this.state.open?.id === run.id;
    const told = this.tell({ ...run, ...change }, isOpen ? 'ongoing' : 'finished');
    if (isOpen) this.state.open = told;
    else if (this.state.last?.id === run.id) this.state.last = told;
    else this.keep(told);
  }

  /** Where a person has said when the last one ended, that stands: what goes on after it is another one. */
  #resume({ at, confidence }: { at: number; confidence: number }): void {
    const { last, at: readAt } = this.state;
    if (!last || last.byHand || at - last.startedAt > LONGEST_MS) {
      const isSequel = last?.byHand;
      if (!isSequel || at > (last.endedAt ?? 0)) this.begin(at, { confidence, ...(isSequel ? { isSequel } : {}) });
      return;
    }
    this.state.last = undefined;
    const seenAt = clamp(readAt ?? at, last.seenAt, this.now);
    this.state.open = this.tell({ ...withoutCups(last), endedAt: undefined, seenAt, confidence }, 'ongoing');
  }

  /** Where a sequel turns out to have been upkeep, all that there was had ended before it. */
  #finish(open: Run, event: RecogniserEvent & { type: 'finish' }): void {
    if (open.isSequel && event.at < open.startedAt) this.#discard(open, event.at);
    else this.end({ ...withoutCups(open), ...whatFinished(event, open) }, event.at);
  }

  /** What somebody rated or named did happen, whatever the recogniser thinks by now: for as long as something was seen of it. */
  #discard(run: Run, at: number): void {
    if (this.isNamed(run)) {
      this.end(run, run.seenAt);
      return;
    }
    this.state.open = undefined;
    this.tell({ ...run, endedAt: clamp(at, run.startedAt, this.now) }, 'discarded');
  }

  /** Somebody has rated, named or renamed it. */
  isNamed({ id, rating, drink }: Run): boolean {
    const isRenamed = this.state.corrections?.some((one) => one.id === id && one.what === 'activity');
    return isRenamed || rating !== undefined || drink !== undefined;
  }

  #act(event: RecogniserEvent & { type: 'action' }): void {
    const { open } = this.state;
    const run = this.#runOf(event);
    if (!run) {
      this.#outliveRest(event);
      return;
    }
    const action: Action = {
      action: event.action,
      startedAt: iso(event.startedAt),
      endedAt: iso(Math.max(event.startedAt, event.endedAt)),
      confidence: event.confidence,
    };
    const next: Run = { ...run, actions: [...run.actions, action].slice(-MOST_ACTIONS) };
    const { appliance } = this.state;
    const offset = offsetOf(run, this.state);
    this.told.push({
      type: 'action',
      action: { ...onNewClock(action, offset), activityId: run.id, activity: run.activity, appliance },
    });
    if (open) this.state.open = next;
    else this.state.last = this.tell(next, 'finished');
  }

  /** A person has ended what to its recogniser only rested: what goes on after that rest is another one. */
  #outliveRest({ action, startedAt, endedAt, confidence }: RecogniserEvent & { type: 'action' }): void {
    const { open, last } = this.state;
    const until = last?.byHand && !open && action === 'rest' ? (last.endedAt ?? 0) : 0;
    if (startedAt <= until && endedAt > until) this.begin(endedAt, { confidence, isSequel: true });
  }

  /** The activity that an action belongs to: none where it lies outside of what a person has said. */
  #runOf({ startedAt, endedAt }: RecogniserEvent & { type: 'action' }): Run | undefined {
    const { open, last } = this.state;
    if (open) return open.isSequel && endedAt <= open.startedAt ? undefined : open;
    const until = last?.endedAt ?? 0;
    return startedAt <= until && (!last?.byHand || endedAt <= until) ? last : undefined;
  }

  /** Tells of an activity that goes on when it is time to. */
  tellWhenDue(): void {
    const { open } = this.state;
    const { everySeconds } = this.options;
    if (!open || everySeconds <= 0 || this.now - open.toldAt < everySeconds * 1000) return;
    this.state.open = this.tell(open, 'ongoing');
  }

  /** Every telling has the next revision, so that an older copy never overwrites a newer one. */
  tell(run: Run, state: ActivityState): Run {
    const { place, keep } = this.options;
    const next: Run = { ...run, state, revision: run.revision + 1, toldAt: this.now };
    this.told.push({ type: 'activity', activity: activityOf(next, this.state, { place, keep, holdMs: this.holdMs }) });
    return next;
  }
}

/** Of a sequel, the recogniser has counted the cups before it, too. */
function whatFinished(
  { confidence, cups }: RecogniserEvent & { type: 'finish' },
  { isSequel }: Run,
): Pick<Run, 'confidence' | 'cups'> {
  return { confidence, ...(cups === undefined || isSequel ? {} : { cups }) };
}

/** How many cups there were is known once it is over, and anew when that was announced too soon. */
function withoutCups({ cups, ...run }: Run): Run {
  return run;
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
