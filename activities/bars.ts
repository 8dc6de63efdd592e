import type { Lesson } from './recogniser.js';

/** How much of something a recogniser asks for: what is usual, and between what that may be taught. */
export interface Bar {
  usual: number;
  least: number;
  most: number;
  /** What was wrongly told is passed by this much (decibels); without it by a share, as everything else is. */
  margin?: number;
}
export type Bars = Readonly<Record<string, Bar>>;
/** Where its owner's corrections have moved bars to. Bounded: one number a bar. */
export type Taught = Readonly<Record<string, number>>;

/** Something that was looked at: in which run it was, if in any (by when that began), and how much it was by each bar. */
export interface Sight {
  from: number;
  to: number;
  run: number | null;
  is: Readonly<Record<string, number>>;
}

/** The part of a recogniser's state that corrections are learned from, and into. */
export interface Teachable {
  sights: readonly Sight[];
  taught: Taught;
}

export interface Lessons {
  bars: Bars;
  /** Which bar says how long a pause (s) between these two may be. */
  pauseBetween(a: Sight, b: Sight): string;
  /** What decides whether something still belongs to the run before it, not whether one begins. */
  within?: readonly string[];
}

interface Span {
  from: number;
  to: number;
}

const MOST_SIGHTS = 8;
/** Things alike that are apart by less than this (15 s) are one. */
const SAME_MS = 15_000;
/** What was none asks for so many times as much from now on; what was one, for this share. */
const MORE = 1.35;
const LESS = 0.7;
/** A pause that may be is taught a fifth longer than it was, one that may not a fifth shorter. */
const LONGER = 1.2;
const SHORTER = 0.8;
/** Seconds by which what somebody says may be off, in ms. */
const VAGUE_MS = 30_000;
/** Shorter pauses (3 s) part nothing. */
const PAUSE_MS = 3000;

export const NOTHING_TAUGHT: Teachable = { sights: [], taught: {} };

/** A state that was saved before there were lessons goes on without any. */
export function teachable<State extends Teachable>(state: State): State {
  return state.sights && state.taught ? state : { ...state, ...NOTHING_TAUGHT };
}

export function barOf({ taught }: Teachable, bars: Bars, name: string): number {
  return taught?.[name] ?? (bars[name] as Bar).usual;
}

/** What was not told, and the first of the bars that it was short of: it would be told were that lower. */
export function nearly({ sights, taught }: Teachable, lessons: Lessons): { sight: Sight; short: string }[] {
  return sights.flatMap((sight) => {
    const short = begins(sight, lessons).find(
      (name) => (sight.is[name] as number) < heightOf(taught, name, lessons.bars),
    );
    return sight.run === null && short !== undefined ? [{ sight, short }] : [];
  });
}

/** Remembers one more. The shortest of the older half leaves first. */
export function remember(sights: readonly Sight[], sight: Sight): readonly Sight[] {
  const last = sights.at(-1);
  if (last && isSame(last, sight)) return [...sights.slice(0, -1), joined(last, sight)];
  const next = [...sights, sight];
  if (next.length <= MOST_SIGHTS) return next;
  const older = next.slice(0, MOST_SIGHTS / 2);
  const shortest = older.reduce((least, one) => (one.to - one.from < least.to - least.from ? one : least));
  return next.filter((one) => one !== shortest);
}

function isSame(a: Sight, b: Sight): boolean {
  return b.from - a.to < SAME_MS && Object.keys(a.is).length === 1 && Object.keys(a.is)[0] === Object.keys(b.is)[0];
}

function joined(a: Sight, b: Sight): Sight {
  const [name] = Object.keys(a.is) as [string];
  const most = Math.max(a.is[name] as number, b.is[name] as number);
  return { from: a.from, to: Math.max(a.to, b.to), run: b.run ?? a.run, is: { [name]: most } };
}

/**
 * What is taught after a lesson: as few bars as it takes are moved, each so far that the same thing would be judged as its
 * owner says, and no further. Where that would lose what was told and stood, or would take a bar out of its bounds, nothing is
 * learned: then the very same object comes back.
 * @param sights what is remembered, with what still goes on
 */
export function learnBars({ sights, taught }: Teachable, lesson: Lesson, lessons: Lessons): Taught {
  if (lesson.lesson === 'was-one') return learnOne(sights, taught, lesson, lessons);
  if (lesson.lesson === 'was-then') return learnThen(sights, taught, lesson, lessons);
  return learnNone(sights, taught, lesson, lessons);
}

function learnOne(sights: readonly Sight[], taught: Taught, span: Span, lessons: Lessons): Taught {
  const [missed] = sights
    .filter((one) => common(one, span) > -VAGUE_MS)
    .sort((a, b) => common(b, span) - common(a, span));
  return missed ? lowered(taught, missed, begins(missed, lessons), lessons.bars) : taught;
}

