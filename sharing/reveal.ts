import {
  type Activity,
  describe,
  isId,
  isParameterName,
  type ParameterSummary,
  type Parsed,
  toInstant,
} from '../vocabulary/index.js';
import type { SharedActivity } from './target.js';

const STATES = ['started', 'ongoing', 'finished', 'discarded'] as const;
const CATEGORIES = ['exercise', 'food-and-beverage', 'entertainment'] as const;
const LONGEST = 100;
const MOST_ACTIONS = 200;

/** Checks an activity from a message. The problem says what was wrong and what is expected. */
export function parseActivity(input: unknown): Parsed<Activity> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return no(
      `an activity is an object { id, activity, state, … } as collect-parameters sends it, not ${describe(input)}`,
    );
  }
  const given = input as Partial<Activity>;
  if (!isId(given.id)) return no(`the activity's id is ${describe(given.id)}: use a UUIDv7`);
  if (!isShort(given.activity))
    return no(`the activity's name is ${describe(given.activity)}: use one such as "coffee"`);
  if (!STATES.some((state) => state === given.state)) {
    return no(`the activity's state is ${describe(given.state)}: known are ${STATES.join(', ')}`);
  }
  if (!CATEGORIES.some((category) => category === given.category)) {
    return no(`the activity's category is ${describe(given.category)}: known are ${CATEGORIES.join(', ')}`);
  }
  if (!Number.isSafeInteger(given.revision)) {
    return no(`the activity's revision is ${describe(given.revision)}: use a whole number that counts up`);
  }
  if (!Number.isFinite(given.seconds) || (given.seconds as number) < 0) {
    return no(`the activity's seconds is ${describe(given.seconds)}: use a number from 0`);
  }
  const startedAt = typeof given.startedAt === 'string' ? toInstant(given.startedAt) : undefined;
  if (!startedAt) return no(`the activity's startedAt is ${describe(given.startedAt)}: use ISO 8601`);
  const endedAt = given.endedAt === undefined ? undefined : toInstant(given.endedAt);
  if (given.endedAt !== undefined && !endedAt) {
    return no(`the activity's endedAt is ${describe(given.endedAt)}: use ISO 8601`);
  }
  const { appliance, parameters, actions, ...rest } = given as Activity;
  return {
    ok: true,
    value: {
      ...rest,
      startedAt,
      ...(endedAt ? { endedAt } : {}),
      appliance,
      parameters: isRecord(parameters) ? parameters : {},
      actions: Array.isArray(actions) ? actions.filter(isRecord).slice(-MOST_ACTIONS) : [],
    },
  };
}

/**
 * The activity with only what its owner reveals: name, category, state and times always; everything else by name.
 * How sure the recogniser was stays at home.
 */
export function reveal(activity: Activity, revealed: readonly string[]): SharedActivity {
  const shows = (name: string) => revealed.includes(name);
  const { id, revision, category, state, startedAt, endedAt, seconds } = activity;
  const { drink, rating, cups, place, appliance } = activity;
  return {
    id,
    revision,
    activity: clean(activity.activity),
    category,
    state,
    startedAt,
    ...(endedAt ? { endedAt } : {}),
    seconds,
    parameters: pickParameters(activity.parameters, shows),
    actions: shows('actions') ? activity.actions.flatMap(pickAction) : [],
    ...(shows('drink') && isShort(drink) ? { drink: clean(drink) } : {}),
    ...(shows('rating') && Number.isFinite(rating) ? { rating: rating as number } : {}),
    ...(shows('cups') && isCount(cups) ? { cups } : {}),
    ...(shows('place') && isShort(place) ? { place: clean(place) } : {}),
    ...(shows('appliance') && appliance && isShort(appliance.name)
      ? {
          appliance: {
            id: clean(String(appliance.id)),
            name: clean(appliance.name),
            profile: clean(String(appliance.profile)),
          },
        }
      : {}),
  };
}

/** The action, or nothing where it is none: what cannot be written down would keep everything else from being saved. */
function pickAction({ action, startedAt, endedAt }: Activity['actions'][number]): Activity['actions'] {
  const [from, to] = [startedAt, endedAt].map((time) => (typeof time === 'string' ? toInstant(time) : undefined));
  if (!isShort(action) || !from) return [];
  return [{ action, startedAt: from, ...(to ? { endedAt: to } : {}) }];
}

function pickParameters(parameters: Activity['parameters'], shows: (name: string) => boolean): Activity['parameters'] {
  const names = Object.keys(parameters).filter((name) => isParameterName(name) && shows(name));
  return Object.fromEntries(names.map((name) => [name, pickFigures(parameters[name] ?? {})]));
}

function pickFigures(summary: ParameterSummary): ParameterSummary {
  const figures = (['last', 'min', 'max', 'mean', 'total'] as const).filter((figure) =>
    Number.isFinite(summary[figure]),
  );
  return Object.fromEntries(figures.map((figure) => [figure, summary[figure]]));
}

/** Text from outside without control characters and without marks that turn the reading direction. */
function clean(text: string): string {
  return text
    .replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .trim()
    .slice(0, LONGEST);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isShort(value: unknown): value is string {
  return typeof value === 'string' && value.trim().length > 0 && value.length <= LONGEST;
}

function isRecord<T>(value: T): value is T & object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function no(problem: string): { ok: false; problem: string } {
  return { ok: false, problem };
}
