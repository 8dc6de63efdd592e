/** First bound of the wait, in milliseconds. */
export const BASE_MS = 1000;
const CAP_MS = 60_000;

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
