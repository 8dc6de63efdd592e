/**
 * Drinking comes in rows: a cup that was raised a minute ago is likely being raised again, and a spoon that went to the
 * mouth thirty times is not a cup. Remembers how much each tilt cycle of the last minutes looked like a sip.
 */
export interface Remembered {
  /** Epoch milliseconds. */
  raiseAt: number;
  dwellAt: number;
  endAt: number;
  /** Logarithm of the odds that the cycle by itself was a sip. */
  evidence: number;
}

/** Seconds after which a memory counts a third: a short one and a long one. */
const SPANS = [40, 120] as const;
const MOST_REMEMBERED = 40;
const LONGEST_MEMORY_MS = 6 * 60_000;
/** What is believed when nothing is remembered, and how many cycles that counts for. */
const USUAL_EVIDENCE = -1.5;
const USUAL_WEIGHT = 0.7;

export const SESSION_FEATURES = [
  'evidence',
  'shortMean',
  'shortCount',
  'longMean',
  'longCount',
  'motion',
  'stray',
] as const;

/** @param chance 0 to 1, that a cycle is a sip by its own features */
export function evidenceOf(chance: number): number {
  return Math.log((chance + 0.01) / (1.01 - chance));
}

/** What is known of a cycle: its own evidence, that of the cycles before it, and how lively the last seconds were. */
export function sessionFeatures(
  memory: readonly Remembered[],
  cycle: Remembered,
  surroundings: readonly [number, number],
): number[] {
  const apart = memory.filter((other) => other.endAt <= cycle.raiseAt || other.raiseAt >= cycle.endAt);
  const past = SPANS.flatMap((span) => {
    let sum = USUAL_WEIGHT * USUAL_EVIDENCE;
    let count = 0;
    for (const { dwellAt, evidence } of apart) {
      const weight = Math.exp(-Math.abs(cycle.dwellAt - dwellAt) / (1000 * span));
      sum += weight * evidence;
      count += weight;
    }
    return [sum / (count + USUAL_WEIGHT), count];
  });
  return [cycle.evidence, ...past, ...surroundings];
}

export function remember(memory: readonly Remembered[], cycle: Remembered): Remembered[] {
  const recent = memory.filter(({ endAt }) => Math.abs(cycle.endAt - endAt) < LONGEST_MEMORY_MS);
  return [...recent, cycle].slice(-MOST_REMEMBERED);
}
