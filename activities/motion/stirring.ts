/** When stirring begins and ends, from how much each look is like stirring. */

/** Looks over which the answer is averaged: 1.75 s. */
const SMOOTHED = 7;
/** Stirring is over when the answer falls below this share of the threshold. */
const RELEASE = 0.5;
const SHORTEST_MS = 1000;
/** A look tells of the 2.4 s before it, the average of 1.5 s more: its middle lies this far back. */
const MIDDLE_MS = 1950;

export interface StirState {
  /** The last answers of the trees, in thousandths, oldest first. */
  recent: number[];
  /** Epoch milliseconds of the look at which it began, or null. */
  since: number | null;
  /** Greatest averaged answer since then, and RHYTHM_FEATURES of the look that made it so great. */
  best: number;
  bestFeatures?: number[];
  /** When the averaged answer first reached 0, 0.1, 0.2 … since then (epoch ms), and when it was last there. */
  first?: number[];
  last?: number[];
}

/** A spell of something like stirring. */
interface Stir {
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
    const bestFeatures = mean > state.best && rhythm ? rhythm : state.bestFeatures;
    const since = state.since ?? at;
    const best = Math.max(state.best, mean);
    return { stir: { recent, since, best, ...(bestFeatures && { bestFeatures }), ...reached(state, at, mean) } };
  }
  const stir = { recent, since: null, best: 0 };
  if (state.since === null || at - state.since < SHORTEST_MS) return { stir };
  // Where the average is half as high as it came to be, half of what it tells of was stirring.
  const half = Math.floor(5 * state.best);
  const startedAt = (state.first?.[half] ?? state.since) - MIDDLE_MS;
  const endedAt = (state.last?.[half] ?? at) - MIDDLE_MS;
  return { stir, ended: { startedAt, endedAt, answer: state.best, features: state.bestFeatures ?? [] } };
}

function reached({ first = [], last = [] }: StirState, at: number, mean: number): { first: number[]; last: number[] } {
  const level = Math.floor(10 * mean);
  const firstNow = [...first, ...Array.from({ length: Math.max(0, level + 1 - first.length) }, () => at)];
  return { first: firstNow, last: firstNow.map((_, i) => (i <= level ? at : (last[i] ?? at))) };
}
