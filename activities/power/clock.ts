import type { PowerState } from './state.js';

/** Readings up to this much older than the newest are late, not a clock set back. */
const LATE_MS = 120_000;
/** The longest that a reading is ever held to be true: a little over the 5 min of event-driven plugs. */
const MAX_REACH_MS = 330_000;
/** Seconds; what is longer is a gap, or a plug that tells of changes, and says nothing about the usual interval. */
export const LONGEST_INTERVAL = 90;
/** A reading that differs by so many watts, or by this share, is news. */
const NEWS = { watts: 5, share: 0.05 };
const MIN_REACH_MS = 10_000;
const PACE_STEP = 1.1;

/**
 * Takes the time of a reading into the state. A late reading is dropped; two in a row from far in the past mean
 * that the clock was set back, and everything remembered moves along, so that a run in progress goes on.
 * @returns false when the reading is to be dropped
 */
export function admit(state: PowerState, at: number): boolean {
  if (state.at === null || at >= state.at) {
    state.stray = null;
    return true;
  }
  if (state.at - at <= LATE_MS) return false;
  const setBack = state.stray !== null && at >= state.stray;
  if (!setBack) {
    state.stray = at;
    return false;
  }
  shift(state, at - state.at);
  state.stray = null;
  return true;
}

function shift(state: PowerState, by: number): void {
  const move = (time: number) => time + by;
  if (state.at !== null) state.at = move(state.at);
  state.counted = move(state.counted);
  if (state.steady) state.steady = { ...state.steady, since: move(state.steady.since) };
  if (state.still) state.still = { ...state.still, since: move(state.still.since) };
  if (state.lamp !== null) state.lamp = move(state.lamp);
  if (state.edge !== null) state.edge = move(state.edge);
  if (state.burst) state.burst = { ...state.burst, from: move(state.burst.from), to: move(state.burst.to) };
  if (state.lead) state.lead = { from: move(state.lead.from), to: move(state.lead.to) };
  if (state.lastBurst !== null) state.lastBurst = move(state.lastBurst);
  const { warmth } = state;
  if (warmth.heated !== null) state.warmth = { ...warmth, heated: move(warmth.heated) };
  if (state.wake) state.wake = { ...state.wake, to: move(state.wake.to) };
  state.pulses = state.pulses.map((pulse) => ({ ...pulse, from: move(pulse.from), to: move(pulse.to) }));
  state.sights = state.sights.map((sight) => ({ ...sight, from: move(sight.from), to: move(sight.to) }));
  state.faint = state.faint.map((faint) => ({ ...faint, from: move(faint.from), to: move(faint.to) }));
  const { run } = state;
  if (run) state.run = { ...run, from: move(run.from), to: move(run.to), worked: move(run.worked) };
}

/** Learns the usual interval: a plug that reports changes at once is no slow one because it is silent in between. */
function learnInterval(state: PowerState, seconds: number, watts: number): void {
  const most = Math.max(watts, state.watts);
  const isNews = Math.abs(watts - state.watts) > Math.max(NEWS.watts, NEWS.share * most);
  if (isNews) state.newsAfter = towards(state.newsAfter, Math.min(seconds, LONGEST_INTERVAL), 0.5, 0.05);
  if (seconds > LONGEST_INTERVAL) return;
  state.interval = Math.min(state.newsAfter, towards(state.interval, seconds, 0.3, 0.02));
}

/** A step towards the middle of all: a night without readings counts no more than any other interval. */
function learnPace(state: PowerState, seconds: number): void {
  const { pace } = state;
  if (pace === 0) state.pace = seconds;
  else state.pace = seconds > pace ? Math.min(seconds, pace * PACE_STEP) : Math.max(seconds, pace / PACE_STEP);
}

/** Falls fast and rises slowly. */
function towards(value: number, next: number, falls: number, rises: number): number {
  return value + (next - value) * (next < value ? falls : rises);
}

/** Learns how often the plug reports: a reading holds for a few of its usual intervals. */
export function learnReach(state: PowerState, interval: number, watts: number): void {
  if (interval <= 0) return;
  learnInterval(state, interval / 1000, watts);
  learnPace(state, interval / 1000);
  const wanted = Math.min(MAX_REACH_MS, Math.max(MIN_REACH_MS, 2 * interval));
  // Rises at once, so that an event-driven plug is trusted after its first silence; falls slowly.
  state.reach = wanted > state.reach ? wanted : state.reach + (wanted - state.reach) * 0.05;
}
