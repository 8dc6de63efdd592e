import type { RecogniserEvent } from '../recogniser.js';
import { announce, confidence, withdraw } from './confidence.js';
import {
  doubtThrottling,
  forgetRhythm,
  isBare,
  isKeepWarm,
  isLoss,
  learnCooling,
  learnPulse,
  learnThrottling,
} from './keep-warm.js';
import { isWork } from './levels.js';
import type { PowerProfile } from './profiles.js';
import { blur as blurOf, isProof, learnTrust, PROMPT } from './proof.js';
import type { Burst, PowerState, Pulse, RunState } from './state.js';

const SECOND = 1000;
/** What was on for longer than this before the work began (a lamp, a display) did not lead into it. */
const LEAD_IN_MS = 30_000;
/** The end may follow the last work by this much while something (a pump, a fan) goes on without a break. */
const LEAD_OUT_MS = 45_000;

/** A finish that was announced too soon: the next one waits for so many times the pause that was mistaken for the end … */
const WARY = 1.3;
/** … but no longer than this, in seconds. */
const LONGEST_SETTLE = 55;

/** After so many seconds of work its level is that of the heater. */
const SETTLED = 8;
/** Weight of a new reading in the level of a burst. */
const SMOOTH = 0.3;
/** Upkeep follows the run, and each pulse the one before it, within this time. */
const WAKE_MS = 600_000;
/** Seconds; a burst with more work than this is never mere upkeep. */
const LONGEST_UPKEEP = 35;

/**
 * Counts what has held since it was last counted, until `until`, but no longer than a reading may be trusted. Rest is
 * not counted: time that went on without readings must not swallow a run whose readings come late.
 */
export function accumulate(state: PowerState, profile: PowerProfile, until: number): void {
  if (state.at === null) return;
  const from = Math.max(state.at, state.counted);
  const held = Math.min(until, state.at + state.reach) - from;
  if (held <= 0) return;
  if (state.watts - state.standby >= profile.floorWatts) noteHeat(state, profile, from, held);
  if (isWork(state, profile, state.watts)) addWork(state, profile, from, held);
  else if (state.edge !== null) addActive(state, from, held);
  else return;
  state.counted = from + held;
}

function noteHeat(state: PowerState, profile: PowerProfile, from: number, held: number): void {
  if (state.heated === null || from > state.heated) {
    state.rested = state.heated === null ? Number.MAX_SAFE_INTEGER : (from - state.heated) / SECOND;
    learnThrottling(state, profile);
  }
  state.heated = from + held;
}

function addWork(state: PowerState, profile: PowerProfile, at: number, held: number): void {
  const burst = state.burst ?? newBurst(state, at);
  const work = held / SECOND;
  state.burst = {
    ...burst,
    to: at + held,
    work: burst.work + work,
    joules: burst.joules + state.watts * work,
    last: burst.work < SETTLED ? state.watts : burst.last + (state.watts - burst.last) * SMOOTH,
    // The first reading may be half a second of heating, or inrush.
    first: burst.work < SETTLED ? state.watts : burst.first,
    active: burst.active + work,
    credit: burst.credit - profile.leak * ((at - burst.to) / SECOND) + work,
  };
}

function newBurst({ edge, aside, steady, rested, watts }: PowerState, at: number): Burst {
  const lead = edge !== null && at - edge <= LEAD_IN_MS ? edge : at;
  const worked = steady?.work ? Math.min(steady.since, at) : at;
  const work = (at - worked) / SECOND;
  const from = Math.min(lead, worked);
  return {
    from,
    to: at,
    work,
    joules: work * watts,
    first: watts,
    last: watts,
    active: (at - from) / SECOND,
    aside: lead < worked ? grinderIn(steady?.work ? steady.aside : aside) : 0,
    credit: work,
    rested,
  };
}

function grinderIn(aside: number): number {
  return aside > 1 ? aside + 1 : aside;
}

