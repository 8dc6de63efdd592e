/** Runs the recogniser in two halves: what it sees in a recording is the same for every model that decides about it. */
import { decide, decideAnew, type Forests, NO_DECISIONS } from '../activities/motion/decide.js';
import { STANDARD_GRAVITY } from '../activities/motion/grid.js';
import type { MotionModel } from '../activities/motion/model-form.js';
import { type Look, lastLooks, startWatch, watchReading } from '../activities/motion/watch.js';
import type { Samples } from './recordings.js';
import type { Detection } from './score.js';

/** What a stretch of readings showed, and when (epoch ms) the track began anew after it. */
export interface Stretch {
  looks: Look[];
  anewAt: number;
}

export function watchSamples({ t, x, y, z }: Samples): Stretch[] {
  const stretches: Stretch[] = [];
  let looks: Look[] = [];
  let watch = startWatch();
  const metres = (g: number | undefined) => (g as number) * STANDARD_GRAVITY;
  for (let i = 0; i < t.length; i++) {
    const at = Math.round((t[i] as number) * 1000);
    const step = watchReading(watch, at, { x: metres(x[i]), y: metres(y[i]), z: metres(z[i]) });
    watch = step.watch;
    looks.push(...step.looks);
    if (!step.restarted) continue;
    stretches.push({ looks, anewAt: at });
    looks = [];
  }
  stretches.push({ looks: [...looks, ...lastLooks(watch)], anewAt: watch.grid?.at ?? 0 });
  return stretches;
}

/** What the recogniser would tell of it, in the scorer's form. */
export function decideAll(stretches: readonly Stretch[], forests: Forests, model: MotionModel): Detection[] {
  const found: Detection[] = [];
  let state = NO_DECISIONS;
  let raisedAt = 0;
  for (const { looks, anewAt } of stretches) {
    for (const look of looks) {
      const decided = decide(state, look, forests, model);
      state = decided.state;
      for (const { action, startedAt, endedAt } of decided.events) {
        if (action === 'raise-cup') raisedAt = startedAt;
        const label = action === 'put-down' ? 'drink' : action;
        const from = action === 'put-down' ? raisedAt : startedAt;
        found.push({ start_s: from / 1000, end_s: endedAt / 1000, label });
      }
    }
    state = decideAnew(state, anewAt);
  }
  return found;
}
