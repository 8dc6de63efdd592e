/** Runs the recogniser over samples as `npm run recognise` does. */
import type { Recogniser } from '../activities/index.js';
import { detectMotion, type MotionDetection, type MotionSample } from '../scripts/recognise-motion.js';
import type { Samples } from './recordings.js';

export function detect<State>(recogniser: Recogniser<State>, samples: Samples): MotionDetection[] {
  return detectMotion(recogniser, each(samples));
}

function* each({ t, x, y, z }: Samples): Generator<MotionSample> {
  for (let i = 0; i < t.length; i++) {
    yield { t: t[i] as number, x: x[i] as number, y: y[i] as number, z: z[i] as number };
  }
}
