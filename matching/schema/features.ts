import { activityName, instant, timeZone } from './parts.js';

export const MEASURES = ['count', 'minutes', 'streak'] as const;
export const PERIODS = ['week', 'month', 'ever'] as const;
export const AMONG = ['friends', 'area', 'everyone'] as const;

const localDate = {
  type: 'string',
  pattern: '^\\d{4}-\\d{2}-\\d{2}$',
  description: 'A day of the local calendar, such as 2026-11-22',
} as const;

const count = { type: 'integer', minimum: 0 } as const;

const measureName = {
  type: 'string',
  enum: MEASURES,
  description: 'How often; how many whole minutes together; how many days one after the other at most',
} as const;

const periodName = {
  type: 'string',
  enum: PERIODS,
  description: 'The calendar week from Monday, the calendar month, or everything that the endpoint still keeps',
} as const;

const amongName = { type: 'string', enum: AMONG } as const;

const figures = {
  title: 'Figures',
  type: 'object',
  properties: {
    from: { ...localDate, description: 'The first day of the week or month' },
    count,
    minutes: count,
    streak: { ...count, description: 'Most days one after the other' },
  },
  required: ['count', 'minutes', 'streak'],
  additionalProperties: false,
} as const;

const spread = {
  mean: { type: 'number' },
  spread: { type: 'number', minimum: 0, description: 'Standard deviation' },
} as const;

/** What the endpoint has worked out of somebody's finished activities of one kind. */
export const habits = {
  title: 'Habits',
  type: 'object',
  description:
    'Worked out of the finished activities of one kind that the endpoint still keeps. An activity belongs to the local day and hour in which it began.',
  properties: {
    activity: { type: 'string' },
    count: { ...count, description: 'How many there are' },
    firstDay: localDate,
    lastDay: localDate,
    perWeek: { type: 'number', minimum: 0, description: 'How often in a week, over the last eight weeks' },
    usualHours: {
      type: 'array',
      items: { type: 'integer', minimum: 0, maximum: 23 },
      description: 'The fewest local hours in which half of them begin, the most usual first',
    },
    hours: {
      type: 'array',
      items: count,
      minItems: 24,
      maxItems: 24,
      description: 'How many began in each local hour, from 0 to 23',
    },
    streak: {
      type: 'object',
      description: 'Local days one after the other; the current one lasts until a day is over without any',
      properties: { current: count, longest: count },
      required: ['current', 'longest'],
      additionalProperties: false,
    },
    seconds: {
      type: 'object',
      description: 'How long they last',
      properties: spread,
      required: ['mean', 'spread'],
      additionalProperties: false,
    },
    parameters: {
      type: 'object',
      description: 'By name: of each activity its total, else its mean',
      additionalProperties: {
        type: 'object',
        properties: { count, ...spread, unit: { type: 'string' } },
        required: ['count', 'mean', 'spread', 'unit'],
        additionalProperties: false,
      },
    },
    drink: {
      type: 'object',
      description: 'The one named most often, in the newest 300 activities of any kind',
      properties: { name: { type: 'string' }, count },
      required: ['name', 'count'],
      additionalProperties: false,
    },
    periods: {
      type: 'object',
      properties: { week: figures, month: figures, ever: figures },
      required: PERIODS,
      additionalProperties: false,
    },
  },
  required: ['activity', 'count', 'perWeek', 'usualHours', 'hours', 'streak', 'parameters', 'periods'],
  additionalProperties: false,
} as const;

export const featuresQuery = {
  type: 'object',
  properties: {
    activity: { ...activityName, description: 'All of them, when missing' },
    timeZone: {
      ...timeZone,
      description: 'In which it is today: an IANA name such as Europe/Vienna; UTC when missing',
    },
  },
  additionalProperties: false,
} as const;

export const features = {
  title: 'Features',
  type: 'object',
  properties: {
    asOf: instant,
    timeZone: { type: 'string' },
    features: {
      type: 'array',
      items: habits,
      description: 'One for each kind of activity; for one that was asked for also when there is nothing yet',
    },
  },
  required: ['asOf', 'timeZone', 'features'],
  additionalProperties: false,
} as const;

export const rank = {
  title: 'Rank',
  type: 'object',
  description:
    'A place among people who have done the same in the period and are visible, and no word of who they are.',
  properties: {
    measure: measureName,
    among: {
      ...amongName,
      description: 'Whom it is about: where an area has too few strangers, everyone instead',
    },
    value: { ...count, description: 'The caller’s own' },
    rank: { type: 'integer', minimum: 1, description: '1 is the first; people with the same value share the place' },
    people: { type: 'integer', minimum: 2, description: 'How many are compared, the caller among them' },
    reason: {
      type: 'string',
      enum: ['nothing-of-yours', 'too-few'],
      description:
        'Why there is no rank: the caller has nothing in the period, and sees no more than they show; or there are no friends to compare with, or fewer than five strangers',
    },
  },
  required: ['measure', 'among', 'value'],
  additionalProperties: false,
} as const;

export const ranksQuery = {
  type: 'object',
  properties: {
    activity: activityName,
    measure: { ...measureName, description: `${measureName.description}. All of them, when missing` },
    period: { ...periodName, default: 'week' },
    among: {
      ...amongName,
      description:
        'Friends, whoever lives in the same area (some 1,770 km²), or everyone. All of them, when missing; the area only when the caller has one',
    },
    timeZone: featuresQuery.properties.timeZone,
  },
  required: ['activity'],
  additionalProperties: false,
} as const;

export const ranks = {
  title: 'Ranks',
  type: 'object',
  properties: {
    asOf: instant,
    timeZone: { type: 'string' },
    activity: { type: 'string' },
    period: periodName,
    from: { ...localDate, description: 'The first day of the week or month' },
    ranks: { type: 'array', items: rank },
  },
  required: ['asOf', 'timeZone', 'activity', 'period', 'ranks'],
  additionalProperties: false,
} as const;