/** The power rose before the reading that shows it: on a plug that reports seldom, by half an interval on average. */
function riseOf({ interval }: PowerState): number {
  return interval > PROMPT ? (interval / 2) * SECOND : 0;
}

/** The longest pause within a run, in ms; on a plug that reports seldom it looks longer than it is. */
function mergeOf({ interval }: PowerState, { merge, blur }: PowerProfile): number {
  return (merge + (blur > 0 ? Math.max(0, interval - PROMPT) : 0)) * SECOND;
}

/** Pauses use up the credit of a burst's work; it is over when nothing is left, or after the profile's longest pause. */
function isOpen(profile: PowerProfile, burst: Burst, now: number): boolean {
  const pause = (now - burst.to) / SECOND;
  return pause <= 0 || (pause <= profile.hole && profile.leak * pause < burst.credit);
}

/** Something is on that is no work: for a while after the work it belongs to the run's end, for good it is keep-warm. */
function addActive(state: PowerState, at: number, held: number): void {
  const { burst, run, edge } = state;
  if (burst) state.burst = { ...burst, active: burst.active + held / SECOND };
  if (run?.phase !== 'running' || edge === null || edge > run.worked) return;
  const to = at + held;
  state.run = { ...run, to: to - run.worked <= LEAD_OUT_MS ? to : run.worked };
}

/** What can be said at `now`, in the order in which it became certain. */
export function decide(state: PowerState, profile: PowerProfile, now: number): RecogniserEvent[] {
  const events: RecogniserEvent[] = [];
  const { burst } = state;
  if (burst) {
    judgeBurst(state, profile, burst, events);
    if (!isOpen(profile, burst, now)) closeBurst(state, profile, burst, events);
  }
  judgeQuiet(state, profile, now, burst !== null, events);
  return events;
}

/** A burst goes on with the run, or starts one, as soon as it has enough work. */
function judgeBurst(state: PowerState, profile: PowerProfile, burst: Burst, events: RecogniserEvent[]): void {
  const { run, lead } = state;
  if (run && burst.from <= run.worked) {
    if (profile.longest !== undefined && burst.work > profile.longest) discard(state, run, events);
    else if (burst.to > run.worked) goOn(state, burst, events);
    return;
  }
  if (isKeepWarm(state, burst) || isUpkeep(state, profile, burst) || isLoss(state, profile, burst)) return;
  if (run && burst.from - run.to <= mergeOf(state, profile)) {
    if (burst.work - blurOf(state, profile) >= profile.joinWork) goOn(state, burst, events);
    return;
  }
  if (!isProof(state, profile, burst) || isLoss(state, profile, burst, 2)) return;
  if (run?.phase === 'running') events.push({ type: 'finish', at: run.to, confidence: announce(state, 'finishes') });
  const from = (lead && burst.from - lead.to <= mergeOf(state, profile) ? lead.from : burst.from) - riseOf(state);
  events.push({ type: 'start', at: from, confidence: announce(state, 'starts') });
  state.run = { from, to: burst.to, worked: burst.to, longest: burst.work, settle: profile.settle, phase: 'running' };
  state.lead = null;
  forgetRhythm(state);
}

function discard(state: PowerState, run: RunState, events: RecogniserEvent[]): void {
  withdraw(state, 'starts');
  events.push({ type: 'discard', at: run.from });
  state.run = null;
  state.cleanCups = 0;
}

/** True when the burst is small beside the run in whose wake it follows: the heat of that run is being kept up. */
function isUpkeep(state: PowerState, profile: PowerProfile, burst: Burst): boolean {
  const { run, wake } = state;
  if (!isBare(burst)) return false;
  if (run && burst.work + state.interval <= upkeepOf(profile, run)) return true;
  return wake !== null && burst.from - wake.to <= WAKE_MS && burst.work + state.interval <= wake.work;
}

function upkeepOf(profile: PowerProfile, run: RunState): number {
  return Math.min(LONGEST_UPKEEP, profile.upkeepShare * run.longest);
}

