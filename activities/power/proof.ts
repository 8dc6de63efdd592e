import { isBare, keepsWarmThrottled } from './keep-warm.js';
import type { PowerProfile } from './profiles.js';
import type { Burst, PowerState } from './state.js';

/** More standby than this, in watts, is a clock or a display. */
const PLAIN_STANDBY = 1.5;
/** A magnetron loses this share of its power, and once more, as it warms; a resistor follows the mains only. */
const FALL = 0.025;
/** The mains may lose about as much: no more doubts than these come of a fall. */
const MOST_FALLS = 2;
/** Seconds; a plug that reports this often blurs nothing. */
export const PROMPT = 5;
const TRUSTED_CUPS = 2;
/** Each doubt multiplies the energy that must have gone into it by this. */
const DOUBT = 3;
/** … and the power that alone is proof by this: ovens that heat by microwaves draw 1.7 kW at most, with a grill a little more. */
const MORE_WATTS = 1.08;
/** A lamp or fan that was on this recently, in ms, belongs to what is happening now. */
const LAMP_MS = 60_000;

/** True when a burst is enough work to say that a run has begun. */
export function isProof(state: PowerState, profile: PowerProfile, burst: Burst): boolean {
  const { water, longest } = profile;
  if (longest !== undefined && burst.work > longest) return false;
  if (isThrottled(state, profile, burst)) return false;
  if (isLongOn(state, profile, burst)) return true;
  if (burst.work - blur(state, profile) < profile.startWork) return false;
  if (!water || state.cleanCups >= TRUSTED_CUPS) return true;
  const doubts = countDoubts(state, burst);
  const isSure = burst.joules / burst.work >= water.sureWatts * MORE_WATTS ** doubts;
  return isSure || burst.joules >= water.cupJoules * DOUBT ** doubts;
}

/** One heater of two may brew, but one that is throttled keeps warm: without grinder or pump it takes twice the work. */
function isThrottled({ heat }: PowerState, profile: PowerProfile, burst: Burst): boolean {
  const { work, joules } = burst;
  const isLow = Number.isFinite(profile.sustain) && joules < profile.workShare * heat * work;
  return isLow && isBare(burst) && work < 2 * profile.startWork;
}

function isLongOn(state: PowerState, { startOn, startWork }: PowerProfile, burst: Burst): boolean {
  return burst.active - state.interval >= startOn && burst.work >= startWork / 2;
}

/**
 * Seconds that may be missing from a burst because the plug reports seldom: a single reading may have been a short pulse,
 * unless it is known that the machine keeps warm with less.
 */
export function blur(state: PowerState, profile: PowerProfile): number {
  return keepsWarmThrottled(state) ? 0 : profile.blur * Math.max(0, state.interval - PROMPT);
}

/** Two cups boiled with nothing that speaks against it, and the appliance is what its owner says it is. */
export function learnTrust(state: PowerState, profile: PowerProfile, burst: Burst): void {
  if (!profile.water) return;
  const cups = Math.floor(burst.joules / profile.water.cupJoules);
  if (cups > 0) state.cleanCups = countDoubts(state, burst) === 0 ? Math.min(TRUSTED_CUPS, state.cleanCups + cups) : 0;
}

/** What speaks against a bare heating element in water: a clock's standby, a lamp or fan, a level that falls. */
function countDoubts(state: PowerState, burst: Burst): number {
  const standby = state.standby > PLAIN_STANDBY;
  const lamp = state.lamp !== null && burst.from - state.lamp < LAMP_MS;
  return Number(standby) + Number(lamp) + Math.min(MOST_FALLS, fallsOf(burst));
}

/** How often over a magnetron's fall of power is seen. */
function fallsOf({ first, last }: Burst): number {
  return Math.max(0, Math.floor((1 - last / first) / FALL));
}

/** True when a burst that is over has shown what its beginning could not: that its level falls as no resistor's does. */
export function isOven({ water }: PowerProfile, burst: Burst): boolean {
  if (!water || fallsOf(burst) <= MOST_FALLS || burst.joules >= water.cupJoules * DOUBT ** MOST_FALLS) return false;
  return burst.joules / burst.work < water.sureWatts * MORE_WATTS ** MOST_FALLS;
}
