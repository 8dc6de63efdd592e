/** One thing that a lesson changed in a recogniser's memory; without `was` it was not there before, without `is` not after. */
export interface Learned {
  path: string[];
  was?: unknown;
  is?: unknown;
}

type Memory = Record<string, unknown>;

/** What a lesson changed, to take it back later. Plain JSON, and as small as the change. */
export function learnedBetween(before: unknown, after: unknown, path: string[] = []): Learned[] {
  if (before === after) return [];
  if (isMemory(before) && isMemory(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => learnedBetween(own(before, key), own(after, key), [...path, key]));
  }
  return isSame(before, after) ? [] : [changeOf(path, before, after)];
}

/**
 * The memory without a lesson, with all that came since: what is still as the lesson left it becomes what it was, an
 * amount that moved on is moved by as much unless it went back by itself, of a list the same entries leave and come back,
 * and what else has changed stays.
 * @param newer what later lessons changed, the oldest first: they stand
 * @returns the memory, and what the later lessons changed now that this one was none: all of them undone, in whatever
 *   order, leave what was before all of them
 */
export function unlearn<Newer extends readonly Learned[]>(
  memory: unknown,
  learned: readonly Learned[],
  newer: readonly Newer[] = [],
): { memory: unknown; newer: Learned[][] } {
  let current = memory;
  let later: Learned[][] = newer.map((one) => [...one]);
  for (const change of learned) {
    const next = later.flat().find((one) => isSame(one.path, change.path));
    if (next && isSame(next.was, change.is) && !isOfLists(change)) {
      // The next lesson went on from here: what it made of it stands, and goes back to what was before both.
      later = later.map((all) => all.map((one) => (one === next ? changeOf(one.path, change.was, one.is) : one)));
      continue;
    }
    current = changed(current, change.path, change);
    if (!isOfLists(change)) continue;
    const apart = (one: Learned) => changeOf(one.path, without(change, one.was), without(change, one.is));
    later = later.map((all) => all.map((one) => (isSame(one.path, change.path) ? apart(one) : one)));
  }
  return { memory: current, newer: later };
}

function changeOf(path: string[], was: unknown, is: unknown): Learned {
  return { path, ...(was === undefined ? {} : { was }), ...(is === undefined ? {} : { is }) };
}

function changed(now: unknown, [key, ...rest]: readonly string[], change: Learned): unknown {
  if (key === undefined) return back(now, change);
  if (!isMemory(now)) return now;
  const value = changed(own(now, key), rest, change);
  const { [key]: _before, ...others } = now;
  return value === undefined ? others : { ...others, [key]: value };
}

function back(now: unknown, change: Learned): unknown {
  const { was, is } = change;
  if (isSame(now, is)) return was;
  const isAmount = typeof now === 'number' && typeof was === 'number' && typeof is === 'number';
  if (!isAmount) return without(change, now);
  // What has gone most of the way back by itself was measured since.
  return (now - is) / (was - is) > 0.5 ? now : now + was - is;
}

function isOfLists({ was, is }: Learned): boolean {
  return Array.isArray(was) && Array.isArray(is);
}

/** A list without what the lesson put into it, and with what it took out, where that was. */
function without({ was, is }: Learned, now: unknown): unknown {
  if (!Array.isArray(now) || !Array.isArray(was) || !Array.isArray(is)) return now;
  const has = (list: readonly unknown[], one: unknown) => list.some((other) => isSame(other, one));
  const kept = now.filter((one) => !has(is, one) || has(was, one));
  for (const [index, one] of was.entries()) if (!has(is, one) && !has(kept, one)) kept.splice(index, 0, one);
  return kept;
}

/** What a memory holds itself: `__proto__` and `constructor` are names like any other here. */
function own(memory: Memory, key: string): unknown {
  return Object.hasOwn(memory, key) ? memory[key] : undefined;
}

function isMemory(value: unknown): value is Memory {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
