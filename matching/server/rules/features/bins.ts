import { MEASURES, type Measure, type Period } from '../../../schema/index.js';
import { firstDayOfMonth, firstDayOfWeek, type LocalDay, monthOf, weekOf } from './local-time.js';
import { type Day, type Figures, figuresOf } from './tally.js';

/**
 * What is ranked together: a measure over one period, such as `count/week/2969`. Of each series, of each kind of activity and
 * of each crowd (everyone, and each region) a store knows how many people have which value: its histogram.
 */
export type Series = string;

/** Where somebody stands in the histograms: at most one value in each series. */
export type Bins = Map<Series, number>;

/** One period of the calendar: the days it has. */
interface Span {
  name: string;
  from?: LocalDay;
  to?: LocalDay;
}

export function seriesOf(measure: Measure, period: Period, today: LocalDay): Series {
  return `${measure}/${spanOf(period, today).name}`;
}

/** The calendar week, or month, that a day lies in; or everything. */
export function spanOf(period: Period, today: LocalDay): Span {
  if (period === 'ever') return { name: 'ever' };
  return period === 'week' ? weekSpan(weekOf(today)) : monthSpan(monthOf(today));
}

function weekSpan(week: number): Span {
  return { name: `week/${week}`, from: firstDayOfWeek(week), to: firstDayOfWeek(week + 1) };
}

function monthSpan(month: number): Span {
  return { name: `month/${month}`, from: firstDayOfMonth(month), to: firstDayOfMonth(month + 1) };
}

/** What is in one period. */
export function figuresIn(days: readonly Day[], period: Period, today: LocalDay): Figures {
  const { from, to } = spanOf(period, today);
  return figuresOf(days, from, to);
}

/**
 * Where somebody is counted: ever, and in the week and month of their newest day and in those before. It is not the same
 * day everywhere, so who is in a new week already must still be found in the old one; what is older nobody asks for.
 */
export function binsOf(days: readonly Day[]): Bins {
  const bins: Bins = new Map();
  const newest = days.at(-1)?.day;
  if (newest === undefined) return bins;
  const [week, month] = [weekOf(newest), monthOf(newest)];
  for (const { name, from, to } of [
    { name: 'ever' } as Span,
    ...[week, week - 1].map(weekSpan),
    ...[month, month - 1].map(monthSpan),
  ]) {
    const figures = figuresOf(days, from, to);
    if (figures.count > 0) for (const measure of MEASURES) bins.set(`${measure}/${name}`, figures[measure]);
  }
  return bins;
}
