/**
 * What people said of actions that were told, or were not. Each word makes one teaching: movements of nearly the same
 * shape have to prove more from now on, or less. A teaching reaches no further than REACH, weighs no more than MOST_SHIFT, is
 * listed with its reason, and goes when the opposite is said of the same movement.
 */
import type { ActionName } from '../../vocabulary/index.js';
import type { Lesson } from '../recogniser.js';

/** What has a forest of its own; raise-cup and put-down go with their sip. */
export type Learned = 'sip' | 'pour' | 'stir';

/** A movement that can still be talked about. */
export interface SeenShape {
  /** Epoch milliseconds. */
  startedAt: number;
  endedAt: number;
  told: Learned | null;
  /** By how much it was above what is asked for, in log odds; below 0 it fell short. */
  over: Partial<Record<Learned, number>>;
  features: number[];
}

export interface Teaching {
  action: Learned;
  /** When the movement was, epoch milliseconds. */
  at: number;
  /** Log odds that are added for the same shape: below 0 it has to prove more. */
  shift: number;
  features: number[];
}

/** Usual differences between movements, feature by feature: the scale on which shapes are near or far. */
export interface Spread {
  cycle: readonly number[];
  rhythm: readonly number[];
}

const MOST_TEACHINGS = 20;
const MOST_TOLD = 16;
const MOST_UNTOLD = 8;
/** What fell short by more than this (log odds) was nothing like it. */
const NEARLY = 6;
/** A teaching changes the same movement's verdict, and by this much more. */
const MARGIN = { none: 1, one: 0.5 };
/** One that was missed must have been near: what asks for much less evidence invites much else. */
export const MOST_SHIFT = { none: 12, one: 3 };
/**
 * A teaching holds in full for shapes up to half as far as this, and not at all beyond: half of one person's sips are
 * further than 1.5 from each other, a sip and a pour are at least 1.1 apart.
 */
const REACH = { none: 1, one: 0.7 };

/** @returns log odds to add for a shape, by what was said of shapes like it */
export function shiftFor(
  taught: readonly Teaching[],
  action: Learned,
  features: readonly number[],
  spread: Spread,
): number {
  let sum = 0;
  for (const teaching of taught) {
    if (teaching.action !== action) continue;
    const reach = teaching.shift > 0 ? REACH.one : REACH.none;
    const away = distance(teaching.features, features, scaleOf(action, spread)) / reach;
    sum += teaching.shift * Math.max(0, Math.min(1, 2 - 2 * away));
  }
  return Math.max(-MOST_SHIFT.none, Math.min(MOST_SHIFT.one, sum));
}

function scaleOf(action: Learned, { cycle, rhythm }: Spread): readonly number[] {
  return action === 'stir' ? rhythm : cycle;
}

/** Root mean square of the differences, each in its usual size. */
function distance(a: readonly number[], b: readonly number[], scale: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < scale.length; i++) sum += (((a[i] as number) - (b[i] as number)) / (scale[i] as number)) ** 2;
  return Math.sqrt(sum / Math.max(1, scale.length));
}

/** Keeps the last movements that were told, and fewer of those that nearly were. */
export function noteShape(seen: readonly SeenShape[], shape: SeenShape): SeenShape[] {
  if (!shape.told && Object.values(shape.over).every((over) => over < -NEARLY)) return seen as SeenShape[];
  const told = shape.told !== null;
  const alike = seen.filter((other) => (other.told !== null) === told);
  const oldest = alike.length >= (told ? MOST_TOLD : MOST_UNTOLD) ? alike[0] : undefined;
  const features = shape.features.map((value) => Math.round(value * 100) / 100 + 0);
  return [...seen.filter((other) => other !== oldest), { ...shape, features }];
}

/**
 * What is taught after one lesson more. A lesson about a movement that is not remembered, or of another kind than those
 * that are learned, changes nothing. The opposite of what was said of the same movement takes that back.
 */
export function learnShape(
  seen: readonly SeenShape[],
  taught: readonly Teaching[],
  lesson: Lesson,
): readonly Teaching[] {
  if (lesson.lesson === 'was-then' || lesson.lesson === 'was-other') return taught;
  const wanted = lesson.lesson === 'was-one';
  if (lesson.action) {
    const action = learnedAs(lesson.action);
    const shape = action && shapeOf(seen, lesson, action, wanted);
    return action && shape ? teach(taught, shape, action, wanted) : taught;
  }
  if (wanted) return taught;
  // The whole activity was none: so was all that was told in it.
  return seen
    .filter(({ told, startedAt, endedAt }) => told && startedAt <= lesson.to && endedAt >= lesson.from)
    .reduce((before, shape) => teach(before, shape, shape.told as Learned, false), taught);
}

function teach(taught: readonly Teaching[], shape: SeenShape, action: Learned, wanted: boolean): readonly Teaching[] {
  const before = taught.find((one) => one.action === action && one.at === shape.startedAt);
  if (before && before.shift > 0 === wanted) return taught;
  if (before) return taught.filter((one) => one !== before);
  const over = shape.over[action] ?? 0;
  const kind = wanted ? 'one' : 'none';
  const size = Math.min(MOST_SHIFT[kind], Math.max(0, wanted ? -over : over) + MARGIN[kind]);
  const shift = Math.round((wanted ? size : -size) * 100) / 100;
  return [...taught, { action, at: shape.startedAt, shift, features: shape.features }].slice(-MOST_TEACHINGS);
}

function learnedAs(action: ActionName): Learned | undefined {
  if (action === 'raise-cup' || action === 'put-down') return 'sip';
  return action === 'sip' || action === 'pour' || action === 'stir' ? action : undefined;
}

/** The movement that shares most of its time with the one that is talked about. */
function shapeOf(
  seen: readonly SeenShape[],
  { from, to }: { from: number; to: number },
  action: Learned,
  wanted: boolean,
): SeenShape | undefined {
  let best: SeenShape | undefined;
  let most = 0;
  for (const shape of seen) {
    if (wanted ? shape.over[action] === undefined : shape.told !== action) continue;
    const common = Math.min(to, shape.endedAt) - Math.max(from, shape.startedAt);
    const share = common / Math.max(1, Math.max(to, shape.endedAt) - Math.min(from, shape.startedAt));
    if (share <= most) continue;
    best = shape;
    most = share;
  }
  return best;
}
