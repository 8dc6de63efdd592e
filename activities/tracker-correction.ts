import { type Action, type ActionName, type Category, isId } from '../vocabulary/index.js';
import type { Fact } from './explanation.js';
import type { Lesson } from './recogniser.js';
import { cut, join } from './summary.js';
import { between } from './summary-history.js';
import { iso, knownRuns, offsetOf, type Run } from './tracker-state.js';
import type { Turn } from './tracker-turn.js';
import { inOrder, isWithin, overlaps, undo } from './tracker-undo.js';
import { type Learned, learnedBetween } from './unlearn.js';

/** What the owner of an appliance says was wrong about what was recognised. Times are epoch milliseconds, as told. */
export type Correction =
  /** The open or the last activity was none; with `action`, that action of it was none. */
  | { what: 'none'; id: string; action?: { action: ActionName; startedAt: number } }
  /** The last activity was at another time. */
  | { what: 'times'; id: string; startedAt: number; endedAt: number }
  /** The open or the last activity was another one. */
  | { what: 'activity'; id: string; activity: string; category?: Category | undefined }
  /** There was one that nobody saw; with `action`, such an action in the open or the last activity. */
  | { what: 'missed'; action?: ActionName; startedAt: number; endedAt: number }
  /** A correction was wrong itself: the newest, or that of this number. */
  | { what: 'undo'; number?: number };

export type CorrectionProblem =
  | 'unknown-id'
  | 'not-the-last'
  | 'goes-on'
  | 'taken-back'
  | 'unknown-action'
  | 'times'
  | 'not-yet'
  | 'long-ago'
  | 'overlaps'
  | 'no-activity'
  | 'nothing-to-undo'
  | 'undone-already'
  | 'unknown-number'
  | 'number-too-old'
  | 'undo-overlaps';

/** A correction that was carried out, and can be taken back. */
export interface Corrected {
  /** Tells it from the others of its appliance; a later one has a higher number. */
  number: number;
  /** When it was said, epoch milliseconds on the readings' clock. */
  at: number;
  what: 'none' | 'times' | 'activity' | 'missed' | 'action';
  /** The activity that it is about. */
  id: string;
  /** What the activity was before, and is by this: its times, or what it is called. */
  was?: Partial<Run> | undefined;
  is?: Partial<Run>;
  /** The actions that this has taken away, and those that it has added. */
  dropped?: Action[];
  added?: Action[];
  /** What was taken for none went on; and when it was over, where that showed later, on the readings' clock. */
  wasOpen?: boolean;
  overAt?: number;
  /** What it changed in the recogniser's memory. */
  learned: Learned[];
  /** What the recogniser goes by since, for people: nothing where nothing could be learned. Missing once that was forgotten. */
  taught?: Fact[] | undefined;
}

/** What a correction changed in an activity, and what was learned from it. */
type Change = Omit<Corrected, 'number' | 'at' | 'learned'>;

/** Epoch milliseconds on the readings' own clock. */
interface Span {
  from: number;
  to: number;
}

/** Takes what can be learned into the recogniser's memory. @returns what it goes by since */
type Learn = (lesson: Lesson) => Fact[];

/** How long ago something may have been that nobody saw (24 h): nobody remembers to the minute what was before. */
const REMEMBERED_MS = 86_400_000;
/** So many corrections can be taken back. */
export const MOST_CORRECTIONS = 10;

/**
 * Carries out a correction: the activity is told anew, so that whoever was told of it knows, too.
 * @returns why nothing was changed
 */
export function correct(turn: Turn, correction: Correction, learn: Learn): CorrectionProblem | undefined {
  if (correction.what === 'undo') return undo(turn, correction.number);
  const { recogniser, corrections = [], undone = [] } = turn.state;
  const change = carryOut(turn, correction, learn);
  if (typeof change === 'string') return change;
  const { recogniser: after } = turn.state;
  const learned = recogniser && after ? learnedBetween(recogniser.memory, after.memory) : [];
  const number = Math.max(corrections[0]?.number ?? 0, ...undone) + 1;
  turn.state.corrections = [{ ...change, number, at: turn.now, learned }, ...corrections].slice(0, MOST_CORRECTIONS);
  turn.tidyPast();
  return undefined;
}

function carryOut(
  turn: Turn,
  correction: Exclude<Correction, { what: 'undo' }>,
  learn: Learn,
): Change | CorrectionProblem {
  const { open, last } = turn.state;
  if (correction.what === 'activity') return rename(turn, correction, learn);
  if (correction.what === 'none') {
    const run = [open, last].find((one) => one?.id === correction.id);
    if (!run) return whyNot(turn, correction.id);
    return correction.action ? dropAction(turn, run, correction.action, learn) : drop(turn, run, learn);
  }
  const span = spanOf(turn, correction);
  if (typeof span === 'string') return span;
  if (correction.what === 'times') {
    return last?.id === correction.id ? move(turn, last, span, learn) : whyNot(turn, correction.id);
  }
  return correction.action ? addAction(turn, correction.action, span, learn) : add(turn, span, learn);
}

/** Why an activity cannot be corrected. The ids of those that are forgotten still tell when they began. */
function whyNot({ state }: Turn, id: string): CorrectionProblem {
  const { open, last } = state;
  if (open?.id === id) return 'goes-on';
  const known = knownRuns(state).find((run) => run.id === id);
  if (known?.state === 'discarded') return 'taken-back';
  const newest = open ?? last;
  const isBefore = newest !== undefined && isId(id) && id < newest.id;
  return known || isBefore ? 'not-the-last' : 'unknown-id';
}

/**
 * The times that were given, on the readings' clock, or on that of the play of a recording that they are about. Until the
 * first reading after the hub's clock was set, they are of the clock as it was when that can be, else of the new one.
 * @returns what is wrong with them where they cannot be
 */
