import { isActivityName, isActivityWord, isNeverMatched } from '../../../vocabulary/index.js';

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
    if (isNeverMatched(name)) {
      throw new Error(
        `"${name}" cannot be matched: who is home, doors, bathrooms, sleep, health and children never are`,
      );
    }
  }
}
