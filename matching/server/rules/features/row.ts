import { type Bins, binsOf } from './bins.js';
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

export interface Changed {
  /** Undefined when nothing is counted any more: then there is none. */
  row: FeatureRow | undefined;
  /** Where its owner stood in the histograms, and stands now; worked out when asked for. */
  binsBefore: () => Bins;
  binsAfter: () => Bins;
}

/** The row after one activity was counted out, another in, or both; which is what an edit is. */
export function changeRow(
  row: FeatureRow | undefined,
  before: Contribution | undefined,
  after: Contribution | undefined,
): Changed {
  const tally = tallyOf(row);
  if (before) count(tally, before, -1);
  if (after) count(tally, after, 1);
  return {
    row: rowOf(tally),
    binsBefore: () => binsOf(row ? daysOf(row.days) : []),
    binsAfter: () => binsOf(tally.days),
  };
}

/** Most bytes of one number: seven bits in each, as many as are exact. */
const MOST_BYTES = 8;

/** Three numbers a day, of as many bytes as each needs (LEB128): days since the one before, count, seconds. */
function bytesOf(days: readonly Day[]): Uint8Array {
  const bytes = new Uint8Array(days.length * 3 * MOST_BYTES);
  let [length, before] = [0, 0];
  for (const { day, count, seconds } of days) {
    length = write(bytes, length, day - before);
    length = write(bytes, length, count);
    length = write(bytes, length, seconds);
    before = day;
  }
  return bytes.slice(0, length);
}

/** @returns where the next one goes */
function write(bytes: Uint8Array, at: number, number: number): number {
  let [next, rest] = [at, number];
  // By division: what somebody invents for one day is more than the bits of an integer hold.
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes[next++] = (rest % 128) + 128;
  bytes[next++] = rest;
  return next;
}

export function daysOf(bytes: Uint8Array): Day[] {
  const days: Day[] = [];
  const numbers = [0, 0, 0];
  let [which, number, unit, day] = [0, 0, 1, 0];
  for (const byte of bytes) {
    number += (byte % 128) * unit;
    unit *= 128;
    if (byte > 127) continue;
    numbers[which++] = number;
    [number, unit] = [0, 1];
    if (which < 3) continue;
    which = 0;
    day += numbers[0] as number;
    days.push({ day, count: numbers[1] as number, seconds: numbers[2] as number });
  }
  return days;
}
