import type { Contribution } from './contribution.js';
import { count, type Day, emptyTally, type Tally } from './tally.js';

/**
 * What a store keeps for one user and one kind of activity: one row, as it is. The same activities give the same bytes,
 * in whatever order they came.
 */
export interface FeatureRow {
  /** JSON. */
  sums: string;
  /** About five bytes for each day on which there was something. */
  days: Uint8Array;
}

/** Hours, squares of the seconds, and of each parameter count, sum and squares. */
interface Sums {
  h: number[];
  q: number;
  p: Record<string, [count: number, sum: string, squares: string]>;
}

export function tallyOf(row: FeatureRow | undefined): Tally {
  if (!row) return emptyTally();
  const { h, q, p } = JSON.parse(row.sums) as Sums;
  const parameters = Object.entries(p).map(
    ([name, [count, sum, squares]]) => [name, { count, sum: BigInt(sum), squares: BigInt(squares) }] as const,
  );
  return { days: daysOf(row.days), hours: h, squares: q, parameters: new Map(parameters) };
}

/** @returns undefined when nothing is counted any more: then there is no row */
export function rowOf({ days, hours, squares, parameters }: Tally): FeatureRow | undefined {
  if (days.length === 0) return undefined;
  const sorted = [...parameters].sort(([a], [b]) => (a < b ? -1 : 1));
  const p = sorted.map(([name, { count, sum, squares }]) => [name, [count, String(sum), String(squares)]]);
  const sums = { h: hours, q: squares, p: Object.fromEntries(p) } as Sums;
  return { sums: JSON.stringify(sums), days: bytesOf(days) };
}

/** The row after one activity was counted out, another in, or both; which is what an edit is. */
export function changedRow(
  row: FeatureRow | undefined,
  before: Contribution | undefined,
  after: Contribution | undefined,
): FeatureRow | undefined {
  const tally = tallyOf(row);
  if (before) count(tally, before, -1);
  if (after) count(tally, after, 1);
  return rowOf(tally);
}

/** Three numbers a day, of as many bytes as each needs (LEB128): days since the one before, count, seconds. */
function bytesOf(days: readonly Day[]): Uint8Array {
  const bytes: number[] = [];
  let before = 0;
  for (const { day, count, seconds } of days) {
    for (let number of [day - before, count, seconds]) {
      for (; number > 127; number = Math.floor(number / 128)) bytes.push((number % 128) | 128);
      bytes.push(number);
    }
    before = day;
  }
  return Uint8Array.from(bytes);
}

export function daysOf(bytes: Uint8Array): Day[] {
  const days: Day[] = [];
  let [index, before] = [0, 0];
  const next = (): number => {
    let [number, scale] = [0, 1];
    for (let byte = bytes[index++] as number; ; byte = bytes[index++] as number) {
      number += (byte & 127) * scale;
      if (!(byte & 128)) return number;
      scale *= 128;
    }
  };
  while (index < bytes.length) {
    before += next();
    days.push({ day: before, count: next(), seconds: next() });
  }
  return days;
}
