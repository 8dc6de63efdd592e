import type { Explanation } from './explanation.js';
import type { TrackerOptions } from './tracker.js';
import type { TrackerState } from './tracker-state.js';

/**
 * What the recogniser at work for an appliance goes by, with times as they are told. Pure.
 * @returns undefined while none is at work, or when it has nothing to say
 */
export function explainTracker(
  { recogniser: known, offset = 0 }: TrackerState,
  { recognisers, kind }: Pick<TrackerOptions, 'recognisers' | 'kind'>,
): Explanation | undefined {
  if (!known || known.kind !== kind) return undefined;
  const explanation = recognisers.find(({ name }) => name === known.name)?.explain?.(known.memory);
  if (!explanation) return undefined;
  const sights = explanation.sights.map((sight) => ({ ...sight, from: sight.from + offset, to: sight.to + offset }));
  return { ...explanation, sights };
}
