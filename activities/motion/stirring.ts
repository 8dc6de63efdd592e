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
  /** Greatest averaged answer since then, and RHYTHM_FEATURES of the look that made it so great. */
  best: number;
  bestFeatures?: number[];
}

/** A spell of something like stirring. */
export interface Stir {
  startedAt: number;
  endedAt: number;
  answer: number;
  features: number[];
}

export const NO_STIR: StirState = { recent: [], since: null, best: 0 };

/**
 * @param at epoch milliseconds of the look
 * @param answer how much it is like stirring, 0 to 1
 * @param rhythm RHYTHM_FEATURES of the look, or null while nothing shakes
 * @param threshold the least averaged answer that counts
 * @returns with a spell that is over, whether it was stirring or fell short
 */
export function followStirring(
  state: StirState,
  at: number,
  answer: number,
  rhythm: number[] | null,
  threshold: number,
): { stir: StirState; ended?: Stir } {
  const recent = [...state.recent, Math.round(1000 * answer)].slice(-SMOOTHED);
  const mean = recent.reduce((sum, value) => sum + value, 0) / SMOOTHED / 1000;
  if (mean >= RELEASE * threshold) {
    const better = mean > state.best && rhythm;
    const bestFeatures = better ? rhythm : state.bestFeatures;
    const best = Math.max(state.best, mean);
    return { stir: { recent, since: state.since ?? at, best, ...(bestFeatures && { bestFeatures }) } };
  }
  const stir = { recent, since: null, best: 0 };
  if (state.since === null || at - state.since < SHORTEST_MS) return { stir };
  const [startedAt, endedAt] = [state.since - BEGAN_BEFORE_MS, at - ENDED_BEFORE_MS];
  return { stir, ended: { startedAt, endedAt, answer: state.best, features: state.bestFeatures ?? [] } };
}
