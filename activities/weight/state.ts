import { NOTHING_TAUGHT, type Teachable, teachable } from '../bars.js';
import type { RecogniserRun } from '../recogniser.js';

/** Everything remembered of one scale. Plain JSON; times are epoch milliseconds, weights grams. */
export interface WeightState extends Teachable {
  at: number | null;
  stray: number | null;
  /** The last two readings of a fast scale: a spike of one reading is not their median. */
  raw: number[];
  /** The shortest interval between readings of late, in milliseconds. */
  quickest: number;
  /** The longest silence of late in which a level held, in milliseconds. */
  silence: number;
  /** What has stood on the scale for long enough to be believed. */
  level: Level | null;
  /** What may become the next level. */
  next: Candidate | null;
  /** What stood there before it was lifted, and what the scale showed then. */
  away: { weight: number; empty: number; at: number } | null;
  /** What stood there before something pressed on it or was put on top. */
  under: { weight: number; at: number } | null;
  rise: Rise | null;
  /** What one cup takes out of the pot here, learned. */
  cup: number;
  run: Run | null;
  /** The run that finished last, while it may still go on. */
  last: Run | null;
}

export interface Level {
  weight: number;
  since: number;
  until: number;
}

export interface Candidate extends Level {
  count: number;
  /** The mean of the last few readings; `weight` is that of all. */
  recent: number;
  /** Its readings lie further apart than those of a vessel at rest: a hand is on it, or the drink in it still moves. */
  isMoving: boolean;
}

/** Weight that grows steadily: something runs into the vessel. */
export interface Rise {
  base: number;
  /** The last moment at which it was still at the base. */
  from: number;
  top: number;
  topAt: number;
  steps: number;
  isSure: boolean;
  /** Where the present stretch without a pause began. */
  stretch: { base: number; from: number };
}

export interface Run extends RecogniserRun {
  /** It ends after so many milliseconds in which nothing happens. */
  quiet: number;
  cups: number;
}

/** What one cup takes out of the pot (g) before any was seen. */
export const USUAL_CUP = 200;

export function initialState(): WeightState {
  return {
    at: null,
    stray: null,
    raw: [],
    quickest: 60_000,
    silence: 0,
    level: null,
    next: null,
    away: null,
    under: null,
    rise: null,
    cup: USUAL_CUP,
    run: null,
    last: null,
    ...NOTHING_TAUGHT,
  };
}

/** A state of any version, complete. */
export function upToDate(state: WeightState): WeightState {
  return state.silence === undefined ? { ...teachable(state), silence: 0 } : teachable(state);
}
