/**
 * What is never matched, whoever asks for it: who is at home or not, doors, bathrooms, sleep, health, and children. Names of
 * activities, and words in them; those in `alone` are harmless within a name.
 */
export const NEVER_MATCHED = {
  words: [
    ...['presence', 'present', 'absence', 'absent', 'home', 'at-home', 'not-home', 'away', 'occupancy', 'alarm'],
    ...['door', 'doors', 'lock', 'gate', 'bathroom', 'bath', 'shower', 'toilet', 'restroom', 'wc', 'bedroom', 'bed'],
    ...['sleep', 'sleeping', 'asleep', 'nap', 'wake', 'awake', 'health', 'illness', 'medicine', 'medication', 'pill'],
    ...['pills', 'insulin', 'glucose', 'pain', 'pregnancy', 'therapy', 'hospital', 'doctor', 'sex'],
    ...['child', 'children', 'kid', 'kids', 'baby', 'babies', 'nursery'],
  ],
  alone: ['home', 'away'],
} as const satisfies Record<string, readonly string[]>;

const NEVER: ReadonlySet<string> = new Set(NEVER_MATCHED.words);
const ALONE: ReadonlySet<string> = new Set(NEVER_MATCHED.alone);

/** Whether a word can be no activity's name on any endpoint. */
export function isNeverMatched(name: string): boolean {
  const words = name.split('-').filter((word) => !ALONE.has(word));
  return [name, ...words].some((one) => NEVER.has(one));
}
