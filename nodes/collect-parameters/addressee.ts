import { offsetOf, type TrackerState } from '../../activities/index.js';
import type { Saying } from './meaning.js';

/**
 * The appliance that something said names: by its own id or name, or by the id of the activity that is corrected.
 * @param address an appliance's id or name
 */
export function namedBy(
  all: readonly TrackerState[],
  saying: Saying,
  address: string | undefined,
): TrackerState | undefined {
  const addressed = address && all.find(({ appliance }) => appliance.id === address || appliance.name === address);
  if (addressed) return addressed;
  const id = saying.type === 'correct' && 'id' in saying.correction ? saying.correction.id : undefined;
  return id === undefined ? undefined : all.find(({ open, last }) => open?.id === id || last?.id === id);
}

/** The appliance that something said without a name is most likely about: the one with the newest activity, else the only one. */
export function likelyFor(all: readonly TrackerState[], saying: Saying): TrackerState | undefined {
  const only = all.length === 1 ? all[0] : undefined;
  if (saying.type === 'start') return only;
  return latest(all, begunAt) ?? latest(all, endedAt) ?? only;
}

function begunAt(state: TrackerState): number | undefined {
  return state.open && state.open.startedAt + offsetOf(state.open, state);
}

function endedAt(state: TrackerState): number | undefined {
  return state.last && (state.last.endedAt ?? state.last.seenAt) + offsetOf(state.last, state);
}

function latest(
  all: readonly TrackerState[],
  time: (state: TrackerState) => number | undefined,
): TrackerState | undefined {
  return all.reduce<TrackerState | undefined>((best, state) => {
    const own = time(state);
    return own !== undefined && own > ((best && time(best)) ?? Number.NEGATIVE_INFINITY) ? state : best;
  }, undefined);
}
