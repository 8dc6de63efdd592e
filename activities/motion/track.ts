/**
 * The last seconds of acceleration as sums that any span can be read from at once: which way is down, how far that
 * strays, how much it shakes. Rebuilt from the grid samples when it is needed, so that none of it is state.
 */

/** Seconds of history kept: the longest sip, its raise and put-down, and the calm before and after. */
export const TRACK_SECONDS = 18;
export const RATE_HZ = 20;
export const TRACK_SAMPLES = TRACK_SECONDS * RATE_HZ;
/** Gravity is the mean over this many samples (0.45 s) around a moment. */
const GRAVITY_REACH = 4;

/** Sums up to a sample: element i holds the sum over the samples before i. */
type Sums = Float64Array;

export interface Track {
  /** How many samples there are. */
  length: number;
  /** Direction of gravity (unit vectors) by sample and axis. */
  down: [Float64Array, Float64Array, Float64Array];
  downSums: [Sums, Sums, Sums];
  /** Acceleration without gravity, in g. */
  motion: [Float64Array, Float64Array, Float64Array];
  /** Sum of the squares of the motion, in g². */
  motionSums: Sums;
  /** Sum of the squares of the change from sample to sample, in g². */
  jerkSums: Sums;
}

function vectors(size: number): [Float64Array, Float64Array, Float64Array] {
  return [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
}

/** One track's memory, used again each time: nothing in it outlives the step that built it. */
const scratch: Track = {
  length: 0,
  down: vectors(TRACK_SAMPLES),
  downSums: vectors(TRACK_SAMPLES + 1),
  motion: vectors(TRACK_SAMPLES),
  motionSums: new Float64Array(TRACK_SAMPLES + 1),
  jerkSums: new Float64Array(TRACK_SAMPLES + 1),
};
const sums = vectors(TRACK_SAMPLES + 1);

/** @param samples x, y, z in thousandths of g, flat, oldest first; at most TRACK_SAMPLES of them */
export function buildTrack(samples: readonly number[]): Track {
  const track = scratch;
  const length = samples.length / 3;
  track.length = length;
  const [sx, sy, sz] = sums;
  for (let i = 0, k = 0; i < length; i++, k += 3) {
    sx[i + 1] = at(sx, i) + (samples[k] as number);
    sy[i + 1] = at(sy, i) + (samples[k + 1] as number);
    sz[i + 1] = at(sz, i) + (samples[k + 2] as number);
  }
  for (let i = 0; i < length; i++) fill(track, samples, i);
  return track;
}

function fill(track: Track, samples: readonly number[], i: number): void {
  const [sx, sy, sz] = sums;
  const from = Math.max(0, i - GRAVITY_REACH);
  const to = Math.min(track.length, i + GRAVITY_REACH + 1);
  const count = to - from;
  const gx = (at(sx, to) - at(sx, from)) / count;
  const gy = (at(sy, to) - at(sy, from)) / count;
  const gz = (at(sz, to) - at(sz, from)) / count;
  const size = Math.sqrt(gx * gx + gy * gy + gz * gz) || 1;
  put(track.down, i, gx / size, gy / size, gz / size);
  const k = 3 * i;
  const x = ((samples[k] as number) - gx) / 1000;
  const y = ((samples[k + 1] as number) - gy) / 1000;
  const z = ((samples[k + 2] as number) - gz) / 1000;
  put(track.motion, i, x, y, z);
  const [ux, uy, uz] = track.downSums;
  put(track.downSums, i + 1, at(ux, i) + gx / size, at(uy, i) + gy / size, at(uz, i) + gz / size);
  track.motionSums[i + 1] = at(track.motionSums, i) + x * x + y * y + z * z;
  let change = 0;
  for (let axis = 0; i > 0 && axis < 3; axis++) {
    const step = ((samples[k + axis] as number) - (samples[k + axis - 3] as number)) / 1000;
    change += step * step;
  }
  track.jerkSums[i + 1] = at(track.jerkSums, i) + change;
}

function put([xs, ys, zs]: Track['down'], i: number, x: number, y: number, z: number): void {
  xs[i] = x;
  ys[i] = y;
  zs[i] = z;
}

/** Element of a typed array that is known to be there. */
export function at(values: Float64Array, index: number): number {
  return values[index] as number;
}

/** Mean direction of gravity over the samples from (included) to (excluded): not of unit length when it strays. */
export function meanDown(track: Track, from: number, to: number): [number, number, number] {
  const [x, y, z] = track.downSums;
  const count = Math.max(1, to - from);
  return [(at(x, to) - at(x, from)) / count, (at(y, to) - at(y, from)) / count, (at(z, to) - at(z, from)) / count];
}

/** Root of the mean square of the motion over a span, in g. */
export function motionOver(track: Track, from: number, to: number): number {
  return rootMean(track.motionSums, from, to);
}

/** Root of the mean square of the change from one sample to the next over a span, in g. */
export function jerkOver(track: Track, from: number, to: number): number {
  return rootMean(track.jerkSums, from, to);
}

function rootMean(values: Sums, from: number, to: number): number {
  return to > from ? Math.sqrt(Math.max(0, at(values, to) - at(values, from)) / (to - from)) : 0;
}

/** Root mean square angle, in radians, by which gravity strays from its mean over a span. */
export function strayOver(track: Track, from: number, to: number): number {
  return Math.sqrt(Math.max(0, 2 * (1 - length(meanDown(track, from, to)))));
}

export function length([x, y, z]: readonly [number, number, number]): number {
  return Math.sqrt(x * x + y * y + z * z);
}

export function dot(a: readonly [number, number, number], b: readonly [number, number, number]): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(
  a: readonly [number, number, number],
  b: readonly [number, number, number],
): [number, number, number] {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** Angle between two directions, in radians. */
export function angle(a: readonly [number, number, number], b: readonly [number, number, number]): number {
  const size = length(a) * length(b);
  return size > 0 ? Math.acos(Math.max(-1, Math.min(1, dot(a, b) / size))) : 0;
}
