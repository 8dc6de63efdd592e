import type { Category } from '../vocabulary/index.js';
import { exerciseRecogniser } from './exercise/index.js';
import { motionRecogniser } from './motion/index.js';
import { POWER_PROFILES, type PowerKind, powerRecogniser } from './power/index.js';
import type { Recogniser } from './recogniser.js';
import { soundRecogniser } from './sound/index.js';
import { stateRecogniser } from './state/index.js';
import { weightRecogniser } from './weight/index.js';

/** What sort of thing has the sensor on it, as its owner would say. */
export const APPLIANCE_KINDS = [
  'kettle',
  'coffee_filter',
  'coffee_espresso',
  'cup',
  'scale',
  'washing_machine',
  'dishwasher',
  'treadmill',
  'bike',
  'wearable',
  'microphone',
  'any',
] as const;
export type ApplianceKind = (typeof APPLIANCE_KINDS)[number];

/** Whose power is the rider's own. A treadmill reports speed: its power is that of a plug, and it draws some while nobody runs. */
const TRAINERS: readonly ApplianceKind[] = ['bike', 'wearable'];

/**
 * Every way to recognise activities, the surest first: an appliance's own words, then what moves, then what is measured
 * around it. A new one is one file and one line here.
 */
const RECOGNISERS = {
  state: (kind: ApplianceKind, isChosen: boolean): Recogniser<unknown> => {
    return stateRecogniser(kind === 'any' ? undefined : kind === 'cup', isChosen);
  },
  motion: (): Recogniser<unknown> => motionRecogniser,
  exercise: (kind: ApplianceKind): Recogniser<unknown> => exerciseRecogniser(TRAINERS.includes(kind)),
  power: (kind: ApplianceKind): Recogniser<unknown> => powerRecogniser(isPowerKind(kind) ? kind : 'any'),
  weight: (): Recogniser<unknown> => weightRecogniser,
  sound: (): Recogniser<unknown> => soundRecogniser,
} as const;

type RecogniserName = keyof typeof RECOGNISERS;
export const RECOGNISER_NAMES = Object.keys(RECOGNISERS) as RecogniserName[];

/**
 * What comes first where the activity is of this category, and is looked for nowhere else: a watch on a run is no cup,
 * whatever it shakes, and a pulse or a loud kitchen is no coffee.
 */
const FIRST: Partial<Record<Category, RecogniserName>> = { exercise: 'exercise', entertainment: 'sound' };
const ELSEWHERE = RECOGNISER_NAMES.filter((name) => !Object.values(FIRST).includes(name));

/**
 * The recognisers to try, in order: each appliance gets the first that finds in a reading what it looks at.
 * @param choice `auto` tries all; `none` leaves starting and stopping to people
 * @param category of the activity, which says what fits
 */
export function recognisersFor(
  choice: RecogniserName | 'auto' | 'none',
  kind: ApplianceKind,
  category?: Category,
): Recogniser<unknown>[] {
  if (choice === 'none') return [];
  const first = category && FIRST[category];
  const fitting = first ? [first, ...ELSEWHERE] : ELSEWHERE;
  return (choice === 'auto' ? fitting : [choice]).map((name) => RECOGNISERS[name](kind, choice !== 'auto'));
}

function isPowerKind(kind: ApplianceKind): kind is PowerKind {
  return Object.hasOwn(POWER_PROFILES, kind);
}

/** What is probably going on at an appliance of this kind. Some of the words are not matched until an operator says so. */
export const USUAL_ACTIVITY: Record<ApplianceKind, string> = {
  kettle: 'tea',
  coffee_filter: 'coffee',
  coffee_espresso: 'coffee',
  cup: 'drink',
  scale: 'coffee',
  washing_machine: 'laundry',
  dishwasher: 'dishes',
  treadmill: 'run',
  bike: 'ride',
  wearable: 'workout',
  microphone: 'karaoke',
  any: 'drink',
};
