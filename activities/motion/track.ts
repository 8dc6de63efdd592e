/**
 * The last seconds of acceleration as sums that any span can be read from at once: which way is down, how far that
 * strays, how much it shakes. Rebuilt from the grid samples when it is needed, so that none of it is state.
 */

/** Seconds of history kept: the longest sip, its raise and put-down, and the calm before and after. */
const TRACK_SECONDS = 18;
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
const gravity = vectors(TRACK_SAMPLES);

/** @param samples x, y, z in thousandths of g, flat, oldest first; at most TRACK_SAMPLES of them */
export function buildTrack(samples: readonly number[]): Track {
  scratch.length = samples.length / 3;
  for (const axis of [0, 1, 2] as const) smooth(samples, axis, scratch.length, gravity[axis]);
  turnDown(scratch);
  addMotion(scratch, samples);
  return scratch;
}

/** Mean of GRAVITY_REACH samples to either side, fewer at the ends. */
function smooth(samples: readonly number[], axis: number, count: number, into: Float64Array): void {
  let sum = 0;
  let [from, to] = [0, 0];
  for (let i = 0; i < count; i++) {
    for (; to < count && to <= i + GRAVITY_REACH; to++) sum += samples[3 * to + axis] as number;
    for (; from < i - GRAVITY_REACH; from++) sum -= samples[3 * from + axis] as number;
    into[i] = sum / (to - from);
  }
}

function turnDown({ length, down, downSums }: Track): void {
  const [gx, gy, gz] = gravity;
  const [dx, dy, dz] = down;
  const [sx, sy, sz] = downSums;
  for (let i = 0; i < length; i++) {
    const x = at(gx, i);
    const y = at(gy, i);
    const z = at(gz, i);
    const size = Math.sqrt(x * x + y * y + z * z) || 1;
    dx[i] = x / size;
    dy[i] = y / size;
    dz[i] = z / size;
    sx[i + 1] = at(sx, i) + x / size;
    sy[i + 1] = at(sy, i) + y / size;
    sz[i + 1] = at(sz, i) + z / size;
  }
}

function addMotion({ length, motion, motionSums, jerkSums }: Track, samples: readonly number[]): void {
  const [gx, gy, gz] = gravity;
  const [mx, my, mz] = motion;
  let [lastX, lastY, lastZ] = samples as [number, number, number];
  for (let i = 0, k = 0; i < length; i++, k += 3) {
    const ax = samples[k] as number;
    const ay = samples[k + 1] as number;
    const az = samples[k + 2] as number;
    const x = (ax - at(gx, i)) / 1000;
    const y = (ay - at(gy, i)) / 1000;
    const z = (az - at(gz, i)) / 1000;
    mx[i] = x;
    my[i] = y;
    mz[i] = z;
    motionSums[i + 1] = at(motionSums, i) + x * x + y * y + z * z;
    const jx = (ax - lastX) / 1000;
    const jy = (ay - lastY) / 1000;
    const jz = (az - lastZ) / 1000;
    jerkSums[i + 1] = at(jerkSums, i) + jx * jx + jy * jy + jz * jz;
    lastX = ax;
    lastY = ay;
    lastZ = az;
  }
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

/** Mean direction of gravity over all that lies outside a span; zero when there is nothing. */
export function meanDownOutside(track: Track, from: number, to: number): [number, number, number] {
  const count = Math.max(1, track.length - (to - from));
  const outside = (sums: Sums) => (at(sums, track.length) - at(sums, to) + at(sums, from)) / count;
  const [x, y, z] = track.downSums;
  return [outside(x), outside(y), outside(z)];
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
