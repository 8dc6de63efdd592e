import { ACTIVITIES, type Category, isActivityName } from '../../../vocabulary/index.js';
import {
  type ActivityPage,
  LASTS_HOURS,
  MAX_AHEAD_MINUTES,
  type PublishedActivity,
  type StoredActivity,
} from '../../schema/index.js';
import { Refusal, tooOften } from '../refusal.js';
import { utcOffset } from './features/local-time.js';
import { type Interval, MINUTE_MS, minutesOf } from './time.js';

/** A published activity with its times checked: what a store keeps. Times in epoch milliseconds. */
export interface Publication {
  id: string;
  revision: number;
  activity: string;
  state: StoredActivity['state'];
  started: number;
  /** Null while it goes on. */
  ended: number | null;
  /** When it is over for matching: its end, or when an open one ends by itself. */
  closes: number;
  /** The rest, as JSON, to give back to its owner. */
  body: string;
  actions: NonNullable<StoredActivity['actions']>;
}

const HOUR_MS = 3_600_000;
const AHEAD_MS = MAX_AHEAD_MINUTES * MINUTE_MS;
const EARLIEST = Date.UTC(2000, 0);

function categoryOf(activity: string): Category {
  return isActivityName(activity) ? ACTIVITIES[activity] : 'entertainment';
}

/** The longest any activity is looked for behind its start, in minutes. */
export function longestMinutes(activity: string): number {
  return LASTS_HOURS[categoryOf(activity)].most * 60;
}

/**
 * Checks the times and leaves out what is not kept.
 * @param now the endpoint's clock, epoch milliseconds
 * @throws Refusal bad-time, bad-time-zone
 */
export function toPublication(id: string, given: PublishedActivity, now: number): Publication {
  const { revision, activity, state, startedAt, seconds, actions = [] } = given;
  const toldStart = timeOf(startedAt, 'startedAt');
  const started = clamp(toldStart, now);
  const ended = endOf(given, { toldStart, started }, now);
  for (const action of actions) {
    timeOf(action.startedAt, 'an action’s startedAt');
    if (action.endedAt) timeOf(action.endedAt, 'an action’s endedAt');
  }
  const { quiet, most } = LASTS_HOURS[categoryOf(activity)];
  const closes = Math.min(ended ?? Math.max(started, now) + quiet * HOUR_MS, started + most * HOUR_MS);
  const { category, parameters, drink, rating, timeZone } = given;
  // Kept beside the zone: what a zone's clocks did is corrected now and then, and its day must stay what it was counted as.
  const zone = timeZone === undefined ? {} : { timeZone, utcOffset: utcOffset(timeZone, started) };
  const body = JSON.stringify({ category, seconds, parameters, actions, drink, rating, ...zone });
  return { id, revision, activity, state, started, ended, closes, body, actions };
}

/** @param toldStart the start as the hub's clock has it @param started the same as it is kept */
function endOf(
  { state, endedAt, seconds }: PublishedActivity,
  { toldStart, started }: { toldStart: number; started: number },
  now: number,
): number | null {
  if (endedAt !== undefined) {
    const toldEnd = timeOf(endedAt, 'endedAt');
    if (toldEnd < toldStart) throw new Refusal('bad-time', 'endedAt is before startedAt');
    // Of a clock that is ahead the end can be taken for now, and the start be still to come.
    return Math.max(started, clamp(toldEnd, now));
  }
  if (state !== 'finished') return null;
  if (seconds === undefined) return Math.max(started, now);
  // Seconds may have any fraction; what is kept are whole milliseconds.
  return clamp(started + Math.round(seconds * 1000), Math.max(started, now));
}

function timeOf(text: string, what: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time) || !isDay(text.slice(0, 10))) throw new Refusal('bad-time', `${what} is no time that exists`);
  if (time < EARLIEST) throw new Refusal('bad-time', `${what} is before the year 2000`);
  return time;
}

/** Date.parse takes the 30th of February for the 2nd of March. @param date such as 2026-11-22 */
function isDay(date: string): boolean {
  const day = Number(date.slice(8));
  return day <= 28 || new Date(date).getUTCDate() === day;
}

