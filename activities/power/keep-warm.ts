import type { PowerProfile } from './profiles.js';
import { type Burst, COOL_AFTER, type KeepWarm, LONGEST_PAUSE, type PowerState, type Pulse } from './state.js';

/** So many pulses alike are a rhythm; brews may lie between them. */
const RHYTHM = 4;
/** And so many, when none of them was more than the machine had lost. */
const SURE_RHYTHM = 3;
/** Longer bursts (in seconds) are never keep-warm pulses, but a hotplate's. */
const LONGEST_PULSE = 40;
/** Pulses alike: none has more than this many times the length of the middle one, nor less than that part of it. */
const LENGTH_ALIKE = 2;
/** The same for the pauses before them, which depend on the room, the cups and the lid. */
const PAUSE_ALIKE = 5;
/** A burst is more than keeping warm with this many times the length of the usual pulse … */
const MORE_THAN_USUAL = 1.8;
/** … and this many times that of the longest of late. */
const MORE_THAN_LONGEST = 1.3;
/** … or with this many times its length … */
const LONG = 1.5;
/** … and this many times what the pulses put back, each for the usual pause. */
const MORE_THAN_LOST = 3;
/** After so many runs without a keep-warm pulse in between, the rhythm is forgotten. */
const FORGET_AFTER = 4;

/** A machine is cold after so many times the pause between two of its pulses. */
const COOL_PAUSES = 2.5;
/** After so many throttled heatings in a row it is known how the machine keeps warm: full power is something else. */
const THROTTLED = 6;
/** A pulse of the heater alone has two edges, and so at most two readings between on and off. */
const EDGES = 2;
/** Seconds of grinder or pump that are more than the edges of a pulse. */
const GRINDING = 3;

/**
 * True when a burst puts no more heat back than such a machine has lost since the one before: so much warmth leaves it
 * while it stands, and no more. What grinds or pumps as well is at work.
 */
export function isLoss(state: PowerState, profile: PowerProfile, burst: Burst, factor = 1): boolean {
  return !keepsWarmThrottled(state) && isSmall(state, profile, burst, factor);
}

/** True once the machine has shown that it keeps warm at less than full power. */
export function keepsWarmThrottled({ warmth }: PowerState): boolean {
  return warmth.throttled >= THROTTLED;
}

function isSmall(state: PowerState, profile: PowerProfile, burst: Burst, factor: number): boolean {
  if (profile.lossWatts === 0 || !mayBePulse(state, profile, burst)) return false;
  const { rested, joules } = burst;
  const hotFor = Math.max(profile.plate?.hotFor ?? 0, state.warmth.coolAfter);
  return rested > profile.hole && rested <= hotFor && joules <= factor * profile.lossWatts * rested;
}

/** A hotplate's pulse may be long; whose are known to be short, brews with it. */
function mayBePulse(state: PowerState, profile: PowerProfile, burst: Burst): boolean {
  if (burst.work > longestPulseOf(profile) || !isBare(burst)) return false;
  return burst.work <= LONGEST_PULSE || !exceedsRhythm(state, burst);
}

/** Seconds; longer bursts only ever do what the appliance is for. */
export function longestPulseOf({ plate }: PowerProfile): number {
  return plate?.longestPulse ?? LONGEST_PULSE;
}

/** A pulse at full power, and it is less sure that the machine keeps warm with less. */
export function doubtThrottling(state: PowerState, profile: PowerProfile, burst: Burst): void {
  const { warmth } = state;
  if (warmth.throttled === 0 || !isSmall(state, profile, burst, 1)) return;
  state.warmth = { ...warmth, throttled: Math.max(0, warmth.throttled - 2) };
}

/**
 * Learns how the machine keeps warm, when a heating begins after a rest: the one before it was throttled when no burst
 * ended with it.
 */
export function learnThrottling(state: PowerState, profile: PowerProfile): void {
  const { lastBurst, burst, warmth } = state;
  const { heated, rested, throttled } = warmth;
  if (heated === null || burst !== null || rested <= profile.hole) return;
  const isThrottled = lastBurst === null || heated - lastBurst > profile.hole * 1000;
  if (isThrottled) state.warmth = { ...warmth, throttled: Math.min(THROTTLED, throttled + 1) };
}

/**
 * Learns from a pulse that put back what was lost how long the pauses are in which the machine is still hot. A small cup
 * looks like such a pulse: without a limit, each would let a later one pass for a pulse as well.
 */
