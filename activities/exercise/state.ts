import { NOTHING_TAUGHT, type Teachable } from '../bars.js';
import type { RecogniserRun } from '../recogniser.js';

/** What somebody's effort is read from, the surest first. Heart rate is all there is when nothing else is reported. */
export const MEASURES = ['speed', 'cadence', 'power', 'heartRate'] as const;
export type Measure = (typeof MEASURES)[number];

/** Everything remembered of one person's device. Plain JSON; times are epoch milliseconds. */
export interface ExerciseState extends Teachable {
  at: number | null;
  stray: number | null;
  /** What effort is read from now, and when it last came. */
  measure: Measure | null;
  heardAt: number;
  /** The longest silence of late between two values of it, in milliseconds. */
  silence: number;
  /** Heart rate: smoothed, and this person's at rest, learned. */
  heart: { rate: number; resting: number } | null;
  /** m, as the device counts it: when it falls, a new session began. */
  distance: number | null;
  /** Effort as it usually is in this run, in the measure's unit. */
  typical: number;
  /** Its highest in this run: who was as fast as a bicycle rides one. */
  most: number;
  /** Moving since, or null: before a run, or after a rest. */
  movingSince: number | null;
  /** Resting since, within a run; or null. */
  restingSince: number | null;
  /** So little effort since then that it would be movement in no run; or null. */
  stillSince: number | null;
  /** The stretch of alike effort that goes on. */
  pace: Pace | null;
  run: RecogniserRun | null;
  /** The run that ended last, until nobody could go on with it any more. */
  last: RecogniserRun | null;
}

export interface Pace extends Stretch {
  /** What the effort was, when it began, as usual in the run; 0 outside of one. */
  typical: number;
  /** The run that it is in. */
  run: number | null;
  /** Effort that is not alike any more, and may be the next stretch. */
  odd: Stretch | null;
}

export interface Stretch {
  from: number;
  until: number;
  /** Its mean effort, and the milliseconds that this is the mean of. */
  effort: number;
  ms: number;
}

export function initialState(): ExerciseState {
  return {
    at: null,
    stray: null,
    measure: null,
    heardAt: 0,
    silence: 1000,
    heart: null,
    distance: null,
    typical: 0,
    most: 0,
    movingSince: null,
    restingSince: null,
    stillSince: null,
    pace: null,
    run: null,
    last: null,
    ...NOTHING_TAUGHT,
  };
}
