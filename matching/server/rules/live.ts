import { type Home, homeOf } from './cells.js';
import { claimedOf } from './claims.js';
import type { Span } from './publication.js';
import { RING } from './ranking.js';
import { DAY_MINUTES, type Interval, minuteOf } from './time.js';

/**
 * Topic key, first minute, minute after the last: a span as it is stored. Behind that the minutes of it that were claimed in
 * time, where those are not all of them.
 */
export type StoredSpan = [topic: number, from: number, to: number, claimedFrom?: number, claimedTo?: number];

/** The minutes in which a span's owner sees strangers. */
export function claimIn([, from, to, claimedFrom = from, claimedTo = to]: StoredSpan): Interval {
  return { from: claimedFrom, to: claimedTo };
}

/** Since when somebody shows themselves, epoch milliseconds; 0 for who has done so ever since they joined. */
export interface Shown {
  shown_since: number;
}

/** The minutes since somebody shows themselves: before those they see no strangers, and nobody finds them. */
export function sinceShown({ from, to }: Interval, { shown_since }: Shown): Interval {
  return { from: Math.max(from, minuteOf(shown_since)), to };
}

/**
 * The spans of an activity, as far as its owner has shown themselves: what is found of it, and what lets them see
 * strangers. What was over by then is not found at all. See docs/decisions/0022.
 */
export function shownSpans(spans: StoredSpan[], closesMs: number, shown: Shown): StoredSpan[] {
  if (closesMs < shown.shown_since) return [];
  const first = minuteOf(shown.shown_since);
  if (spans.every(([, from]) => from >= first)) return spans;
  return spans.flatMap((span): StoredSpan[] => {
    const [topic, from, to] = span;
    const claimed = sinceShown(claimIn(span), shown);
    return to > first ? [[topic, Math.max(from, first), to, claimed.from, claimed.to]] : [];
  });
}

/** The same of an activity as it is kept. */
export function shownIn(row: { spans: string; closes: number }, shown: Shown): StoredSpan[] {
  return shownSpans(spansIn(row), row.closes, shown);
}

/** Spans as they are stored, with what was claimed of them in time. @param before those of the same activity as it was */
export function storedSpans(
  spans: readonly Span[],
  keyOf: (topic: string) => number,
  before: readonly StoredSpan[],
  now: number,
): StoredSpan[] {
  return spans.map(({ topic, ...minutes }) => {
    const key = keyOf(topic);
    const earlier = before.filter(([of]) => of === key).map(claimIn);
    const claimed = claimedOf(minutes, earlier, now);
    const isWhole = claimed.from === minutes.from && claimed.to === minutes.to;
    return [key, minutes.from, minutes.to, ...(isWhole ? ([] as const) : ([claimed.from, claimed.to] as const))];
  });
}

/** Longest an activity can last, in minutes: what started longer ago than this and a day is found no more. */
export const LONGEST = 14 * 60;
/** Entries of one user in the match index at most: activities of a day and a night, with their actions, many times over. */
export const MOST_OF_USER = 2000;

/** What orders activities that began in the same minute: random, from the id, telling nothing of their seconds. */
export function tieOf(id: string): number {
  return Number.parseInt(id.slice(-6), 16) % RING;
}

/** Whether an activity is matched at all: what ended a day ago is history, and nobody's business. */
export function isCurrent(closesMs: number, now: number): boolean {
  return minuteOf(closesMs) >= minuteOf(now) - DAY_MINUTES;
}

const homes = new Map<string, Home>();
const MOST_HOMES = 100_000;

/** Where a user lives; cells are read once, because checking one costs as much as finding an activity. */
export function homeOfUser({ cell }: { cell: string | null }): Home | null {
  if (cell === null) return null;
  const known = homes.get(cell);
  if (known !== undefined) return known;
  if (homes.size >= MOST_HOMES) homes.clear();
  const home = homeOf(cell);
  homes.set(cell, home);
  return home;
}

export function spansIn({ spans }: { spans: string }): StoredSpan[] {
  return JSON.parse(spans) as StoredSpan[];
}

/** Those spans of before that are not among those of after: what only ends otherwise stays in its place. */
export function spansGone(before: readonly StoredSpan[], after: readonly StoredSpan[]): StoredSpan[] {
  return before.filter(([topic, from]) => !after.some((span) => span[0] === topic && span[1] === from));
}
