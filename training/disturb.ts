/**
 * Ways in which a recording could have come from another hand or another sensor. Each is drawn from a seed of its own, so
 * that one can be added without changing the others.
 */
import { Random } from './random.js';
import { emptySamples, type Samples, setSample } from './recordings.js';
import { lose, pick, sendTogether, UNCHANGED, type Variation, vary } from './vary.js';

export interface Disturbance {
  name: string;
  /** Whose doing: another person moves otherwise, another sensor sees otherwise. */
  of: 'nobody' | 'person' | 'sensor';
  apply(samples: Samples): Samples;
  /** When a moment of the recording (seconds) is in what was made of it. */
  when(seconds: number): number;
}

const asItWas = (seconds: number) => seconds;

type Change = (samples: Samples, random: Random) => Samples;

const rates = [10, 12.5, 20, 50, 100].map((rate) => sensor(`${rate} Hz`, varied({ rate })));
const tempos = [0.5, 0.7, 1.4, 2].map((time) => person(`times × ${time}`, varied({ time }), (t) => t * time));

export const DISTURBANCES: readonly Disturbance[] = [
  { name: 'as recorded', of: 'nobody' as const, apply: (samples: Samples) => samples, when: asItWas },
  ...tempos,
  person('half as strong', varied({ strength: 0.5 })),
  person('1.6 times as strong', varied({ strength: 1.6 })),
  person('tilt × 0.6', varied({ tilt: 0.6 })),
  person('tilt × 1.4', varied({ tilt: 1.4 })),
  person('left-handed', mirror),
  person('other tempo, strength and tilt each time', eachTime, warped),
  ...rates,
  sensor('turned at random', (samples, random) => rotate(samples, random)),
  sensor('slips every 3 min', slip),
  sensor('scale 0.9', (samples) => scale(samples, 0.9)),
  sensor('scale 1.1', (samples) => scale(samples, 1.1)),
  sensor('zero off by 0.08 g', varied({ offset: [0.05, -0.05, 0.04] })),
  sensor('noise of 0.03 g', varied({ noise: 0.03 })),
  sensor('steps of 0.02 g', varied({ step: 0.02 })),
  sensor('steps of 0.05 g', varied({ step: 0.05 })),
  sensor('10 % lost', (samples, random) => lose(samples, 0.1, random)),
  sensor('30 % lost', (samples, random) => lose(samples, 0.3, random)),
  sensor('times off by 30 ms', jitter),
  sensor('10 % twice, 10 % late', shuffle),
  sensor('sent in fours', (samples) => sendTogether(samples, 4)),
].map((disturbance, seed) => ({ ...disturbance, apply: seeded(disturbance.apply, seed) }));

function seeded(apply: Change, seed: number): (samples: Samples) => Samples {
  return (samples) => apply(samples, new Random(1000 + seed));
}

function person(name: string, apply: Change, when = asItWas) {
  return { name, of: 'person' as const, apply, when };
}

function sensor(name: string, apply: Change) {
  return { name, of: 'sensor' as const, apply, when: asItWas };
}

function varied(change: Partial<Variation>): Change {
  return (samples, random) => vary(samples, { ...UNCHANGED, ...change }, random);
}

/** Nobody does a thing twice alike: every 20 s another tempo, strength and tilt, the whole no longer than it was. */
function eachTime(samples: Samples, random: Random): Samples {
  const { t } = samples;
  const draws = Array.from({ length: Math.ceil((t.at(-1) as number) / 20) + 1 }, () => ({
    weak: random.next(),
    near: random.next(),
  }));
  const extremes = [
    { ...UNCHANGED, strength: 0.6, tilt: 0.7 },
    { ...UNCHANGED, strength: 0.6, tilt: 1.3 },
    { ...UNCHANGED, strength: 1.5, tilt: 0.7 },
    { ...UNCHANGED, strength: 1.5, tilt: 1.3 },
  ].map((change) => vary(samples, change, random)) as [Samples, Samples, Samples, Samples];
  const result = emptySamples(t.length);
  for (let i = 0; i < t.length; i++) {
    const { weak, near } = draws[Math.floor((t[i] as number) / 20)] as { weak: number; near: number };
    const shares = [weak * near, weak * (1 - near), (1 - weak) * near, (1 - weak) * (1 - near)];
    const mix = (axis: 'x' | 'y' | 'z') =>
      extremes.reduce((sum, one, k) => sum + (shares[k] as number) * (one[axis][i] as number), 0);
    setSample(result, i, warped(t[i] as number), mix('x'), mix('y'), mix('z'));
  }
  return result;
}

/** Time that speeds up and slows down, by 35 % at most, twice a minute and a half. */
function warped(t: number): number {
  const pace = (2 * Math.PI) / 45;
  return t + (0.35 / pace) * Math.sin(pace * t);
}

/** The other hand: one axis points the other way. */
function mirror({ t, x, y, z }: Samples): Samples {
  return { t, x: x.map((value) => -value), y, z };
}

function scale({ t, x, y, z }: Samples, factor: number): Samples {
  const scaled = (values: Float64Array) => values.map((value) => value * factor);
  return { t, x: scaled(x), y: scaled(y), z: scaled(z) };
}

type Quaternion = [number, number, number, number];

/** A random unit quaternion. */
function drawTurn(random: Random): Quaternion {
  const raw = [random.bell(), random.bell(), random.bell(), random.bell()];
  const size = Math.hypot(...raw);
  return raw.map((value) => value / size) as Quaternion;
}

/** Turns all samples by one random rotation. */
export function rotate(samples: Samples, random: Random): Samples {
  const how = drawTurn(random);
  return rotateEach(samples, () => how);
}

/** The sensor is taken off and put on anew, or slips round the wrist, every three minutes. */
function slip(samples: Samples, random: Random): Samples {
  const turns = Array.from({ length: Math.ceil((samples.t.at(-1) as number) / 180) + 1 }, () => drawTurn(random));
  return rotateEach(samples, (t) => turns[Math.floor(t / 180)] as Quaternion);
}

function rotateEach({ t, x, y, z }: Samples, turnAt: (seconds: number) => Quaternion): Samples {
  const result = emptySamples(t.length);
  for (let n = 0; n < t.length; n++) {
    const [w, i, j, k] = turnAt(t[n] as number);
    const [a, b, c] = [x[n], y[n], z[n]] as [number, number, number];
    setSample(
      result,
      n,
      t[n] as number,
      a * (1 - 2 * (j * j + k * k)) + b * 2 * (i * j - k * w) + c * 2 * (i * k + j * w),
      a * 2 * (i * j + k * w) + b * (1 - 2 * (i * i + k * k)) + c * 2 * (j * k - i * w),
      a * 2 * (i * k - j * w) + b * 2 * (j * k + i * w) + c * (1 - 2 * (i * i + j * j)),
    );
  }
  return result;
}

/** A tenth of the readings comes twice, a tenth is delivered after the three that follow it. */
function shuffle(samples: Samples, random: Random): Samples {
  const order = [...samples.t.keys()].flatMap((i) => {
    const draw = random.next();
    return (draw < 0.1 ? [i, i] : [draw < 0.2 ? i + 3.5 : i]).map((place) => ({ place, i }));
  });
  return pick(
    samples,
    order.sort((a, b) => a.place - b.place).map(({ i }) => i),
  );
}

/** The time is read when a reading arrives: up to 30 ms late. */
function jitter({ t, x, y, z }: Samples, random: Random): Samples {
  return { t: t.map((value) => value + 0.03 * random.next()), x, y, z };
}
