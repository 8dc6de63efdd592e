import { type Appliance, epochOf, type Reading } from '../vocabulary/index.js';
import type { Fact } from './explanation.js';
import type { Lesson, Recogniser, Step } from './recogniser.js';
import { cut, join, type Stretch } from './summary.js';
import { NOTHING, remember } from './summary-history.js';
import { type Correction, type CorrectionProblem, correct } from './tracker-correction.js';
import { followPlay } from './tracker-play.js';
import { dismissedRun, type Run, type TrackerState } from './tracker-state.js';
import { doubt, trustedMs } from './tracker-trust.js';
import { LONGEST_MS, type NewId, type RunOptions, type Told, Turn } from './tracker-turn.js';

/** With no reading for this long (30 min; or as long as its recogniser trusts) a recognised activity is over: it ended with the last. */
export const SILENCE_MS = 1_800_000;
/** What somebody started by hand and forgot is over after this long (12 h) without a reading or a word. */
const FORGOTTEN_MS = 43_200_000;
/** A rating or the name of the drink may come this long (15 min) after the end. */
const AFTERWARDS_MS = 900_000;
/** A reading that is this near (2 min) to where a clock that was set would be shows that its clock was, too. */
const NEAR_MS = 120_000;
/** Readings older than the newest are passed over until nothing else has come for this long (60 s). */
const SET_BACK_MS = 60_000;

export interface TrackerOptions extends RunOptions {
  /** What they were made for: when this changes, they begin anew. */
  kind: string;
  /** To choose from, in order; none when only people start and stop the activity. */
  recognisers: readonly Recogniser<unknown>[];
}

/** `now` is on the readings' clock, `arrivedAt` on the hub's, both in epoch milliseconds. */
export type TrackerInput =
  | { type: 'reading'; reading: Reading; arrivedAt: number }
  | { type: 'tick'; now: number }
  /** The hub's clock was set by so many milliseconds, forward is positive. */
  | { type: 'leap'; by: number }
  | { type: 'start' | 'stop'; now: number }
  | { type: 'remark'; rating?: number; drink?: string; now: number }
  | { type: 'correct'; correction: Correction; now: number };

export type TrackerProblem = 'already-open' | 'nothing-open' | 'nothing-to-remark' | CorrectionProblem;

interface TrackerStep {
  state: TrackerState;
  told: Told[];
  /** Why what a person said changed nothing. */
  problem?: TrackerProblem;
}

export function newTracker(appliance: Appliance): TrackerState {
  return { appliance, history: NOTHING };
}

/**
 * One step further with one appliance: from what came in to what has to be told. Pure: the state that is given is never
 * changed, the one that comes back is plain JSON. At most one activity is open at a time.
 *
 * Which clock counts: the readings' own. A retained reading is of the past and begins nothing; see `doubt` for what it may
 * end. A reading older than the newest is late or a stale copy and is passed over; when for a minute of the hub's time nothing
 * but such readings came, each no older than the one before, the clock was set back: what was open ends with the last reading
 * before, and all begins anew. After more than 30 min of silence, or the longer one that its recogniser trusts, a recognised activity
 * ends with the last reading before it; a clock set forward looks like that, too. Where the hub's clock was set and the
 * readings' went with it, all goes on and is told on the new one. Another play of a recording is a time line of its own. A
 * value counts for 5 min at most until the next. So no duration is ever negative, and none contains a gap or a leap that
 * nothing was said of.
 */
export function stepTracker(
  state: TrackerState,
  input: TrackerInput,
  options: TrackerOptions,
  newId: NewId,
): TrackerStep {
  if (input.type === 'leap') return { state: leap(state, input.by), told: [] };
  if (input.type === 'reading') {
    const settled = settleLeap(followPlay(state, input.reading), input);
    return read(settled, onOldClock(input, settled.offset), options, newId);
  }
  const turn = turnOf(state, input.now, options, newId);
  if (input.type === 'tick') {
    tick(turn, options);
    return turn;
  }
  const problem = said(turn, input, options);
  return problem ? { state, told: [], problem } : turn;
}

function turnOf(state: TrackerState, now: number, options: TrackerOptions, newId: NewId): Turn {
  const turn = new Turn(state, now, options, newId);
  turn.holdMs = Math.max(turn.holdMs, trustedMs(state, options) ?? 0);
  return turn;
}

/** What a person said. @returns why it changes nothing */
function said(
  turn: Turn,
  input: TrackerInput & { type: 'start' | 'stop' | 'remark' | 'correct' },
  options: TrackerOptions,
): TrackerProblem | undefined {
  if (input.type === 'remark') return remark(turn, input);
  if (input.type !== 'correct') return byHand(turn, input.type);
  const wasOpen = turn.state.open;
  return correct(turn, input.correction, (lesson) => learn(turn, options, lesson, wasOpen !== turn.state.open));
}

/**
 * A recogniser that cannot learn begins anew when what it has open was none.
 * @returns what it goes by now and did not before
 */
