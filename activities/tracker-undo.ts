import type { Action } from '../vocabulary/index.js';
import { type Corrected, type CorrectionProblem, MOST_CORRECTIONS } from './tracker-correction.js';
import { courseOf, knownRuns, newestOf, type Run, type TrackerState } from './tracker-state.js';
import { MOST_ACTIONS, type Turn } from './tracker-turn.js';
import { unlearn } from './unlearn.js';

/**
 * Takes back what one correction changed, with a newer revision; what has happened since, and what other corrections say,
 * stays: the activity becomes what it would be had this one never been said. With one that added an activity goes what was
 * said of that activity since.
 * @param number which; without it the newest
 * @returns why nothing was changed
 */
export function undo(turn: Turn, number: number | undefined): CorrectionProblem | undefined {
  const { corrections = [] } = turn.state;
  const undone = number === undefined ? corrections[0] : corrections.find((one) => one.number === number);
  if (!undone) return whyNot(turn.state, number);
  const gone = undone.what === 'missed' ? corrections.filter(({ id }) => id === undone.id) : [undone];
  for (const one of gone) forgetLesson(turn, one);
  const numbers = [...gone.map((one) => one.number), ...(turn.state.undone ?? [])];
  turn.state.undone = numbers.slice(0, MOST_CORRECTIONS);
  const problem = takeBack(turn, undone, turn.state.corrections ?? []);
  if (!problem) turn.tidyPast();
  return problem;
}

/** Why there is no correction of this number. */
function whyNot({ corrections = [], undone = [] }: TrackerState, number: number | undefined): CorrectionProblem {
  if (number === undefined) return 'nothing-to-undo';
  if (undone.includes(number)) return 'undone-already';
  const newest = Math.max(0, ...undone, ...corrections.map((one) => one.number));
  return number >= 1 && number <= newest ? 'number-too-old' : 'unknown-number';
}

/** Takes a correction off the list, and what was learned from it out of the recogniser's memory. */
function forgetLesson(turn: Turn, undone: Corrected): void {
  const { corrections = [], recogniser } = turn.state;
  const newer = corrections.slice(0, corrections.indexOf(undone)).reverse();
  const lessons = newer.map(({ learned }) => learned);
  const without = unlearn(recogniser?.memory, undone.learned, lessons);
  if (recogniser) turn.state.recogniser = { ...recogniser, memory: without.memory };
  const left = newer.map((one, index) => ({ ...one, learned: without.newer[index] ?? [] })).reverse();
  turn.state.corrections = [...left, ...corrections.slice(newer.length + 1)];
}

function takeBack(turn: Turn, undone: Corrected, others: readonly Corrected[]): CorrectionProblem | undefined {
  const run = knownRuns(turn.state).find(({ id }) => id === undone.id);
  const isDiscarded = run?.state === 'discarded';
  if (!run) return undefined;
  if (undone.what === 'missed') return takeAway(turn, run);
  if (undone.what === 'none') return bringBack(turn, run, undone);
  const left = others.filter(({ id }) => id === run.id).reverse();
  const all = [...left, undone].sort((a, b) => a.number - b.number);
  const { change, corrections } = rebuilt(run, all, left);
  if (undone.what === 'times' && !isDiscarded && overlaps(turn.state, { ...run, ...change })) return 'undo-overlaps';
  turn.state.corrections = others.map((one) => corrections.get(one.number) ?? one);
  if (isDiscarded) turn.keep({ ...run, ...change });
  else turn.tellAgain(run, change);
  return undefined;
}

/** What was added is none again, and what was last before it is that again. */
function takeAway(turn: Turn, run: Run): undefined {
  if (run.state !== 'discarded') turn.tell(run, 'discarded');
  turn.state.past = turn.state.past?.filter(({ id }) => id !== run.id);
  const wasLast = turn.state.last ? turn.state.last.id === run.id : run.state === 'discarded';
  if (!wasLast) return;
  turn.state.last = newestOf((turn.state.past ?? []).filter(({ state }) => state === 'finished'));
  turn.state.past = turn.state.past?.filter(({ id }) => id !== turn.state.last?.id);
}

