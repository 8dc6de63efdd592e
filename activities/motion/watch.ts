/** Watches a stream of acceleration: what a quarter of a second adds is a look at the rhythm, and at times a whole tilt cycle. */
import { type Cycle, findCycle } from './cycle.js';
import { awayFromUsual, cycleFeatures, surroundings } from './cycle-features.js';
import { type GridState, pushToGrid, SLOT_MS, STANDARD_GRAVITY, type Vector } from './grid.js';
import { RHYTHM_SPAN, rhythmFeatures } from './rhythm.js';
import { buildTrack, motionOver, RATE_HZ, TRACK_SAMPLES, type Track } from './track.js';

/** Grid samples from one look to the next: 0.25 s. */
const LOOK_EVERY = RATE_HZ / 4;
/** A cycle is settled when nothing clearer has turned up for this long, which also shows the calm after it. */
const SETTLE = Math.round(1.5 * RATE_HZ);
/** Less shaking than this, in g, is no stirring hand: it saves the work of looking closer. */
const STILL_G = 0.06;
/** The track must be this long before anything is said. */
const SHORTEST_TRACK = RHYTHM_SPAN + 2 * LOOK_EVERY;

export interface WatchState {
  grid: GridState | null;
  /** The last seconds, x, y, z in thousandths of g, flat. */
  samples: number[];
  /** What came since the last look, likewise. */
  fresh: number[];
  /** Epoch milliseconds of the track's first sample, and how many samples there have been since. */
  startedAt: number;
  count: number;
  /** Cycles that may yet turn out to be part of a clearer one; in samples since the track began. */
  pending: Cycle[];
}

export interface SeenCycle {
  /** Epoch milliseconds, as the other times. */
  raiseAt: number;
  dwellAt: number;
  lowerAt: number;
  endAt: number;
  /** CYCLE_FEATURES */
  features: number[];
  /** How lively the last seconds were: see surroundings(). */
  surroundings: number;
  /** How far it points away from where the hand mostly was, in radians: see awayFromUsual(). */
  away: number;
}

/** What one look showed. */
export interface Look {
  /** Epoch milliseconds of the look: the end of the span that `rhythm` describes. */
  at: number;
  /** RHYTHM_FEATURES, or null while nothing shakes. */
  rhythm: number[] | null;
  cycles: SeenCycle[];
}

interface WatchStep {
  watch: WatchState;
  looks: Look[];
  /** The track began anew with this reading; the looks are the last ones at the track before. */
  restarted: boolean;
}

/** A silent sensor is taken to lie still: this shows the calm after the last cycle. */
const STILL_MS = 4000;
const STILL_STEP_MS = 1000;

export function startWatch(): WatchState {
  return { grid: null, samples: [], fresh: [], startedAt: 0, count: 0, pending: [] };
}

/**
 * One reading further.
 * @param at epoch milliseconds
 * @param acceleration in m/s², gravity included
 */
export function watchReading(watch: WatchState, at: number, acceleration: Vector): WatchStep {
  const { grid, samples, restarted } = pushToGrid(watch.grid, at, acceleration);
  if (restarted) return { watch: { ...startWatch(), grid, startedAt: at }, looks: lastLooks(watch), restarted };
  if (samples.length === 0) return { watch: { ...watch, grid }, looks: [], restarted };
  const next: WatchState = { ...watch, grid, fresh: watch.fresh.slice() };
  const looks: Look[] = [];
  for (let i = 0; i < samples.length; i += 3) {
    next.fresh.push(samples[i] as number, samples[i + 1] as number, samples[i + 2] as number);
    next.count++;
    if (next.count % LOOK_EVERY === 0) {
      const excess = next.samples.length + next.fresh.length - 3 * TRACK_SAMPLES;
      next.samples = next.samples.slice(Math.max(0, excess)).concat(next.fresh);
      next.fresh = [];
      if (next.count >= SHORTEST_TRACK) looks.push(look(next));
    }
  }
  return { watch: next, looks, restarted };
}

/** What is still to be seen when the sensor has fallen silent. */
export function lastLooks(watch: WatchState): Look[] {
  if (!watch.grid) return [];
  const { at, last } = watch.grid;
  const still = { x: last.x * STANDARD_GRAVITY, y: last.y * STANDARD_GRAVITY, z: last.z * STANDARD_GRAVITY };
  const looks: Look[] = [];
  let current = watch;
  for (let ms = STILL_STEP_MS; ms <= STILL_MS; ms += STILL_STEP_MS) {
    const step = watchReading(current, at + ms, still);
    current = step.watch;
    looks.push(...step.looks);
  }
  return looks;
}

function look(watch: WatchState): Look {
  const track = buildTrack(watch.samples);
  const offset = watch.count - track.length;
  const found = findCycle(track);
  const pending = found ? merge(watch.pending, moved(found, offset)) : watch.pending;
  const settled = pending.filter((cycle) => watch.count - cycle.to >= SETTLE);
  watch.pending = pending.filter((cycle) => watch.count - cycle.to < SETTLE);
  return {
    at: watch.startedAt + watch.count * SLOT_MS,
    rhythm: motionOver(track, track.length - RHYTHM_SPAN, track.length) < STILL_G ? null : rhythmFeatures(track),
    cycles: settled.map((cycle) => seen(track, cycle, offset, watch.startedAt)),
  };
}

function moved(cycle: Cycle, by: number): Cycle {
  const { from, dwellFrom, dwellTo, to, clarity } = cycle;
  return { from: from + by, dwellFrom: dwellFrom + by, dwellTo: dwellTo + by, to: to + by, clarity };
}

/** Of cycles whose dwells overlap, the clearest stays. */
function merge(pending: Cycle[], found: Cycle): Cycle[] {
  const rivals = pending.filter((cycle) => overlap(cycle, found) > 0.3);
  if (rivals.some((cycle) => cycle.clarity >= found.clarity)) return pending;
  return [...pending.filter((cycle) => !rivals.includes(cycle)), found];
}

/** Shared part of two dwells, as a share of the shorter. */
function overlap(a: Cycle, b: Cycle): number {
  const shared = Math.min(a.dwellTo, b.dwellTo) - Math.max(a.dwellFrom, b.dwellFrom);
  return shared / Math.max(1, Math.min(a.dwellTo - a.dwellFrom, b.dwellTo - b.dwellFrom));
}

function seen(track: Track, cycle: Cycle, offset: number, startedAt: number): SeenCycle {
  const time = (sample: number) => startedAt + sample * SLOT_MS;
  const inTrack = moved(cycle, -offset);
  const clipped = { ...inTrack, from: Math.max(0, inTrack.from), dwellFrom: Math.max(0, inTrack.dwellFrom) };
  return {
    raiseAt: time(cycle.from),
    dwellAt: time(cycle.dwellFrom),
    lowerAt: time(cycle.dwellTo),
    endAt: time(cycle.to),
    features: cycleFeatures(track, clipped),
    surroundings: surroundings(track),
    away: awayFromUsual(track, clipped),
  };
}
