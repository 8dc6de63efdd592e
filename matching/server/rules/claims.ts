import { type Interval, minuteOf } from './time.js';

/**
 * For how many minutes after a window it can still be claimed: as long as the longest window lasts. Hubs that were away
 * for longer find friends in it, and no strangers.
 */
const IN_TIME_MINUTES = 15;

/**
 * The minutes of a span in which its owner sees strangers: those that they told of in time, at once or ahead. Without this
 * rule an activity that is invented after the fact would open everybody's past day. See docs/decisions/0012.
 * @param earlier what was claimed of it before, in time
 * @param now when it is told, epoch milliseconds
 * @returns one stretch, the longest there is; an empty one when nothing was told in time
 */
export function claimedOf(span: Interval, earlier: readonly Interval[], now: number): Interval {
  const inTime = { from: minuteOf(now) - IN_TIME_MINUTES, to: Number.POSITIVE_INFINITY };
  let longest = { from: span.from, to: span.from };
  let open: Interval | undefined;
  for (const one of [...earlier, inTime].sort((a, b) => a.from - b.from)) {
    const piece = { from: Math.max(one.from, span.from), to: Math.min(one.to, span.to) };
    if (piece.from >= piece.to) continue;
    open = open && piece.from <= open.to ? { from: open.from, to: Math.max(open.to, piece.to) } : piece;
    if (open.to - open.from > longest.to - longest.from) longest = open;
  }
  return longest;
}
