import { PARAMETERS, type ParameterName } from '../../../../vocabulary/index.js';
import { type Habits, PERIODS } from '../../../schema/index.js';
import { figuresIn, spanOf } from './bins.js';
import { isoDay, type LocalDay } from './local-time.js';
import { currentStreak, type Day, figuresOf, type Moments, type Tally } from './tally.js';

/** How far back a rate a week reaches, in days; of newer habits only as far as they go. */
const RECENT_DAYS = 56;

/** What is told of one kind of activity. @param today in the zone that is asked for */
export function habitsOf(activity: string, tally: Tally, today: LocalDay, drink: Habits['drink']): Habits {
  const { days, hours, squares, parameters } = tally;
  const ever = figuresOf(days);
  const [first, last] = [days[0], days.at(-1)];
  const seconds = days.reduce((sum, day) => sum + day.seconds, 0);
  return {
    activity,
    count: ever.count,
    ...(first && last ? { firstDay: isoDay(first.day), lastDay: isoDay(last.day) } : {}),
    perWeek: perWeek(days, today),
    usualHours: usualHours(hours),
    hours: [...hours],
    streak: { current: currentStreak(days, today), longest: ever.streak },
    ...(first ? { seconds: spreadOf({ count: ever.count, sum: BigInt(seconds), squares: BigInt(squares) }, 1) } : {}),
    parameters: Object.fromEntries(
      [...parameters].map(([name, moments]) => [
        name,
        { count: moments.count, ...spreadOf(moments, 1e6), unit: PARAMETERS[name as ParameterName].unit },
      ]),
    ),
    ...(drink ? { drink } : {}),
    periods: Object.fromEntries(
      PERIODS.map((period) => {
        const { from } = spanOf(period, today);
        return [period, { ...(from === undefined ? {} : { from: isoDay(from) }), ...figuresIn(days, period, today) }];
      }),
    ) as Habits['periods'],
  };
}

/** How often in a week, lately. */
function perWeek(days: readonly Day[], today: LocalDay): number {
  const first = days[0]?.day ?? today;
  const length = Math.min(RECENT_DAYS, Math.max(7, today - first + 1));
  const { count } = figuresOf(days, today - length + 1, today + 1);
  return rounded((count * 7) / length);
}

/** The fewest hours of the day in which half of it begins, the most usual first. */
function usualHours(hours: readonly number[]): number[] {
  const total = hours.reduce((sum, count) => sum + count, 0);
  const byCount = hours.map((count, hour) => ({ count, hour })).sort((a, b) => b.count - a.count || a.hour - b.hour);
  const usual: number[] = [];
  let sum = 0;
  for (const { count, hour } of byCount) {
    if (2 * sum >= total) break;
    sum += count;
    usual.push(hour);
  }
  return usual;
}

/** Mean and standard deviation. @param scale how many of what was summed make one */
function spreadOf({ count, sum, squares }: Moments, scale: number): { mean: number; spread: number } {
  const variance = Number(BigInt(count) * squares - sum * sum);
  return { mean: rounded(Number(sum) / count / scale), spread: rounded(Math.sqrt(variance) / count / scale) };
}

/** To six digits: more than any sensor has. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

/**
 * The drink named most often.
 * @param names as they were given, the newest first; capitals and spaces around make no difference
 */
export function favouriteDrink(names: readonly string[]): Habits['drink'] {
  const counts = new Map<string, { name: string; count: number }>();
  for (const given of names) {
    const name = given.trim();
    if (!name) continue;
    const key = name.toLowerCase();
    const known = counts.get(key);
    if (known) known.count++;
    else counts.set(key, { name, count: 1 });
  }
  // Sorting is stable: of two that are named as often, the one that was named last.
  return [...counts.values()].sort((a, b) => b.count - a.count)[0];
}
