import { CYCLE_FEATURES } from './cycle-features.js';
import type { SeenCycle } from './watch.js';

/**
 * Drinking comes in rows: a cup that was raised a minute ago is likely being raised again, and a spoon that went to the
 * mouth thirty times is not a cup. Remembers how much each tilt cycle of the last minutes looked like a sip, and how its
 * wearer moves.
 */
export interface Remembered {
  /** Epoch milliseconds. */
  raiseAt: number;
  dwellAt: number;
  endAt: number;
  /** Logarithm of the odds that the cycle by itself was a sip. */
  evidence: number;
  /** Shaking of the seconds around it, log10 of g. */
  motion: number;
  /** How far it turned, in radians: up or down, whichever is less. */
  tilt: number;
}

const TILT_BEFORE = CYCLE_FEATURES.indexOf('tiltBefore');
const TILT_AFTER = CYCLE_FEATURES.indexOf('tiltAfter');
const HELD_MOTION = CYCLE_FEATURES.indexOf('dwellMiddleMotion');

/** Seconds after which a memory counts a third. */
const SPAN = 120;
/** So does what happened amid 1.6 times as much shaking, or as little (0.2 in log10): it was another occupation. */
const ALIKE = 0.2;
const MOST_REMEMBERED = 40;
const LONGEST_MEMORY_MS = 6 * 60_000;
/** What is believed when nothing is remembered, and how many cycles that counts for. */
const USUAL_EVIDENCE = 0;
const USUAL_WEIGHT = 2;
/** How much the past of a calm hand counts, from where on it speaks for a sip. */
const PAST_WEIGHT = 2.5;
const PAST_ZERO = -1;
/** What speaks for a sip when a lively hand suddenly holds calm. */
const CALM_BONUS = 6.5;
/** Shaking of the last seconds (log10 of g) at which a hand begins to be lively, and by how much calmer it must hold. */
const LIVELY = { from: -1.05, over: 0.3 };
const CALMER = { from: 0.2, over: 0.3 };
/** An arm that hangs or works turns far, in radians of somebody usual, before a cup is at the mouth. */
const FAR = { from: 0.9, over: 1 };
/** How far a lively hand turns on average, in radians; for how many cycles that counts; how far others may be from it. */
const USUAL_TILT = { radians: 0.9, weight: 4, within: 1.5 };
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

/** What is kept of a cycle. */
export function memoryOf(cycle: SeenCycle, evidence: number): Remembered {
  const { raiseAt, dwellAt, endAt, surroundings, features } = cycle;
  const tilt = Math.min(features[TILT_BEFORE] as number, features[TILT_AFTER] as number);
  return { raiseAt, dwellAt, endAt, evidence, motion: surroundings, tilt };
}

/** The same in fewer digits: it is saved for minutes. */
export function shortened(cycle: Remembered): Remembered {
  const rounded = (value: number) => Math.round(1000 * value) / 1000 + 0;
  const { evidence, motion, tilt } = cycle;
  return { ...cycle, evidence: rounded(evidence), motion: rounded(motion), tilt: rounded(tilt) };
}

/**
 * By how much the odds that a cycle is a sip, given what came before, are above those from which on it is told; their
 * logarithm. At a calm table, where people eat as well, the cycles before it count, as far as the hand was as calm then.
 * Between lively actions they say nothing; there it counts that the hand, turned far for this wearer, and away from where
 * it mostly is, is held calm all of a sudden, as one holds a full cup.
 * @param seen the same cycle, with all that is not remembered of it
 */
export function sipOver(
  memory: readonly Remembered[],
  cycle: Remembered,
  { features, away }: Pick<SeenCycle, 'features' | 'away'>,
): number {
  const others = memory.filter(({ raiseAt, endAt }) => endAt <= cycle.raiseAt || raiseAt >= cycle.endAt);
  const calmer = cycle.motion - (features[HELD_MOTION] as number);
  const turned = Math.min(cycle.tilt, away) / tiltOf(others);
  const lively = ramp(cycle.motion, LIVELY) * ramp(calmer, CALMER) * ramp(turned, FAR);
  return cycle.evidence + (1 - lively) * pastOf(others, cycle) + lively * CALM_BONUS - ENOUGH;
}

/** What the cycles before it say of this one. */
function pastOf(others: readonly Remembered[], { dwellAt, motion }: Remembered): number {
  let sum = USUAL_WEIGHT * USUAL_EVIDENCE;
  let count = USUAL_WEIGHT;
  for (const other of others) {
    const age = Math.abs(dwellAt - other.dwellAt) / (1000 * SPAN);
    const weight = Math.exp(-age - Math.abs(motion - other.motion) / ALIKE);
    sum += weight * other.evidence;
    count += weight;
  }
  return PAST_WEIGHT * (sum / count - PAST_ZERO);
}

/** How far this wearer's lively hand turns, as a multiple of what is usual: not everybody lifts the elbow. */
function tiltOf(others: readonly Remembered[]): number {
  const { radians, weight, within } = USUAL_TILT;
  let sum = weight * radians;
  let count = weight;
  for (const { motion, tilt } of others) {
    const share = ramp(motion, LIVELY);
    sum += share * tilt;
    count += share;
  }
  return Math.max(1 / within, Math.min(within, sum / count / radians));
}

/** 0 below `from`, 1 from `from + over` on. */
function ramp(value: number, { from, over }: { from: number; over: number }): number {
  return Math.max(0, Math.min(1, (value - from) / over));
}

export function remember(memory: readonly Remembered[], cycle: Remembered): Remembered[] {
  const recent = memory.filter(({ endAt }) => Math.abs(cycle.endAt - endAt) < LONGEST_MEMORY_MS);
  return [...recent, cycle].slice(-MOST_REMEMBERED);
}
