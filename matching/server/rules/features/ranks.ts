import type { Among, Measure, Period, Rank, Ranks } from '../../../schema/index.js';
import { binsOf, figuresIn, type Series, seriesOf, spanOf } from './bins.js';
import { isoDay, type LocalDay } from './local-time.js';
import type { Day } from './tally.js';

/** Strangers from which on anything is told of them (k-anonymity). */
const FEWEST_STRANGERS = 5;
/** People, the asker among them, from which on an area is a crowd of its own. */
const FEWEST_IN_AREA = 10;

interface Question {
  activity: string;
  measures: readonly Measure[];
  period: Period;
  among: readonly Among[];
  timeZone: string;
  today: LocalDay;
}

/** What a histogram says of a value: how many people have more, and how many there are; the asker may be one of them. */
export interface Counted {
  above: number;
  people: number;
}

/** What a store has to read for an answer. */
export interface RankSources {
  /** The asker's own, and of each friend who is visible. */
  days: readonly Day[];
  friends: { days: readonly Day[]; isInArea: boolean }[];
  /** The histogram of everyone, and of the asker's region if there is one. */
  read(series: Series, value: number): { everyone: Counted; area?: Counted };
}

/** The answer to who asks for their ranks. @param asOf ISO 8601 */
export function ranksOf(question: Question, sources: RankSources, asOf: string): Ranks {
  const { activity, measures, period, timeZone, today } = question;
  const { from } = spanOf(period, today);
  return {
    asOf,
    timeZone,
    activity,
    period,
    ...(from === undefined ? {} : { from: isoDay(from) }),
    ranks: measures.flatMap((measure) => ranksBy(measure, question, sources)),
  };
}

function ranksBy(measure: Measure, { period, today, among }: Question, { days, friends, read }: RankSources): Rank[] {
  const own = figuresIn(days, period, today);
  const value = own[measure];
  if (own.count === 0) return among.map((one) => ({ measure, among: one, value, reason: 'nothing-of-yours' }));
  const series = seriesOf(measure, period, today);
  // Who is in a later week already, by a clock that was ahead, is not in this one's histogram.
  const self = binsOf(days).has(series) ? 1 : 0;
  const { everyone, area } = read(series, value);
  const crowdOf = ({ above, people }: Counted): Crowd => ({ ahead: above, others: people - self });
  const standing = {
    value,
    everyone: crowdOf(everyone),
    area: area ? crowdOf(area) : { ahead: 0, others: 0 },
    friends: friends.flatMap(({ days: theirs, isInArea }) => {
      const figures = figuresIn(theirs, period, today);
      return figures.count > 0 ? [{ value: figures[measure], isInArea }] : [];
    }),
  };
  return among.map((one) => ({ measure, value, ...placeAmong(one, standing) }));
}

/** How the other people of a crowd stand to the asker. */
interface Crowd {
  /** Who has more than the asker. */
  ahead: number;
  others: number;
}

interface Standing {
  value: number;
  everyone: Crowd;
  area: Crowd;
  /** The asker's friends who are in these crowds, as everybody in them is: visible, and with something in the period. */
  friends: { value: number; isInArea: boolean }[];
}

type Place = Pick<Rank, 'among' | 'rank' | 'people' | 'reason'>;

/**
 * Somebody's place, as far as it may be told. Of strangers there must be enough, and in an area so many that neither those in
 * it nor those outside can be found by taking one answer from another; else the next larger crowd is told of, or nothing.
 * Friends are known, so they are not counted as a crowd to hide in. People with the same value share the better place.
 */
export function placeAmong(among: Among, { value, everyone, area, friends }: Standing): Place {
  if (among === 'friends') {
    const ahead = friends.filter((friend) => friend.value > value).length;
    return friends.length > 0 ? placeIn(among, { ahead, others: friends.length }) : { among, reason: 'too-few' };
  }
  const strangers = everyone.others - friends.length;
  const strangersInArea = area.others - friends.filter(({ isInArea }) => isInArea).length;
  const outside = strangers - strangersInArea;
  const isAreaHidden = strangersInArea >= FEWEST_STRANGERS && (outside === 0 || outside >= FEWEST_STRANGERS);
  if (among === 'area' && isAreaHidden && area.others + 1 >= FEWEST_IN_AREA) return placeIn('area', area);
  return strangers >= FEWEST_STRANGERS ? placeIn('everyone', everyone) : { among, reason: 'too-few' };
}

function placeIn(among: Among, { ahead, others }: Crowd): Place {
  return { among, rank: ahead + 1, people: others + 1 };
}
