import type { Recogniser, RecogniserEvent } from '../activities/index.js';
import type { Detection } from './recognise-replay.js';

/** One sample of acceleration with gravity: seconds since the start of the recording, and g. */
export interface MotionSample {
  t: number;
  x: number;
  y: number;
  z: number;
}

export type MotionDetection = Detection & { label: 'drink' | 'stir' };

const STANDARD_GRAVITY = 9.80665;
const APPLIANCE = { id: 'recording', name: 'Recording', profile: 'json' };
/** Seconds after the last sample at which the hub's timer tells the recogniser that nothing more has come. */
const AFTERWARDS = 10;

/** Plays a recording to a recogniser, sample by sample in file order. */
export function detectMotion<State>(recogniser: Recogniser<State>, samples: Iterable<MotionSample>): MotionDetection[] {
  const found: MotionDetection[] = [];
  let state = recogniser.initial();
  let raisedAt = 0;
  let last = 0;
  const take = (events: RecogniserEvent[], now: number) => {
    for (const event of events) {
      if (event.type !== 'action') continue;
      if (event.action === 'raise-cup') raisedAt = event.startedAt;
      if (event.action === 'put-down') found.push(detection('drink', raisedAt, event.endedAt, now));
      if (event.action === 'stir') found.push(detection('stir', event.startedAt, event.endedAt, now));
    }
  };
  for (const { t, x, y, z } of samples) {
    const acceleration = { x: x * STANDARD_GRAVITY, y: y * STANDARD_GRAVITY, z: z * STANDARD_GRAVITY };
    const at = new Date(Math.round(t * 1000)).toISOString();
    const step = recogniser.step(state, { appliance: APPLIANCE, at, parameters: { acceleration } });
    state = step.state;
    take(step.events, t);
    last = t;
  }
  take(recogniser.tick(state, (last + AFTERWARDS) * 1000).events, last + AFTERWARDS);
  return found;
}

/** A drink is what lies between raising the cup and having put it down; it is announced once it is over. */
function detection(label: 'drink' | 'stir', startedAt: number, endedAt: number, now: number): MotionDetection {
  return { start_s: startedAt / 1000, end_s: endedAt / 1000, start_emitted_s: now, end_emitted_s: now, label };
}
