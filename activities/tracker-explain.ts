import type { ActionName } from '../vocabulary/index.js';
import type { Explanation, Fact } from './explanation.js';
import type { Recogniser } from './recogniser.js';
import type { TrackerOptions } from './tracker.js';
import type { Corrected } from './tracker-correction.js';
import { knownRuns, offsetOf, type Run, type TrackerState } from './tracker-state.js';

/**
 * What the recogniser at work for an appliance goes by, with times as they are told. Pure.
 * @returns undefined while none is at work, or when it has nothing to say
 */
export function explainTracker(
  { recogniser: known, offset = 0 }: TrackerState,
  { recognisers, kind }: Pick<TrackerOptions, 'recognisers' | 'kind'>,
): Explanation | undefined {
  if (!known || known.kind !== kind) return undefined;
  const recogniser = recognisers.find(({ name }) => name === known.name);
  const explanation = recogniser && explained(recogniser, known.memory);
  if (!explanation) return undefined;
  const sights = explanation.sights.map((sight) => ({ ...sight, from: sight.from + offset, to: sight.to + offset }));
  return { ...explanation, sights };
}

/** A memory that is none, such as one of a newer version, says nothing; with the next reading it begins anew. */
function explained(recogniser: Recogniser<unknown>, memory: unknown): Explanation | undefined {
  try {
    return recogniser.explain?.(memory);
  } catch {
    return undefined;
  }
}

/** A correction as its owner sees it. Times are epoch milliseconds, as they are told. */
export interface ListedCorrection {
  /** Which one is to be undone. */
  number: number;
  at: number;
  what: Corrected['what'];
  /** The activity as it stands; where this has corrected what it is called, what that is by this one, and what it was before. */
  activity: string;
  startedAt: number;
  endedAt?: number;
  before?: string;
  /** The action that was none, or was added. */
  action?: ActionName;
  isAdded?: boolean;
  /** What the recogniser goes by since: nothing when there was nothing to learn; missing when that is forgotten. */
  taught?: Fact[];
}

/** What its owner has corrected of late and can undo, the newest first. */
export function listCorrections(state: TrackerState): ListedCorrection[] {
  const { corrections = [] } = state;
  const runs = knownRuns(state);
  return corrections.flatMap((one) => {
    const run = runs.find(({ id }) => id === one.id);
    return run ? [listed(one, run, offsetOf(run, state))] : [];
  });
}

function listed(
  { number, at, what, was, is, added, dropped, taught }: Corrected,
  run: Run,
  offset: number,
): ListedCorrection {
  const action = what === 'action' ? (added ?? dropped)?.[0] : undefined;
  return {
    number,
    at: at + offset,
    what,
    activity: (what === 'activity' && is?.activity) || run.activity,
    startedAt: (action ? Date.parse(action.startedAt) : run.startedAt) + offset,
    ...(run.endedAt === undefined ? {} : { endedAt: run.endedAt + offset }),
    ...(what === 'activity' && was?.activity ? { before: was.activity } : {}),
    ...(action ? { action: action.action, isAdded: added !== undefined } : {}),
    ...(taught ? { taught } : {}),
  };
}
