import { epochOf } from '../../vocabulary/index.js';
import type { Recogniser, RecogniserEvent, Step } from '../recogniser.js';
import { type Decisions, decide, decideAnew, type Forests, NO_DECISIONS, readForests } from './decide.js';
import { explain } from './explain.js';
import { LONGEST_GAP_MS } from './grid.js';
import { learnShape } from './lessons.js';
import { MODEL } from './model.js';
import type { MotionModel } from './model-form.js';
import { type MotionRun, withRun } from './run.js';
import { type Look, lastLooks, startWatch, type WatchState, watchReading } from './watch.js';

export interface MotionState extends Decisions {
  watch: WatchState;
  /** The activity that the actions belong to, while there is one. */
  run: MotionRun | null;
}

/**
 * Recognises raise-cup, sip, put-down, stir and pour from acceleration with gravity (m/s²), at 10 to 100 readings a
 * second, however the sensor sits on the cup, the hand or the wrist. It tells of a cycle about 1.5 s after the cup is
 * down, of stirring when the spoon rests.
 */
export function createMotionRecogniser(model: MotionModel): Recogniser<MotionState> {
  let forests: Forests | undefined;
  const take = (state: MotionState, looks: readonly Look[]): Step<MotionState> => {
    if (looks.length === 0) return { state, events: [] };
    // Read when first needed: loading the module costs nothing.
    forests ??= readForests(model);
    return decideAll(state, looks, forests, model);
  };

  return {
    name: 'motion',
    accepts: (reading) => reading.parameters.acceleration !== undefined,
    initial: () => ({ watch: startWatch(), ...NO_DECISIONS, run: null }),
    step(state, reading) {
      const { acceleration } = reading.parameters;
      if (!acceleration) return { state, events: [] };
      const at = epochOf(reading.at);
      const { watch, looks, restarted } = watchReading(state.watch, at, acceleration);
      const taken = take({ ...state, watch }, looks);
      return inRun(restarted ? { ...taken, state: { ...taken.state, ...decideAnew(taken.state, at) } } : taken, at);
    },
    tick(state, now) {
      const { grid } = state.watch;
      if (!grid || now - grid.at <= LONGEST_GAP_MS) return inRun({ state, events: [] }, now);
      const taken = take({ ...state, watch: startWatch() }, lastLooks(state.watch));
      return inRun({ ...taken, state: { ...taken.state, ...decideAnew(taken.state, now) } }, now);
    },
    learn(before, lesson) {
      const state = upToDate(before);
      const taught = learnShape(state.seen, state.taught, lesson);
      const isOver = lesson.lesson === 'was-none' && !lesson.action && (state.run?.until ?? 0) <= lesson.to;
      return { ...state, taught, run: isOver ? null : state.run };
    },
    lasting: (state) => ({ watch: startWatch(), ...NO_DECISIONS, taught: upToDate(state).taught, run: null }),
    explain: (state) => explain(upToDate(state)),
  };
}

/** States that were saved before there were lessons go on without any, and without a past that says too little. */
function upToDate(state: MotionState): MotionState {
  const { seen = [], taught = [], memory } = state;
  if (state.taught && state.seen && memory.every(({ tilt }) => tilt !== undefined)) return state;
  return { ...state, seen, taught, memory: memory.filter(({ tilt }) => tilt !== undefined) };
}

function decideAll(
  state: MotionState,
  looks: readonly Look[],
  forests: Forests,
  model: MotionModel,
): Step<MotionState> {
  const { watch: _watch, run: _run, ...before } = upToDate(state);
  let decisions: Decisions = before;
  const events: RecogniserEvent[] = [];
  for (const look of looks) {
    const decided = decide(decisions, look, forests, model);
    decisions = decided.state;
    events.push(...decided.events);
  }
  return { state: { ...state, ...decisions }, events };
}

function inRun({ state, events }: Step<MotionState>, now: number): Step<MotionState> {
  const told = withRun(state.run, events, now);
  return told.run === state.run ? { state, events } : { state: { ...state, run: told.run }, events: told.events };
}

/** Actions from acceleration, as learned from the recordings that the model names. */
export const motionRecogniser: Recogniser<MotionState> = createMotionRecogniser(MODEL);
