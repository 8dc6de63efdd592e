/**
 * Irons, radiators, ovens and fryers draw as much as a kettle, and as steadily. What gives them away is that they go on:
 * no water takes more heat than it takes to boil, and nobody fetches water as regularly as a thermostat switches.
 */
import { isTaughtAsLong } from './lessons.js';
import { isNear } from './levels.js';
import type { PowerProfile } from './profiles.js';
import type { Burst, PowerState, Sight } from './state.js';

/** What comes more than this later, in ms, is another matter. */
const ROW_MS = 1_200_000;
/** Less than so much of a cup is no fresh water: somebody lets hot water boil up once more, but not three times in a row. */
const NO_CUP = 0.45;
const REBOILS = 2;
/** So many bursts alike, with pauses alike, are no people: none is more than this many times the usual, nor less than that part. */
const ALIKE = 5;
const ALIKE_BY = 1.2;
/** What is more than this many times the greatest of those before it is something else than they were. */
const MORE = 1.8;

/** A kettle that is left open boils until it is empty: two litres take five times the heat that brings them to the boil. */
const BOILED_AWAY = 5;
/** So many boils, each long after any other heat, show that it is a kettle that draws so much here. */
const SHOWN = 2;

type Heat = Pick<Burst, 'joules' | 'work'>;

/** True when a burst has gone on for longer than any kettle of water, and than what its owner has said was one. */
export function isEndless(state: PowerState, profile: PowerProfile, burst: Heat): boolean {
  if (!isMoreThan(1, profile, burst) || isTaughtAsLong(state, burst)) return false;
  return isMoreThan(BOILED_AWAY, profile, burst) || !isShown(state, burst);
}

function isMoreThan(times: number, { longest, water }: PowerProfile, { work, joules }: Heat): boolean {
  return (
    (longest !== undefined && work > times * longest) || (water !== undefined && joules > times * water.mostJoules)
  );
}

/**
 * True when water was boiled here before with the same power, and mostly apart: it is the kettle, and no other appliance in
 * its place. A thermostat's first heating may look like a boil, but pulses follow it.
 */
function isShown({ sights }: PowerState, { work, joules }: Heat): boolean {
  const bursts = sights.filter(({ verdict }) => verdict !== 'part');
  const boils = bursts.filter(
    ({ verdict, watts, rested }) => verdict === 'run' && rested * 1000 > ROW_MS && isNear(watts, joules / work),
  );
  return boils.length >= SHOWN && boils.length > bursts.length / 2;
}

/** What a burst is when it is no kettle's, by how long it is and what came before it. */
export function heaterOf(state: PowerState, profile: PowerProfile, burst: Burst): 'heater' | 'rhythm' | undefined {
  if (!profile.water) return undefined;
  const row = rowBefore(state.sights, burst.from);
  if (isEndless(state, profile, burst) || row.at(-1)?.verdict === 'heater') return 'heater';
  return isReboil(row, profile.water.cupJoules, burst) || isAlike(row, burst) ? 'rhythm' : undefined;
}

/** The last bursts, each of which the next one has followed soon. */
function rowBefore(sights: readonly Sight[], from: number): Sight[] {
  const last = sights.slice(-ALIKE);
  const isApart = (one: Sight, index: number) => (last[index + 1]?.from ?? from) - one.to > ROW_MS;
  return last.slice(last.findLastIndex(isApart) + 1);
}

function isReboil(row: readonly Sight[], cupJoules: number, burst: Burst): boolean {
  const joulesOf = ({ work, watts }: Sight) => work * watts;
  const isCup = (one: Sight) => one.verdict !== 'rhythm' && joulesOf(one) > NO_CUP * cupJoules;
  const small = row.slice(row.findLastIndex(isCup) + 1);
  return small.length >= REBOILS && burst.joules <= MORE * Math.max(...small.map(joulesOf));
}

function isAlike(row: readonly Sight[], burst: Burst): boolean {
  if (row.length < ALIKE) return false;
  const works = row.map(({ work }) => work);
  const pauses = row.map(({ to }, index) => (row[index + 1]?.from ?? burst.from) - to);
  return areAlike(works) && areAlike(pauses) && burst.work <= MORE * Math.max(...works);
}

function areAlike(values: readonly number[]): boolean {
  const usual = Math.sqrt(Math.max(...values) * Math.min(...values));
  return values.every((value) => value <= ALIKE_BY * usual && value * ALIKE_BY >= usual);
}
