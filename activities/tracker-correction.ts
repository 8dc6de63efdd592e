import type { Action, ActionName } from '../vocabulary/index.js';
import type { Lesson } from './recogniser.js';
import { cut, join } from './summary.js';
import { between } from './summary-history.js';
import { courseOf, iso, type Run, type TrackerState } from './tracker-state.js';
import { MOST_ACTIONS, type Turn } from './tracker-turn.js';
import { type Learned, learnedBetween, unlearn } from './unlearn.js';

/** What the owner of an appliance says was wrong about what was recognised. Times are epoch milliseconds, as told. */
export type Correction =
  /** The open or the last activity was none; with `action`, that action of it was none. */
  | { what: 'none'; id: string; action?: { action: ActionName; startedAt: number } }
  /** The last activity was at another time. */
  | { what: 'times'; id: string; startedAt: number; endedAt: number }
  /** There was one that nobody saw; with `action`, such an action in the open or the last activity. */
  | { what: 'missed'; action?: ActionName; startedAt: number; endedAt: number }
  /** The last correction was wrong itself. */
  | { what: 'undo' };

export type CorrectionProblem = 'not-the-last' | 'times' | 'overlaps' | 'no-activity' | 'nothing-to-undo';

/** What the last correction changed, to take it back. */
export interface Corrected {
  what: 'none' | 'times' | 'missed' | 'action';
  /** The activity as it was told then. */
  run: Run;
  /** What was before. */
  before: Pick<TrackerState, 'open' | 'last'>;
  /** What the recogniser learned from it; unknown in states of older versions. */
  learned?: Learned[];
  /** When what was taken for none was over, where that shows later. Epoch milliseconds on the readings' clock. */
  overAt?: number;
}

/** Epoch milliseconds on the readings' own clock. */
interface Span {
  from: number;
  to: number;
}

/** Takes what can be learned into the recogniser's memory. */
type Learn = (lesson: Lesson) => void;

/** How long ago something may have been that nobody saw (24 h): nobody remembers to the minute what was before. */
const REMEMBERED_MS = 86_400_000;

/**
 * Carries out a correction: the activity is told anew, so that whoever was told of it knows, too.
 * @returns why nothing was changed
 */
export function correct(turn: Turn, correction: Correction, learn: Learn): CorrectionProblem | undefined {
  if (correction.what === 'undo') return undo(turn);
  const { open, last, recogniser } = turn.state;
  const changed = carryOut(turn, correction, learn);
  if (typeof changed === 'string') return changed;
  const what = 'action' in correction && correction.action ? 'action' : correction.what;
  const learned = recogniser ? learnedBetween(recogniser.memory, turn.state.recogniser?.memory) : [];
  turn.state.corrected = { what, run: changed, before: { open, last }, learned };
  return undefined;
}

function carryOut(
  turn: Turn,
  correction: Exclude<Correction, { what: 'undo' }>,
  learn: Learn,
): Run | CorrectionProblem {
  const { open, last } = turn.state;
  if (correction.what === 'none') {
    const run = [open, last].find((one) => one?.id === correction.id);
    if (!run) return 'not-the-last';
    return correction.action ? dropAction(turn, run, correction.action, learn) : drop(turn, run, learn);
  }
  const span = spanOf(turn, correction);
  if (!span) return 'times';
  if (correction.what === 'times') {
    return last?.id === correction.id ? move(turn, last, span, learn) : 'not-the-last';
  }
  return correction.action ? addAction(turn, correction.action, span, learn) : add(turn, span, learn);
}

/**
 * The times that were given, on the readings' clock. Until the first reading after the hub's clock was set, they are of the
 * clock as it was when that can be, else of the new one.
 */
function spanOf(
  { state, now }: Turn,
  { startedAt, endedAt }: { startedAt: number; endedAt: number },
): Span | undefined {
  const { offset = 0, leapt = 0 } = state;
  return [offset, offset + leapt]
    .map((by) => ({ from: startedAt - by, to: endedAt - by }))
    .find(({ from, to }) => from < to && to <= now && from >= now - REMEMBERED_MS);
}

function drop(turn: Turn, run: Run, learn: Learn): Run {
  const endedAt = run.endedAt ?? Math.max(run.startedAt, run.seenAt);
  if (turn.state.open === run) turn.state.open = undefined;
  else turn.state.last = undefined;
  learn({ lesson: 'was-none', from: run.startedAt, to: endedAt });
  return turn.tell({ ...run, endedAt }, 'discarded');
}

function dropAction(
  turn: Turn,
  run: Run,
  { action, startedAt }: { action: ActionName; startedAt: number },
  learn: Learn,
): Run | CorrectionProblem {
  const at = iso(startedAt - (turn.state.offset ?? 0));
  const wrong = run.actions.find((one) => one.action === action && one.startedAt === at);
  if (!wrong) return 'not-the-last';
  const from = Date.parse(wrong.startedAt);
  learn({ lesson: 'was-none', action, from, to: wrong.endedAt ? Date.parse(wrong.endedAt) : from });
  return tellAgain(turn, run, { actions: run.actions.filter((one) => one !== wrong) });
}

