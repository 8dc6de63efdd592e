import { epochOf, type Reading } from '../vocabulary/index.js';
import type { TrackerOptions } from './tracker.js';
import type { TrackerState } from './tracker-state.js';

/** How long (ms) what is open goes on in silence, where its recogniser trusts one and nothing speaks against that. */
export function trustedMs(
  state: TrackerState,
  { recognisers }: Pick<TrackerOptions, 'recognisers'>,
): number | undefined {
  const { open, recogniser: known, isDoubtful } = state;
  if (!open || isDoubtful) return undefined;
  return recognisers.find(({ name }) => name === known?.name)?.silenceMs?.(known?.memory);
}

/**
 * What a stored reading changes: a newer word than the last one, and another, was said while nobody listened. A silence that was
 * trusted is trusted no more from then on, and the word is the last that was seen: unless another comes, it was the end. When
 * exactly it was said is not known, only that it was no later than now.
 */
export function doubt(
  state: TrackerState,
  { at: time, parameters: { state: word } }: Reading,
  arrivedAt: number,
  options: Pick<TrackerOptions, 'recognisers'>,
): TrackerState {
  const at = epochOf(time);
  const { open, said, at: before = at, arrivedAt: heardAt = arrivedAt } = state;
  const isNews = word !== undefined && said !== undefined && word !== said && at > before;
  if (!open || !isNews || trustedMs(state, options) === undefined) return state;
  // On the clock of the readings that were heard.
  const now = before + Math.max(0, arrivedAt - heardAt);
  return { ...state, isDoubtful: true, open: { ...open, seenAt: Math.max(open.seenAt, Math.min(at, now)) } };
}
