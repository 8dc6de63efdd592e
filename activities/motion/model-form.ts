import type { Spread } from './lessons.js';

/** What the training leaves behind: thresholds and trees, and where they come from. */
export interface MotionModel {
  /** Where it was learned and how; for people, no program reads it. */
  provenance: Record<string, string | number>;
  /** Features of a tilt cycle → it is a sip. Trees as lines of numbers: see forest.ts. */
  sip: readonly string[];
  /** Features of a tilt cycle → it is a pour. */
  pour: readonly string[];
  /** Features of the rhythm → stirring. */
  stir: readonly string[];
  /** Deviation of each feature over all that was learned from. */
  spread: Spread;
  /** The least answer of the trees at which something is told; for a sip see session.ts. */
  thresholds: Record<'pour' | 'stir', number>;
  /** Confidence = 1 / (1 + e^−(offset + slope · log odds of the answer)). */
  confidence: Record<'sip' | 'pour' | 'stir', Calibration>;
}

export interface Calibration {
  offset: number;
  slope: number;
}

/** @param answer the trees' answer, 0 to 1 @returns the chance that it is right, to three digits */
export function confidenceOf(answer: number, { offset, slope }: Calibration): number {
  const logOdds = Math.log((answer + 0.005) / (1.005 - answer));
  return Math.round(1000 / (1 + Math.exp(-(offset + slope * logOdds)))) / 1000;
}
