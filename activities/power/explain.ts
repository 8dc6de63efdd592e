import { keepsWarmThrottled } from './keep-warm.js';
import type { PowerProfile } from './profiles.js';
import { type PowerState, type Sight, type Teaching, upToDate } from './state.js';
import { mergeOf } from './verdict.js';

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
    longestPause: Math.round(mergeOf(state, profile) / 1000),
    bursts: sights,
    taught,
  };
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
