import type { Among, Habits } from '../../../schema/index.js';
import { Refusal } from '../../refusal.js';
import { favouriteDrink, habitsOf } from './habits.js';
import type { LocalDay } from './local-time.js';
import { type FeatureRow, tallyOf } from './row.js';
import { emptyTally, type Tally } from './tally.js';

/** Newest activities, of any kind, in which the favourite drink is looked for. */
export const DRINKS_IN = 300;

/**
 * Of one kind of activity, also when there is nothing yet, or of all of them.
 * @param drinks the newest first
 */
export function habitsFrom(
  rows: readonly (FeatureRow & { name: string })[],
  drinks: readonly { activity: string; drink: string }[],
  today: LocalDay,
  activity?: string,
): Habits[] {
  const tallies = new Map<string, Tally>(activity === undefined ? [] : [[activity, emptyTally()]]);
  for (const row of rows) if (activity === undefined || row.name === activity) tallies.set(row.name, tallyOf(row));
  return [...tallies].map(([name, tally]) => {
    const named = drinks.filter((one) => one.activity === name).map(({ drink }) => drink);
    return habitsOf(name, tally, today, favouriteDrink(named));
  });
}

/**
 * Whether somebody may ask for ranks.
 * @returns among whom they have one
 * @throws Refusal not-discoverable, no-cell
 */
export function admitRanks(
  user: { discoverable: number | boolean; cell: string | null },
  among: readonly Among[],
): Among[] {
  if (!user.discoverable) {
    const detail = 'Turn discoverable on to be compared with others; they then are with you, too';
    throw new Refusal('not-discoverable', detail);
  }
  if (among.includes('area') && user.cell === null && among.length === 1) {
    throw new Refusal('no-cell', 'Publish the cell you live in first, or ask among everyone');
  }
  return among.filter((one) => one !== 'area' || user.cell !== null);
}
