import type { ActionName } from '../../vocabulary/index.js';
import type { Recogniser, RecogniserEvent, Step } from '../recogniser.js';
import { askForest, type Forest, readForest } from './forest.js';
import { LONGEST_GAP_MS } from './grid.js';
import { MODEL } from './model.js';
import { confidenceOf, type MotionModel } from './model-form.js';
import { type MotionRun, withRun } from './run.js';
import { evidenceOf, type Remembered, remember, sipAnswer } from './session.js';
import { followStirring, NO_STIR, type StirState } from './stirring.js';
import { type Look, type SeenCycle, startWatch, type WatchState, type WatchStep, watchReading } from './watch.js';

export interface MotionState {
  watch: WatchState;
  /** The tilt cycles of the last minutes. */
  memory: Remembered[];
  /** Epoch milliseconds until which everything has been told: no cycle is told twice. */
  toldUntil: number;
  stir: StirState;
  /** The activity that the actions belong to, while there is one. */
  run: MotionRun | null;
}

type Forests = Record<'sip' | 'pour' | 'stir', Forest>;
type ActionEvent = Extract<RecogniserEvent, { type: 'action' }>;

/** A silent sensor is taken to lie still: this shows the calm after the last cycle. */
const STILL_MS = 4000;
const STILL_STEP_MS = 1000;

/**
 * Recognises raise-cup, sip, put-down, stir and pour from acceleration with gravity (m/s²), at 10 to 100 readings a
 * second, however the sensor sits on the cup, the hand or the wrist. It tells of a cycle about 1.5 s after the cup is
 * down, of stirring when the spoon rests.
 */
export function createMotionRecogniser(model: MotionModel): Recogniser<MotionState> {
  let read: Forests | undefined;
  /** Read when first needed: loading the module costs nothing. */
  const trees = () => {
    read ??= {
      sip: readForest(model.sip),
      pour: readForest(model.pour),
      stir: readForest(model.stir),
    };
    return read;
  };

  function take(state: MotionState, { watch, looks }: WatchStep): Step<MotionState> {
    let next: MotionState = { ...state, watch };
    const events: RecogniserEvent[] = [];
    for (const look of looks) {
      const stirred = stirIn(next.stir, look, trees().stir, model);
      next = { ...next, stir: stirred.stir };
      events.push(...stirred.events);
      for (const cycle of look.cycles) {
        const judged = judge(next, cycle, trees(), model);
        next = judged.state;
        events.push(...judged.events);
      }
    }
    return { state: next, events };
  }

  /** What is still open when the sensor falls silent. */
  function rest(state: MotionState): Step<MotionState> {
    const { grid } = state.watch;
    if (!grid) return { state, events: [] };
    const [metres, from] = [9.80665, grid.at];
    const still = { x: grid.last.x * metres, y: grid.last.y * metres, z: grid.last.z * metres };
    let current = state;
    const events: RecogniserEvent[] = [];
    for (let ms = STILL_STEP_MS; ms <= STILL_MS; ms += STILL_STEP_MS) {
      const step = take(current, watchReading(current.watch, from + ms, still));
      current = step.state;
      events.push(...step.events);
    }
    return { state: { ...current, watch: startWatch(), stir: NO_STIR }, events };
  }

  return {
    name: 'motion',
    accepts: (reading) => reading.parameters.acceleration !== undefined,
    initial: () => ({ watch: startWatch(), memory: [], toldUntil: 0, stir: NO_STIR, run: null }),
    step(state, reading) {
      const { acceleration } = reading.parameters;
      if (!acceleration) return { state, events: [] };
      const at = Date.parse(reading.at);
      const watched = watchReading(state.watch, at, acceleration);
      if (!watched.restarted) return inRun(take(state, watched), at);
      const rested = rest(state);
      return inRun({ state: { ...restarted(rested.state, at), watch: watched.watch }, events: rested.events }, at);
    },
    tick(state, now) {
      const { grid } = state.watch;
      return inRun(grid && now - grid.at > LONGEST_GAP_MS ? rest(state) : { state, events: [] }, now);
    },
  };
}

function inRun({ state, events }: Step<MotionState>, now: number): Step<MotionState> {
  const told = withRun(state.run, events, now);
  return told.run === state.run ? { state, events } : { state: { ...state, run: told.run }, events: told.events };
}

/** After the clock was set back nothing of the future is remembered. */
function restarted(state: MotionState, at: number): MotionState {
  return {
    ...state,
    memory: state.memory.filter(({ endAt }) => endAt <= at),
    toldUntil: state.toldUntil > at + STILL_MS ? 0 : state.toldUntil,
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
  state: MotionState,
  cycle: SeenCycle,
  forests: Forests,
  { thresholds, confidence }: MotionModel,
): { state: MotionState; events: ActionEvent[] } {
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

/** Actions from acceleration, as learned from the recordings that the model names. */
export const motionRecogniser: Recogniser<MotionState> = createMotionRecogniser(MODEL);
