/** What a look at the acceleration means, given what was seen before: actions, or nothing. */
import type { ActionName } from '../../vocabulary/index.js';
import type { RecogniserEvent } from '../recogniser.js';
import { askForest, chanceOf, type Forest, logOdds, readForest } from './forest.js';
import { noteShape, type SeenShape, shiftFor, type Teaching } from './lessons.js';
import { confidenceOf, type MotionModel } from './model-form.js';
import { evidenceOf, limitEvidence, memoryOf, type Remembered, remember, shortened, sipOver } from './session.js';
import { followStirring, NO_STIR, type StirState } from './stirring.js';
import type { Look, SeenCycle } from './watch.js';

/** What the decisions remember. */
export interface Decisions {
  /** The tilt cycles of the last minutes. */
  memory: Remembered[];
  /** Epoch milliseconds until which everything has been told: no cycle is told twice. */
  toldUntil: number;
  stir: StirState;
  /** The last movements, for people to talk about, and what they have said. */
  seen: readonly SeenShape[];
  taught: readonly Teaching[];
}

export type ActionEvent = Extract<RecogniserEvent, { type: 'action' }>;
export type Forests = Record<'sip' | 'pour' | 'stir', Forest>;

interface Decided {
  state: Decisions;
  events: ActionEvent[];
}

/** A cycle may have been told this much ahead of the clock, when a silent sensor was taken to lie still. */
const AHEAD_MS = 4000;

export const NO_DECISIONS: Decisions = { memory: [], toldUntil: 0, stir: NO_STIR, seen: [], taught: [] };

export function readForests(model: MotionModel): Forests {
  return { sip: readForest(model.sip), pour: readForest(model.pour), stir: readForest(model.stir) };
}

/** What one look adds. */
export function decide(before: Decisions, look: Look, forests: Forests, model: MotionModel): Decided {
  let { state, events } = stirIn(before, look, forests.stir, model);
  for (const cycle of look.cycles) {
    const judged = judge(state, cycle, forests, model);
    state = judged.state;
    events = [...events, ...judged.events];
  }
  return { state, events };
}

/** The track began anew at `at` (epoch ms). After the clock was set back nothing of the future is remembered. */
export function decideAnew(before: Decisions, at: number): Decisions {
  const { memory, toldUntil } = before;
  return {
    ...before,
    memory: memory.filter(({ endAt }) => endAt <= at),
    toldUntil: toldUntil > at + AHEAD_MS ? 0 : toldUntil,
    stir: NO_STIR,
  };
}

function stirIn(before: Decisions, look: Look, forest: Forest, model: MotionModel): Decided {
  const { thresholds, confidence, spread } = model;
  const answer = look.rhythm ? askForest(forest, look.rhythm) : 0;
  const { stir, ended } = followStirring(before.stir, look.at, answer, look.rhythm, thresholds.stir);
  if (!ended) return { state: { ...before, stir }, events: [] };
  const { startedAt, endedAt, features } = ended;
  const over = aboveThreshold(ended.answer, thresholds.stir) + shiftFor(before.taught, 'stir', features, spread);
  const told = over >= 0 ? 'stir' : null;
  const seen = noteShape(before.seen, { startedAt, endedAt, told, over: { stir: over }, features });
  const sure = confidenceOf(ended.answer, confidence.stir);
  return { state: { ...before, stir, seen }, events: told ? [action('stir', startedAt, endedAt, sure)] : [] };
}

/**
 * Weighs one tilt cycle: a sip in its row, a pour, or nothing. What a pour looks like is known of one person only and
 * holds for nobody else, so the trees' word is not enough: somebody must have said of one like it that it was one.
 */
function judge(before: Decisions, cycle: SeenCycle, forests: Forests, model: MotionModel): Decided {
  const { raiseAt, dwellAt, lowerAt, endAt, features } = cycle;
  const { thresholds, confidence, spread } = model;
  const shift = {
    sip: shiftFor(before.taught, 'sip', features, spread),
    pour: shiftFor(before.taught, 'pour', features, spread),
  };
  const own = memoryOf(cycle, evidenceOf(askForest(forests.sip, features)));
  const taught = { ...own, evidence: limitEvidence(own.evidence + shift.sip) };
  const memory = remember(before.memory, shortened(taught));
  if (raiseAt < before.toldUntil) return { state: { ...before, memory }, events: [] };
  const answer = askForest(forests.pour, features);
  const untaught = sipOver(before.memory, own, cycle);
  const over = { sip: untaught + shift.sip, pour: aboveThreshold(answer, thresholds.pour) + shift.pour };
  const told = over.sip >= 0 ? 'sip' : shift.pour > 0 && over.pour >= 0 ? 'pour' : null;
  const seen = noteShape(before.seen, { startedAt: raiseAt, endedAt: endAt, told, over, features });
  // What was said of a movement holds for the other spans that could be seen in it, too.
  const settled = told || untaught >= 0;
  const state = { ...before, memory, seen, toldUntil: settled ? endAt : before.toldUntil };
  if (!told) return { state, events: [] };
  const sip = confidenceOf(chanceOf(over.sip), confidence.sip);
  const events =
    told === 'sip'
      ? [
          action('raise-cup', raiseAt, dwellAt, sip),
          action('sip', dwellAt, lowerAt, sip),
          action('put-down', lowerAt, endAt, sip),
        ]
      : [action('pour', dwellAt, lowerAt, confidenceOf(answer, confidence.pour))];
  return { state, events };
}

function aboveThreshold(answer: number, threshold: number): number {
  return logOdds(Math.max(0.001, Math.min(0.999, answer))) - logOdds(threshold);
}

function action(name: ActionName, startedAt: number, endedAt: number, confidence: number): ActionEvent {
  return { type: 'action', action: name, startedAt, endedAt, confidence };
}
