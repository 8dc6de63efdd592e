import type { ActionName } from '../vocabulary/index.js';
import type { Lesson } from './recogniser.js';
import { cut, join } from './summary.js';
import { between } from './summary-history.js';
import { iso, type Run, type TrackerState } from './tracker-state.js';
import type { Turn } from './tracker-turn.js';

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
  before: Pick<TrackerState, 'open' | 'last' | 'recogniser'>;
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
  turn.state.corrected = { what, run: changed, before: { open, last, recogniser } };
  return undefined;
}

function carryOut(
  turn: Turn,
  correction: Exclude<Correction, { what: 'undo' }>,
  learn: Learn,
): Run | CorrectionProblem {
  const { open, last, offset = 0 } = turn.state;
  if (correction.what === 'none') {
    const run = [open, last].find((one) => one?.id === correction.id);
    if (!run) return 'not-the-last';
    return correction.action ? dropAction(turn, run, correction.action, learn) : drop(turn, run, learn);
  }
  const span = { from: correction.startedAt - offset, to: correction.endedAt - offset };
  if (!(span.from < span.to && span.to <= turn.now && span.from >= turn.now - REMEMBERED_MS)) return 'times';
  if (correction.what === 'times') {
    return last?.id === correction.id ? move(turn, last, span, learn) : 'not-the-last';
  }
  return correction.action ? addAction(turn, correction.action, span, learn) : add(turn, span, learn);
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
  return tellAgain(turn, run, { startedAt: span.from, endedAt: span.to, seenAt: span.to, settled, byHand: true });
}

function add(turn: Turn, { from, to }: Span, learn: Learn): Run | CorrectionProblem {
  const { open, last, history, at = 0, offset = 0 } = turn.state;
  const overlaps = (run: Run | undefined): boolean =>
    run !== undefined && from < (run.endedAt ?? Number.POSITIVE_INFINITY) && to > run.startedAt;
  if (overlaps(open) || overlaps(last)) return 'overlaps';
  learn({ lesson: 'was-one', from, to });
  const { activity, category } = turn.options;
  const what = { id: turn.newId(from + offset), revision: 0, activity, category, state: 'finished' } as const;
  const when = { startedAt: from, endedAt: to, seenAt: to, toldAt: turn.now };
  const run: Run = { ...what, ...when, byHand: true, actions: [], settled: between(history, from, to, at) };
  const added = turn.tell(run, 'finished');
  if (!last || (last.endedAt ?? 0) < to) turn.state.last = added;
  return added;
}

function addAction(turn: Turn, action: ActionName, { from, to }: Span, learn: Learn): Run | CorrectionProblem {
  const { open, last } = turn.state;
  const run = [open, last].find((one) => one && from >= one.startedAt && to <= (one.endedAt ?? turn.now));
  if (!run) return 'no-activity';
  learn({ lesson: 'was-one', action, from, to });
  const actions = [...run.actions, { action, startedAt: iso(from), endedAt: iso(to) }];
  return tellAgain(turn, run, { actions: actions.sort((a, b) => a.startedAt.localeCompare(b.startedAt)) });
}

/** Tells of the open or the last activity as it is with a change. */
function tellAgain(turn: Turn, run: Run, change: Partial<Run>): Run {
  const isOpen = turn.state.open === run;
  const told = turn.tell({ ...run, ...change }, isOpen ? 'ongoing' : 'finished');
  if (isOpen) turn.state.open = told;
  else turn.state.last = told;
  return told;
}

/** Brings back what was before, with a newer revision; what the recogniser had learned from the correction is forgotten. */
function undo(turn: Turn): CorrectionProblem | undefined {
  const { corrected, open, last } = turn.state;
  if (!corrected) return 'nothing-to-undo';
  const { what, run, before } = corrected;
  turn.state.corrected = undefined;
  turn.state.recogniser = before.recogniser;
  const now = [open, last].find((one) => one?.id === run.id);
  const was = [before.open, before.last].find((one) => one?.id === run.id);
  if (what === 'missed') {
    turn.tell(now ?? run, 'discarded');
    if (now) turn.state.last = before.last;
  } else if (was && now && what === 'action') tellAgain(turn, now, { actions: was.actions });
  else if (was && now) tellAgain(turn, now, { ...was, revision: now.revision });
  else if (was) bringBack(turn, { ...was, revision: run.revision });
  return undefined;
}

/** What was taken for none goes on where nothing else does, and is over otherwise. */
function bringBack(turn: Turn, run: Run): void {
  if (run.endedAt === undefined && !turn.state.open) turn.state.open = turn.tell(run, 'ongoing');
  else turn.state.last = turn.tell({ ...run, endedAt: run.endedAt ?? run.seenAt }, 'finished');
}
