import type { Appliance } from './reading.js';

export type Category = 'exercise' | 'food-and-beverage' | 'entertainment';

/**
 * The activities that may be matched, each in its category. It is an allow-list on purpose:
 * presence, doors, sleep, health and children are never matched. An endpoint's operator can add to it.
 */
export const ACTIVITIES = {
  coffee: 'food-and-beverage',
  tea: 'food-and-beverage',
  drink: 'food-and-beverage',
  cooking: 'food-and-beverage',
  baking: 'food-and-beverage',
  meal: 'food-and-beverage',
  run: 'exercise',
  walk: 'exercise',
  ride: 'exercise',
  row: 'exercise',
  workout: 'exercise',
  yoga: 'exercise',
  karaoke: 'entertainment',
  music: 'entertainment',
  film: 'entertainment',
  television: 'entertainment',
  game: 'entertainment',
  reading: 'entertainment',
} as const satisfies Record<string, Category>;

export type ActivityName = keyof typeof ACTIVITIES;

/** How the name of an activity is written, also of one that somebody has added: a regular expression. */
export const ACTIVITY_PATTERN = '^[a-z][a-z0-9-]{0,39}$';
const WORD = new RegExp(ACTIVITY_PATTERN);

/** Short things within an activity. */
export const ACTIONS = ['raise-cup', 'put-down', 'sip', 'stir', 'pour', 'rest', 'high-note'] as const;
export type ActionName = (typeof ACTIONS)[number];

export interface Action {
  action: ActionName;
  /** ISO 8601, UTC. */
  startedAt: string;
  endedAt?: string;
  /** 0 to 1. */
  confidence?: number;
}

/** What became of one numeric parameter over an activity, in the parameter's unit. */
export interface ParameterSummary {
  last?: number;
  min?: number;
  max?: number;
  /** Weighted by time. */
  mean?: number;
  /** For what adds up: energy in kWh, distance in m. */
  total?: number;
}

/**
 * `started` is told once, `ongoing` as it goes on, `finished` once it is over;
 * `discarded` takes back a start that turned out to be none.
 */
export type ActivityState = 'started' | 'ongoing' | 'finished' | 'discarded';

/** What a person is doing. */
export interface Activity {
  /** UUIDv7; the same id is the same activity, everywhere and for ever. */
  id: string;
  /** Counts up with every change, so that an older copy never overwrites a newer one. */
  revision: number;
  activity: ActivityName | (string & {});
  category: Category;
  state: ActivityState;
  /** ISO 8601, UTC. */
  startedAt: string;
  endedAt?: string;
  /** From start to end, or to the last reading while it goes on. */
  seconds: number;
  appliance: Appliance;
  place?: string;
  parameters: Partial<Record<string, ParameterSummary>>;
  actions: Action[];
  /** How many cups: taken from a pot, by a scale, or brewed one by one, where the trace of the power shows each. */
  cups?: number;
  drink?: string;
  /** 1 to 5. */
  rating?: number;
  /** How sure the recogniser is, 0 to 1. */
  confidence?: number;
}

export function isActivityName(name: unknown): name is ActivityName {
  return typeof name === 'string' && Object.hasOwn(ACTIVITIES, name);
}

/** Whether a word can be the name of an activity, of those above or another. */
export function isActivityWord(word: unknown): word is string {
  return typeof word === 'string' && WORD.test(word);
}

/** The words of a list as people write one: with commas, semicolons or spaces between. */
export function activitiesIn(list: string): string[] {
  return list.split(/[\s,;]+/).filter(Boolean);
}

export function isActionName(name: unknown): name is ActionName {
  return ACTIONS.includes(name as ActionName);
}
