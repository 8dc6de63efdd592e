import { isBare } from './keep-warm.js';
import type { PowerProfile } from './profiles.js';
import { PROMPT } from './proof.js';
import type { Burst, PowerState } from './state.js';

/**
 * The cups of the run with one burst more of it that is over. A cup is a burst of a machine that was hot already in which
 * something ground or pumped as well. A machine that heats up, and the heat it puts back after a cup, are none. Whatever
 * else there was may have been a cup or none (one that was brewed while the machine still heated up, a rinse at the same
 * time, a pump that is not seen, two cups in one go), and the run's cups are not known any more.
 * @param isFirst it began the run
 */
export function cupsWith(state: PowerState, profile: PowerProfile, burst: Burst, isFirst: boolean): number | null {
  const { cups, warmth } = state;
  const { cup, startWork } = profile;
  if (!cup || cups === null) return null;
  const isHot = burst.rested <= warmth.coolAfter;
  if (isBare(burst)) return burst.work < startWork || (isFirst && !isHot) ? cups : null;
  return isHot && burst.work >= cup.least && burst.work <= cup.most ? cups + 1 : null;
}

/** What a finish says of cups: nothing where none was seen, or where readings come too seldom to see grinder and pump. */
export function cupsOf({ cups, interval }: PowerState, { cup }: PowerProfile): { cups?: number } {
  return cup && cups !== null && cups > 0 && interval <= PROMPT ? { cups } : {};
}
