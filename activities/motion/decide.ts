/** What a look at the acceleration means, given what was seen before: actions, or nothing. */
import type { ActionName } from '../../vocabulary/index.js';
import type { RecogniserEvent } from '../recogniser.js';
import { askForest, type Forest, readForest } from './forest.js';
import { confidenceOf, type MotionModel } from './model-form.js';
import { evidenceOf, type Remembered, remember, sipAnswer } from './session.js';
import { followStirring, NO_STIR, type StirState } from './stirring.js';
import type { Look, SeenCycle } from './watch.js';

/** What the decisions remember. */
export interface Decisions {
  /** The tilt cycles of the last minutes. */
  memory: Remembered[];
  /** Epoch milliseconds until which everything has been told: no cycle is told twice. */
  toldUntil: number;
  stir: StirState;
}

export type ActionEvent = Extract<RecogniserEvent, { type: 'action' }>;
export type Forests = Record<'sip' | 'pour' | 'stir', Forest>;

interface Decided {
  state: Decisions;
  events: ActionEvent[];
}

/** A cycle may have been told this much ahead of the clock, when a silent sensor was taken to lie still. */
const AHEAD_MS = 4000;

export const NO_DECISIONS: Decisions = { memory: [], toldUntil: 0, stir: NO_STIR };

export function readForests(model: MotionModel): Forests {
  return { sip: readForest(model.sip), pour: readForest(model.pour), stir: readForest(model.stir) };
}

/** What one look adds. */
export function decide(before: Decisions, look: Look, forests: Forests, model: MotionModel): Decided {
  const stirred = stirIn(before.stir, look, forests.stir, model);
  let state = { ...before, stir: stirred.stir };
  const { events } = stirred;
  for (const cycle of look.cycles) {
    const judged = judge(state, cycle, forests, model);
    state = judged.state;
    events.push(...judged.events);
  }
  return { state, events };
}

/** The track began anew at `at` (epoch ms). After the clock was set back nothing of the future is remembered. */
export function decideAnew({ memory, toldUntil }: Decisions, at: number): Decisions {
  return {
    memory: memory.filter(({ endAt }) => endAt <= at),
    toldUntil: toldUntil > at + AHEAD_MS ? 0 : toldUntil,
    stir: NO_STIR,
  };
}

function stirIn(
  state: StirState,
  look: Look,
  forest: Forest,
  { thresholds, confidence }: MotionModel,
): { stir: StirState; events: ActionEvent[] } {
  const answer = look.rhythm ? askForest(forest, look.rhythm) : 0;
  const { stir, ended } = followStirring(state, look.at, answer, thresholds.stir);
  if (!ended) return { stir, events: [] };
  const sure = confidenceOf(ended.answer, confidence.stir);
  return { stir, events: [action('stir', ended.startedAt, ended.endedAt, sure)] };
}

/** Weighs one tilt cycle: a sip in its row, a pour, or nothing. */
function judge(
  state: Decisions,
  cycle: SeenCycle,
  forests: Forests,
  { thresholds, confidence }: MotionModel,
): Decided {
  const { raiseAt, dwellAt, lowerAt, endAt, features } = cycle;
  const remembered = { raiseAt, dwellAt, endAt, evidence: evidenceOf(askForest(forests.sip, features)) };
  const sip = sipAnswer(state.memory, remembered, cycle.surroundings, features);
  const next = { ...state, memory: remember(state.memory, remembered) };
  if (raiseAt < state.toldUntil) return { state: next, events: [] };
  if (sip >= 0.5) {
    const sure = confidenceOf(sip, confidence.sip);
    const events = [
      action('raise-cup', raiseAt, dwellAt, sure),
      action('sip', dwellAt, lowerAt, sure),
      action('put-down', lowerAt, endAt, sure),
    ];
    return { state: { ...next, toldUntil: endAt }, events };
  }
  const pour = askForest(forests.pour, features);
  if (pour < thresholds.pour) return { state: next, events: [] };
  const sure = confidenceOf(pour, confidence.pour);
  return { state: { ...next, toldUntil: endAt }, events: [action('pour', dwellAt, lowerAt, sure)] };
}

function action(name: ActionName, startedAt: number, endedAt: number, confidence: number): ActionEvent {
  return { type: 'action', action: name, startedAt, endedAt, confidence };
}
