import type { PowerState } from './state.js';

/** How many announcements, all but one of which held, a new appliance is credited with. */
const CREDIT = 8;
/** Older experience than this many announcements counts half. */
const MEMORY = 40;

/** How often announcements of a start, or of a finish, have held at this appliance. */
export interface Experience {
  held: number;
  failed: number;
}

export const NO_EXPERIENCE: Experience = { held: 0, failed: 0 };

/** The share of announcements that held, between 0 and 1: what the next one is worth. */
export function confidence({ held, failed }: Experience): number {
  return Math.round((100 * (held + CREDIT - 1)) / (held + failed + CREDIT)) / 100;
}

/** An announcement counts as held when it is made; taking it back moves it over. */
export function announce(state: PowerState, what: 'starts' | 'finishes'): number {
  const worth = confidence(state[what]);
  const { held, failed } = state[what];
  const old = held + failed >= MEMORY;
  state[what] = old ? { held: held / 2 + 1, failed: failed / 2 } : { held: held + 1, failed };
  return worth;
}

export function withdraw(state: PowerState, what: 'starts' | 'finishes'): void {
  const { held, failed } = state[what];
  state[what] = { held: Math.max(0, held - 1), failed: failed + 1 };
}