function clamp(time: number, now: number): number {
  return time > now + AHEAD_MS ? now : time;
}

/** A stretch of minutes in which somebody is found, under a topic such as `coffee` or `coffee/raise-cup`. */
export interface Span extends Interval {
  topic: string;
}

/** Distinct actions of one activity, and stretches of each, that are matched: the newest. */
const MOST_ACTIONS = 4;
const MOST_STRETCHES = 8;

/** Where an activity is found: itself, and each of its actions in its own minutes; nowhere when it is discarded. */
export function spansOf(publication: Publication): Span[] {
  const { activity, state, started, closes, actions } = publication;
  if (state === 'discarded') return [];
  const whole = minutesOf(started, closes);
  if (actions.length === 0) return [{ topic: activity, ...whole }];
  const byAction = new Map<string, Interval[]>();
  for (const { action, startedAt, endedAt } of actions) {
    const start = Date.parse(startedAt);
    const minutes = minutesOf(start, endedAt ? Date.parse(endedAt) : start);
    const within = { from: Math.max(minutes.from, whole.from), to: Math.min(minutes.to, whole.to) };
    if (within.from < within.to) byAction.set(action, [...(byAction.get(action) ?? []), within]);
  }
  const newest = [...byAction]
    .map(([action, intervals]) => ({ topic: `${activity}/${action}`, stretches: merged(intervals) }))
    .sort((a, b) => (b.stretches[0]?.from ?? 0) - (a.stretches[0]?.from ?? 0))
    .slice(0, MOST_ACTIONS);
  return [
    { topic: activity, ...whole },
    ...newest.flatMap(({ topic, stretches }) => stretches.slice(0, MOST_STRETCHES).map((one) => ({ topic, ...one }))),
  ];
}

/** Stretches that touch become one; newest first. */
function merged(intervals: Interval[]): Interval[] {
  const stretches: Interval[] = [];
  for (const { from, to } of intervals.sort((a, b) => a.from - b.from)) {
    const last = stretches.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else stretches.push({ from, to });
  }
  return stretches.reverse();
}

/** An activity as stores keep it. Times in epoch milliseconds. */
export interface ActivityRow {
  id: string;
  revision: number;
  activity: string;
  state: StoredActivity['state'];
  started: number;
  ended: number | null;
  closes: number;
  body: string | null;
  spans: string;
}

/** Bytes of activities in one page: what was asked for and is not read is kept for as long as its reader is waited for. */
const PAGE_BYTES = 256 * 1024;

/** A page of somebody's activities, of the rows that it begins with: fewer where they are large, and one in any case. */
export function pageOf(rows: readonly ActivityRow[], limit: number): ActivityPage {
  const page: ActivityRow[] = [];
  let bytes = 0;
  for (const row of rows.slice(0, limit)) {
    bytes += row.body?.length ?? 0;
    if (page.length > 0 && bytes > PAGE_BYTES) break;
    page.push(row);
  }
  const last = page.at(-1);
  return { activities: page.map(activityOf), ...(last && rows.length > page.length ? { next: last.id } : {}) };
}

/** Activities of an export that are read together: a few megabytes at most. */
export const EXPORTED_AT_ONCE = 50;

/** @returns nothing of what was discarded */
export function bodyOf({ state, body }: Publication): string | null {
  return state === 'discarded' ? null : body;
}

/** An activity as its owner gets it back. */
export function activityOf(row: ActivityRow): StoredActivity {
  const { id, revision, activity, state, started, ended, closes, body } = row;
  return {
    id,
    revision,
    activity,
    state,
    startedAt: new Date(started).toISOString(),
    ...(ended === null ? {} : { endedAt: new Date(ended).toISOString() }),
    ...(ended === null && state !== 'discarded' ? { endsAt: new Date(closes).toISOString() } : {}),
    ...(body ? (JSON.parse(body) as object) : {}),
  };
}

export function tooManyActivities(): Refusal {
  return new Refusal('limit-reached', 'You have more activities in one day than anybody can: publish less');
}

/** @param seconds until one more may begin */
export function tooManyBegun(seconds: number): Refusal {
  return tooOften('You publish more activities than anybody does in a day', seconds);
}
