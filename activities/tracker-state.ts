import type { Action, Activity, ActivityState, Appliance, Category } from '../vocabulary/index.js';
import { join, type Stretch, summarise } from './summary.js';
import { between, type History } from './summary-history.js';
import type { Corrected } from './tracker-correction.js';

/** An activity as it is kept while it may still change. Times are epoch milliseconds on the readings' clock. */
export interface Run {
  id: string;
  revision: number;
  state: ActivityState;
  activity: string;
  category: Category;
  startedAt: number;
  endedAt?: number | undefined;
  /** The last moment at which something was seen of it: a reading, or a word from a person. */
  seenAt: number;
  /** When it was last told. */
  toldAt: number;
  /** A person started or stopped it: the recogniser has no say any more. */
  byHand?: boolean | undefined;
  /** To the recogniser it is one that goes on, but a person has ended that. */
  isSequel?: boolean | undefined;
  actions: Action[];
  cups?: number;
  drink?: string;
  rating?: number;
  confidence?: number;
  /** What no longer fits into the history; of a finished one, everything. */
  settled?: Stretch | undefined;
  /** How far it is told from its own times, where its play of a recording is over: see `TrackerState.offset`. */
  offset?: number | undefined;
}

/** Everything known of one appliance. Plain JSON: saved at any point, it goes on where it was. */
export interface TrackerState {
  appliance: Appliance;
  /** Time of the newest reading: the readings' clock. */
  at?: number | undefined;
  /** The hub's clock when that reading came. */
  arrivedAt?: number | undefined;
  /** The hub's clock was set by so many milliseconds; whether the readings' clock was, too, the next reading shows. */
  leapt?: number | undefined;
  /** How far the readings' clock was set since: all times in here are on the old one, all that is told on the new. */
  offset?: number | undefined;
  /** Which play of a recording the readings are of. */
  play?: string | undefined;
  /** Readings older than the newest, in a row: since when on the hub's clock, and the last one's time. */
  behind?: { since: number; at: number } | undefined;
  /** Which recogniser is at work, for what kind of appliance, and what it remembers. */
  recogniser?: { name: string; kind: string; memory: unknown } | undefined;
  /** What it last said in words, as it said it. */
  said?: string | undefined;
  /** It has said something else while nobody listened: until it is heard again, its silence is trusted no longer than any. */
  isDoubtful?: boolean | undefined;
  /** The word that a broker keeps of it, as it was found last. */
  stored?: string | undefined;
  history: History;
  /** Since when there may be an activity that is not told yet, and what has left the history since then. */
  pending?: { since: number; settled?: Stretch | undefined } | undefined;
  open?: Run | undefined;
  /** The last one that finished: a rating, or its going on after all, may still come. */
  last?: Run | undefined;
  /** What its owner has corrected of late, the newest first: each can be taken back. */
  corrections?: Corrected[] | undefined;
  /** The numbers of those that were taken back of late, the newest first: none is given twice. */
  undone?: number[] | undefined;
  /** The activities that those are about, or that come back with them, where they are neither open nor the last any more. */
  past?: Run[] | undefined;
}

/** All that is known of single activities. */
export function knownRuns({ open, last, past = [] }: TrackerState): Run[] {
  return [open, last, ...past].filter((run) => run !== undefined);
}

/** The correction that took what goes on for none: as long as nobody knows that it is over, it may be taken back and go on. */
export function dismissal({ corrections }: TrackerState): Corrected | undefined {
  return corrections?.find((one) => one.wasOpen && one.overAt === undefined);
}

/** What was taken for none in this play while it went on, and goes on once that is taken back. */
export function dismissedRun(state: TrackerState): Run | undefined {
  const dismissed = dismissal(state);
  return dismissed && state.past?.find(({ id, offset }) => id === dismissed.id && offset === undefined);
}

/** By how much the times of an activity are told from those that are kept, in milliseconds. */
export function offsetOf({ offset }: Run, state: TrackerState): number {
  return offset ?? state.offset ?? 0;
}

/** The one that ended last. */
export function newestOf(runs: readonly Run[]): Run | undefined {
  return runs.reduce<Run | undefined>((a, b) => ((b.endedAt ?? 0) >= (a?.endedAt ?? 0) ? b : a), undefined);
}

/**
 * The activity as it is told.
 * @param holdMs how long what was seen last holds, in milliseconds; a person's word holds until the next one
 */
export function activityOf(
  run: Run,
  state: TrackerState,
  { place, keep, holdMs }: { place: string; keep: readonly string[]; holdMs: number },
) {
  const offset = offsetOf(run, state);
  const knownUntil = run.byHand ? Number.POSITIVE_INFINITY : run.seenAt + holdMs;
  const until = run.endedAt ?? Math.max(run.seenAt, Math.min(run.toldAt, knownUntil));
  const activity: Activity = {
    id: run.id,
    revision: run.revision,
    activity: run.activity,
    category: run.category,
    state: run.state,
    startedAt: iso(run.startedAt + offset),
    ...(run.endedAt === undefined ? {} : { endedAt: iso(run.endedAt + offset) }),
    seconds: Math.round((until - run.startedAt) / 1000),
    appliance: state.appliance,
    ...(place ? { place } : {}),
    parameters: summarise(run.endedAt === undefined ? courseOf(run, state, until) : run.settled, keep),
    actions: offset === 0 ? run.actions : run.actions.map((action) => onNewClock(action, offset)),
    ...(run.cups === undefined ? {} : { cups: run.cups }),
    ...(run.drink === undefined ? {} : { drink: run.drink }),
    ...(run.rating === undefined ? {} : { rating: run.rating }),
    ...(run.confidence === undefined ? {} : { confidence: run.confidence }),
  };
  return activity;
}

/** What the parameters did from the run's start until a moment. */
export function courseOf(run: Run, { history, at }: TrackerState, until: number): Stretch | undefined {
  if (at === undefined) return run.settled;
  const fresh = between(history, run.settled?.to ?? run.startedAt, until, at);
  return fresh ? join(run.settled, fresh) : run.settled;
}

/** An action as it is told, after the clock was set by `offset` ms. */
export function onNewClock(action: Action, offset: number): Action {
  const { startedAt, endedAt } = action;
  const moved = (at: string): string => iso(Date.parse(at) + offset);
  return { ...action, startedAt: moved(startedAt), ...(endedAt ? { endedAt: moved(endedAt) } : {}) };
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
