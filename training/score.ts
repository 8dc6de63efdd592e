/** How good detections are: F1 of events, and of 30 s windows on clips of one kind. */
import type { Recording } from './recordings.js';

export interface Detection {
  start_s: number;
  /** null: not over when the recording ended; it matches nothing. */
  end_s: number | null;
  label: string;
}

export interface Count {
  hit: number;
  wrong: number;
  missed: number;
}

const LEAST_COMMON = 0.25;
const WINDOW = 30;

export function f1({ hit, wrong, missed }: Count): number {
  return hit === 0 ? 0 : (2 * hit) / (2 * hit + wrong + missed);
}

/**
 * As many as can be told right while a share of all that is told is right, were the threshold chosen knowing the result:
 * no threshold that is chosen beforehand does better.
 */
export function mostRight(judged: readonly { answer: number; right: boolean }[], share: number): number {
  const sorted = judged.toSorted((a, b) => b.answer - a.answer);
  let right = 0;
  let most = 0;
  sorted.forEach((one, i) => {
    if (one.right) right++;
    const isThreshold = sorted[i + 1]?.answer !== one.answer;
    if (isThreshold && right >= share * (i + 1)) most = right;
  });
  return most;
}

export function addCounts(counts: Count[]): Count {
  return counts.reduce(
    (sum, { hit, wrong, missed }) => ({ hit: sum.hit + hit, wrong: sum.wrong + wrong, missed: sum.missed + missed }),
    { hit: 0, wrong: 0, missed: 0 },
  );
}

/** Events of one label: a detection matches one event when they share a quarter of the shorter. */
export function countEvents(recording: Recording, detections: Detection[], label: string): Count {
  const events = (recording.events ?? []).filter((event) => event.label === label);
  const open = new Set(events);
  const mine = spans(detections.filter((detection) => detection.label === label));
  let hit = 0;
  for (const { start_s, end_s } of mine) {
    for (const event of open) {
      const common = Math.min(end_s, event.end_s) - Math.max(start_s, event.start_s);
      if (common <= 0 || common < LEAST_COMMON * Math.min(end_s - start_s, event.end_s - event.start_s)) continue;
      open.delete(event);
      hit++;
      break;
    }
  }
  return { hit, wrong: mine.length - hit, missed: open.size };
}

/** Windows of a clip: one counts as a drink when a detection touches it. */
export function countWindows(recording: Recording, detections: Detection[]): Count {
  const windows = Math.max(1, Math.floor((recording.duration_s + 1) / WINDOW));
  const drinks = spans(detections.filter(({ label }) => label === 'drink'));
  const isDrink = recording.class === 'drink';
  const count = { hit: 0, wrong: 0, missed: 0 };
  for (let window = 0; window < windows; window++) {
    const touched = drinks.some(({ start_s, end_s }) => start_s < (window + 1) * WINDOW && end_s > window * WINDOW);
    if (touched) count[isDrink ? 'hit' : 'wrong']++;
    else if (isDrink) count.missed++;
  }
  return count;
}

function spans(detections: Detection[]): { start_s: number; end_s: number }[] {
  return detections.map(({ start_s, end_s }) => ({ start_s, end_s: end_s ?? Number.POSITIVE_INFINITY }));
}
