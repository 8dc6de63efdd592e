import { knownRuns, offsetOf, type TrackerState } from '../../activities/index.js';
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
  return id === undefined ? undefined : all.find((state) => knownRuns(state).some((run) => run.id === id));
}

/**
 * The appliance that something said without a name is most likely about: the one with the newest correction where that is taken
 * back, else the one with the newest activity, else the only one.
 * @returns `several` where what was said fits more than one, and none more likely than another
 */
export function likelyFor(all: readonly TrackerState[], saying: Saying): TrackerState | 'several' | undefined {
  const only = all.length === 1 ? all[0] : undefined;
  if (saying.type === 'start') return only;
  if (saying.type === 'correct' && saying.correction.what === 'undo') {
    return correctedIn(all, saying.correction.number) ?? only;
  }
  return latest(all, begunAt) ?? latest(all, endedAt) ?? only;
}

/** @param number which correction: each appliance counts its own; without it the newest */
function correctedIn(all: readonly TrackerState[], number: number | undefined): TrackerState | 'several' | undefined {
  if (number === undefined) return latest(all, correctedAt);
  const having = all.filter(({ corrections = [] }) => corrections.some((one) => one.number === number));
  if (having.length > 1) return 'several';
  // Whose it was can say that it is undone already.
  return having[0] ?? all.find(({ undone = [] }) => undone.includes(number)) ?? latest(all, correctedAt);
}

/** When its newest correction was said, on the hub's clock: those of the appliances may differ. */
function correctedAt({ corrections = [], at, arrivedAt, offset = 0 }: TrackerState): number | undefined {
  const behind = at === undefined || arrivedAt === undefined ? offset : arrivedAt - at;
  return corrections[0] && corrections[0].at + behind;
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