function move(turn: Turn, run: Run, span: Span, learn: Learn): Run | CorrectionProblem {
  const { open, history, at = 0 } = turn.state;
  if (open && span.to > open.startedAt) return 'overlaps';
  const { startedAt, endedAt = run.seenAt } = run;
  const kept = run.settled && cut(run.settled, span.from, span.to);
  const later = span.to > endedAt ? between(history, Math.max(span.from, endedAt), span.to, at) : undefined;
  learn({ lesson: 'was-then', before: { from: startedAt, to: endedAt }, ...span });
  const settled = later ? join(kept, later) : kept;
  const actions = run.actions.filter((one) => isWithin(one, span));
  const when = { startedAt: span.from, endedAt: span.to, seenAt: span.to, byHand: true };
  return tellAgain(turn, run, { ...when, settled, actions });
}

function isWithin({ startedAt, endedAt = startedAt }: Action, { from, to }: Span): boolean {
  return Date.parse(endedAt) >= from && Date.parse(startedAt) <= to;
}

function add(turn: Turn, { from, to }: Span, learn: Learn): Run | CorrectionProblem {
  const { open, last, corrected, history, at = 0, offset = 0 } = turn.state;
  const added = corrected?.what === 'missed' ? corrected.run : undefined;
  const overlaps = (run: Run | undefined): boolean =>
    run !== undefined && from < (run.endedAt ?? Number.POSITIVE_INFINITY) && to > run.startedAt;
  if ([open, last, added].some(overlaps)) return 'overlaps';
  learn({ lesson: 'was-one', from, to });
  const { activity, category } = turn.options;
  const what = { id: turn.newId(from + offset), revision: 0, activity, category, state: 'finished' } as const;
  const when = { startedAt: from, endedAt: to, seenAt: to, toldAt: turn.now };
  const run: Run = { ...what, ...when, byHand: true, actions: [], settled: between(history, from, to, at) };
  const told = turn.tell(run, 'finished');
  if (!last || (last.endedAt ?? 0) < to) turn.state.last = told;
  return told;
}

function addAction(turn: Turn, action: ActionName, { from, to }: Span, learn: Learn): Run | CorrectionProblem {
  const { open, last } = turn.state;
  const run = [open, last].find((one) => one && from >= one.startedAt && to <= (one.endedAt ?? turn.now));
  if (!run) return 'no-activity';
  learn({ lesson: 'was-one', action, from, to });
  const actions = [...run.actions, { action, startedAt: iso(from), endedAt: iso(to) }];
  return tellAgain(turn, run, { actions: inOrder(actions) });
}

/** Tells of the open or the last activity as it is with a change. */
function tellAgain(turn: Turn, run: Run, change: Partial<Run>): Run {
  const isOpen = turn.state.open === run;
  const told = turn.tell({ ...run, ...change }, isOpen ? 'ongoing' : 'finished');
  if (isOpen) turn.state.open = told;
  else turn.state.last = told;
  return told;
}

/** Takes back what the correction changed, with a newer revision; what has happened since stays. */
function undo(turn: Turn): CorrectionProblem | undefined {
  const { corrected, open, last, recogniser } = turn.state;
  if (!corrected) return 'nothing-to-undo';
  const { what, run, before, learned = [], overAt } = corrected;
  turn.state.corrected = undefined;
  if (recogniser) turn.state.recogniser = { ...recogniser, memory: unlearn(recogniser.memory, learned) };
  const now = [open, last].find((one) => one?.id === run.id);
  const was = [before.open, before.last].find((one) => one?.id === run.id);
  if (what === 'missed') {
    turn.tell(now ?? run, 'discarded');
    if (now) turn.state.last = before.last;
  } else if (was && now) tellAgain(turn, now, { ...whenOf(was, what), actions: actionsWithout(corrected, was, now) });
  else if (was) bringBack(turn, { ...was, revision: run.revision }, overAt);
  return undefined;
}

/** When it was, where that was corrected; a rating that came since stays. */
function whenOf({ startedAt, endedAt, seenAt, settled, byHand }: Run, what: Corrected['what']): Partial<Run> {
  return what === 'times' ? { startedAt, endedAt, seenAt, settled, byHand } : {};
}

/** Its actions now, with those that the correction took away and without those that it added. */
function actionsWithout({ run }: Corrected, was: Run, now: Run): Action[] {
  const keyOf = ({ action, startedAt, endedAt }: Action) => `${action} ${startedAt} ${endedAt}`;
  const [before, after] = [was, run].map(({ actions }) => new Set(actions.map(keyOf))) as [Set<string>, Set<string>];
  const kept = now.actions.filter((one) => before.has(keyOf(one)) || !after.has(keyOf(one)));
  return inOrder([...was.actions.filter((one) => !after.has(keyOf(one))), ...kept]);
}

function inOrder(actions: Action[]): Action[] {
  return actions.sort((a, b) => a.startedAt.localeCompare(b.startedAt)).slice(-MOST_ACTIONS);
}

/** What was taken for none goes on, unless it was over since. */
function bringBack(turn: Turn, run: Run, overAt: number | undefined): void {
  if (run.endedAt !== undefined) turn.state.last = turn.tell(run, 'finished');
  else if (overAt === undefined && !turn.state.open) turn.state.open = turn.tell(run, 'ongoing');
  else {
    const endedAt = Math.min(turn.now, Math.max(run.startedAt, overAt ?? run.seenAt));
    const settled = courseOf(run, turn.state, endedAt);
    turn.state.last = turn.tell({ ...run, endedAt, seenAt: endedAt, settled }, 'finished');
  }
}
