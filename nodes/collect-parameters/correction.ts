import type { Correction } from '../../activities/index.js';
import { isActionName, toInstant } from '../../vocabulary/index.js';

/**
 * What somebody says was wrong, from a message or the dialog: `{ what: "none", id }`, `{ what: "times", id, startedAt, endedAt }`,
 * `{ what: "missed", startedAt, endedAt }` or `{ what: "undo" }`; times in ISO 8601 or epoch milliseconds. With `action`, about
 * an action.
 * @returns undefined when it is none of these
 */
export function correctionOf(value: unknown): Correction | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { what, id, action, startedAt, endedAt } = value as Record<string, unknown>;
  const [from, to] = [timeOf(startedAt), timeOf(endedAt)];
  if (what === 'undo') return { what };
  if (what === 'missed' && from !== undefined && to !== undefined) {
    if (action === undefined) return { what, startedAt: from, endedAt: to };
    return isActionName(action) ? { what, action, startedAt: from, endedAt: to } : undefined;
  }
  if (typeof id !== 'string') return undefined;
  if (what === 'times' && from !== undefined && to !== undefined) return { what, id, startedAt: from, endedAt: to };
  if (what !== 'none') return undefined;
  if (action === undefined) return { what, id };
  return isActionName(action) && from !== undefined ? { what, id, action: { action, startedAt: from } } : undefined;
}

function timeOf(value: unknown): number | undefined {
  const instant = toInstant(value);
  return instant === undefined ? undefined : Date.parse(instant);
}
