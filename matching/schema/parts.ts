import { ACTIONS, ACTIVITY_PATTERN, type Category } from '../../vocabulary/index.js';

/** What "the same time" means. */
export const WINDOWS = ['minute', 'quarter-hour', 'overlap'] as const;
/** How far "near" reaches, in kilometres from the caller's own published cell. */
export const RADII_KM = [10, 25, 50, 100] as const;
const STATES = ['started', 'ongoing', 'finished', 'discarded'] as const;
const CATEGORIES = ['exercise', 'food-and-beverage', 'entertainment'] as const;
/** Hours that one goes on that nothing more is heard of, and that one can last at all. */
export const LASTS_HOURS: Record<Category, { quiet: number; most: number }> = {
  'food-and-beverage': { quiet: 1, most: 4 },
  exercise: { quiet: 3, most: 14 },
  entertainment: { quiet: 4, most: 14 },
};
/** So far the clocks of hubs may be ahead. */
export const MAX_AHEAD_MINUTES = 2;
/** Most people in one answer. */
export const MAX_PEOPLE = 50;
export const DEFAULT_PEOPLE = 20;
/** Most matches of one activity, and how many of them with strangers. */
export const MAX_MATCHES = 20;
export const MAX_STRANGERS = 10;
/** Bytes of a request body: room for an activity with all its actions, and for nothing larger. */
export const BODY_LIMIT = 64 * 1024;

export const uuid = {
  type: 'string',
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
  description: 'UUIDv7, lower case',
} as const;

export const instant = {
  type: 'string',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?(Z|[+-]\\d{2}:\\d{2})$',
  maxLength: 40,
  description: 'ISO 8601 with a time zone, such as 2026-11-22T08:41:07Z',
} as const;

/**
 * What nobody sees in a name, up to U+FFFF: control characters, breaks of a line, what turns the direction or dresses one name
 * up as another, and blanks that count as letters. Selectors of an emoji's colours are seen. The rest is the server's to check:
 * a pattern could tell it in Unicode mode alone, which not every client has.
 */
const UNSEEN = [
  ...['\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029', '\\u061c\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f'],
  ...['\\u00ad\\u034f\\u17b4\\u17b5\\u180b-\\u180f\\ufeff\\ufff0-\\ufffb', '\\u115f\\u1160\\u2800\\u3164\\uffa0'],
].join('');

/** A name as people write it. */
export const displayName = {
  type: 'string',
  minLength: 1,
  maxLength: 60,
  pattern: `^[^\\s${UNSEEN}]([^${UNSEEN}]*[^\\s${UNSEEN}])?$`,
  description:
    'What others see; 1 to 60 characters, without invisible ones, halves of characters and spaces at its ends; of emoji tags, ' +
    'those of the flags of England, Scotland and Wales are taken',
} as const;

export const activityName = {
  type: 'string',
  pattern: ACTIVITY_PATTERN,
  description: "One of the endpoint's activities, such as coffee, tea or run",
} as const;

export const actionName = { type: 'string', enum: ACTIONS } as const;

/** Resolution 4 to 6 of H3: the finest that leaves a house is a cell of about 36 km². */
export const cell = {
  type: 'string',
  pattern: '^8[456][0-9a-f]{13}$',
  description: 'H3 cell of resolution 4, 5 or 6, computed on the hub; coordinates never leave the house',
} as const;

export const timeZone = {
  type: 'string',
  minLength: 1,
  maxLength: 64,
  pattern: '^[A-Za-z][\\w+/-]*$',
  description: 'IANA name such as Europe/Vienna; UTC when missing',
} as const;

export const windowName = { type: 'string', enum: WINDOWS } as const;

export const userCard = {
  title: 'UserCard',
  type: 'object',
  properties: {
    id: {
      type: 'string',
      minLength: 1,
      maxLength: 64,
      description: 'Of this relation alone: two users see two different ids for the same person',
    },
    name: { type: 'string' },
  },
  required: ['id', 'name'],
  additionalProperties: false,
} as const;

