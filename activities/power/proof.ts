import { isBare, keepsWarmThrottled } from './keep-warm.js';
import type { PowerProfile } from './profiles.js';
import type { Burst, PowerState, RunState } from './state.js';

type Water = NonNullable<PowerProfile['water']>;
type Heat = Pick<Burst, 'joules' | 'work'>;

/** More standby than this, in watts, is a clock or a display. */
const PLAIN_STANDBY = 1.5;
/** A magnetron loses this share of its power, and once more, as it warms; a resistor follows the mains only. */
const FALL = 0.022;
/** The mains may lose about as much: no more doubts than these come of a fall. */
const MOST_FALLS = 2;
/** Seconds of work that a bare heater must have done when it is throttled: keep-warm pulses take up to 24 s. */
const THROTTLED_WORK = 26;
/** Seconds; a plug that reports this often blurs nothing. */
export const PROMPT = 5;
const TRUSTED_CUPS = 2;
/** A clock's standby is half a doubt: every oven has one, and so have kettles that can be told a temperature. */
const CLOCK = 0.5;
/** Each doubt multiplies the energy that must have gone into it by this. */
const DOUBT = 3;
/** … and the power that alone is proof by this: ovens that heat by microwaves draw 1.7 kW at most, with a grill a little more. */
const MORE_WATTS = 1.08;
/** A lamp or fan that is still on so long after, in ms, is no meter that averages. */
const AFTERGLOW_MS = 20_000;
/** A lamp or fan that was on this recently, in ms, belongs to what is happening now. */
const LAMP_MS = 60_000;

/** True when a burst is enough work to say that a run has begun. */
export function isProof(state: PowerState, profile: PowerProfile, burst: Burst): boolean {
  const { water } = profile;
  if (isThrottled(state, profile, burst)) return false;
  if (isLongOn(state, profile, burst)) return true;
  if (burst.work - blur(state, profile) < profile.startWork) return false;
  if (!water || state.cleanCups >= TRUSTED_CUPS) return true;
  return heatsWater(water, burst, countDoubts(state, burst));
}

/** The weaker a heater, the more there is in a household that heats like it, and the more energy it takes to be sure. */
function heatsWater(water: Water, { joules, work }: Heat, doubts: number): boolean {
  const watts = joules / work;
  if (watts >= water.sureWatts * MORE_WATTS ** doubts) return true;
  return joules >= water.cupJoules * DOUBT ** doubts * (water.sureWatts / watts);
}

/** One heater of two may brew, but one that is throttled keeps warm: without grinder or pump it takes longer. */
function isThrottled({ heat }: PowerState, profile: PowerProfile, burst: Burst): boolean {
  const { work, joules } = burst;
  const isLow = Number.isFinite(profile.sustain) && joules < profile.workShare * heat * work;
  return isLow && isBare(burst) && work < THROTTLED_WORK;
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
  return CLOCK * Number(standby) + Number(lamp) + Math.min(MOST_FALLS, fallsOf(burst));
}

/** How often over a magnetron's fall of power is seen. */
function fallsOf({ first, last }: Burst): number {
  return Math.max(0, Math.floor((1 - last / first) / FALL));
}

/** True when a burst that is over has shown what its beginning could not: that its level falls as no resistor's does. */
export function isOven({ water }: PowerProfile, burst: Burst): boolean {
  return water !== undefined && fallsOf(burst) > MOST_FALLS && !heatsWater(water, burst, MOST_FALLS);
}

/**
 * Whether lamp or fan go on after the run's last work, where what it was is not sure enough to stand that doubt.
 * @returns undefined while they do and that may still be a meter that averages
 */
export function glowsOn(state: PowerState, { water }: PowerProfile, run: RunState, now: number): boolean | undefined {
  const { lamp, at, sights } = state;
  if (!water || lamp === null || lamp <= run.worked) return false;
  const bursts = sights.filter(({ from }) => from >= run.from);
  if (bursts.some(({ work, watts }) => heatsWater(water, { work, joules: work * watts }, 1))) return false;
  if (lamp >= run.worked + AFTERGLOW_MS) return true;
  if (lamp !== at) return false;
  // It is still on as far as is known: the next reading will tell, if one comes.
  return now >= run.worked + 2 * AFTERGLOW_MS || undefined;
}
