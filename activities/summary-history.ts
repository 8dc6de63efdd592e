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
 * @returns what became too old to be remembered, too: it belongs to the activity under way, if there is one
 */
export function remember(
  { held, stretches }: History,
  values: ParameterValues,
  before: number | undefined,
  at: number,
): { history: History; left?: Stretch | undefined } {
  const all = [...stretches, stretchTo(held, values, before ?? at, at)];
  const next = all.length > MOST ? compact(all) : all;
  const left = next.length > MOST ? next.shift() : undefined;
  return { history: { held: hold(held, values, at), stretches: next }, left };
}

function compact(stretches: Stretch[]): Stretch[] {
  const half = MOST / 2;
  const kept: Stretch[] = [];
  for (let index = 0; index < half; index += 2) {
    const [a, b] = [stretches[index], stretches[index + 1]] as [Stretch, Stretch];
    if (b.to - a.from <= LONGEST) kept.push(join(a, b));
    else kept.push(a, b);
  }
  return [...kept, ...stretches.slice(half)];
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

/** The history without what lies before a moment. */
export function forget(history: History, until: number): History {
  const rest = history.stretches.filter((stretch) => stretch.to > until);
  return { held: history.held, stretches: rest.map((stretch) => cut(stretch, until, stretch.to)) };
}