export const person = {
  title: 'Person',
  type: 'object',
  description: 'What a user is shown of another one: never a position, never an exact time.',
  properties: {
    user: userCard,
    activity: { type: 'string' },
    action: actionName,
    window: windowName,
    overlapSeconds: {
      type: 'integer',
      minimum: 0,
      description:
        'Of a friend’s activity exact. Of strangers, and of actions, rounded for privacy: all the windows that both touch, ' +
        'as wholes; with overlap, minutes',
    },
    nearby: {
      type: 'boolean',
      description: 'Within the radius asked for (25 km when none was), decided by cells alone',
    },
    relation: {
      type: 'string',
      enum: ['stranger', 'requested', 'friend'],
      description: 'requested: the caller has asked, and there is no yes yet',
    },
    matchId: {
      type: 'string',
      description:
        'Of the match that the endpoint told both sides of: of activities that overlap, and missing otherwise',
    },
  },
  required: ['user', 'activity', 'window', 'overlapSeconds', 'nearby', 'relation'],
  additionalProperties: false,
} as const;

export const me = {
  title: 'Me',
  type: 'object',
  properties: {
    id: uuid,
    name: { type: 'string' },
    discoverable: { type: 'boolean', description: 'Who does not show does not see. Off until its owner turns it on.' },
    cell: { type: ['string', 'null'] },
    cellChangeableFrom: { ...instant, description: 'Until then another cell is refused' },
    createdAt: instant,
  },
  required: ['id', 'name', 'discoverable', 'cell', 'createdAt'],
  additionalProperties: false,
} as const;

const parameterSummary = {
  type: 'object',
  properties: {
    last: { type: 'number' },
    min: { type: 'number' },
    max: { type: 'number' },
    mean: { type: 'number' },
    total: { type: 'number' },
  },
  additionalProperties: false,
} as const;

const action = {
  type: 'object',
  properties: {
    action: actionName,
    startedAt: instant,
    endedAt: instant,
    confidence: { type: 'number', minimum: 0, maximum: 1 },
  },
  required: ['action', 'startedAt'],
  additionalProperties: false,
} as const;

const activityProperties = {
  revision: { type: 'integer', minimum: 0, maximum: 2 ** 31, description: 'Counts up with every change' },
  activity: activityName,
  category: { type: 'string', enum: CATEGORIES },
  state: { type: 'string', enum: STATES },
  startedAt: instant,
  endedAt: instant,
  seconds: { type: 'number', minimum: 0, maximum: 10 * 86_400 },
  parameters: { type: 'object', maxProperties: 32, additionalProperties: parameterSummary },
  actions: { type: 'array', maxItems: 200, items: action },
  drink: { type: 'string', maxLength: 60 },
  rating: { type: 'number', minimum: 1, maximum: 5 },
  timeZone: {
    ...timeZone,
    description: 'Of the house, as an IANA name: what its days and hours are; UTC when missing',
  },
} as const;

const published = {
  ...instant,
  description: `${instant.description}; what is more than ${MAX_AHEAD_MINUTES} minutes in the future is taken as now`,
} as const;

/** What a hub publishes. The appliance, the place, the cups and the recogniser's confidence are taken, and not kept. */
export const activityBody = {
  title: 'PublishedActivity',
  type: 'object',
  properties: {
    id: uuid,
    ...activityProperties,
    startedAt: published,
    endedAt: published,
    appliance: { type: 'object', description: 'Not kept' },
    place: { type: 'string', maxLength: 200, description: 'Not kept' },
    cups: { type: 'integer', description: 'Not kept' },
    confidence: { type: 'number', description: 'Not kept' },
  },
  required: ['revision', 'activity', 'state', 'startedAt'],
  additionalProperties: false,
} as const;

const lasts = Object.entries(LASTS_HOURS).map(([category, { quiet, most }]) => `${category} ${quiet} and ${most}`);
const endsByItself =
  'When an open one ends by itself: so many hours after its newest revision came, and so many after its start at most: ' +
  `${lasts.join(', ')}; what an operator added is taken for entertainment`;

export const storedActivity = {
  title: 'StoredActivity',
  type: 'object',
  properties: {
    id: uuid,
    ...activityProperties,
    endsAt: { ...instant, description: endsByItself },
    utcOffset: {
      type: 'integer',
      description: 'Minutes by which the clocks of its time zone were ahead of UTC as it began',
    },
  },
  required: ['id', 'revision', 'activity', 'state', 'startedAt'],
  additionalProperties: false,
} as const;
