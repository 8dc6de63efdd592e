import type { ParameterValues } from '../vocabulary/index.js';
import { cut, type Held, hold, join, pointsOf, type Stretch, stretchTo } from './summary.js';

/** How many stretches are remembered; when there are more, the older half is joined two by two. */
const MOST = 64;
/** Stretches are joined up to this length, in milliseconds; then the oldest leaves. */
const LONGEST = 60_000;

/**
 * The recent past: fine where it is fresh, coarser where it is old, never more than a few kilobytes. It is there
 * because a recogniser is sure of a start or a finish only some time after it happened: the activity is then cut
 * out of it at the right moment. Plain JSON, never changed in place.
 */
export interface History {
  held: Held;
  stretches: Stretch[];
}

export const NOTHING: History = { held: {}, stretches: [] };

/**
 * One reading further.
 * @param before the last reading's time, or undefined for the first
 * @param apart moments at which something may have to be cut out: stretches before and after them are not joined
 * @returns what became too old to be remembered, too: it belongs to the activity under way, if there is one
 */
export function remember(
  { held, stretches }: History,
  values: ParameterValues,
  before: number | undefined,
  at: number,
  apart: readonly number[] = [],
): { history: History; left?: Stretch | undefined } {
  const next = [...stretches, stretchTo(held, values, before ?? at, at)];
  if (next.length > MOST) compact(next, apart);
  let left: Stretch | undefined;
  while (next.length > MOST) left = join(left, next.shift() as Stretch);
  return { history: { held: hold(held, values, at), stretches: next }, left };
}

/** In place: with a reading each second there is something to join at each of them. */
function compact(stretches: Stretch[], apart: readonly number[]): void {
  let kept = 0;
  for (let index = 0; index < MOST / 2; index += 2) {
    const a = stretches[index] as Stretch;
    const b = stretches[index + 1] as Stretch;
    if (b.to - a.from <= LONGEST && !isAnyWithin(apart, a.from, b.to)) stretches[kept++] = join(a, b);
    else {
      stretches[kept++] = a;
      stretches[kept++] = b;
    }
  }
  if (kept === MOST / 2) return;
  for (let index = MOST / 2; index < stretches.length; index++) stretches[kept++] = stretches[index] as Stretch;
  while (stretches.length > kept) stretches.pop();
}

function isAnyWithin(moments: readonly number[], from: number, to: number): boolean {
  for (const moment of moments) if (moment > from && moment < to) return true;
  return false;
}

/**
 * What happened between two moments, as far as it is remembered; undefined when nothing is.
 * After the last reading its values count on for as long as values hold.
 * @param lastAt the last reading's time
 */
export function between(history: History, from: number, to: number, lastAt: number): Stretch | undefined {
  let whole: Stretch | undefined;
  for (const stretch of history.stretches) {
    const isWithin = stretch.from >= from && stretch.to <= to;
    if (isWithin || (stretch.to > from && stretch.from < to)) whole = join(whole, cut(stretch, from, to));
  }
  if (lastAt < from || lastAt > to) return whole;
  const rest = stretchTo(history.held, pointsOf(history.held, from), Math.max(lastAt, from), to);
  return join(whole, rest);
}

/** The history with nothing that goes on through a moment: see `remember` for what keeps it so. */
export function split(history: History, at: number): History {
  const stretches = history.stretches.flatMap((one) =>
    one.from < at && at < one.to ? [cut(one, one.from, at), cut(one, at, one.to)] : [one],
  );
  return { held: history.held, stretches };
}

/** The history without what lies before a moment. */
export function forget(history: History, until: number): History {
  const rest = history.stretches.filter((stretch) => stretch.to > until);
  return { held: history.held, stretches: rest.map((stretch) => cut(stretch, until, stretch.to)) };
}
