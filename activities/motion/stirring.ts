/** When stirring begins and ends, from how much each look is like stirring. */

/** Looks over which the answer is averaged: 1.75 s. */
const SMOOTHED = 7;
/** Stirring is over when the answer falls below this share of the threshold. */
const RELEASE = 0.5;
const SHORTEST_MS = 1000;
/** A look tells of the 2.4 s before it, the average of a little more: this far back things were as they seem now. */
const BEGAN_BEFORE_MS = 2750;
const ENDED_BEFORE_MS = 1450;

export interface StirState {
  /** The last answers of the trees, in thousandths, oldest first. */
  recent: number[];
  /** Epoch milliseconds of the look at which it began, or null. */
  since: number | null;
  /** Greatest averaged answer since then. */
  best: number;
}

export interface Stir {
  startedAt: number;
  endedAt: number;
  answer: number;
}

export const NO_STIR: StirState = { recent: [], since: null, best: 0 };

/**
 * @param at epoch milliseconds of the look
 * @param answer how much it is like stirring, 0 to 1
 * @param threshold the least averaged answer that counts
 */
export function followStirring(
  state: StirState,
  at: number,
  answer: number,
  threshold: number,
): { stir: StirState; ended?: Stir } {
  const recent = [...state.recent, Math.round(1000 * answer)].slice(-SMOOTHED);
  const mean = recent.reduce((sum, value) => sum + value, 0) / SMOOTHED / 1000;
  if (mean >= RELEASE * threshold) {
    return { stir: { recent, since: state.since ?? at, best: Math.max(state.best, mean) } };
  }
  const stir = { recent, since: null, best: 0 };
  if (state.since === null || state.best < threshold || at - state.since < SHORTEST_MS) return { stir };
  return {
    stir,
    ended: { startedAt: state.since - BEGAN_BEFORE_MS, endedAt: at - ENDED_BEFORE_MS, answer: state.best },
  };
}
