import type { PowerProfile } from './profiles.js';
import { PROMPT } from './proof.js';
import type { PowerState } from './state.js';

/** Share of the heating level above standby at which something (a pump, a grinder, a lamp) is on. */
const EDGE_SHARE = 0.02;
/** An idle level above this share of the heating level is none. */
const STANDBY_SHARE = 0.1;

/** A lamp, a fan or a turntable draws more than this many watts, and less than this share of the heating level. */
const LAMP_WATTS = 8;
const LAMP_SHARE = 0.2;

/** What the plug said last has held when it says nothing else for so many of its usual intervals, and for so long (in ms) … */
const HELD_INTERVALS = 2;
const HELD_MS = 10_000;
/** … where its readings may be trusted for so long, in ms: it tells of changes, and was silent for minutes without one. */
const TELLS_CHANGES_MS = 180_000;

/** One of two heaters has at least this share of the power of both; less is a heater that is throttled to keep warm. */
const ONE_OF_TWO = 0.4;

/** What is no work and stays within so many watts, or a tenth, for so long is the background of what follows. */
const STILL_WATTS = 5;
const STILL_MS = 60_000;
/** Where all that is on is work, only what stays within so many watts, or a tenth, may turn out to be a standby. */
const STEADIER_WATTS = 3;

/** A level too low for work that holds for this long is the heating level after all. */
const STEADY_MS = 120_000;

/** So many stretches that were no work are remembered. */
const MOST_FAINT = 8;

/** True when so many watts are the appliance doing what it is for. */
export function isWork(state: PowerState, profile: PowerProfile, watts: number): boolean {
  const over = watts - state.standby;
  if (over < profile.floorWatts) return false;
  return over >= profile.workShare * state.heat || (state.steady?.work === true && isNear(watts, state.steady.watts));
}

/** True when the appliance does anything at all. */
export function isOn(state: PowerState, profile: PowerProfile, watts: number): boolean {
  return watts - state.standby >= Math.max(Math.min(profile.floorWatts, 30), EDGE_SHARE * state.heat);
}

/** True when the newest reading has held until then: a plug that tells of changes would have said if it had not. */
export function isHeld({ at, interval, reach }: PowerState, until: number): boolean {
  if (at === null || reach <= TELLS_CHANGES_MS) return false;
  return until - at > Math.max(HELD_MS, HELD_INTERVALS * interval * 1000);
}

/** A plug that tells of changes shows a lamp once, and then is silent. */
export function noteLamp(state: PowerState, profile: PowerProfile, until: number): void {
  if (isHeld(state, until) && isLamp(state, profile, state.watts)) state.lamp = until;
}

/**
 * Learns from the watts that held until now and the next ones: the lower of both is a level, the higher may be inrush.
 * @param before when the reading before this one was made
 */
export function learnLevels(state: PowerState, profile: PowerProfile, before: number, watts: number): void {
  const level = Math.min(state.watts, watts);
  if (state.interval > PROMPT) learnPeak(state, profile, watts);
  if (isLamp(state, profile, watts)) state.lamp = state.at;
  // Where all that is on is work, as in a washing machine, nothing is background so soon; see standby.ts.
  if (profile.workShare === 0) stillFor(state, watts, STEADIER_WATTS);
  if (level >= profile.floorWatts) {
    learnHeat(state, profile, isNear(state.watts, level) ? before : (state.at ?? 0), level);
    if (!isWork(state, profile, level)) noteFaint(state, profile, before, level);
    return;
  }
  state.steady = null;
  if (profile.workShare > 0 && isBackground(state, profile, watts)) state.standby = watts;
  else if (watts < Math.max(10, STANDBY_SHARE * state.heat)) {
    // Down at once, up slowly: a minute of 10 W is no reason to forget that the appliance can be at 2 W.
    state.standby += (watts - state.standby) * (watts < state.standby ? 0.5 : 0.002);
  } else if (watts < state.standby) state.standby += (watts - state.standby) * 0.5;
}

/** A plug that reports seldom may never show full power twice in a row: two readings alike, whenever they come, do as well. */
function learnPeak(state: PowerState, profile: PowerProfile, watts: number): void {
  if (watts < profile.floorWatts || watts <= state.heat || isNear(watts, state.heat)) return;
  if (state.peak > 0 && isNear(watts, state.peak)) {
    state.heat = Math.min(watts, state.peak);
    state.steady = null;
  }
  state.peak = watts;
}

/**
 * True when something else on the plug (a refrigerator, a lamp, a warming plate) has drawn about so many watts for longer
 * than anything that leads into work or follows it: for now the appliance works on top of that.
 */
function isBackground(state: PowerState, profile: PowerProfile, watts: number): boolean {
  const held = stillFor(state, watts, STILL_WATTS);
  return watts < profile.floorWatts && held >= STILL_MS;
}

/** For how long (ms) about so many watts have been drawn, give or take `within`, or a tenth. */
function stillFor(state: PowerState, watts: number, within: number): number {
  const { still } = state;
  const at = state.at ?? 0;
  if (still && Math.abs(watts - still.watts) <= Math.max(within, 0.1 * still.watts)) return at - still.since;
  state.still = { watts, since: at };
  return 0;
}

/**
 * The heating level is the highest seen. A lower one that is held without a break is work as well: one of two heaters.
 * One that is held for long takes the place of the highest, because the appliance or its mode is another.
 */
function learnHeat(state: PowerState, profile: PowerProfile, since: number, level: number): void {
  const at = state.at ?? 0;
  const { steady } = state;
  if (level >= state.heat || level - state.standby >= profile.workShare * state.heat) {
    state.heat = Math.max(state.heat, level);
    state.steady = null;
  } else if (!steady || !isNear(level, steady.watts)) {
    // The reading before this one was at that level already.
    state.steady = { watts: level, since, work: false, aside: Math.max(0, state.aside - 1) };
  } else if (at - steady.since > STEADY_MS) {
    state.heat = level;
    state.steady = null;
  } else if (!steady.work && level >= ONE_OF_TWO * state.heat && at - steady.since >= profile.sustain * 1000) {
    state.steady = { ...steady, work: true };
  }
}

/** Its owner may say that it was work: then the heating level is too high, another appliance's or a glitch. */
function noteFaint(state: PowerState, profile: PowerProfile, before: number, watts: number): void {
  if (watts - state.standby < profile.floorWatts) return;
  const to = state.at ?? before;
  const last = state.faint.at(-1);
  const from = to - before <= state.reach ? before : to;
  const isSame = last !== undefined && last.to >= from;
  const now = isSame ? { from: last.from, to, watts: Math.max(last.watts, watts) } : { from, to, watts };
  state.faint = [...(isSame ? state.faint.slice(0, -1) : state.faint), now].slice(-MOST_FAINT);
}

function isLamp(state: PowerState, profile: PowerProfile, watts: number): boolean {
  const lower = Math.min(state.watts, watts);
  const higher = Math.max(state.watts, watts);
  return lower - state.standby >= LAMP_WATTS && higher < LAMP_SHARE * Math.max(state.heat, profile.floorWatts);
}

/** True when two powers are those of the same heater, whatever the mains. */
export function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= 0.1 * b;
}
