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
  if (isSame(before, after)) return [];
  return [{ path, ...(before === undefined ? {} : { was: before }), ...(after === undefined ? {} : { is: after }) }];
}

/**
 * The memory without a lesson, with all that came since: what is still as the lesson left it becomes what it was, an
 * amount that moved on is moved by as much, and what else has changed since stays.
 */
export function unlearn(memory: unknown, learned: readonly Learned[]): unknown {
  return learned.reduce((current, { path, was, is }) => changed(current, path, was, is), memory);
}

function changed(now: unknown, [key, ...rest]: readonly string[], was: unknown, is: unknown): unknown {
  if (key !== undefined) {
    if (!isMemory(now)) return now;
    const value = changed(own(now, key), rest, was, is);
    const { [key]: _before, ...others } = now;
    return value === undefined ? others : { ...others, [key]: value };
  }
  if (isSame(now, is)) return was;
  const isAmount = typeof now === 'number' && typeof was === 'number' && typeof is === 'number';
  return isAmount ? now + was - is : now;
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