export function learnCooling(state: PowerState, { rested }: Burst): void {
  const { warmth } = state;
  const coolAfter = Math.min(LONGEST_PAUSE, Math.max(COOL_AFTER, COOL_PAUSES * rested, warmth.coolAfter * 0.98));
  state.warmth = { ...warmth, coolAfter };
}

/**
 * True when a burst is no more than the machine's usual keep-warm pulse. One that could begin a run and is somewhat longer
 * is held against the usual pause as well: a thermostat that puts back several times the usual loss has cold water to heat.
 */
export function isKeepWarm(state: PowerState, burst: Burst, what: 'run' | 'part'): boolean {
  const { warm } = state;
  if (!warm || !isBare(burst) || isCold(state, burst.from) || !isUsual(warm, state.interval, burst.active))
    return false;
  const isLong = burst.active > LONG * warm.usual;
  return what === 'part' || !isLong || burst.active * warm.pause <= MORE_THAN_LOST * warm.usual * burst.rested;
}

/** True when the rhythm is known and none of its pulses is as long as a burst. */
export function exceedsRhythm({ warm, interval }: PowerState, { active }: Burst): boolean {
  return warm !== null && !isUsual(warm, interval, active);
}

/** Either may be off by half an interval between two readings at each edge, and so is the usual pulse on average. */
function isUsual({ usual, longest }: KeepWarm, interval: number, active: number): boolean {
  return active - interval / 2 <= Math.max(MORE_THAN_USUAL * usual, MORE_THAN_LONGEST * longest);
}

function isCold({ lastBurst }: PowerState, from: number): boolean {
  return lastBurst !== null && from - lastBurst > LONGEST_PAUSE * 1000;
}

/**
 * Remembers a burst that is over and learns the rhythm of keep-warm pulses from the last few.
 * @returns when a rhythm has just become certain, the first of its pulses that nothing else has followed
 */
export function learnPulse(state: PowerState, profile: PowerProfile, pulse: Pulse): Pulse | undefined {
  if (pulse.active > longestPulseOf(profile) || !pulse.bare) return undefined;
  if (state.warm && isUsual(state.warm, state.interval, pulse.active)) {
    const { usual, longest, pause } = state.warm;
    state.warm = {
      usual: usual + (pulse.active - usual) * 0.1,
      pause: pause + (Math.min(pulse.pause, LONGEST_PAUSE) - pause) * 0.1,
      longest: Math.max(pulse.active, longest + (pulse.active - longest) * 0.02),
      runs: 0,
    };
  }
  state.pulses = [...state.pulses, pulse].slice(-RHYTHM);
  if (state.warm || !isRhythm(state.pulses)) return undefined;
  const lengths = state.pulses.map(({ active }) => active);
  const pauses = state.pulses.slice(1).map(({ pause }) => pause);
  state.warm = { usual: middle(lengths), pause: middle(pauses), longest: Math.max(...lengths), runs: 0 };
  return firstOfRow(state.pulses);
}

/** The first of the newest pulses between which there was nothing else. */
function firstOfRow(pulses: readonly Pulse[]): Pulse | undefined {
  let i = pulses.length - 1;
  while (i > 0 && pulses[i - 1]?.to === (pulses[i] as Pulse).from - (pulses[i] as Pulse).pause * 1000) i--;
  return pulses[i];
}

/** True when the heater alone was on: no grinder before it, no pump after it. */
export function isBare({ aside, active, work }: Burst): boolean {
  return aside <= EDGES || active - work < GRINDING;
}

/** A run was seen; when none of the last few had keep-warm pulses after it, the machine has ceased to keep warm. */
export function forgetRhythm(state: PowerState): void {
  if (!state.warm) return;
  const runs = state.warm.runs + 1;
  state.warm = runs >= FORGET_AFTER ? null : { ...state.warm, runs };
}

function isRhythm(pulses: readonly Pulse[]): boolean {
  if (pulses.length < (pulses.every(({ loss }) => loss) ? SURE_RHYTHM : RHYTHM)) return false;
  const lengths = pulses.map(({ active }) => active);
  const pauses = pulses.slice(1).map(({ pause }) => pause);
  const isSlow = middle(pauses) > 1.5 * middle(lengths) && Math.max(...pauses) <= LONGEST_PAUSE;
  return isSlow && areAlike(lengths, LENGTH_ALIKE) && areAlike(pauses, PAUSE_ALIKE);
}

function areAlike(values: readonly number[], factor: number): boolean {
  const usual = middle(values);
  return values.every((value) => value <= usual * factor && value * factor >= usual);
}

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
