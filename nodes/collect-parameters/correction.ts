import type { Correction } from '../../activities/index.js';
import { ACTIVITIES, isActionName, isActivityName, isActivityWord, toInstant } from '../../vocabulary/index.js';

/**
 * What somebody says was wrong, from a message or the dialog: `{ what: "none", id }`, `{ what: "times", id, startedAt, endedAt }`,
 * `{ what: "activity", id, activity }`, `{ what: "missed", startedAt, endedAt }` or `{ what: "undo" }`, with the `number` of one that
 * is not the newest; times in ISO 8601 or epoch milliseconds. With `action`, about
 * an action.
 * @returns undefined when it is none of these
 */
export function correctionOf(value: unknown): Correction | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { what, id, action, activity, number, startedAt, endedAt } = value as Record<string, unknown>;
  const [from, to] = [timeOf(startedAt), timeOf(endedAt)];
  if (what === 'undo') return number === undefined ? { what } : numbered(number);
  if (what === 'missed' && from !== undefined && to !== undefined) {
    if (action === undefined) return { what, startedAt: from, endedAt: to };
    return isActionName(action) ? { what, action, startedAt: from, endedAt: to } : undefined;
  }
  if (typeof id !== 'string') return undefined;
  if (what === 'times' && from !== undefined && to !== undefined) return { what, id, startedAt: from, endedAt: to };
  if (what === 'activity') return renamed(id, activity);
  if (what !== 'none') return undefined;
  if (action === undefined) return { what, id };
  return isActionName(action) && from !== undefined ? { what, id, action: { action, startedAt: from } } : undefined;
}

function numbered(number: unknown): Correction | undefined {
  return Number.isSafeInteger(number) ? { what: 'undo', number: number as number } : undefined;
}

/** A word of one's own stays in the category that the activity had. */
function renamed(id: string, activity: unknown): Correction | undefined {
  if (isActivityName(activity)) return { what: 'activity', id, activity, category: ACTIVITIES[activity] };
  return typeof activity === 'string' && isActivityWord(activity) ? { what: 'activity', id, activity } : undefined;
}

function timeOf(value: unknown): number | undefined {
  const instant = toInstant(value);
  return instant === undefined ? undefined : Date.parse(instant);
}