function spanOf(
  { state, now }: Turn,
  { startedAt, endedAt, ...about }: Correction & { what: 'times' | 'missed' },
): Span | CorrectionProblem {
  if (!(startedAt < endedAt)) return 'times';
  const { offset = 0, leapt = 0, last } = state;
  const ofPlay = about.what === 'times' && last?.id === about.id ? last.offset : undefined;
  const offsets = ofPlay === undefined ? [offset, offset + leapt] : [ofPlay];
  const spans = offsets.map((by) => ({ from: startedAt - by, to: endedAt - by }));
  const past = spans.filter(({ to }) => to <= now);
  return past.find(({ from }) => from >= now - REMEMBERED_MS) ?? (past.length > 0 ? 'long-ago' : 'not-yet');
}

function drop(turn: Turn, run: Run, learn: Learn): Change {
  const endedAt = run.endedAt ?? Math.max(run.startedAt, run.seenAt);
  const wasOpen = turn.state.open === run;
  if (wasOpen) turn.state.open = undefined;
  else turn.state.last = undefined;
  const taught = learn({ lesson: 'was-none', from: run.startedAt, to: endedAt });
  const told = turn.tell({ ...run, endedAt }, 'discarded');
  turn.keep({ ...told, endedAt: run.endedAt });
  return { what: 'none', id: run.id, ...(wasOpen ? { wasOpen } : {}), taught };
}

function dropAction(
  turn: Turn,
  run: Run,
  { action, startedAt }: { action: ActionName; startedAt: number },
  learn: Learn,
): Change | CorrectionProblem {
  const at = iso(startedAt - offsetOf(run, turn.state));
  const wrong = run.actions.find((one) => one.action === action && one.startedAt === at);
  if (!wrong) return 'unknown-action';
  const from = Date.parse(wrong.startedAt);
  const taught = learn({ lesson: 'was-none', action, from, to: wrong.endedAt ? Date.parse(wrong.endedAt) : from });
  turn.tellAgain(run, { actions: run.actions.filter((one) => one !== wrong) });
  return { what: 'action', id: run.id, dropped: [wrong], taught };
}

function move(turn: Turn, run: Run, span: Span, learn: Learn): Change | CorrectionProblem {
  const { history, at = 0, corrections = [] } = turn.state;
  if (overlaps(turn.state, { id: run.id, startedAt: span.from, endedAt: span.to })) return 'overlaps';
  const { startedAt, endedAt = run.seenAt, seenAt, byHand } = run;
  // What was measured is cut out of the whole, so that shorter times before take nothing away.
  const first = corrections.findLast(({ what, id }) => what === 'times' && id === run.id);
  const whole: Partial<Run> = first?.was ?? run;
  const wholeEnd = whole.endedAt ?? endedAt;
  const kept = whole.settled && cut(whole.settled, span.from, span.to);
  const later = span.to > wholeEnd ? between(history, Math.max(span.from, wholeEnd), span.to, at) : undefined;
  const taught = learn({ lesson: 'was-then', before: { from: startedAt, to: endedAt }, ...span });
  const is = { startedAt: span.from, endedAt: span.to, seenAt: span.to, byHand: true };
  const when = { ...is, settled: later ? join(kept, later) : kept };
  const actions = run.actions.filter((one) => isWithin(one, is));
  const dropped = run.actions.filter((one) => !actions.includes(one));
  turn.tellAgain(run, { ...when, actions });
  return {
    what: 'times',
    id: run.id,
    was: { startedAt, endedAt, seenAt, byHand, settled: run.settled },
    is: when,
    dropped,
    taught,
  };
}

function rename(
  turn: Turn,
  { id, activity, ...more }: Correction & { what: 'activity' },
  learn: Learn,
): Change | CorrectionProblem {
  const run = [turn.state.open, turn.state.last].find((one) => one?.id === id);
  if (!run) return whyNot(turn, id);
  const category = more.category ?? run.category;
  const was = { activity: run.activity, category: run.category };
  const taught = learn({
    lesson: 'was-other',
    from: run.startedAt,
    to: run.endedAt ?? Math.max(run.startedAt, run.seenAt),
  });
  turn.tellAgain(run, { activity, category });
  return { what: 'activity', id, was, is: { activity, category }, taught };
}

function add(turn: Turn, { from, to }: Span, learn: Learn): Change | CorrectionProblem {
  const { history, at = 0, offset = 0 } = turn.state;
  if (overlaps(turn.state, { startedAt: from, endedAt: to })) return 'overlaps';
  const taught = learn({ lesson: 'was-one', from, to });
  const { activity, category } = turn.options;
  const what = { id: turn.newId(from + offset), revision: 0, activity, category, state: 'finished' } as const;
  const when = { startedAt: from, endedAt: to, seenAt: to, toldAt: turn.now };
  const run: Run = { ...what, ...when, byHand: true, actions: [], settled: between(history, from, to, at) };
  turn.keep(turn.tell(run, 'finished'));
  return { what: 'missed', id: run.id, taught };
}

function addAction(turn: Turn, action: ActionName, { from, to }: Span, learn: Learn): Change | CorrectionProblem {
  const { open, last } = turn.state;
  const run = [open, last].find((one) => one && from >= one.startedAt && to <= (one.endedAt ?? turn.now));
  if (!run) return 'no-activity';
  const taught = learn({ lesson: 'was-one', action, from, to });
  const added = [{ action, startedAt: iso(from), endedAt: iso(to) }];
  turn.tellAgain(run, { actions: inOrder([...run.actions, ...added]) });
  return { what: 'action', id: run.id, added, taught };
}
