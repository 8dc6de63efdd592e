/** Milliseconds. */
export interface BackOff {
  first: number;
  longest: number;
}

export const DEFAULT_BACK_OFF: BackOff = { first: 5_000, longest: 15 * 60_000 };

/** Nothing waits for longer before it is tried again, whatever became of the clock meanwhile; in milliseconds. */
export const LONGEST_REST = 2 * 60 * 60_000;

/**
 * How long to wait after so many failures in a row: exponential with full jitter, so that many hubs do not come back at
 * the same moment. What the server asked for is never undercut, and gets a tenth of jitter on top.
 * @param failures 1 after the first
 * @param random 0 to 1
 */
export function waitAfter(failures: number, { first, longest }: BackOff, random: number, asked?: number): number {
  if (asked !== undefined) return Math.ceil(asked * (1 + random / 10));
  const ceiling = Math.min(longest, first * 2 ** Math.min(failures - 1, 30));
  return Math.ceil(ceiling * random);
}
