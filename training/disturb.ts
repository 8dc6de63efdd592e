/** Ways in which a recording could have come from another sensor: rates, orientations, lost samples. */
import type { Random } from './random.js';
import { emptySamples, type Samples, setSample } from './recordings.js';
import { retime } from './vary.js';

export type Disturb = (samples: Samples) => Samples;

export function disturbances(random: Random): [string, Disturb][] {
  const rates = [10, 20, 50, 100].map((rate): [string, Disturb] => [
    `${rate} Hz`,
    (samples) => retime(samples, { time: 1, rate }),
  ]);
  return [
    ['as recorded', (samples) => samples],
    ...rates,
    ['turned at random', (samples) => rotate(samples, random)],
    ['10 % lost', (samples) => lose(samples, 0.1, random)],
    ['30 % lost', (samples) => lose(samples, 0.3, random)],
  ];
}

/** Turns all samples by one random rotation: a random unit quaternion. */
export function rotate(samples: Samples, random: Random): Samples {
  const raw = [random.bell(), random.bell(), random.bell(), random.bell()];
  const size = Math.hypot(...raw);
  const [w, i, j, k] = raw.map((value) => value / size) as [number, number, number, number];
  const { t, x, y, z } = samples;
  const result = emptySamples(t.length);
  for (let n = 0; n < t.length; n++) {
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

function lose({ t, x, y, z }: Samples, share: number, random: Random): Samples {
  const kept = [...t.keys()].filter(() => random.next() >= share);
  const pick = (values: Float64Array) => Float64Array.from(kept, (i) => values[i] as number);
  return { t: pick(t), x: pick(x), y: pick(y), z: pick(z) };
}
