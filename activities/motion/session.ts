import { CYCLE_FEATURES } from './cycle-features.js';

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

const TILT_BEFORE = CYCLE_FEATURES.indexOf('tiltBefore');
const TILT_AFTER = CYCLE_FEATURES.indexOf('tiltAfter');
const HELD_MOTION = CYCLE_FEATURES.indexOf('dwellMiddleMotion');

/** Seconds after which a memory counts a third. */
const SPAN = 120;
const MOST_REMEMBERED = 40;
const LONGEST_MEMORY_MS = 6 * 60_000;
/** What is believed when nothing is remembered, and how many cycles that counts for. */
const USUAL_EVIDENCE = 0;
const USUAL_WEIGHT = 2;
/** How much the past of a calm hand counts, from where on it speaks for a sip. */
const PAST_WEIGHT = 2.5;
const PAST_ZERO = -1;
/** What speaks for a sip when a lively hand suddenly holds calm. */
const CALM_BONUS = 5.75;
/** Shaking of the last seconds (log10 of g) at which a hand begins to be lively, and by how much calmer it must hold. */
const LIVELY = { from: -1.05, over: 0.3 };
const CALMER = { from: 0.2, over: 0.3 };
/** An arm that hangs or works turns far, in radians, before a cup is at the mouth. */
const FAR = { from: 0.9, over: 0.4 };
/** What evidence and past together must reach. */
const ENOUGH = 3.5;

/** @param chance 0 to 1, that a cycle is a sip by its own features */
export function evidenceOf(chance: number): number {
  return Math.log((chance + 0.01) / (1.01 - chance));
}

/** The shape of a cycle proves no more than trees that all agree. */
export function limitEvidence(evidence: number): number {
  return Math.max(evidenceOf(0), Math.min(evidenceOf(1), evidence));
}

/**
 * By how much the odds that a cycle is a sip, given what came before, are above those from which on it is told; their
 * logarithm. At a calm table, where people eat as well, the cycles before it count. Between lively actions they say
 * nothing; there it counts that the hand is held calm all of a sudden, as one holds a full cup.
 * @param motion shaking of the last seconds, log10 of g
 * @param features CYCLE_FEATURES of the cycle
 */
export function sipOver(
  memory: readonly Remembered[],
  cycle: Remembered,
  motion: number,
  features: readonly number[],
): number {
  const tilt = Math.min(features[TILT_BEFORE] as number, features[TILT_AFTER] as number);
  const calmer = motion - (features[HELD_MOTION] as number);
  const lively = ramp(motion, LIVELY) * ramp(calmer, CALMER) * ramp(tilt, FAR);
  let sum = USUAL_WEIGHT * USUAL_EVIDENCE;
  let count = USUAL_WEIGHT;
  for (const { raiseAt, dwellAt, endAt, evidence } of memory) {
    if (endAt > cycle.raiseAt && raiseAt < cycle.endAt) continue;
    const weight = Math.exp(-Math.abs(cycle.dwellAt - dwellAt) / (1000 * SPAN));
    sum += weight * evidence;
    count += weight;
  }
  const past = PAST_WEIGHT * (sum / count - PAST_ZERO);
  return cycle.evidence + (1 - lively) * past + lively * CALM_BONUS - ENOUGH;
}

/** 0 below `from`, 1 from `from + over` on. */
function ramp(value: number, { from, over }: { from: number; over: number }): number {
  return Math.max(0, Math.min(1, (value - from) / over));
}

export function remember(memory: readonly Remembered[], cycle: Remembered): Remembered[] {
  const recent = memory.filter(({ endAt }) => Math.abs(cycle.endAt - endAt) < LONGEST_MEMORY_MS);
  return [...recent, cycle].slice(-MOST_REMEMBERED);
}
