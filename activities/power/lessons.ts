import { tenths } from '../explanation.js';
import type { Lesson } from '../recogniser.js';
import { withdraw } from './confidence.js';
import { isBare } from './keep-warm.js';
import type { PowerProfile } from './profiles.js';
import type { Burst, PowerState, Sight, Teaching, Verdict } from './state.js';

/** So many bursts of late are remembered, and so many teachings. */
const MOST_SIGHTS = 8;
const MOST_TEACHINGS = 6;
/** A burst that was none asks for so many times its work of those like it; one that was, for this share of it. */
const MORE = 1.35;
const LESS = 0.7;
/** Seconds; a burst of more work is not blocked by one word alone: it may have been a cleaning. */
const LONG = 45;
/** So often it must be said before it counts; of those alike no more are kept. */
const ENOUGH = 2;
/** What rested for more than twice as long is another matter: a machine that was off heats up. */
const REST_ALIKE = 2;
const SHORTEST_REST = 420;
/** The pause within a run may be learned between these times the profile's. */
const LEAST_MERGE = 0.3;
const MOST_MERGE = 2.5;
/** Seconds by which what somebody says may be off. */
const VAGUE_MS = 30_000;
/** Seconds; a rest is not told apart from longer ones. */
const LONG_AGO = 86_400;

interface Looks {
  work: number;
  rested: number;
  bare: boolean;
}

/** What its owner has said of bursts like this one: whether they are runs, or parts of the run before them. */
export function isTaught(state: PowerState, what: 'run' | 'part', burst: Looks): boolean | undefined {
  for (const teaching of state.taught) {
    if (teaching.is === what && isAsMuch(teaching, burst)) return true;
    if (teaching.is === 'none' && isNoMore(state, teaching, burst)) return false;
  }
  return undefined;
}

/** True when its owner has said of one about as long, or longer, that it was a run. */
export function isTaughtAsLong({ taught }: PowerState, { work }: Pick<Burst, 'work'>): boolean {
  return taught.some((one) => one.is === 'run' && work <= MORE * one.work);
}

function isAsMuch(teaching: Teaching, { work, rested, bare }: Looks): boolean {
  return (
    work >= LESS * teaching.work &&
    (teaching.bare || !bare) &&
    rested >= Math.min(teaching.rested, SHORTEST_REST) / REST_ALIKE
  );
}

/** False where its owner must say so once more before it counts. */
function isBelieved(taught: readonly Teaching[], one: Teaching): boolean {
  return one.is !== 'none' || one.work <= LONG || taught.filter((other) => isLike(other, one)).length >= ENOUGH;
}

/** What its owner has taught, the newest of those alike, and how often each was said. */
export function sayingsOf({ taught }: PowerState): (Teaching & { times: number; isBelieved: boolean })[] {
  const newest = taught.filter((one, index) => !taught.slice(0, index).some((newer) => isLike(newer, one)));
  return newest.map((one) => {
    const times = taught.filter((other) => isLike(other, one)).length;
    return { ...one, times, isBelieved: isBelieved(taught, one) };
  });
}

function isNoMore({ taught }: PowerState, teaching: Teaching, { work, rested, bare }: Looks): boolean {
  if (!isBelieved(taught, teaching)) return false;
  const isSoonEnough = rested <= REST_ALIKE * Math.max(teaching.rested, SHORTEST_REST);
  return work <= MORE * teaching.work && (bare || !teaching.bare) && isSoonEnough;
}

/** Remembers a burst that is over, and what it was taken for. The smallest of the older half leaves first. */
export function remember(state: PowerState, sight: Sight): void {
  const sights = [...state.sights, sight];
  if (sights.length > MOST_SIGHTS) {
    const older = sights.slice(0, MOST_SIGHTS / 2);
    sights.splice(older.indexOf(older.reduce((least, one) => (one.work < least.work ? one : least))), 1);
  }
  state.sights = sights;
}

/**
 * The state after its owner's lesson. At most six teachings are kept, the newest first; one takes an opposite one away.
 * Each says no more than: bursts like this one are a run, a part of the run before them, or neither.
 */
export function learn(state: PowerState, profile: PowerProfile, lesson: Lesson): PowerState {
  if ('action' in lesson && lesson.action) return state;
  const next = { ...state };
  if (lesson.lesson === 'was-none') learnNone(next, lesson);
  else if (lesson.lesson === 'was-one') learnOne(next, lesson);
  else if (lesson.lesson === 'was-then') learnThen(next, profile, lesson);
  return next;
}

interface Span {
  from: number;
  to: number;
}

