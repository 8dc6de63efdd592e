import { keepsWarmThrottled } from './keep-warm.js';
import type { PowerProfile } from './profiles.js';
import { type PowerState, type Sight, type Teaching, upToDate } from './state.js';
import { mergeOf } from './verdict.js';

/** Seconds of heat that a cup takes at least. */
const LEAST_SERVED = 8;

/** Why the recogniser says what it says: plain values for a picture or a table. Watts, seconds, epoch milliseconds. */
export interface PowerExplanation {
  /** The power of its heater, from which on a reading is work, and when it idles; 0 while nothing is known. */
  heating: number;
  working: number;
  standby: number;
  /** Usual seconds between two readings. */
  interval: number;
  /** How it keeps warm, as far as it has shown. */
  keepsWarm: 'unknown' | 'at-part-power' | 'at-full-power';
  /** Its keep-warm pulses at full power: seconds of the usual one, and of the longest of late. */
  pulse?: { usual: number; longest: number };
  /** The longest pause within a run. */
  longestPause: number;
  /**
   * The last run that is remembered: what went into it, and the cups that this may have been. For a kettle that is the
   * water that the energy boils, in quarters of a litre from the tap; for the others the bursts in which something ground
   * or pumped, where that could be seen. It is what the power says, no count of what was drunk.
   */
  lastRun?: { from: number; to: number; kilowattHours: number; cups?: number };
  /** The last bursts of work, oldest first, and what each was taken for. */
  bursts: readonly Sight[];
  /** What its owner has taught, newest first. */
  taught: readonly Teaching[];
}

export function explain(saved: PowerState, profile: PowerProfile): PowerExplanation {
  const state = upToDate(saved);
  const { heat, standby, interval, warm, sights, taught } = state;
  const keepsWarm = keepsWarmThrottled(state) ? 'at-part-power' : warm ? 'at-full-power' : 'unknown';
  return {
    heating: Math.round(heat),
    working: Math.round(standby + Math.max(profile.floorWatts, profile.workShare * heat)),
    standby: tenths(standby),
    interval: tenths(interval),
    keepsWarm,
    ...(warm ? { pulse: { usual: tenths(warm.usual), longest: tenths(warm.longest) } } : {}),
    ...lastRunOf(sights, profile),
    longestPause: Math.round(mergeOf(state, profile) / 1000),
    bursts: sights,
    taught,
  };
}

function lastRunOf(sights: readonly Sight[], { water }: PowerProfile): Pick<PowerExplanation, 'lastRun'> {
  const began = sights.findLastIndex(({ verdict }) => verdict === 'run');
  const bursts = began < 0 ? [] : sights.slice(began).filter(({ verdict }) => verdict === 'run' || verdict === 'part');
  const [first, last] = [bursts[0], bursts.at(-1)];
  if (!first || !last) return {};
  const joules = bursts.reduce((sum, { work, watts }) => sum + work * watts, 0);
  const served = bursts.filter(({ bare, work }) => !bare && work >= LEAST_SERVED).length;
  const cups = water ? Math.max(1, Math.round(joules / water.cupJoules)) : served;
  const kilowattHours = Math.round(joules / 360) / 10_000;
  return { lastRun: { from: first.from, to: last.to, kilowattHours, ...(cups > 0 ? { cups } : {}) } };
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
