import type { Lesson } from './recogniser.js';
import { cut, join, type Stretch } from './summary.js';
import { between } from './summary-history.js';
import type { Run, TrackerState } from './tracker-state.js';
import type { Turn } from './tracker-turn.js';

/** What the owner of an appliance says was wrong about what was recognised. Times are epoch milliseconds, as told. */
export type Correction =
  /** The open or the last activity was none. */
  | { what: 'none'; id: string }
  /** The last activity was at another time. */
  | { what: 'times'; id: string; startedAt: number; endedAt: number }
  /** There was one that nobody saw. */
  | { what: 'missed'; startedAt: number; endedAt: number }
  /** The last correction was wrong itself. */
  | { what: 'undo' };

export type CorrectionProblem = 'not-the-last' | 'times' | 'overlaps' | 'nothing-to-undo';

/** What the last correction changed, to take it back. */
export interface Corrected {
  what: 'none' | 'times' | 'missed';
  /** The activity as it was told then. */
  run: Run;
  /** What was before. */
  before: Pick<TrackerState, 'open' | 'last' | 'recogniser'>;
}

/** How long ago something may have been that nobody saw (24 h): nobody remembers to the minute what was before. */
const REMEMBERED_MS = 86_400_000;

/**
 * Carries out a correction: the activity is told anew, so that whoever was told of it knows, too.
 * @param learn takes what the recogniser can learn from it into its memory
 * @returns why nothing was changed
 */
export function correct(
  turn: Turn,
  correction: Correction,
  learn: (lesson: Lesson) => void,
): CorrectionProblem | undefined {
  if (correction.what === 'undo') return undo(turn);
  const { open, last, recogniser, offset = 0 } = turn.state;
  const before = { open, last, recogniser };
  const { what } = correction;
  const id = what === 'missed' ? undefined : correction.id;
  const run = [open, last].find((one) => one && one.id === id);
  let changed: Run | CorrectionProblem;
  if (what === 'none') changed = run ? drop(turn, run, learn) : 'not-the-last';
  else {
    const [from, to] = [correction.startedAt - offset, correction.endedAt - offset];
    if (!isPast(turn, from, to)) return 'times';
    if (what === 'missed') changed = add(turn, from, to, learn);
    else changed = run && run === last ? move(turn, run, from, to, learn) : 'not-the-last';
  }
  if (typeof changed === 'string') return changed;
  turn.state.corrected = { what, run: changed, before };
  return undefined;
}

function isPast({ now }: Turn, from: number, to: number): boolean {
  return from < to && to <= now && from >= now - REMEMBERED_MS;
}

function drop(turn: Turn, run: Run, learn: (lesson: Lesson) => void): Run {
  const endedAt = run.endedAt ?? Math.max(run.startedAt, run.seenAt);
  if (turn.state.open === run) turn.state.open = undefined;
  else turn.state.last = undefined;
  learn({ lesson: 'was-none', from: run.startedAt, to: endedAt });
  return turn.tell({ ...run, endedAt }, 'discarded');
}

function move(turn: Turn, run: Run, from: number, to: number, learn: (lesson: Lesson) => void): Run | 'overlaps' {
  const { open, history, at = 0 } = turn.state;
  if (open && to > open.startedAt) return 'overlaps';
  const { startedAt, endedAt = run.seenAt } = run;
  const kept = run.settled && cut(run.settled, from, to);
  const later = to > endedAt ? between(history, Math.max(from, endedAt), to, at) : undefined;
  const settled: Stretch | undefined = later ? join(kept, later) : kept;
  learn({ lesson: 'was-then', before: { from: startedAt, to: endedAt }, from, to });
  const moved = turn.tell({ ...run, startedAt: from, endedAt: to, seenAt: to, settled, byHand: true }, 'finished');
  turn.state.last = moved;
  return moved;
}

function add(turn: Turn, from: number, to: number, learn: (lesson: Lesson) => void): Run | 'overlaps' {
  const { open, last, history, at = 0, offset = 0 } = turn.state;
  const overlaps = (run: Run | undefined): boolean =>
    run !== undefined && from < (run.endedAt ?? Number.POSITIVE_INFINITY) && to > run.startedAt;
  if (overlaps(open) || overlaps(last)) return 'overlaps';
  learn({ lesson: 'was-one', from, to });
  const { activity, category } = turn.options;
  const times = { startedAt: from, endedAt: to, seenAt: to, toldAt: turn.now };
  const run: Run = {
    id: turn.newId(from + offset),
    revision: 0,
    state: 'finished',
    activity,
    category,
    ...times,
    byHand: true,
    actions: [],
    settled: between(history, from, to, at),
  };
  const added = turn.tell(run, 'finished');
  if (!last || (last.endedAt ?? 0) < to) turn.state.last = added;
  return added;
}

/** Brings back what was before, with a newer revision; what the recogniser had learned from the correction is forgotten. */
function undo(turn: Turn): CorrectionProblem | undefined {
  const { corrected } = turn.state;
  if (!corrected) return 'nothing-to-undo';
  const { what, run, before } = corrected;
  turn.state.corrected = undefined;
  turn.state.recogniser = before.recogniser;
  if (what === 'missed') {
    turn.tell(run, 'discarded');
    if (turn.state.last?.id === run.id) turn.state.last = before.last;
    return undefined;
  }
  const was = before.open?.id === run.id ? before.open : before.last;
  if (!was) return undefined;
  const again: Run = { ...was, revision: run.revision };
  if (was === before.open && !turn.state.open) turn.state.open = turn.tell(again, 'ongoing');
  else turn.state.last = turn.tell({ ...again, endedAt: again.endedAt ?? again.seenAt }, 'finished');
  return undefined;
}
