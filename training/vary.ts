/**
 * Other people and other sensors, made from the recordings there are: quicker and slower, stronger and weaker, tilting
 * further and less far, at another rate, with the noise, the offset and the coarse steps of a cheaper sensor, and over a
 * radio that loses readings or sends them in packets.
 */
import type { Random } from './random.js';
import { emptySamples, type Samples, setSample } from './recordings.js';

export interface Variation {
  /** Times are multiplied by this. */
  time: number;
  /** The shaking is multiplied by this. */
  strength: number;
  /** Angles from the usual direction of gravity are multiplied by this. */
  tilt: number;
  /** Samples a second, or 0 for the recording's own. */
  rate: number;
  /** Deviation of the noise, in g. */
  noise: number;
  /** Error of the zero point, in g, along three axes. */
  offset: [number, number, number];
  /** Smallest step of the sensor, in g, or 0. */
  step: number;
  /** Share of the readings that never arrive. */
  lost: number;
  /** Readings that arrive together, and are dated when they do. */
  packet: number;
}

/** Another sensor and another person who do all as these did. */
export const UNCHANGED: Variation = {
  time: 1,
  strength: 1,
  tilt: 1,
  rate: 0,
  noise: 0,
  offset: [0, 0, 0],
  step: 0,
  lost: 0,
  packet: 1,
};

const RATES = [10, 10, 12.5, 16, 25, 50];

/** @param reach how far others may differ from those who were recorded, about 1 */
export function drawVariation(random: Random, reach: number): Variation {
  const offset = () => random.between(-0.04, 0.04);
  return {
    time: 2 ** (reach * random.between(-0.5, 0.5)),
    strength: 2 ** (reach * random.between(-0.7, 0.5)),
    tilt: 2 ** random.between(-0.8, 0.9),
    rate: random.next() < 0.5 ? (RATES[random.index(RATES.length)] as number) : 0,
    noise: random.next() < 0.5 ? 0 : 0.015 * random.next(),
    offset: [offset(), offset(), offset()],
    step: random.next() < 0.7 ? 0 : 0.03 * random.next(),
    lost: random.next() < 0.7 ? 0 : 0.4 * random.next(),
    packet: random.next() < 0.8 ? 1 : 2 + random.index(4),
  };
}

export function vary(samples: Samples, v: Variation, random: Random): Samples {
  const moved = strengthenAndTilt(samples, v);
  const timed = retime(moved, v);
  const { t, x, y, z } = timed;
  const fault = (value: number, axis: 0 | 1 | 2) => {
    const measured = value + v.offset[axis] + (v.noise > 0 ? v.noise * random.bell() : 0);
    return v.step > 0 ? Math.round(measured / v.step) * v.step : measured;
  };
  for (let i = 0; i < t.length; i++) {
    x[i] = fault(x[i] as number, 0);
    y[i] = fault(y[i] as number, 1);
    z[i] = fault(z[i] as number, 2);
  }
  const arrived = v.lost > 0 ? lose(timed, v.lost, random) : timed;
  return v.packet > 1 ? sendTogether(arrived, v.packet) : arrived;
}

export function lose(samples: Samples, share: number, random: Random): Samples {
  return pick(
    samples,
    [...samples.t.keys()].filter(() => random.next() >= share),
  );
}

export function pick({ t, x, y, z }: Samples, places: number[]): Samples {
  const take = (values: Float64Array) => Float64Array.from(places, (i) => values[i] as number);
  return { t: take(t), x: take(x), y: take(y), z: take(z) };
}

/** So many readings to a packet, and the time is read when it arrives: they come a millisecond apart, at the time of the last. */
export function sendTogether({ t, x, y, z }: Samples, packet: number): Samples {
  const last = t.length - 1;
  const arrival = (i: number) => (t[Math.min(last, i - (i % packet) + packet - 1)] as number) + 0.001 * (i % packet);
  return { t: t.map((_, i) => arrival(i)), x, y, z };
}

/** Splits into gravity (mean of 0.5 s) and the rest; turns gravity further from, or nearer to, its mean over 30 s. */
function strengthenAndTilt(samples: Samples, v: Variation): Samples {
  const { t, x, y, z } = samples;
  const count = t.length;
  const period = ((t[count - 1] as number) - (t[0] as number)) / (count - 1);
  const near = Math.max(1, Math.round(0.25 / period));
  const far = Math.max(near, Math.round(15 / period));
  const axes = [x, y, z].map((values) => ({ values, sums: sumsOf(values) }));
  const result = emptySamples(count);
  for (let i = 0; i < count; i++) {
    const gravity = axes.map(({ sums }) => meanAround(sums, i, near)) as [number, number, number];
    const usual = axes.map(({ sums }) => meanAround(sums, i, far)) as [number, number, number];
    const turned = turn(usual, gravity, v.tilt);
    const out = axes.map(({ values }, axis) => {
      const rest = (values[i] as number) - (gravity[axis] as number);
      return (turned[axis] as number) + v.strength * rest;
    }) as [number, number, number];
    setSample(result, i, t[i] as number, ...out);
  }
  return result;
}

