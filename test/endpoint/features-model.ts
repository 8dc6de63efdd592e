import type { Among, Habits, Measure, Period, Rank, StoredActivity } from '../../matching/schema/index.js';

/**
 * Habits and ranks as a person would work them out with pencil and paper: from all activities, every time, with the calendar
 * of Intl. Slow and plain on purpose; what the store says is compared with it.
 */

export interface ModelUser {
  activities: StoredActivity[];
  discoverable: boolean;
  area: string | null;
  friends: ReadonlySet<string>;
}

const formats = new Map<string, Intl.DateTimeFormat>();

export function localParts(instant: string, timeZone = 'UTC'): { date: string; hour: number } {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-CA', {
      timeZone,
      ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', hourCycle: 'h23' },
    });
  formats.set(timeZone, format);
  const parts = Object.fromEntries(format.formatToParts(new Date(instant)).map(({ type, value }) => [type, value]));
  return { date: `${parts.year}-${parts.month}-${parts.day}`, hour: Number(parts.hour) };
}

/** The calendar day so many days later. */
function daysAfter(date: string, days: number): string {
  const day = new Date(`${date}T12:00:00Z`);
  day.setUTCDate(day.getUTCDate() + days);
  return day.toISOString().slice(0, 10);
}

/** Whether a day lies in the same calendar week (from Monday) or month as today. */
function isIn(period: Period, date: string, today: string): boolean {
  if (period === 'ever') return true;
  if (period === 'month') return date.slice(0, 7) === today.slice(0, 7);
  const weekday = (new Date(`${today}T12:00:00Z`).getUTCDay() + 6) % 7;
  const monday = daysAfter(today, -weekday);
  return date >= monday && date < daysAfter(monday, 7);
}

interface Once {
  date: string;
  hour: number;
  seconds: number;
}

const MOST_SECONDS: Record<string, number> = { coffee: 4 * 3600, tea: 4 * 3600 };

function finished({ activities }: ModelUser, activity: string): Once[] {
  return activities
    .filter((one) => one.activity === activity && one.state === 'finished')
    .map(({ startedAt, endedAt, timeZone }) => {
      const seconds = (Date.parse(endedAt as string) - Date.parse(startedAt)) / 1000;
      return {
        ...localParts(startedAt, timeZone),
        seconds: Math.round(Math.min(seconds, MOST_SECONDS[activity] as number)),
      };
    });
}

function longestRun(dates: readonly string[]): number {
  const days = new Set(dates);
  let longest = 0;
  for (const date of days) {
    let length = 1;
    while (days.has(daysAfter(date, length))) length++;
    longest = Math.max(longest, length);
  }
  return longest;
}

function modelFigures(user: ModelUser, activity: string, period: Period, today: string) {
  const within = finished(user, activity).filter(({ date }) => isIn(period, date, today));
  const seconds = within.reduce((sum, one) => sum + one.seconds, 0);
  const streak = longestRun(within.map(({ date }) => date));
  return { count: within.length, minutes: Math.floor(seconds / 60), streak };
}

function modelCurrentStreak(dates: ReadonlySet<string>, today: string): number {
  const newest = [...dates].sort().at(-1);
  if (newest === undefined || newest < daysAfter(today, -1)) return 0;
  let length = 1;
  while (dates.has(daysAfter(newest, -length))) length++;
  return length;
}

/** What can be compared digit by digit. */
export function modelHabits(user: ModelUser, activity: string, today: string) {
  const all = finished(user, activity);
  const dates = all.map(({ date }) => date).sort();
  const hours = Array.from({ length: 24 }, (_, hour) => all.filter((one) => one.hour === hour).length);
  return {
    activity,
    count: all.length,
    ...(all.length > 0 ? { firstDay: dates[0], lastDay: dates.at(-1) } : {}),
    hours,
    streak: { current: modelCurrentStreak(new Set(dates), today), longest: longestRun(dates) },
    week: modelFigures(user, activity, 'week', today),
    month: modelFigures(user, activity, 'month', today),
    ever: modelFigures(user, activity, 'ever', today),
  };
}

/** The same of what the store says. */
export function comparable({ activity, count, firstDay, lastDay, hours, streak, periods }: Habits) {
  const figures = ({ count, minutes, streak }: Habits['periods']['ever']) => ({ count, minutes, streak });
  return {
    ...{ activity, count },
    ...(firstDay === undefined ? {} : { firstDay, lastDay }),
    ...{ hours, streak },
    ...{ week: figures(periods.week), month: figures(periods.month), ever: figures(periods.ever) },
  };
}

export function meanAndSpread(values: readonly number[]): { mean: number; spread: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, spread: Math.sqrt(variance) };
}

/** Somebody's place, by looking at everybody. */
export function modelRank(
  users: ReadonlyMap<string, ModelUser>,
  me: string,
  question: { activity: string; measure: Measure; period: Period; among: Among; today: string },
): Rank {
  const { activity, measure, period, among, today } = question;
  const self = users.get(me) as ModelUser;
  const figures = modelFigures(self, activity, period, today);
  const value = figures[measure];
  if (figures.count === 0) return { measure, among, value, reason: 'nothing-of-yours' };
  const others = [...users].filter(
    ([id, user]) => id !== me && user.discoverable && modelFigures(user, activity, period, today).count > 0,
  );
  const isFriend = ([id]: [string, ModelUser]) => self.friends.has(id);
  const place = (crowd: [string, ModelUser][], as: Among): Rank => {
    const more = crowd.filter(([, user]) => modelFigures(user, activity, period, today)[measure] > value);
    return { measure, among: as, value, rank: more.length + 1, people: crowd.length + 1 };
  };
  if (among === 'friends') {
    const friends = others.filter(isFriend);
    return friends.length > 0 ? place(friends, 'friends') : { measure, among, value, reason: 'too-few' };
  }
  const inside = others.filter(([, user]) => self.area !== null && user.area === self.area);
  const strangers = others.filter((one) => !isFriend(one));
  const near = strangers.filter((one) => inside.includes(one)).length;
  const far = strangers.length - near;
  if (among === 'area' && inside.length >= 9 && near >= 5 && (far === 0 || far >= 5)) return place(inside, 'area');
  return strangers.length >= 5 ? place(others, 'everyone') : { measure, among, value, reason: 'too-few' };
}
