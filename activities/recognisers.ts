import { motionRecogniser } from './motion/index.js';
import { powerRecogniser } from './power/index.js';
import type { Recogniser } from './recogniser.js';

/** What sort of thing has the sensor on it, as its owner would say. */
export const APPLIANCE_KINDS = [
  'kettle',
  'coffee_filter',
  'coffee_espresso',
  'washing_machine',
  'dishwasher',
  'any',
] as const;
export type ApplianceKind = (typeof APPLIANCE_KINDS)[number];

/** Every way to recognise activities, the surest first. A new one is one file and one line here. */
const RECOGNISERS = {
  power: (kind: ApplianceKind): Recogniser<unknown> => powerRecogniser(kind),
  motion: (): Recogniser<unknown> => motionRecogniser,
} as const;

export type RecogniserName = keyof typeof RECOGNISERS;
export const RECOGNISER_NAMES = Object.keys(RECOGNISERS) as RecogniserName[];

/**
 * The recognisers to try, in order: each appliance gets the first that finds in a reading what it looks at.
 * @param choice `auto` tries all; `none` leaves starting and stopping to people
 */
export function recognisersFor(choice: RecogniserName | 'auto' | 'none', kind: ApplianceKind): Recogniser<unknown>[] {
  if (choice === 'none') return [];
  return (choice === 'auto' ? RECOGNISER_NAMES : [choice]).map((name) => RECOGNISERS[name](kind));
}

/** What is probably going on at an appliance of this kind. Some of the words are not matched until an operator says so. */
export const USUAL_ACTIVITY: Record<ApplianceKind, string> = {
  kettle: 'tea',
  coffee_filter: 'coffee',
  coffee_espresso: 'coffee',
  washing_machine: 'laundry',
  dishwasher: 'dishes',
  any: 'drink',
};
