import type { Event } from '../../schema/index.js';

/** Of what somebody was told: undefined in the place of what is no longer so, or not shown to them while they hide. */
export interface Told {
  seq: number;
  event: Event | undefined;
}

/**
 * What somebody reads of what they were told, and where they read on. Who hides is not moved past what they cannot see yet:
 * what is asked of them meanwhile is told when they show themselves again. Where something that they do see came behind it, it is
 * on their list alone.
 * @param told in the order of its numbers @param after where they have read to
 */
export function readOf(
  { discoverable }: { discoverable: number | boolean },
  told: readonly Told[],
  after: number,
): { last: number; events: Event[] } {
  const read = discoverable ? told : told.slice(0, told.findLastIndex(({ event }) => event) + 1);
  return { last: read.at(-1)?.seq ?? after, events: read.flatMap(({ event }) => event ?? []) };
}