function learnNone(sights: readonly Sight[], taught: Taught, span: Span, lessons: Lessons): Taught {
  const wrong = sights.filter((one) => one.run !== null && common(one, span) >= 0);
  const others = sights.filter((one) => !wrong.includes(one) && one.run !== null);
  const stood = [...new Set(others.map(({ run }) => run))].map((run) => others.filter((one) => one.run === run));
  let next = taught;
  for (const sight of wrong) {
    if (!passes(sight, next, lessons)) continue;
    const raised = begins(sight, lessons)
      .map((name) => raise(next, name, sight.is[name] as number, lessons.bars))
      .find((one) => one && stood.every((run) => !anyPasses(run, taught, lessons) || anyPasses(run, one, lessons)));
    if (!raised) return taught;
    next = raised;
  }
  return next;
}

interface Moved {
  was(sight: Sight): boolean;
  is(sight: Sight): boolean;
}

/** The pauses that were bridged or not, and what came into the run or left it without one. */
function learnThen(
  sights: readonly Sight[],
  taught: Taught,
  { before, from, to }: Lesson & { lesson: 'was-then' },
  lessons: Lessons,
): Taught {
  const inOrder = [...sights].sort((a, b) => a.from - b.from);
  const moved: Moved = { was: (one) => isIn(one, before), is: (one) => isIn(one, { from, to }) };
  const { next, parted } = learnPauses(inOrder, taught, moved, lessons);
  return inOrder.filter((one) => !parted.has(one)).reduce((sofar, one) => learnMoved(one, sofar, moved, lessons), next);
}

function learnPauses(
  sights: readonly Sight[],
  taught: Taught,
  { was, is }: Moved,
  lessons: Lessons,
): { next: Taught; parted: Set<Sight> } {
  let next = taught;
  const parted = new Set<Sight>();
  for (const [index, b] of sights.entries()) {
    const a = sights[index - 1];
    if (!a || b.from - a.to < PAUSE_MS || !(is(a) || is(b))) continue;
    const isOne = is(a) && is(b);
    if (isOne === (was(a) && was(b))) continue;
    const repaused = withPause(next, lessons.pauseBetween(a, b), (b.from - a.to) / 1000, isOne, lessons.bars);
    if (repaused !== next && !isOne) parted.add(is(a) ? b : a);
    next = repaused;
  }
  return { next, parted };
}

function learnMoved(sight: Sight, taught: Taught, { was, is }: Moved, lessons: Lessons): Taught {
  const inside = (lessons.within ?? []).filter((name) => name in sight.is);
  if (!was(sight) && is(sight)) {
    return lowered(taught, sight, inside.length > 0 ? inside : begins(sight, lessons), lessons.bars);
  }
  if (!was(sight) || is(sight)) return taught;
  return inside.map((name) => raise(taught, name, sight.is[name] as number, lessons.bars)).find(Boolean) ?? taught;
}

/** The bars that decide whether a run begins with it. */
function begins(sight: Sight, { within = [] }: Lessons): string[] {
  return Object.keys(sight.is).filter((name) => !within.includes(name));
}

function passes(sight: Sight, taught: Taught, lessons: Lessons): boolean {
  return begins(sight, lessons).every((name) => (sight.is[name] as number) >= heightOf(taught, name, lessons.bars));
}

function anyPasses(sights: readonly Sight[], taught: Taught, lessons: Lessons): boolean {
  return sights.some((one) => passes(one, taught, lessons));
}

function heightOf(taught: Taught, name: string, bars: Bars): number {
  return taught[name] ?? (bars[name] as Bar).usual;
}

/** The bars below what was missed; all of them, or nothing. */
function lowered(taught: Taught, sight: Sight, names: readonly string[], bars: Bars): Taught {
  const short = names.filter((name) => (sight.is[name] as number) < heightOf(taught, name, bars));
  const moved = short.map((name): [string, number] => {
    const { least, margin } = bars[name] as Bar;
    const value = sight.is[name] as number;
    return [name, Math.max(least, rounded(margin === undefined ? LESS * value : value - margin))];
  });
  const isEnough = moved.every(([name, height]) => height <= (sight.is[name] as number));
  return moved.length > 0 && isEnough ? { ...taught, ...Object.fromEntries(moved) } : taught;
}

function raise(taught: Taught, name: string, value: number, bars: Bars): Taught | undefined {
  const { most, margin } = bars[name] as Bar;
  const height = rounded(margin === undefined ? MORE * value : value + margin);
  return height <= most && height > heightOf(taught, name, bars) ? { ...taught, [name]: height } : undefined;
}

function withPause(taught: Taught, name: string, seconds: number, isOne: boolean, bars: Bars): Taught {
  const { least, most } = bars[name] as Bar;
  const height = rounded(seconds * (isOne ? LONGER : SHORTER));
  const now = heightOf(taught, name, bars);
  const isNeeded = isOne ? now <= seconds : now >= seconds;
  return isNeeded && height >= least && height <= most ? { ...taught, [name]: height } : taught;
}

function common(a: Span, b: Span): number {
  return Math.min(a.to, b.to) - Math.max(a.from, b.from);
}

function isIn({ from, to }: Span, span: Span): boolean {
  const middle = (from + to) / 2;
  return middle >= span.from && middle <= span.to;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100 + 0;
}
