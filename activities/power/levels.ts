import type { PowerProfile } from './profiles.js';
import type { PowerState } from './state.js';

/** Share of the heating level above standby at which something (a pump, a grinder, a lamp) is on. */
const EDGE_SHARE = 0.03;
/** An idle level above this share of the heating level is none. */
const STANDBY_SHARE = 0.1;

/** True when so many watts are the appliance doing what it is for. */
export function isWork(state: PowerState, profile: PowerProfile, watts: number): boolean {
  return watts - state.standby >= Math.max(profile.floorWatts, profile.workShare * state.heat);
}

/** True when the appliance does anything at all. */
export function isOn(state: PowerState, profile: PowerProfile, watts: number): boolean {
  return watts - state.standby >= Math.max(Math.min(profile.floorWatts, 30), EDGE_SHARE * state.heat);
}

/** Learns from the watts that held until now and the next ones: the lower of both is a level, the higher may be inrush. */
export function learnLevels(state: PowerState, profile: PowerProfile, watts: number): void {
  const level = Math.min(state.watts, watts);
  if (level >= profile.floorWatts) {
    if (level > state.heat) state.heat = level;
  } else if (watts < Math.max(10, STANDBY_SHARE * state.heat)) {
    // Down at once, up slowly: a minute of 10 W is no reason to forget that the appliance can be at 2 W.
    state.standby += (watts - state.standby) * (watts < state.standby ? 0.5 : 0.002);
  }
}