function sumsOf(values: Float64Array): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) sums[i + 1] = (sums[i] as number) + (values[i] as number);
  return sums;
}

function meanAround(sums: Float64Array, i: number, reach: number): number {
  const from = Math.max(0, i - reach);
  const to = Math.min(sums.length - 1, i + reach + 1);
  return ((sums[to] as number) - (sums[from] as number)) / (to - from);
}

/** `to`, with its angle from `from` multiplied, in the plane of the two and at its own length. */
function turn(from: [number, number, number], to: [number, number, number], factor: number): [number, number, number] {
  const size = Math.hypot(...from);
  const length = Math.hypot(...to);
  if (size < 0.05 || length < 0.05) return to;
  const a = from.map((value) => value / size) as [number, number, number];
  const b = to.map((value) => value / length) as [number, number, number];
  const cosine = Math.max(-1, Math.min(1, a[0] * b[0] + a[1] * b[1] + a[2] * b[2]));
  const side = b.map((value, axis) => value - cosine * (a[axis] as number));
  const sideSize = Math.hypot(...side);
  if (sideSize < 1e-6) return to;
  const angle = Math.acos(cosine) * factor;
  return [0, 1, 2].map(
    (axis) => length * (Math.cos(angle) * (a[axis] as number) + (Math.sin(angle) * (side[axis] as number)) / sideSize),
  ) as [number, number, number];
}

/** Stretches the time, and takes samples at the wanted rate along straight lines. */
export function retime(samples: Samples, { time, rate }: { time: number; rate: number }): Samples {
  const { t, x, y, z } = samples;
  if (rate === 0) return { t: t.map((value) => value * time), x, y, z };
  const last = t.length - 1;
  const begin = (t[0] as number) * time;
  const count = Math.floor(((t[last] as number) * time - begin) * rate);
  const result = emptySamples(count);
  for (let i = 0, k = 0; i < count; i++) {
    const at = begin + i / rate;
    while (k < last - 1 && (t[k + 1] as number) * time < at) k++;
    const from = (t[k] as number) * time;
    const share = (at - from) / Math.max(1e-6, (t[k + 1] as number) * time - from);
    const mix = (values: Float64Array) =>
      (values[k] as number) + share * ((values[k + 1] as number) - (values[k] as number));
    setSample(result, i, at, mix(x), mix(y), mix(z));
  }
  return result;
}

/** A walker who carries something, now and then: the arm is bent for 2 to 9 s and then hangs again. */
export function bendArm({ t, x, y, z }: Samples, random: Random): Samples {
  const result = emptySamples(t.length);
  let bend = drawBend(t[0] as number, random);
  for (let i = 0; i < t.length; i++) {
    const now = t[i] as number;
    if (now > bend.from + 2 * bend.move + bend.hold) bend = drawBend(now, random);
    const up = ease((now - bend.from) / bend.move) - ease((now - bend.from - bend.move - bend.hold) / bend.move);
    setSample(result, i, now, ...turnAbout(bend.axis, up * bend.angle, [x[i], y[i], z[i]] as Triple));
  }
  return result;
}

type Triple = [number, number, number];

function drawBend(now: number, random: Random) {
  const raw = [random.bell(), random.bell(), random.bell()];
  const size = Math.hypot(...raw) || 1;
  return {
    axis: raw.map((value) => value / size) as Triple,
    angle: random.between(0.5, 1.9),
    move: random.between(0.5, 1.6),
    hold: random.between(2, 9),
    from: now + random.between(2, 6),
  };
}

/** From 0 to 1 without a jerk. */
function ease(share: number): number {
  const within = Math.max(0, Math.min(1, share));
  return within * within * (3 - 2 * within);
}

/** Turned by an angle (radians) about an axis of unit length (Rodrigues). */
function turnAbout([kx, ky, kz]: Triple, angle: number, [x, y, z]: Triple): Triple {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const along = (1 - c) * (kx * x + ky * y + kz * z);
  return [
    x * c + s * (ky * z - kz * y) + kx * along,
    y * c + s * (kz * x - kx * z) + ky * along,
    z * c + s * (kx * y - ky * x) + kz * along,
  ];
}