/** What was taken for none goes on, unless it was over since. */
function bringBack(turn: Turn, run: Run, undone: Corrected): CorrectionProblem | undefined {
  const { wasOpen, overAt } = undone;
  const { open, last } = turn.state;
  const isPlayOver = run.offset !== undefined;
  const isOver =
    !wasOpen || overAt !== undefined || isPlayOver || open !== undefined || (last?.endedAt ?? 0) > run.startedAt;
  const endedAt = wasOpen ? Math.min(turn.now, Math.max(run.startedAt, overAt ?? run.seenAt)) : run.endedAt;
  if (overlaps(turn.state, { ...run, endedAt })) return 'undo-overlaps';
  turn.state.past = turn.state.past?.filter(({ id }) => id !== run.id);
  if (!isOver) {
    turn.state.open = turn.tell(run, 'ongoing');
    return undefined;
  }
  const whole = wasOpen ? { seenAt: endedAt as number, settled: courseOf(run, turn.state, endedAt as number) } : {};
  const told = turn.tell({ ...run, endedAt, ...whole }, 'finished');
  turn.keep(told);
  return undefined;
}

/** What a run is when, of all corrections of it, only some had been said, and what each of those then changed. Oldest first. */
function rebuilt(
  run: Run,
  all: readonly Corrected[],
  left: readonly Corrected[],
): { change: Partial<Run>; corrections: Map<number, Corrected> } {
  const corrections = new Map(left.map((one) => [one.number, one]));
  const change: Partial<Run> = {};
  for (const what of ['times', 'activity'] as const) {
    let current = all.find((one) => one.what === what)?.was;
    for (const one of left.filter((other) => other.what === what)) {
      corrections.set(one.number, { ...one, was: current });
      current = one.is;
    }
    if (current) Object.assign(change, what === 'times' ? { settled: undefined, byHand: undefined } : {}, current);
  }
  let actions = uncorrected(run, all);
  for (const one of corrections.values()) {
    if (one.added) actions = [...actions, ...one.added];
    const kept =
      one.what === 'times'
        ? actions.filter((action) => isWithin(action, one.is as Run))
        : withoutThose(actions, one.dropped);
    if (one.dropped) corrections.set(one.number, { ...one, dropped: withoutThose(actions, kept) });
    actions = kept;
  }
  return { change: { ...change, actions: inOrder(actions) }, corrections };
}

/** The actions that were recognised. */
function uncorrected({ actions }: Run, all: readonly Corrected[]): Action[] {
  const dropped = all.flatMap((one) => one.dropped ?? []);
  const added = all.flatMap((one) => one.added ?? []);
  return withoutThose(inOrder([...actions, ...dropped]), added);
}

function withoutThose(actions: readonly Action[], those: readonly Action[] = []): Action[] {
  const keys = new Set(those.map((one) => JSON.stringify(one)));
  return actions.filter((one) => !keys.has(JSON.stringify(one)));
}

/** True when an action lies in the time of a run, at least in part. */
export function isWithin({ startedAt, endedAt = startedAt }: Action, run: Pick<Run, 'startedAt' | 'endedAt'>): boolean {
  return Date.parse(endedAt) >= run.startedAt && Date.parse(startedAt) <= (run.endedAt ?? Number.POSITIVE_INFINITY);
}

/** As an activity lists them, each once. */
export function inOrder(actions: readonly Action[]): Action[] {
  const each = new Map(actions.map((one) => [JSON.stringify(one), one]));
  return [...each.values()].sort((a, b) => a.startedAt.localeCompare(b.startedAt)).slice(-MOST_ACTIONS);
}

/** True when another activity that stands was going on at the time of a run. */
export function overlaps(
  state: TrackerState,
  { id, startedAt, endedAt }: Pick<Run, 'startedAt' | 'endedAt'> & { id?: string },
) {
  return knownRuns(state).some(
    (other) =>
      other.id !== id &&
      other.state !== 'discarded' &&
      startedAt < (other.endedAt ?? Number.POSITIVE_INFINITY) &&
      (endedAt ?? Number.POSITIVE_INFINITY) > other.startedAt,
  );
}
