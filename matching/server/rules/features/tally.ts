import type { Contribution } from './contribution.js';
import type { LocalDay } from './local-time.js';

/** What somebody did of one kind on one day. */
export interface Day {
  day: LocalDay;
  count: number;
  seconds: number;
}

/** Sums of whole numbers, of which mean and spread follow exactly. */
export interface Moments {
  count: number;
  /** In millionths. */
  sum: bigint;
  squares: bigint;
}

/**
 * Everything that is counted of one user's finished activities of one kind. All of it is whole numbers, so that the order in
 * which activities come and go makes no difference.
 */
export interface Tally {
  /** Those with at least one activity, the oldest first. */
  days: Day[];
  /** How many began in each local hour. */
  hours: number[];
  /** Of the seconds; exact up to three million activities as long as they can be. */
  squares: number;
  parameters: Map<string, Moments>;
}

export function emptyTally(): Tally {
  return { days: [], hours: new Array<number>(24).fill(0), squares: 0, parameters: new Map() };
}

/** Counts an activity in, or out again. @param sign 1 or -1 */
export function count(tally: Tally, { day, hour, seconds, parameters }: Contribution, sign: 1 | -1): void {
  countDay(tally.days, day, seconds, sign);
  tally.hours[hour] = (tally.hours[hour] ?? 0) + sign;
  tally.squares += sign * seconds * seconds;
  for (const [name, millionths] of parameters) {
    const value = BigInt(millionths);
    const moments = tally.parameters.get(name) ?? { count: 0, sum: 0n, squares: 0n };
    moments.count += sign;
    moments.sum += BigInt(sign) * value;
    moments.squares += BigInt(sign) * value * value;
    if (moments.count === 0) tally.parameters.delete(name);
    else tally.parameters.set(name, moments);
  }
}

/** Most activities are of the newest day, so it is looked for from the end. */
function countDay(days: Day[], day: LocalDay, seconds: number, sign: 1 | -1): void {
  let index = days.length - 1;
  while (index >= 0 && (days[index] as Day).day > day) index--;
  const known = days[index];
  if (known?.day !== day) {
    days.splice(index + 1, 0, { day, count: sign, seconds: sign * seconds });
    return;
  }
  known.count += sign;
  known.seconds += sign * seconds;
  if (known.count === 0) days.splice(index, 1);
}

export interface Figures {
  count: number;
  /** Whole ones, of all together. */
  minutes: number;
  /** The most days one after the other. */
  streak: number;
}

/** What there is from a day up to and without another one. */
export function figuresOf(
  days: readonly Day[],
  from = Number.NEGATIVE_INFINITY,
  to = Number.POSITIVE_INFINITY,
): Figures {
  let [total, seconds, streak, run] = [0, 0, 0, 0];
  let before = Number.NaN;
  for (let index = days.length - 1; index >= 0; index--) {
    const { day, count, seconds: ofDay } = days[index] as Day;
    if (day < from) break;
    if (day >= to) continue;
    total += count;
    seconds += ofDay;
    run = day + 1 === before ? run + 1 : 1;
    streak = Math.max(streak, run);
    before = day;
  }
  return { count: total, minutes: Math.floor(seconds / 60), streak };
}

/** The days one after the other up to today; today may still come. A clock that was ahead ends none. */
export function currentStreak(days: readonly Day[], today: LocalDay): number {
  const newest = days.at(-1)?.day;
  if (newest === undefined || newest < today - 1) return 0;
  let streak = 1;
  while (days.at(-1 - streak)?.day === newest - streak) streak++;
  return streak;
}