function goOn(state: PowerState, burst: Burst, events: RecogniserEvent[]): void {
  const { run } = state;
  if (!run) return;
  if (run.phase === 'over') {
    withdraw(state, 'finishes');
    events.push({ type: 'resume', at: burst.from, confidence: confidence(state.starts) });
  }
  const longest = Math.max(run.longest, burst.work);
  const settle = run.phase === 'over' ? waryOf(run, burst) : run.settle;
  state.run = { from: run.from, to: burst.to, worked: burst.to, longest, settle, phase: 'running' };
}

/** A pause like the one that has just fooled us is waited out from now on, as long as the finish still comes within a minute. */
function waryOf({ to, settle }: RunState, { from }: Burst): number {
  const wanted = (WARY * (from - to)) / SECOND;
  return wanted <= LONGEST_SETTLE ? Math.max(settle, wanted) : settle;
}

function closeBurst(state: PowerState, profile: PowerProfile, burst: Burst, events: RecogniserEvent[]): void {
  const { run, lead } = state;
  const joined = run !== null && burst.to <= run.worked;
  doubtThrottling(state, profile, burst);
  const loss = !joined && isLoss(state, profile, burst);
  const upkeep = loss || (!joined && isUpkeep(state, profile, burst));
  if (loss) learnCooling(state, burst);
  if (upkeep && state.wake) state.wake = { ...state.wake, to: burst.to };
  if (!joined && !upkeep && burst.work >= profile.leadWork && state.warm === null) {
    const from = lead && burst.from - lead.to <= mergeOf(state, profile) ? lead.from : burst.from;
    state.lead = { from, to: burst.to };
  }
  const first = profile.upkeepShare > 0 ? learnPulse(state, pulseOf(state, burst, loss)) : undefined;
  if (joined) learnTrust(state, profile, burst);
  state.lastBurst = burst.to;
  state.burst = null;
  if (first) takeBack(state, first, events);
}

function pulseOf(state: PowerState, burst: Burst, loss: boolean): Pulse {
  const { from, to, active } = burst;
  const pause = state.lastBurst === null ? Number.MAX_SAFE_INTEGER : (from - state.lastBurst) / SECOND;
  return { from, to, active, bare: isBare(burst), pause, loss };
}

/** The newest bursts were keep-warm pulses: what they added to the run in progress is taken off again. */
function takeBack(state: PowerState, first: Pulse, events: RecogniserEvent[]): void {
  const { run } = state;
  state.lead = null;
  if (run?.phase !== 'running' || run.worked < first.from) return;
  if (first.from <= run.from) {
    discard(state, run, events);
    return;
  }
  const end = first.from - first.pause * SECOND;
  events.push({ type: 'finish', at: end, confidence: announce(state, 'finishes') });
  state.run = { ...run, to: end, worked: end, phase: 'over' };
}

/** Something came on in time to belong to the run and may lead into more work. */
function isLeadIn(state: PowerState, profile: PowerProfile, run: RunState, now: number): boolean {
  const { edge } = state;
  return edge !== null && edge - run.to <= mergeOf(state, profile) && now - edge <= LEAD_IN_MS;
}

function judgeQuiet(
  state: PowerState,
  profile: PowerProfile,
  now: number,
  working: boolean,
  events: RecogniserEvent[],
): void {
  const { run } = state;
  if (!run) return;
  const quiet = (now - run.to) / SECOND;
  if (run.phase === 'running' && quiet >= run.settle) {
    events.push({ type: 'finish', at: run.to, confidence: announce(state, 'finishes') });
    state.run = { ...run, phase: 'over' };
    state.wake = { to: run.to, work: upkeepOf(profile, run) };
  } else if (run.phase === 'over' && quiet * SECOND > mergeOf(state, profile) && !working && !isLeadIn(state, profile, run, now)) {
    state.run = null;
  }
}
