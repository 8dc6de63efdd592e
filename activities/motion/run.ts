import type { RecogniserEvent } from '../recogniser.js';

/** After this long (10 min) without an action the cup is empty, or forgotten. */
export const PAUSE_MS = 600_000;
/** Actions may be told out of order, by this much at most; anything more is a clock that was set back. */
const TOLERANCE_MS = 30_000;

/** An activity under way: the end of its last action (epoch ms), and how sure its surest action was. */
export interface MotionRun {
  until: number;
  confidence: number;
}

/**
 * Puts actions into a run: it starts with the first action and is over when none has come for PAUSE_MS, or when the
 * clock was set back.
 * @param now epoch milliseconds
 */
export function withRun(
  run: MotionRun | null,
  actions: RecogniserEvent[],
  now: number,
): { run: MotionRun | null; events: RecogniserEvent[] } {
  const events: RecogniserEvent[] = [];
  let current = run;
  const finishBefore = (at: number) => {
    if (!current || (at - current.until <= PAUSE_MS && current.until - at <= TOLERANCE_MS)) return;
    events.push({ type: 'finish', at: current.until, confidence: current.confidence });
    current = null;
  };
  for (const action of actions) {
    if (action.type !== 'action') continue;
    const { startedAt, endedAt, confidence } = action;
    finishBefore(endedAt);
    if (!current) events.push({ type: 'start', at: startedAt, confidence });
    events.push(action);
    const { until, confidence: before } = current ?? { until: endedAt, confidence };
    current = { until: Math.max(until, endedAt), confidence: Math.max(before, confidence) };
  }
  finishBefore(now);
  return { run: current, events };
}
