/**
 * Where all that is on is work, as in a washing machine, a display that stays on looks like a pump. But no pump runs at one
 * low level for longer than a pause within a programme may be, nor stops before the water is heated. A standby that is
 * found late does less harm than a programme that is cut in two.
 */
import { isWork } from './levels.js';
import type { PowerProfile } from './profiles.js';
import type { Burst, PowerState } from './state.js';
import { mergeOf } from './verdict.js';

const SECOND = 1000;
/** Displays and electronics stay below so many watts; many pumps are as steady above it. */
const MOST_WATTS = 25;
/** A plug that reports now and then may happen to see the pauses of a drum only; in so many reports it has seen a turn as well. */
const MANY_REPORTS = 50;

/** Since when (epoch ms) what counts as work has been one level so low that it may be the standby; undefined where it is not. */
export function lowSince(state: PowerState, profile: PowerProfile): number | undefined {
  const { still, watts } = state;
  const mayStandBy = profile.workShare === 0 && watts < MOST_WATTS && isWork(state, profile, watts);
  return mayStandBy ? still?.since : undefined;
}

/**
 * Learns a standby that counted as work.
 * @returns when it began (epoch ms), if it is known from now on; the burst at work, if any, ends then
 */
export function learnStandby(state: PowerState, profile: PowerProfile, now: number): number | undefined {
  const since = lowSince(state, profile);
  if (since === undefined || Math.min(now, state.counted) - since <= leastHeld(state, profile)) return undefined;
  state.standby = state.watts;
  state.edge = null;
  state.burst = state.burst && endedAt(state.burst, since);
  return since;
}

/** How long (ms) a level must have held; of a plug that tells of each change, its silence is as good as reports. */
function leastHeld(state: PowerState, profile: PowerProfile): number {
  const { pace, newsAfter } = state;
  return Math.max(mergeOf(state, profile), MANY_REPORTS * Math.min(pace, newsAfter) * SECOND);
}

/** @returns null where nothing of it was before */
function endedAt(burst: Burst, at: number): Burst | null {
  const stood = (burst.to - at) / SECOND;
  if (stood <= 0) return burst;
  const work = burst.work - stood;
  if (burst.from >= at || work <= 0) return null;
  return { ...burst, to: at, work, joules: burst.joules - stood * burst.newest, active: burst.active - stood };
}
