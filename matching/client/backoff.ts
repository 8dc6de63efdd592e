/** First bound of the wait, in milliseconds. */
export const BASE_MS = 1000;
const CAP_MS = 60_000;
/** Fewest and most first bounds before a token that is not known is shown again. */
const SELDOM = { from: 900, to: 3600 };

/**
 * How long to wait before the next try, with full jitter: anything from nothing to a bound that doubles up to a minute,
 * so that many hubs do not come back at the same moment.
 * @param tries how many failed in a row, from 1
 * @param random 0 to 1
 * @returns milliseconds
 */
export function backoffMs(tries: number, random: number, baseMs = BASE_MS): number {
  return Math.round(random * Math.min(CAP_MS, baseMs * 2 ** Math.min(tries - 1, 16)));
}

/**
 * How long to wait before a token that the endpoint does not know is shown to it again: 15 minutes to an hour. Its store may be
 * back by then, and one that never will be is asked for little.
 * @param random 0 to 1
 * @returns milliseconds
 */
export function seldomMs(random: number, baseMs = BASE_MS): number {
  return Math.round(baseMs * (SELDOM.from + random * (SELDOM.to - SELDOM.from)));
}
