/**
 * Irons, radiators, ovens and fryers draw as much as a kettle, and as steadily. What gives them away is that they go on:
 * no water takes more heat than it takes to boil, and nobody fetches water as regularly as a thermostat switches.
 */
import { isTaughtAsLong } from './lessons.js';
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

type Heat = Pick<Burst, 'joules' | 'work'>;

/** True when a burst has gone on for longer than any kettle of water, and than what its owner has said was one. */
export function isEndless(state: PowerState, { longest, water }: PowerProfile, { work, joules }: Heat): boolean {
  const isMore = (longest !== undefined && work > longest) || (water !== undefined && joules > water.mostJoules);
  return isMore && !isTaughtAsLong(state, { work });
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
