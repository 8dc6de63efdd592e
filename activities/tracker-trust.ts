import { epochOf, type Reading } from '../vocabulary/index.js';
import type { TrackerOptions } from './tracker.js';
import type { TrackerState } from './tracker-state.js';

/** How long (ms) what is open goes on in silence, where its recogniser trusts one and nothing speaks against that. */
export function trustedMs(state: TrackerState, options: Pick<TrackerOptions, 'recognisers'>): number | undefined {
  const { open, recogniser, isDoubtful } = state;
  return open && !isDoubtful ? atWork(state, options)?.silenceMs?.(recogniser?.memory) : undefined;
}

/**
 * What a stored reading changes: a newer word than the last one was said while nobody listened, and it is of no work. A
 * silence that was trusted is trusted no more from then on, and the word is the last that was seen: unless another comes, it
 * was the end. When exactly it was said is not known, only that it was no later than now. A word that was found stored
 * while it said something else is no news: it may lie there from long ago.
 */
export function doubt(
  before: TrackerState,
  reading: Reading,
  arrivedAt: number,
  options: Pick<TrackerOptions, 'recognisers'>,
): TrackerState {
  const word = reading.parameters.state;
  if (word === undefined || before.said === undefined) return before;
  // The broker keeps what is heard: its next word is news again.
  if (word === before.said) return before.stored === undefined ? before : { ...before, stored: undefined };
  if (word === before.stored) return before;
  const state = { ...before, stored: word };
  const at = epochOf(reading.at);
  const { open, at: heard = at, arrivedAt: heardAt = arrivedAt } = state;
  if (!open || at <= heard || trustedMs(state, options) === undefined) return state;
  if (!atWork(state, options)?.speaksAgainst?.(state.recogniser?.memory, reading)) return state;
  // On the clock of the readings that were heard.
  const now = heard + Math.max(0, arrivedAt - heardAt);
  return { ...state, isDoubtful: true, open: { ...open, seenAt: Math.max(open.seenAt, Math.min(at, now)) } };
}

function atWork({ recogniser }: TrackerState, { recognisers }: Pick<TrackerOptions, 'recognisers'>) {
  return recognisers.find(({ name }) => name === recogniser?.name);
}
