import { asked, noteSight } from './bars.js';
import type { Rise, WeightState } from './state.js';

/** Faster than this (g/s) nothing is poured: something was put on the scale. Small steps are always believed. */
const FASTEST = 100;
const SMALL_STEP = 20;
/** Seen from here on: readings that rose, and seconds that it took. */
const ENOUGH_STEPS = 3;
const ENOUGH_MS = 3000;
/** Slower than this (g/s) is drift. */
const SLOWEST = 0.1;
/** After this long without a gain nothing runs any more: a machine (30 s), a hand that waits for the bloom (60 s). */
const MACHINE_PAUSE_MS = 30_000;
export const POUR_PAUSE_MS = 60_000;
/** By hand one pours at least so many g, and g/s, and pauses for so long between two pours. Machines brew at 1 to 3 g/s. */
const POURED = 15;
const BY_HAND = 4;
const BETWEEN_POURS_MS = 5000;

export interface RiseNews {
  /** It has just become certain that something runs in, since `from`. */
  began?: number;
  /** The vessel had gained by this moment; undefined when it did not. */
  grewAt?: number;
  /** How long a pause it may make, in milliseconds. */
  pause?: number;
  /** A stretch that was poured by hand is over. */
  poured?: { startedAt: number; endedAt: number };
}

/** Follows a weight that grows. */
export function followRise(state: WeightState, at: number, weight: number): RiseNews {
  const { rise } = state;
  if (!rise) {
    state.rise = restartAt(at, weight);
    return {};
  }
  const deadBand = Math.max(0.3, 0.0008 * Math.abs(weight));
  if (weight < rise.top - Math.max(3, 2 * deadBand)) return end(state, restartAt(at, weight));
  if (weight > rise.top + deadBand) return grow(state, rise, at, weight);
  if (rise.steps === 0) state.rise = { ...restartAt(at, weight), base: (rise.base + weight) / 2, top: rise.top };
  return pauseRise(state, at);
}

/** Time went on without a gain. */
export function pauseRise(state: WeightState, now: number): RiseNews {
  const { rise } = state;
  if (!rise || rise.steps === 0) return {};
  if (now - rise.topAt > POUR_PAUSE_MS) return end(state, restartAt(now, rise.top));
  if (now - rise.topAt < BETWEEN_POURS_MS) return {};
  const poured = pourOf(rise);
  noteRise(state, rise);
  state.rise = { ...rise, stretch: { base: rise.top, from: now } };
  return poured ? { poured } : {};
}

function grow(state: WeightState, rise: Rise, at: number, weight: number): RiseNews {
  const gain = weight - rise.top;
  const since = rise.steps === 0 ? rise.from : rise.topAt;
  if (gain > SMALL_STEP && gain > (FASTEST * (at - since)) / 1000) return end(state, restartAt(at, weight));
  const next: Rise = { ...rise, top: weight, topAt: at, steps: rise.steps + 1 };
  const seconds = (at - next.from) / 1000;
  next.isSure =
    rise.isSure ||
    (weight - next.base >= asked(state, 'pour') &&
      next.steps >= ENOUGH_STEPS &&
      seconds * 1000 >= ENOUGH_MS &&
      weight - next.base >= SLOWEST * seconds);
  state.rise = next;
  if (!next.isSure) return {};
  const pause = isByHand(next) ? POUR_PAUSE_MS : MACHINE_PAUSE_MS;
  return { grewAt: at, pause, ...(rise.isSure ? {} : { began: next.from }) };
}

function end(state: WeightState, next: Rise): RiseNews {
  const poured = state.rise && pourOf(state.rise);
  if (state.rise) noteRise(state, state.rise);
  state.rise = next;
  return poured ? { poured } : {};
}

/** A stretch of it is over: it is remembered by what the whole has gained so far. */
function noteRise(state: WeightState, { base, from, top, topAt, steps, isSure, stretch }: Rise): void {
  const isSteady = steps >= ENOUGH_STEPS && topAt - stretch.from >= ENOUGH_MS && top > stretch.base;
  // The cup may have been taken away, and the run be over.
  const run = state.run?.from ?? (isSure ? from : null);
  if (isSteady) noteSight(state, 'pour', top - base, { from: stretch.from, to: topAt, run });
}

function pourOf(rise: Rise): RiseNews['poured'] {
  return rise.isSure && isByHand(rise) ? { startedAt: rise.stretch.from, endedAt: rise.topAt } : undefined;
}

function isByHand({ top, topAt, stretch }: Rise): boolean {
  const gained = top - stretch.base;
  return gained >= POURED && gained >= (BY_HAND * (topAt - stretch.from)) / 1000;
}

function restartAt(at: number, weight: number): Rise {
  const stretch = { base: weight, from: at };
  return { base: weight, from: at, top: weight, topAt: at, steps: 0, isSure: false, stretch };
}
