import { isBare, keepsWarmThrottled } from './keep-warm.js';
import type { PowerProfile } from './profiles.js';
import type { Burst, PowerState } from './state.js';

/** More standby than this, in watts, is a clock or a display. */
const PLAIN_STANDBY = 1.5;
/** A magnetron loses this share of its power, and once more, as it warms; a resistor follows the mains only. */
const FALL = 0.025;
/** Seconds; a plug that reports this often blurs nothing. */
export const PROMPT = 5;
const TRUSTED_CUPS = 2;
/** Each doubt multiplies the energy that must have gone into it by this. */
const DOUBT = 3;
/** A lamp or fan that was on this recently, in ms, belongs to what is happening now. */
const LAMP_MS = 60_000;

/** True when a burst is enough work to say that a run has begun. */
export function isProof(state: PowerState, profile: PowerProfile, burst: Burst): boolean {
  const { water, longest } = profile;
  if (longest !== undefined && burst.work > longest) return false;
  if (isThrottled(state, profile, burst)) return false;
  if (isLongOn(state, profile, burst)) return true;
  if (burst.work - blur(state, profile) < profile.startWork) return false;
  if (!water || state.cleanCups >= TRUSTED_CUPS || burst.joules / burst.work >= water.sureWatts) return true;
  return burst.joules >= water.cupJoules * DOUBT ** countDoubts(state, burst);
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
export function countDoubts(state: PowerState, burst: Burst): number {
  const standby = state.standby > PLAIN_STANDBY;
  const lamp = state.lamp !== null && burst.from - state.lamp < LAMP_MS;
  const fall = Math.floor((1 - burst.last / burst.first) / FALL);
  return Number(standby) + Number(lamp) + Math.min(2, Math.max(0, fall));
}
