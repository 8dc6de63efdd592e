import { type Bars, barOf, type Lessons, remember, type Sight } from '../bars.js';
import type { ExerciseState, Measure, Pace, Stretch } from './state.js';

/**
 * From which effort on somebody moves (m/s, 1/min, W; for the heart, beats a minute above the person's own rest), for how many
 * seconds before that is told, and how long a break may be.
 * Rowers pull 15 times a minute. A slow walk is 0.8 m/s; somebody who stands still with a watch seems to drift at up to 0.3.
 * Stairs and a fright are over sooner than 90 s. Who runs does 2.5 m/s.
 */
const BARS = {
  speed: { usual: 0.5, least: 0.3, most: 2.5 },
  cadence: { usual: 12, least: 6, most: 130 },
  power: { usual: 15, least: 8, most: 120 },
  heartRate: { usual: 30, least: 12, most: 80 },
  seconds: { usual: 20, least: 8, most: 300 },
  heartSeconds: { usual: 90, least: 40, most: 900 },
  /** Within a run, less than this share of the usual effort is a rest. */
  speedShare: { usual: 0.45, least: 0.1, most: 0.9 },
  cadenceShare: { usual: 0.4, least: 0.1, most: 0.9 },
  powerShare: { usual: 0.3, least: 0.1, most: 0.9 },
  heartRateShare: { usual: 0.5, least: 0.1, most: 0.9 },
  /** Who moves on within a quarter of an hour after the end goes on with the same run. */
  pause: { usual: 900, least: 60, most: 2700 },
} satisfies Bars;

export const EXERCISE_LESSONS: Lessons = {
  bars: BARS,
  pauseBetween: () => 'pause',
  within: ['speedShare', 'cadenceShare', 'powerShare', 'heartRateShare'],
};

/** What is asked for here: effort, seconds, or a share. */
export function asked(state: ExerciseState, name: keyof typeof BARS): number {
  return barOf(state, BARS, name);
}

/** Which bar the time that somebody must move is. */
export function secondsOf(measure: Measure): 'seconds' | 'heartSeconds' {
  return measure === 'heartRate' ? 'heartSeconds' : 'seconds';
}

/** Less than this share of the least that counts as movement anywhere is none. */
const STILL = 0.6;
/** After 10 s without any effort a stretch is over; shorter ones than 5 s are not remembered. */
const STILL_MS = 10_000;
const SHORTEST_MS = 5000;
/** Effort is another one when it is half as much again, or less by as much, for 15 s. */
const OTHER = { times: 1.5, ms: 15_000 };
/** A value counts for so long (60 s). */
const HOLD_MS = 60_000;

/** Follows stretches of alike effort, and remembers those that are over. @param heardAt when the effort before this one came */
export function followPace(state: ExerciseState, effort: number, at: number, heardAt: number): void {
  const { measure, pace, run } = state;
  if (!measure) return;
  const ms = Math.min(HOLD_MS, Math.max(0, at - heardAt));
  const isOver = pace !== null && at - pace.until > Math.max(STILL_MS, 2 * ms);
  if (isOver) state.pace = closePace(state, pace);
  if (effort < STILL * BARS[measure].least) return;
  const going = state.pace;
  if (!going) {
    state.pace = begun({ from: at, until: at, effort, ms: 0 }, state);
    return;
  }
  const isOther = effort > OTHER.times * going.effort || OTHER.times * effort < going.effort;
  const odd = isOther ? prolonged(going.odd ?? { from: at, until: at, effort, ms: 0 }, effort, at, ms) : null;
  if (odd && at - odd.from >= OTHER.ms) {
    closePace(state, { ...going, until: odd.from });
    state.pace = begun(odd, state);
    return;
  }
  const { from, effort: mean, ms: all } = odd ? going : prolonged(going, effort, at, ms);
  const { typical, run: before } = going;
  state.pace = { from, until: at, effort: mean, ms: all, typical, run: run?.from ?? before, odd };
}

function begun(stretch: Stretch, { run, typical }: ExerciseState): Pace {
  return { ...stretch, typical: run ? typical : 0, run: run?.from ?? null, odd: null };
}

function prolonged(stretch: Stretch, effort: number, at: number, ms: number): Stretch {
  const all = stretch.ms + ms;
  const mean = all > 0 ? stretch.effort + ((effort - stretch.effort) * ms) / all : effort;
  return { from: stretch.from, until: at, effort: mean, ms: all };
}

/** Remembers a stretch that is over; what another measure says of the same person is another matter. */
export function closePace(state: ExerciseState, pace: Pace): null {
  const sight = sightOf(state.measure, pace);
  if (sight) state.sights = remember(state.sights, sight);
  return null;
}

/** What is remembered of a stretch. */
export function sightOf(measure: Measure | null, { from, until, effort, typical, run }: Pace): Sight | undefined {
  if (!measure || until - from < SHORTEST_MS) return undefined;
  const share = typical > 0 ? { [`${measure}Share`]: hundredths(effort / typical) } : {};
  const is = { [measure]: hundredths(effort), [secondsOf(measure)]: Math.round((until - from) / 1000), ...share };
  return { from, to: until, run, is };
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100 + 0;
}
