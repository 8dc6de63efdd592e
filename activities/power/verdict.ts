import { heaterOf, isEndless } from './heater.js';
import { exceedsRhythm, isBare, isKeepWarm, isLoss, longestPulseOf } from './keep-warm.js';
import { isTaught } from './lessons.js';
import type { PowerProfile } from './profiles.js';
import { blur as blurOf, isProof, PROMPT } from './proof.js';
import type { Burst, PowerState, RunState, Verdict } from './state.js';

const SECOND = 1000;
/** Upkeep follows the run, and each pulse the one before it, within this time. */
const WAKE_MS = 600_000;
/** A start by the heater alone asks for so many times the heat that a standing machine loses. */
const START_LOSS = 2;
/** An espresso, 30 ml from the tap's 15 to 93 °C, is as much heat; with less than that no cup is brewed … */
const CUP_JOULES = 10_000;
/** … and a bare burst may be so many times the usual loss: cold parts take it up while the machine is new to the heat. */
const SOAK = 2.5;

/** What a burst that does not go on with the run at work is, by what is known of it so far. */
export function judge(state: PowerState, profile: PowerProfile, burst: Burst): Verdict {
  const { run } = state;
  const what = run && burst.from - run.to <= mergeOf(state, profile) ? 'part' : 'run';
  const taught = taughtOf(state, profile, what, burst);
  if (taught) return taught;
  if (isKeepWarm(state, burst, what)) return 'rhythm';
  if (isUpkeep(state, profile, burst)) return 'upkeep';
  const mayBeLoss = what === 'part' || !isCup(state, profile, burst);
  const factor = what === 'part' && burst.joules < CUP_JOULES ? SOAK : 1;
  if (mayBeLoss && isLoss(state, profile, burst, factor)) return 'loss';
  if (what === 'part') return burst.work - blurOf(state, profile) >= profile.joinWork ? 'part' : 'short';
  const heater = heaterOf(state, profile, burst);
  if (heater) return heater;
  if (!isProof(state, profile, burst)) return 'short';
  return mayBeLoss && isLoss(state, profile, burst, START_LOSS) ? 'loss' : 'run';
}

/** What its owner has said of bursts like this one. One that went on for longer than any was taken back, and is not begun anew. */
function taughtOf(state: PowerState, profile: PowerProfile, what: 'run' | 'part', burst: Burst): Verdict | undefined {
  // A part of what is none is waited out like the rest of it, or what follows would be told as a new run.
  const none = what === 'part' && state.run?.dismissed ? undefined : 'taught';
  if (burst.ignored && none) return none;
  const taught = isTaught(state, what, { ...burst, bare: isBare(burst) });
  if (taught === undefined) return undefined;
  if (!taught) return none;
  return isEndless(state, profile, burst) ? 'heater' : what;
}

/** Pulses that come between two readings are not seen, and rests look longer than they are: there, the rhythm knows better. */
function isCup(state: PowerState, { cup }: PowerProfile, burst: Burst): boolean {
  return cup !== undefined && state.interval > PROMPT && exceedsRhythm(state, burst);
}

/** True when the burst is small beside the run in whose wake it follows: the heat of that run is being kept up. */
function isUpkeep(state: PowerState, profile: PowerProfile, burst: Burst): boolean {
  const { run, wake } = state;
  if (!isBare(burst)) return false;
  if (run && burst.work + state.interval <= upkeepOf(profile, run)) return true;
  return wake !== null && burst.from - wake.to <= WAKE_MS && burst.work + state.interval <= wake.work;
}

export function upkeepOf(profile: PowerProfile, run: RunState): number {
  return Math.min(longestPulseOf(profile), profile.upkeepShare * run.longest);
}

/** The longest pause within a run, in ms; on a plug that reports seldom it looks longer than it is. */
export function mergeOf({ interval, merge }: PowerState, profile: PowerProfile): number {
  const blurred = profile.blur > 0 ? Math.max(0, interval - PROMPT) : 0;
  return ((merge ?? profile.merge) + blurred) * SECOND;
}