function seenIn({ sights, burst }: PowerState, { from, to }: Span): Sight[] {
  const open = burst ? [sightOf(burst, 'run')] : [];
  return [...sights, ...open].filter((one) => one.from <= to + VAGUE_MS && one.to >= from - VAGUE_MS);
}

/** What is remembered of a burst. */
export function sightOf(burst: Burst, verdict: Verdict): Sight {
  const { from, to, work, joules, rested } = burst;
  const watts = Math.round(joules / Math.max(work, 0.1)) || 0; // JSON knows no -0
  return {
    from,
    to,
    work: tenths(work),
    watts,
    rested: tenths(Math.min(rested, LONG_AGO)),
    bare: isBare(burst),
    verdict,
  };
}

function learnNone(state: PowerState, span: Span): void {
  const sights = seenIn(state, span);
  const began = sights.find(({ verdict }) => verdict === 'run') ?? greatest(sights);
  if (began) teach(state, 'none', began);
  withdraw(state, 'starts');
  // What was taken for boiled water may have been none either.
  state.cleanCups = 0;
  const { run } = state;
  if (!run || run.from > span.to + VAGUE_MS || run.to < span.from - VAGUE_MS) return;
  state.run = { ...run, dismissed: true };
  if (state.burst) state.burst = { ...state.burst, ignored: true };
}

function learnOne(state: PowerState, span: Span): void {
  const missed = greatest(seenIn(state, span).filter(({ verdict }) => verdict !== 'run' && verdict !== 'part'));
  if (missed) teach(state, 'run', missed);
  else learnHeat(state, span);
}

/** Where nothing worked, but something was on: what was learned is too high. Where nothing was on, nothing shows that. */
function learnHeat(state: PowerState, span: Span): void {
  const there = state.faint.filter((one) => one.from < span.to && one.to > span.from);
  if (there.length > 0) state.heat = Math.min(state.heat, Math.max(...there.map(({ watts }) => watts)));
}

function learnThen(state: PowerState, profile: PowerProfile, lesson: Lesson & { lesson: 'was-then' }): void {
  const { before, from, to } = lesson;
  const whole = { from: Math.min(before.from, from), to: Math.max(before.to, to) };
  for (const sight of seenIn(state, whole)) {
    const middle = (sight.from + sight.to) / 2;
    const was = middle >= before.from && middle <= before.to;
    const is = middle >= from && middle <= to;
    if (was && !is) teach(state, 'none', sight);
    if (is && !was) teach(state, 'part', sight);
  }
  learnMerge(state, profile, lesson);
}

/** An end that was moved over a pause says how long a pause within a run may be. */
function learnMerge(state: PowerState, profile: PowerProfile, { before, to }: Lesson & { lesson: 'was-then' }): void {
  const later = seenIn(state, { from: Math.min(before.to, to), to: Math.max(before.to, to) }).filter(
    (one) => one.from > Math.min(before.to, to) - VAGUE_MS / 6,
  );
  const first = later[0];
  if (!first || Math.abs(before.to - to) < VAGUE_MS / 3) return;
  const pause = (first.from - Math.min(before.to, to)) / 1000;
  const merge = state.merge ?? profile.merge;
  const wanted = to > before.to ? Math.max(merge, pause + 10) : merge;
  state.merge = Math.min(MOST_MERGE * profile.merge, Math.max(LEAST_MERGE * profile.merge, wanted));
}

/** Each word is remembered by itself, so that one can be taken back and the other stands. */
function teach(state: PowerState, is: Teaching['is'], { work, rested, bare }: Sight): void {
  const { taught } = state;
  const one = { is, work, rested, bare, said: 1 + Math.max(0, ...taught.map(({ said }) => said)) };
  const alike = taught.filter((other) => isLike(other, one)).slice(ENOUGH - 1);
  const others = taught.filter((other) => !isOpposite(other, one) && !alike.includes(other));
  state.taught = [one, ...others].slice(0, MOST_TEACHINGS);
}

function isLike(one: Teaching, other: Teaching): boolean {
  return one.is === other.is && isOfSame(one, other);
}

function isOpposite(one: Teaching, other: Teaching): boolean {
  return (one.is === 'none') !== (other.is === 'none') && isOfSame(one, other);
}

function isOfSame(one: Teaching, other: Teaching): boolean {
  return one.bare === other.bare && isAbout(one.work, other.work);
}

function isAbout(a: number, b: number): boolean {
  return a <= 1.6 * b && b <= 1.6 * a;
}

function greatest(sights: readonly Sight[]): Sight | undefined {
  return sights.length === 0 ? undefined : sights.reduce((most, one) => (one.work > most.work ? one : most));
}
