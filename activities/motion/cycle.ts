/**
 * Finds tilt cycles: gravity turns away, dwells, and comes back, as it does in a cup (or the hand that holds it) that is
 * raised, drunk from and put down. Only angles between directions count, so it is all one how the sensor sits.
 */
import { angle, at, meanDown, RATE_HZ, strayOver, type Track } from './track.js';

/** A tilt cycle in samples of its track, counted from the track's first sample. */
export interface Cycle {
  /** The raise begins. */
  from: number;
  /** The dwell begins. */
  dwellFrom: number;
  /** The dwell is over. */
  dwellTo: number;
  /** Back again. */
  to: number;
  /** How clear the cycle is: radians of tilt that are not explained by straying. */
  clarity: number;
}

const seconds = (count: number) => Math.round(count * RATE_HZ);

/** Lengths of dwell that are tried, a factor of √2 apart: 1 to 11 s. */
const DWELLS = [1, 1.4, 2, 2.8, 4, 5.6, 8, 11].map(seconds);
/** The move up or down takes this long or less; slower ones cost clarity. */
const MOVE = seconds(0.6);
/** Span in which the direction before and after is taken. */
const SIDE = seconds(0.5);
/** A cycle is looked for when its end is this long ago, so that "after" is known. */
const CYCLE_DELAY = MOVE + SIDE;
const LEAST_CLARITY = 0.25;
const LONGEST_MOVE = seconds(2.5);

/** The clearest cycle whose dwell ended CYCLE_DELAY before the end of the track, in indices of the track. */
export function findCycle(track: Track): Cycle | null {
  const end = track.length - CYCLE_DELAY;
  const after = meanDown(track, end + MOVE, end + MOVE + SIDE);
  let best = LEAST_CLARITY;
  let dwell = 0;
  for (const span of DWELLS) {
    const begin = end - span;
    const before = begin - MOVE - SIDE;
    if (before < 0) break;
    const held = meanDown(track, begin, end);
    const rest = meanDown(track, before, before + SIDE);
    const tilt = Math.min(angle(held, rest), angle(held, after));
    if (tilt <= best) continue;
    const clarity = tilt - 0.35 * angle(rest, after) - 0.5 * strayOver(track, begin, end);
    if (clarity > best) {
      best = clarity;
      dwell = span;
    }
  }
  return dwell ? withLimits(track, end - dwell, end, best) : null;
}

/** Walks from the dwell outwards to where the moves begin and end. */
function withLimits(track: Track, begin: number, end: number, clarity: number): Cycle {
  const held = meanDown(track, begin, end);
  const up = edge(track, held, begin, -1);
  const down = edge(track, held, end - 1, 1);
  return { from: up.outer, dwellFrom: up.inner, dwellTo: down.inner + 1, to: down.outer + 1, clarity };
}

/** Where gravity leaves the held direction (inner) and where it arrives at the other side (outer). */
function edge(
  track: Track,
  held: [number, number, number],
  from: number,
  step: 1 | -1,
): { inner: number; outer: number } {
  const stop = Math.max(0, Math.min(track.length - 1, from + step * LONGEST_MOVE));
  const [x, y, z] = track.down;
  const away = (i: number) => angle(held, [at(x, i), at(y, i), at(z, i)]);
  const sideFrom = step > 0 ? from + MOVE : from - MOVE - SIDE;
  const full = angle(held, meanDown(track, Math.max(0, sideFrom), Math.min(track.length, sideFrom + SIDE)));
  let inner = from - step * Math.min(MOVE, 4);
  while (inner !== stop && away(inner) < 0.3 * full) inner += step;
  let outer = inner;
  while (outer !== stop && away(outer) < 0.85 * full) outer += step;
  return { inner, outer };
}
