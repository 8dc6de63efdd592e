import type { Calibration } from '../activities/motion/model-form.js';

/** Counts like one more example that says: take the answer as it is. Keeps a clean separation from going to infinity. */
const PRIOR = 1;

/** Logistic regression of being right on the log odds of an answer (Platt, 1999), by Newton's method. */
export function calibrate(pairs: { answer: number; right: boolean }[]): Calibration {
  let offset = 0;
  let slope = 1;
  for (let round = 0; round < 25; round++) {
    let [g0, g1, h00, h01, h11] = [-PRIOR * offset, -PRIOR * (slope - 1), PRIOR, 0, PRIOR];
    for (const { answer, right } of pairs) {
      const x = Math.log((answer + 0.005) / (1.005 - answer));
      const p = 1 / (1 + Math.exp(-(offset + slope * x)));
      const weight = p * (1 - p);
      g0 += (right ? 1 : 0) - p;
      g1 += ((right ? 1 : 0) - p) * x;
      h00 += weight;
      h01 += weight * x;
      h11 += weight * x * x;
    }
    const determinant = h00 * h11 - h01 * h01;
    offset += (h11 * g0 - h01 * g1) / determinant;
    slope += (h00 * g1 - h01 * g0) / determinant;
  }
  const rounded = (value: number) => Math.round(value * 1000) / 1000;
  return { offset: rounded(offset), slope: rounded(slope) };
}
