import { isActivityName, isActivityWord } from '../../../vocabulary/index.js';

/**
 * What is never matched, whoever asks for it: who is at home or not, doors, bathrooms, sleep, health, and children. Names of
 * activities, and words in them.
 */
const NEVER = new Set([
  ...['presence', 'present', 'absence', 'absent', 'home', 'at-home', 'not-home', 'away', 'occupancy', 'alarm'],
  ...['door', 'doors', 'lock', 'gate', 'bathroom', 'bath', 'shower', 'toilet', 'restroom', 'wc', 'bedroom', 'bed'],
  ...['sleep', 'sleeping', 'asleep', 'nap', 'wake', 'awake', 'health', 'illness', 'medicine', 'medication', 'pill'],
  ...['pills', 'insulin', 'glucose', 'pain', 'pregnancy', 'therapy', 'hospital', 'doctor', 'sex'],
  ...['child', 'children', 'kid', 'kids', 'baby', 'babies', 'nursery'],
]);
/** Words that are harmless within a name. */
const ALONE = new Set(['home', 'away']);

/**
 * Checks the activities that an operator adds to the ones that Kindred knows.
 * @throws Error in words for the operator
 */
export function checkExtraActivities(names: readonly string[]): void {
  for (const name of names) {
    if (isActivityName(name)) continue;
    if (!isActivityWord(name)) {
      throw new Error(`"${name}" is no name for an activity: use a to z, digits and hyphens`);
    }
    const words = name.split('-').filter((word) => !ALONE.has(word));
    if ([name, ...words].some((one) => NEVER.has(one))) {
      throw new Error(
        `"${name}" cannot be matched: who is home, doors, bathrooms, sleep, health and children never are`,
      );
    }
  }
}
