import type { ParameterName } from '../vocabulary/index.js';

/**
 * What a recogniser goes by and what it took things for: plain JSON, small, ready to be drawn and put into words, and empty
 * where nothing is known yet. Each name is a key of the texts of whoever shows it; the values are what goes into that text.
 */
export interface Explanation {
  levels: readonly ExplainedLevel[];
  /** Each is one sentence. */
  facts: readonly Fact[];
  sights: readonly ExplainedSight[];
}

/** A value that was learned, to be drawn across what was measured of a parameter, in its unit. */
export interface ExplainedLevel {
  parameter: ParameterName;
  value: number;
  name: string;
}

/** Seconds are called `seconds`; `parameter`, `action` and `phase` are words of the vocabulary or of a recogniser. */
export interface Fact {
  name: string;
  values: Readonly<Record<string, number | string>>;
}

/** One of the last things that were looked at, in epoch milliseconds, and what it was taken for. Oldest first. */
export interface ExplainedSight extends Fact {
  from: number;
  to: number;
}

export const NOTHING_KNOWN: Explanation = { levels: [], facts: [], sights: [] };

/** A fact for each bar that corrections have moved, in the words of whoever explains it. */
export function taughtFacts(
  taught: Readonly<Record<string, number>>,
  facts: Readonly<Record<string, (value: number) => Fact>>,
): Fact[] {
  return Object.entries(facts).flatMap(([name, fact]) => (taught[name] === undefined ? [] : [fact(taught[name])]));
}

/** Rounded to tenths; JSON knows no -0. */
export function tenths(value: number): number {
  return Math.round(value * 10) / 10 + 0;
}