function learn(turn: Turn, options: TrackerOptions, lesson: Lesson, isOfOpenRun: boolean): Fact[] {
  const recogniser = recogniserOf(turn, options);
  const known = turn.state.recogniser;
  if (!recogniser || !known) return [];
  if (recogniser.learn) turn.state.recogniser = { ...known, memory: recogniser.learn(known.memory, lesson) };
  else if (isOfOpenRun) turn.state.recogniser = { ...known, memory: recogniser.initial() };
  return newFacts(recogniser.explain?.(known.memory).facts, recogniser.explain?.(turn.state.recogniser?.memory).facts);
}

/** What was not said before. Where an earlier lesson was only taken back by the opposite one, that is what it says. */
function newFacts(before: readonly Fact[] = [], after: readonly Fact[] = []): Fact[] {
  const keysOf = (facts: readonly Fact[]) => new Set(facts.map((fact) => JSON.stringify(fact)));
  const [known, left] = [keysOf(before), keysOf(after)];
  const found = after.filter((fact) => !known.has(JSON.stringify(fact)));
  const isTakenBack = before.some((fact) => fact.name.startsWith('taught-') && !left.has(JSON.stringify(fact)));
  return found.length === 0 && isTakenBack ? [{ name: 'taught-back', values: {} }] : found;
}

/** Where there was no reading yet, all times are the hub's own. */
function leap(state: TrackerState, by: number): TrackerState {
  if (state.at === undefined) return { ...state, offset: (state.offset ?? 0) + by };
  const behind = state.behind && { ...state.behind, since: state.behind.since + by };
  return { ...state, arrivedAt: (state.arrivedAt ?? 0) + by, behind, leapt: (state.leapt ?? 0) + by };
}

/** An appliance with a clock of its own goes on as before; readings with the hub's time leapt with it. */
function settleLeap(state: TrackerState, { reading, arrivedAt }: TrackerInput & { type: 'reading' }): TrackerState {
  const { at, leapt, offset = 0 } = state;
  if (at === undefined || !leapt || reading.retained) return state;
  const expected = at + offset + leapt + (arrivedAt - (state.arrivedAt ?? arrivedAt));
  if (Math.abs(epochOf(reading.at) - expected) > NEAR_MS) return state;
  return { ...state, offset: offset + leapt, leapt: undefined };
}

function onOldClock(input: TrackerInput & { type: 'reading' }, offset = 0): TrackerInput & { type: 'reading' } {
  if (offset === 0) return input;
  const at = Date.parse(input.reading.at) - offset;
  if (Number.isNaN(at)) return input;
  return { ...input, reading: { ...input.reading, at: new Date(at).toISOString() } };
}

function read(
  state: TrackerState,
  { reading, arrivedAt }: { reading: Reading; arrivedAt: number },
  options: TrackerOptions,
  newId: NewId,
): TrackerStep {
  const at = epochOf(reading.at);
  if (Number.isNaN(at)) return { state, told: [] };
  if (reading.retained) return { state: doubt(state, reading, arrivedAt, options), told: [] };
  const before = state.at;
  const turn = turnOf(state, at, options, newId);
  if (before !== undefined && at < before) {
    turn.state.behind = fallBehind(state.behind, at, arrivedAt);
    if (arrivedAt - turn.state.behind.since < SET_BACK_MS) return turn;
    beginAnew(turn, options, at);
  } else if (before !== undefined && at - before > SILENCE_MS) tick(turn, options);
  turn.state.behind = undefined;
  turn.state.isDoubtful = undefined;
  note(turn, reading, at);
  turn.state.arrivedAt = arrivedAt;
  recognise(turn, options, reading);
  turn.tellWhenDue();
  return turn;
}

function fallBehind(behind: TrackerState['behind'], at: number, arrivedAt: number) {
  return behind && at >= behind.at && arrivedAt >= behind.since
    ? { since: behind.since, at }
    : { since: arrivedAt, at };
}

/** The clock was set back: what was open ends on the old clock, nothing of it is mixed with the new one. */
function beginAnew(turn: Turn, options: TrackerOptions, at: number): void {
  const { state } = turn;
  if (state.open) turn.end(state.open, state.open.seenAt);
  state.at = undefined;
  keepLasting(turn, options);
  state.history = NOTHING;
  state.pending = undefined;
  turn.now = at;
}

/** Takes the reading's values into the history, and what leaves the history into the activity under way. */
function note(turn: Turn, reading: Reading, at: number): void {
  const { state } = turn;
  const { open: run, pending } = state;
  const none = dismissedRun(state);
  const starts = [run?.startedAt, pending?.since, none?.startedAt].filter((start) => start !== undefined);
  const { history, left } = remember(state.history, reading.parameters, state.at, at, starts);
  state.history = history;
  state.at = at;
  state.appliance = reading.appliance;
  state.said = reading.parameters.state ?? state.said;
  if (pending) state.pending = { ...pending, settled: settle(pending.settled, left, pending.since) };
  if (run) state.open = goneOn(run, left, at);
  if (none) state.past = state.past?.map((one) => (one === none ? goneOn(one, left, at) : one));
}

