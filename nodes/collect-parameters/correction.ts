import type { Correction } from '../../activities/index.js';
import {
  ACTIONS,
  ACTIVITIES,
  isActionName,
  isActivityName,
  isActivityWord,
  looksLikeSeconds,
  toInstant,
} from '../../vocabulary/index.js';
import { described, type Words } from './words.js';

type Read = { correction: Correction } | { problem: Words };
type Said = Record<string, unknown>;

/**
 * What somebody says was wrong, from a message or the dialog: `{ what: "none", id }`, `{ what: "times", id, startedAt, endedAt }`,
 * `{ what: "activity", id, activity }`, `{ what: "missed", startedAt, endedAt }` or `{ what: "undo" }`, with the `number` of one that
 * is not the newest; times in ISO 8601 or epoch milliseconds. With `action`, about
 * an action.
 * @returns the correction, or why it is none
 */
export function correctionOf(value: unknown): Read {
  const said: Said = typeof value === 'object' && value !== null ? (value as Said) : {};
  if (said.what === 'undo') return undo(said);
  if (said.what === 'missed') return missed(said);
  if (said.what === 'none') return none(said);
  if (said.what === 'times') return times(said);
  if (said.what === 'activity') return renamed(said);
  return wrong('correction', { what: described(said === value ? said.what : value) });
}

function undo({ number }: Said): Read {
  if (number === undefined) return { correction: { what: 'undo' } };
  if (!Number.isSafeInteger(number)) return wrong('correction-number', { number: described(number) });
  return { correction: { what: 'undo', number: number as number } };
}

function missed({ action, ...said }: Said): Read {
  const span = spanOf(said);
  if ('problem' in span) return span;
  if (action === undefined) return { correction: { what: 'missed', ...span } };
  return isActionName(action) ? { correction: { what: 'missed', action, ...span } } : noAction(action);
}

function none({ id, action, startedAt }: Said): Read {
  if (typeof id !== 'string') return noId(id);
  if (action === undefined) return { correction: { what: 'none', id } };
  if (!isActionName(action)) return noAction(action);
  if (looksLikeSeconds(startedAt)) return seconds(startedAt);
  const at = timeOf(startedAt);
  if (at === undefined) return wrong('correction-action-time', { startedAt: described(startedAt) });
  return { correction: { what: 'none', id, action: { action, startedAt: at } } };
}

function times({ id, ...said }: Said): Read {
  if (typeof id !== 'string') return noId(id);
  const span = spanOf(said);
  return 'problem' in span ? span : { correction: { what: 'times', id, ...span } };
}

/** A word of one's own stays in the category that the activity had. */
function renamed({ id, activity }: Said): Read {
  if (typeof id !== 'string') return noId(id);
  if (isActivityName(activity)) {
    return { correction: { what: 'activity', id, activity, category: ACTIVITIES[activity] } };
  }
  if (isActivityWord(activity)) return { correction: { what: 'activity', id, activity } };
  return wrong('correction-activity', { activity: described(activity) });
}

function spanOf({ startedAt, endedAt }: Said): { startedAt: number; endedAt: number } | { problem: Words } {
  const inSeconds = [startedAt, endedAt].find(looksLikeSeconds);
  if (inSeconds !== undefined) return seconds(inSeconds);
  const [from, to] = [timeOf(startedAt), timeOf(endedAt)];
  if (from !== undefined && to !== undefined) return { startedAt: from, endedAt: to };
  return wrong('correction-times', { startedAt: described(startedAt), endedAt: described(endedAt) });
}

function timeOf(value: unknown): number | undefined {
  const instant = toInstant(value);
  return instant === undefined ? undefined : Date.parse(instant);
}

function seconds(time: unknown) {
  return wrong('correction-seconds', { time: described(time) });
}

function noId(id: unknown) {
  return wrong('correction-id', { id: described(id) });
}

function noAction(action: unknown) {
  return wrong('correction-action', { action: described(action), known: ACTIONS.join(', ') });
}

function wrong(key: string, values: Words['values']): { problem: Words } {
  return { problem: { key: `error.${key}`, ...(values ? { values } : {}) } };
}
