import type { ParameterValues } from '../../vocabulary/index.js';
import { asked, closePace } from './pace.js';
import { type ExerciseState, MEASURES, type Measure } from './state.js';

/** How effort of one measure is read; what can be taught is in pace.ts. */
interface Rule {
  /** After a rest of this length it was the end. */
  endMs: number;
  /** How sure a start is. */
  sure: number;
}

export const RULES: Readonly<Record<Measure, Rule>> = {
  speed: { endMs: 300_000, sure: 0.9 },
  cadence: { endMs: 300_000, sure: 0.9 },
  power: { endMs: 300_000, sure: 0.85 },
  // After an effort the heart needs a minute or two to show a rest.
  heartRate: { endMs: 240_000, sure: 0.7 },
};

/** From this speed on (m/s) it is a bicycle: uphill it is as slow as a sixth of its speed and rests not at all. */
const RIDE = { speed: 6, share: 0.15 };
/** Nothing holds longer than this (30 min). */
export const GAP_MS = 1_800_000;
/** A measure that was not heard for this long (60 s) gives way to the next. */
const LOST_MS = 60_000;
/** Time constants (ms) of the smoothed pulse, of the resting one downwards and upwards, and of the usual effort. */
const HEART = { smooth: 10_000, down: 600_000, up: 3_600_000, first: 75, lowest: 40 };
const USUAL_MS = 60_000;
/** Beats a minute; a watch off the wrist says 0. */
const BEATS = { least: 30, most: 240 };
/**
 * An effort above what is asked for is exercise, and says nothing of the rest, for the first three hours: a hike is long. After
 * that it says the less, the more it is: one that is half as much again is taken for the rest only after half a day. So none is
 * exercise for ever.
 */
const SURE_MS = 10_800_000;
const DOUBT = 12;

/**
 * Takes in what a reading says.
 * @param isTrainer power is the rider's; else it is a plug's, and says nothing of effort
 * @returns the effort it tells of, or undefined when it tells of none
 */
export function effortOf(
  state: ExerciseState,
  values: ParameterValues,
  at: number,
  isTrainer: boolean,
): number | undefined {
  const said = { ...values, heartRate: beatsOf(values) };
  if (said.heartRate !== undefined) followHeart(state, said.heartRate, at, at - (state.at ?? at));
  const heard = MEASURES.find((measure) => said[measure] !== undefined && (isTrainer || measure !== 'power'));
  if (!heard || (state.measure !== null && isBehind(heard, state.measure) && at - state.heardAt <= LOST_MS)) {
    return undefined;
  }
  if (heard !== state.measure) {
    if (state.pace) state.pace = closePace(state, state.pace);
    state.measure = heard;
    state.typical = 0;
    state.most = 0;
  } else noteSilence(state, at - state.heardAt);
  state.heardAt = at;
  if (heard !== 'heartRate') return Math.max(0, values[heard] ?? 0);
  return state.heart ? Math.max(0, state.heart.rate - state.heart.resting) : undefined;
}

/** Undefined where it is no heart's. */
function beatsOf({ heartRate = 0 }: ParameterValues): number | undefined {
  return heartRate >= BEATS.least && heartRate <= BEATS.most ? heartRate : undefined;
}

/** Whether so much effort is movement: by itself, or measured by what is usual in a run, as long as that may go on. */
export function isMoving(state: ExerciseState, effort: number): boolean {
  return state.measure !== null && effort >= leastEffort(state, state.measure);
}

function leastEffort(state: ExerciseState, measure: Measure): number {
  const { run, last, typical, most } = state;
  const on = asked(state, measure);
  if (!run && !last) return on;
  const isRide = measure === 'speed' && most >= RIDE.speed && state.taught.speedShare === undefined;
  // Who walks home runs no more.
  return Math.max(run ? 0.7 * on : on, (isRide ? RIDE.share : asked(state, `${measure}Share`)) * typical);
}

/** From which value of what is measured on it is movement now. */
export function leastMoving(state: ExerciseState, measure: Measure): number {
  const least = leastEffort(state, measure);
  return measure === 'heartRate' ? (state.heart?.resting ?? 0) + least : least;
}

export function learnUsual(state: ExerciseState, effort: number, ms: number): void {
  const share = state.typical === 0 ? 1 : Math.min(1, ms / USUAL_MS);
  state.typical += (effort - state.typical) * share;
  state.most = Math.max(state.most, state.typical);
}

function isBehind(one: Measure, other: Measure): boolean {
  return MEASURES.indexOf(one) > MEASURES.indexOf(other);
}

/** Rises at once and falls slowly: a device that reports changes is trusted to be silent. One that was off says nothing of that. */
function noteSilence(state: ExerciseState, ms: number): void {
  if (ms > GAP_MS) return;
  state.silence = ms > state.silence ? ms : state.silence + (ms - state.silence) * 0.02;
}

/** The pulse at rest is learned: after a night, which is calmer than any rest by day, within the hour in which somebody gets up. */
function followHeart(state: ExerciseState, rate: number, at: number, ms: number): void {
  const { heart, run } = state;
  if (!heart) {
    state.heart = { rate, resting: Math.min(rate, HEART.first) };
    return;
  }
  const smooth = heart.rate + (rate - heart.rate) * Math.min(1, Math.max(ms, 500) / HEART.smooth);
  const over = smooth - heart.resting;
  const bar = asked(state, 'heartRate');
  const isSure = run !== null && over >= bar && at - run.from < SURE_MS;
  const doubt = isSure ? Number.POSITIVE_INFINITY : Math.max(1, over / bar) ** DOUBT;
  const constant = over < 0 ? HEART.down : HEART.up * doubt;
  // A longer silence says no more.
  const held = Math.min(HEART.down, Math.max(0, ms));
  const resting = heart.resting + (over * held) / constant;
  state.heart = { rate: smooth, resting: Math.max(HEART.lowest, resting) };
}
