/** What a tilt cycle looks like, in numbers that do not depend on how the sensor sits. */
import type { Cycle } from './cycle.js';
import {
  angle,
  cross,
  dot,
  jerkOver,
  length,
  meanDown,
  meanDownOutside,
  motionOver,
  RATE_HZ,
  strayOver,
  type Track,
} from './track.js';

const SIDE = Math.round(0.5 * RATE_HZ);

/**
 * Names of the features, in order. Angles in radians, times as log2 of seconds, shaking as log10 of g. They tell of the
 * cycle alone: what its surroundings look like belongs to a kitchen or a meal, and does not carry over.
 */
export const CYCLE_FEATURES = [
  'tiltBefore',
  'tiltAfter',
  'return',
  'returnShare',
  'dwell',
  'raise',
  'lower',
  'raiseSpeed',
  'lowerSpeed',
  'stray',
  'drift',
  'driftLate',
  'sameAxis',
  'dwellMotion',
  'dwellJerk',
  'dwellMiddleMotion',
  'pitch',
] as const;

const log = (value: number) => Math.log10(value + 0.003);

/** @param cycle in indices of the track */
export function cycleFeatures(track: Track, cycle: Cycle): number[] {
  const { from, dwellFrom, dwellTo, to } = cycle;
  const before = meanDown(track, Math.max(0, from - SIDE), Math.max(from, 1));
  const held = meanDown(track, dwellFrom, dwellTo);
  const after = meanDown(track, Math.min(to, track.length - 1), Math.min(track.length, to + SIDE));
  const third = Math.max(1, Math.floor((dwellTo - dwellFrom) / 3));
  const early = meanDown(track, dwellFrom, dwellFrom + third);
  const middle = meanDown(track, dwellFrom + third, dwellTo - third);
  const late = meanDown(track, dwellTo - third, dwellTo);
  const tiltBefore = angle(held, before);
  const tiltAfter = angle(held, after);
  const back = angle(before, after);
  const raise = (dwellFrom - from + 1) / RATE_HZ;
  const lower = (to - dwellTo + 1) / RATE_HZ;
  const axisUp = cross(before, held);
  const axisDown = cross(after, held);
  const axes = length(axisUp) * length(axisDown);
  const dwellMotion = motionOver(track, dwellFrom, dwellTo);
  const dwellJerk = jerkOver(track, dwellFrom, dwellTo);
  return [
    tiltBefore,
    tiltAfter,
    back,
    back / (tiltBefore + tiltAfter + 0.1),
    Math.log2((dwellTo - dwellFrom) / RATE_HZ + 0.1),
    Math.log2(raise),
    Math.log2(lower),
    Math.log2(tiltBefore / raise + 0.05),
    Math.log2(tiltAfter / lower + 0.05),
    strayOver(track, dwellFrom, dwellTo),
    angle(early, late),
    angle(middle, late) - angle(early, middle),
    axes > 0 ? dot(axisUp, axisDown) / axes : 0,
    log(dwellMotion),
    log(dwellJerk),
    log(motionOver(track, dwellFrom + third, dwellTo - third)),
    Math.log2((dwellJerk + 0.003) / (dwellMotion + 0.003)),
  ];
}

/**
 * How far the dwell points away from where the hand mostly was in the track before and after it, in radians. The pause
 * between two swings of a racket is a tilt cycle, too, but it is the swings that turned away.
 * @param cycle in indices of the track
 */
export function awayFromUsual(track: Track, { from, dwellFrom, dwellTo, to }: Cycle): number {
  return angle(meanDown(track, dwellFrom, dwellTo), meanDownOutside(track, from, to));
}

/** How lively the whole track is: logarithm of the shaking in g. */
export function surroundings(track: Track): number {
  return log(motionOver(track, 0, track.length));
}
