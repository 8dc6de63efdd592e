import type { Candidate, Level, WeightState } from './state.js';

/** A level is believed once two readings agree over this long … */
const SETTLE_MS = 1500;
/** … or, while a hand is on the pot and the drink in it moves, so many readings of a fast scale … */
const MOVING = { ms: 2500, readings: 15, share: 0.01, recent: 0.2, straying: 1.5 };
/** … or when a scale that reports events says nothing else for this long, and twice its shortest interval. */
const HELD_MS = 5000;
/** Readings closer than this (in ms) come from a raw load cell or a fast scale: single ones may be spikes. */
const FAST_MS = 1000;
/** A level follows evaporation and a load cell's drift with this time constant; anything that pours is faster. */
const DRIFT_MS = 60_000;

/** After so long (30 min) without a reading nothing is known of what happened in between … */
const GAP_MS = 1_800_000;
/** … but a scale that tells of changes only has shown silences: so many times as long, and no longer than a night (12 h), is one. */
const SILENCE = { times: 4, most: 43_200_000 };
/** Each reading that repeats the level takes so much off the longest silence. */
const REPEATED = 0.02;

/** True when, after so long (ms), nobody knows what stands there. */
export function isForgotten({ silence }: WeightState, ms: number): boolean {
  return ms > Math.max(GAP_MS, Math.min(SILENCE.most, SILENCE.times * silence));
}

/** Learns for how long the scale says nothing while nothing changes. Rises at once; one that reports steadily has none. */
export function noteSilence(state: WeightState, ms: number, weight: number): void {
  const { level, silence } = state;
  const isRepeated = level !== null && isNear(weight, level.weight);
  if (level === null || (isForgotten(state, ms) && !isRepeated)) return;
  if (ms > silence) state.silence = ms;
  else if (isRepeated) state.silence = silence + (ms - silence) * REPEATED;
}

/** How far two readings of the same weight may lie apart, in grams: a load cell under a full pot wanders by 0.1 %. */
export function tolerance(weight: number): number {
  return Math.max(3, 0.002 * Math.abs(weight));
}

/** One level gave way to another. `leftAt` is the last moment at the old one. */
export interface Change {
  from: Level;
  to: Level;
}

/** The reading without the spikes of raw load cells, which last for one reading each. */
export function withoutSpike(state: WeightState, at: number, weight: number): number {
  const interval = at - (state.at ?? at);
  state.quickest = Math.min(Math.max(interval, 50), state.quickest * 1.2);
  if (interval >= FAST_MS) {
    state.raw = [weight];
    return weight;
  }
  const [a = weight, b = weight] = state.raw;
  state.raw = [b, weight];
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), weight));
}

/** Follows the level; a change is returned once the new one is believed. */
export function followLevel(state: WeightState, at: number, weight: number): Change[] {
  const { level, next } = state;
  if (level && isNear(weight, level.weight)) {
    const share = Math.min(0.5, (at - level.until) / DRIFT_MS);
    state.level = { ...level, weight: level.weight + (weight - level.weight) * share, until: at };
    state.next = null;
    return [];
  }
  const distance = next ? Math.abs(weight - next.weight) : Number.POSITIVE_INFINITY;
  if (next && (distance <= tolerance(next.weight) || (state.raw.length > 1 && distance <= roughly(next.weight)))) {
    state.next = withReading(next, at, weight, distance > tolerance(next.weight));
    return isSettled(state.next) ? believe(state) : [];
  }
  const changes = next ? believeHeld(state, next, at) : [];
  state.next = { weight, since: at, until: at, count: 1, recent: weight, isMoving: false };
  return changes;
}

function withReading(next: Candidate, at: number, weight: number, isMoving: boolean): Candidate {
  const count = next.count + 1;
  return {
    weight: next.weight + (weight - next.weight) / count,
    since: next.since,
    until: at,
    count,
    recent: next.recent + (weight - next.recent) * MOVING.recent,
    isMoving: next.isMoving || isMoving,
  };
}

function isSettled({ weight, since, until, count, recent, isMoving }: Candidate): boolean {
  if (!isMoving) return until - since >= SETTLE_MS;
  const isSteady = Math.abs(recent - weight) <= MOVING.straying * tolerance(weight);
  return until - since >= MOVING.ms && count >= MOVING.readings && isSteady;
}

/** Time went on: a reading that nothing contradicts is believed in the end. */
export function settleLevel(state: WeightState, now: number): Change[] {
  return state.next ? believeHeld(state, state.next, now) : [];
}

function believeHeld(state: WeightState, next: Candidate, now: number): Change[] {
  const isHeld = now - next.until >= Math.max(HELD_MS, 2 * state.quickest);
  return isHeld ? believe(state) : [];
}

function believe(state: WeightState): Change[] {
  const { level, next } = state;
  if (!next) return [];
  const to: Level = { weight: next.weight, since: next.since, until: next.until };
  state.next = null;
  if (level && Math.abs(to.weight - level.weight) <= 2 * tolerance(level.weight)) {
    state.level = { ...to, since: level.since };
    return [];
  }
  state.level = to;
  return level ? [{ from: level, to }] : [];
}

/** How far readings of a vessel that moves may lie apart, in grams. */
function roughly(weight: number): number {
  return MOVING.share * Math.abs(weight);
}

function isNear(weight: number, level: number): boolean {
  return Math.abs(weight - level) <= tolerance(level);
}
