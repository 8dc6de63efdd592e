import type { PowerState } from './state.js';

/** The longest that a reading is ever held to be true: a little over the 5 min of event-driven plugs. */
const MAX_REACH_MS = 330_000;
/** Seconds; what is longer is a gap, or a plug that tells of changes, and says nothing about the usual interval. */
export const LONGEST_INTERVAL = 90;
/** A reading that differs by so many watts, or by this share, is news. */
const NEWS = { watts: 5, share: 0.05 };
const MIN_REACH_MS = 10_000;
const PACE_STEP = 1.1;

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