function goneOn(run: Run, left: Stretch | undefined, at: number): Run {
  return { ...run, settled: settle(run.settled, left, run.startedAt), seenAt: Math.max(run.seenAt, at) };
}

/** What is settled of something since its start, with what has left the history now. */
function settle(settled: Stretch | undefined, left: Stretch | undefined, startedAt: number): Stretch | undefined {
  const from = settled?.to ?? startedAt;
  return left && left.to > from ? join(settled, cut(left, from, left.to)) : settled;
}

function recognise(turn: Turn, options: TrackerOptions, reading: Reading): void {
  const recogniser = recogniserOf(turn, options) ?? options.recognisers.find((one) => one.accepts(reading));
  if (!recogniser?.accepts(reading, turn.state.recogniser?.memory)) return;
  const memory = turn.state.recogniser ? turn.state.recogniser.memory : recogniser.initial();
  take(turn, options, recogniser, recogniser.step(memory, reading));
}

/** The recogniser at work. When the owner has chosen another one since, or its memory is not its own, what it had open is over. */
function recogniserOf(turn: Turn, { recognisers, kind }: TrackerOptions): Recogniser<unknown> | undefined {
  const { recogniser: chosen, open } = turn.state;
  if (!chosen) return undefined;
  const recogniser = recognisers.find((one) => one.name === chosen.name && kind === chosen.kind);
  if (recogniser && recogniser.isOwn?.(chosen.memory) !== false) return recogniser;
  forgetRecogniser(turn);
  if (open && !open.byHand) turn.end(open, open.seenAt);
  return undefined;
}

/** What it remembers means nothing any more, nor does what it learned last. */
function forgetRecogniser({ state }: Turn): void {
  state.recogniser = undefined;
  state.corrections = state.corrections?.map((one) => ({ ...one, learned: [], taught: undefined }));
}

/**
 * The state for a recogniser that cannot go on from its memory, such as one of another version: what was open is over with the
 * next step, and it begins anew. Undefined when that has been tried.
 */
export function withoutMemory(state: TrackerState): TrackerState | undefined {
  const isTried = !state.recogniser?.name;
  return isTried ? undefined : { ...state, recogniser: { name: '', kind: '', memory: null } };
}

/** What its recogniser has open means nothing any more; what was learned and taught does. */
function keepLasting(turn: Turn, options: TrackerOptions): void {
  const lasting = recogniserOf(turn, options)?.lasting;
  const known = turn.state.recogniser;
  if (!lasting || !known) {
    forgetRecogniser(turn);
    return;
  }
  turn.state.recogniser = { ...known, memory: lasting(known.memory) };
  turn.outliveMoment();
}

function take(turn: Turn, options: TrackerOptions, recogniser: Recogniser<unknown>, step: Step<unknown>): void {
  turn.state.recogniser = { name: recogniser.name, kind: options.kind, memory: step.state };
  for (const [index, event] of step.events.entries()) {
    // What was named and is a part of something longer goes on as what it was named: where that began, nothing begins any more.
    const isPart = event.type === 'discard' && step.events[index + 1]?.type === 'start';
    if (isPart && turn.state.open && turn.isNamed(turn.state.open)) continue;
    turn.apply(event);
  }
  turn.awaitStart(recogniser.pendingSince?.(step.state));
}

function tick(turn: Turn, options: TrackerOptions): void {
  const recogniser = recogniserOf(turn, options);
  if (recogniser) take(turn, options, recogniser, recogniser.tick(turn.state.recogniser?.memory, turn.now));
  const { open } = turn.state;
  const silenceMs = trustedMs(turn.state, options) ?? SILENCE_MS;
  if (open && turn.now - open.seenAt > (open.byHand ? FORGOTTEN_MS : silenceMs)) {
    keepLasting(turn, options);
    turn.end(open, open.seenAt);
  } else if (open && turn.now - open.startedAt > LONGEST_MS) turn.end(open, open.seenAt);
  turn.tellWhenDue();
}

function byHand(turn: Turn, word: 'start' | 'stop'): TrackerProblem | undefined {
  const { open } = turn.state;
  if (word === 'start') {
    if (open) return 'already-open';
    turn.begin(turn.now, { byHand: true });
    return undefined;
  }
  if (!open) return 'nothing-open';
  turn.end({ ...open, byHand: true }, turn.now);
  return undefined;
}

function remark(turn: Turn, { rating, drink }: { rating?: number; drink?: string }): TrackerProblem | undefined {
  const { open, last } = turn.state;
  const said = { ...(rating === undefined ? {} : { rating }), ...(drink === undefined ? {} : { drink }) };
  if (open) {
    const seen: Partial<Run> = open.byHand ? { seenAt: turn.now } : {};
    turn.state.open = turn.tell({ ...open, ...said, ...seen }, 'ongoing');
    return undefined;
  }
  if (!last || Math.abs(turn.now - (last.endedAt ?? 0)) > AFTERWARDS_MS) return 'nothing-to-remark';
  turn.state.last = turn.tell({ ...last, ...said }, 'finished');
  return undefined;
}
