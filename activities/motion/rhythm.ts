/**
 * What the last seconds of shaking look like, in numbers that depend neither on how the sensor sits nor much on how
 * strong the hand is. A spoon goes round: the acceleration turns steadily in one plane. A knife goes to and fro in a
 * line, a chop ends in a blow, a brush is faster, a walk is slower.
 */
import { at, cross, dot, length, meanDown, motionOver, RATE_HZ, strayOver, type Track } from './track.js';

export const RHYTHM_FEATURES = [
  'motion',
  'flatness',
  'thickness',
  'turning',
  'roundness',
  'upright',
  'vertical',
  'period',
  'regularity',
  'halfPeriod',
  'pitch',
  'peaks',
  'blow',
  'stray',
  'steadiness',
  'onset',
  'longStray',
  'second',
] as const;

/** Length of the span that is looked at: 2.4 s. */
export const RHYTHM_SPAN = Math.round(2.4 * RATE_HZ);
const SHORTEST_LAG = 3;
const LONGEST_LAG = 20;

type Triple = [number, number, number];

/** The span that ends at the end of the track. */
export function rhythmFeatures(track: Track): number[] {
  const to = track.length;
  const from = to - RHYTHM_SPAN;
  const level = motionOver(track, from, to);
  const down = meanDown(track, from, to);
  const moments = momentsOf(track, from, to, down);
  const [large, middle, small] = eigenvalues(moments.covariance);
  const beat = beatOf(track, from, to);
  const half = from + RHYTHM_SPAN / 2;
  const early = motionOver(track, from, half);
  const late = motionOver(track, half, to);
  const ago = Math.max(0, from - 2 * RATE_HZ);
  return [
    Math.log10(level + 0.003),
    middle / (large + 1e-6),
    small / (large + 1e-6),
    length(moments.turn) / (moments.turned + 1e-6),
    moments.turned / (moments.stepped + 1e-6),
    Math.abs(dot(moments.turn, down)) / (length(moments.turn) + 1e-6),
    moments.vertical / (moments.energy + 1e-6),
    Math.log2(beat.lag / RATE_HZ),
    beat.strength,
    beat.half,
    Math.log2(Math.sqrt(moments.change / (moments.energy + 1e-6)) + 0.01),
    moments.fourth / ((moments.energy * moments.energy) / RHYTHM_SPAN + 1e-6),
    moments.skew / ((moments.energy / RHYTHM_SPAN) ** 1.5 * RHYTHM_SPAN + 1e-6),
    strayOver(track, from, to),
    Math.log2((late + 0.01) / (early + 0.01)),
    Math.log2((level + 0.01) / (motionOver(track, ago, from) + 0.01)),
    strayOver(track, ago, to),
    beat.second,
  ];
}

interface Moments {
  covariance: number[];
  energy: number;
  change: number;
  fourth: number;
  skew: number;
  vertical: number;
  turn: Triple;
  turned: number;
  stepped: number;
}

function momentsOf(track: Track, from: number, to: number, down: Triple): Moments {
  const m: Moments = {
    covariance: [0, 0, 0, 0, 0, 0],
    energy: 0,
    change: 0,
    fourth: 0,
    skew: 0,
    vertical: 0,
    turn: [0, 0, 0],
    turned: 0,
    stepped: 0,
  };
  const c = m.covariance as [number, number, number, number, number, number];
  const [mx, my, mz] = track.motion;
  let previous: Triple = [at(mx, from), at(my, from), at(mz, from)];
  for (let i = from; i < to; i++) {
    const a: Triple = [at(mx, i), at(my, i), at(mz, i)];
    const square = dot(a, a);
    c[0] += a[0] * a[0];
    c[1] += a[1] * a[1];
    c[2] += a[2] * a[2];
    c[3] += a[0] * a[1];
    c[4] += a[0] * a[2];
    c[5] += a[1] * a[2];
    m.energy += square;
    m.fourth += square * square;
    const along = dot(a, down);
    m.vertical += along * along;
    m.skew += along * along * along;
    const turn = cross(previous, a);
    m.turn[0] += turn[0];
    m.turn[1] += turn[1];
    m.turn[2] += turn[2];
    m.turned += length(turn);
    m.stepped += length(previous) * length(a);
    const step: Triple = [a[0] - previous[0], a[1] - previous[1], a[2] - previous[2]];
    m.change += dot(step, step);
    previous = a;
  }
  return m;
}

interface Beat {
  /** Samples from one beat to the next. */
  lag: number;
  /** How alike the motion is one beat later, −1 to 1. */
  strength: number;
  /** And half a beat later. */
  half: number;
  /** And two beats later. */
  second: number;
}

/** The lag, from 0.15 to 1 s, after which the motion is most like itself again. */
function beatOf(track: Track, from: number, to: number): Beat {
  let lag = SHORTEST_LAG;
  let strength = -1;
  let valley = 1;
  let passedValley = false;
  for (let candidate = 1; candidate <= LONGEST_LAG; candidate++) {
    const value = likeness(track, from, to, candidate);
    passedValley ||= value > valley + 0.02;
    valley = Math.min(valley, value);
    if (candidate >= SHORTEST_LAG && passedValley && value > strength) {
      strength = value;
      lag = candidate;
    }
  }
  const half = likeness(track, from, to, Math.max(1, Math.round(lag / 2)));
  return { lag, strength, half, second: likeness(track, from, to, 2 * lag) };
}

function likeness(track: Track, from: number, to: number, lag: number): number {
  const [x, y, z] = track.motion;
  let product = 0;
  for (let i = from, k = from + lag; k < to; i++, k++) {
    product += at(x, i) * at(x, k) + at(y, i) * at(y, k) + at(z, i) * at(z, k);
  }
  const here = at(track.motionSums, to - lag) - at(track.motionSums, from);
  const there = at(track.motionSums, to) - at(track.motionSums, from + lag);
  return product / Math.sqrt(Math.max(0, here * there) + 1e-9);
}

/** Eigenvalues of a symmetric 3 × 3 matrix [xx, yy, zz, xy, xz, yz], greatest first (O. K. Smith, CACM 4(4):168, 1961). */
function eigenvalues(m: number[]): Triple {
  const [xx, yy, zz, xy, xz, yz] = m as [number, number, number, number, number, number];
  const off = xy * xy + xz * xz + yz * yz;
  const mean = (xx + yy + zz) / 3;
  const spread = Math.sqrt(((xx - mean) ** 2 + (yy - mean) ** 2 + (zz - mean) ** 2 + 2 * off) / 6);
  if (spread < 1e-12) return [mean, mean, mean];
  const [a, b, c] = [(xx - mean) / spread, (yy - mean) / spread, (zz - mean) / spread];
  const [d, e, f] = [xy / spread, xz / spread, yz / spread];
  const half = (a * (b * c - f * f) - d * (d * c - f * e) + e * (d * f - b * e)) / 2;
  const phase = Math.acos(Math.max(-1, Math.min(1, half))) / 3;
  const large = mean + 2 * spread * Math.cos(phase);
  const small = mean + 2 * spread * Math.cos(phase + (2 * Math.PI) / 3);
  return [large, 3 * mean - large - small, small];
}
