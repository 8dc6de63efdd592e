/**
 * Recognises exercise from speed, cadence, power or the heart alone: when it began, the rests in it, when it was over.
 * How it decides is explained in docs/recognition-kinds.md.
 */
import type { Reading } from '../../vocabulary/index.js';
import { admitReading, passTick } from '../admission.js';
import { learnBars, teachable } from '../bars.js';
import { actionOf, withoutNone } from '../lesson.js';
import type { Lesson, Recogniser, RecogniserEvent, RecogniserRun, Step } from '../recogniser.js';
import { effortOf, GAP_MS, isMoving, learnUsual, RULES } from './effort.js';
import { explain } from './explain.js';
import { asked, EXERCISE_LESSONS, followPace, secondsOf, sightOf } from './pace.js';
import { type ExerciseState, initialState } from './state.js';

/** A rest worth telling of, in milliseconds; and how long somebody must move before it is over. */
const REST_MS = 10_000;
const MOVES_AGAIN_MS = 8000;
/** What somebody does in a rest that has gone on for so long (30 s) says nothing of what is usual in the run. */
const LONG_REST_MS = 30_000;
/** A device that reports steadily and is silent for so long (2 min), or for four of its silences, is off. */
const SILENCE_MS = 120_000;
/** The way home takes no longer than this (1 h): who walks later than that after a run is out for a walk. */
const WAY_HOME_MS = 3_600_000;

/** @param isTrainer its owner says that it is a trainer or a bicycle: then power is the rider's, not a plug's */
export function exerciseRecogniser(isTrainer = false): Recogniser<ExerciseState> {
  return {
    name: 'exercise',
    accepts({ parameters: { speed, cadence, heartRate, power, distance } }, atWork) {
      if ((speed ?? cadence ?? heartRate ?? (isTrainer ? power : undefined)) !== undefined) return true;
      return (isTrainer || atWork !== undefined) && distance !== undefined;
    },
    initial: initialState,
    isOwn: ({ measure }) => isTrainer || measure !== 'power',
    step: (state, reading) => stepExercise(teachable(state), reading, isTrainer),
    tick: (state, now) => passTick(state, now, { upToDate: teachable, passTime }),
    learn: (state, lesson) => learn(teachable(state), lesson),
    lasting: (state) => lasting(teachable(state)),
    explain: (state) => explain(teachable(state)),
  };
}

function stepExercise(state: ExerciseState, reading: Reading, isTrainer: boolean): Step<ExerciseState> {
  const admitted = admitReading(state, reading, { lasting, ended });
  if ('events' in admitted) return admitted;
  const { next, before, at } = admitted;
  const events = before === null ? [] : passTime(next, at);
  noteDistance(next, reading.parameters.distance, events);
  next.at = before;
  const heardAt = next.heardAt;
  const effort = effortOf(next, reading.parameters, at, isTrainer);
  next.at = at;
  if (effort === undefined) return { state: next, events };
  noteStillness(next, effort, at);
  if (isMoving(next, effort)) move(next, effort, at, heardAt, events);
  else rest(next, at, heardAt);
  followPace(next, effort, at, heardAt);
  return { state: next, events };
}

function learn(state: ExerciseState, lesson: Lesson): ExerciseState {
  if (actionOf(lesson)) return state;
  const going = state.pace && sightOf(state.measure, state.pace);
  const sights = going ? [...state.sights, going] : state.sights;
  const next = withoutNone(state, lesson);
  const taught = learnBars({ ...state, sights }, lesson, EXERCISE_LESSONS);
  return taught === state.taught ? next : { ...next, taught };
}

function move(state: ExerciseState, effort: number, at: number, heardAt: number, events: RecogniserEvent[]): void {
  const { run, last, measure, restingSince } = state;
  const isLongRest = restingSince !== null && at - restingSince >= LONG_REST_MS;
  if (run ? !isLongRest : !last) learnUsual(state, effort, at - heardAt);
  if (run) {
    moveOn(state, run, at, events);
    return;
  }
  state.movingSince ??= at;
  const rule = RULES[measure ?? 'speed'];
  if (at - state.movingSince < 1000 * asked(state, secondsOf(measure ?? 'speed'))) return;
  const from = state.movingSince;
  state.movingSince = null;
  state.restingSince = null;
  if (last && from - last.until <= 1000 * asked(state, 'pause')) {
    events.push({ type: 'resume', at: from, confidence: last.confidence });
    const rested = { startedAt: last.until, endedAt: from, confidence: last.confidence };
    events.push({ type: 'action', action: 'rest', ...rested });
    state.run = { ...last, until: at };
    state.last = null;
  } else {
    if (last) letGo(state);
    events.push({ type: 'start', at: from, confidence: rule.sure });
    state.run = { from, until: at, confidence: rule.sure };
  }
}

/** Within a run: a rest is over once somebody has moved on for a while, and is told when it was long enough. */
function moveOn(state: ExerciseState, run: RecogniserRun, at: number, events: RecogniserEvent[]): void {
  const { restingSince } = state;
  state.movingSince ??= at;
  if (restingSince !== null) {
    if (at - state.movingSince < MOVES_AGAIN_MS) return;
    const rested = { startedAt: restingSince, endedAt: state.movingSince, confidence: run.confidence };
    if (rested.endedAt - rested.startedAt >= REST_MS) events.push({ type: 'action', action: 'rest', ...rested });
    state.restingSince = null;
  }
  state.run = { ...run, until: at };
}

function noteStillness(state: ExerciseState, effort: number, at: number): void {
  const isStill = effort < asked(state, state.measure ?? 'speed');
  state.stillSince = isStill ? (state.stillSince ?? at) : null;
}

/** The run before cannot go on any more: what is usual in it counts no longer. */
function letGo(state: ExerciseState): void {
  Object.assign(state, { last: null, typical: 0, most: 0 });
}

/** @param heardAt when the measure was last heard: until then there was movement */
function rest(state: ExerciseState, at: number, heardAt: number): void {
  if (state.run) state.restingSince ??= Math.max(state.run.until, Math.min(at, heardAt));
  else if (!state.last) letGo(state);
  state.movingSince = null;
}

/** Time went on: whoever rests too long, or is not heard any more, has ended. */
function passTime(state: ExerciseState, now: number): RecogniserEvent[] {
  const { run, measure, heardAt, silence, restingSince } = state;
  const quiet = now - heardAt;
  const isOff = quiet > Math.min(GAP_MS, Math.max(SILENCE_MS, 4 * silence));
  if (!run) {
    if (quiet > GAP_MS) Object.assign(state, { movingSince: null, typical: 0, most: 0 });
    if (state.last && isHome(state, state.last, now, isOff)) letGo(state);
    return [];
  }
  if (isOff && restingSince === null) state.restingSince = Math.max(run.until, Math.min(heardAt, now));
  const since = state.restingSince;
  const endMs = Math.min(RULES[measure ?? 'speed'].endMs, 1000 * asked(state, 'pause'));
  return since !== null && now - since >= endMs ? finish(state, since) : [];
}

/** Somebody has stood still, or was not heard, for so long that nobody goes on with that run, or it was over long ago. */
function isHome(state: ExerciseState, last: RecogniserRun, now: number, isOff: boolean): boolean {
  const stillMs = now - (state.stillSince ?? (isOff ? state.heardAt : now));
  return stillMs > 1000 * asked(state, 'pause') || now - last.until > WAY_HOME_MS;
}

/** A counter of metres that fell was reset: that was another session. */
function noteDistance(state: ExerciseState, distance: number | undefined, events: RecogniserEvent[]): void {
  if (distance === undefined) return;
  if (state.distance !== null && distance < state.distance / 2 && state.distance - distance > 20) {
    if (state.run) events.push(...finish(state, state.restingSince ?? state.run.until));
    letGo(state);
  }
  state.distance = distance;
}

function finish(state: ExerciseState, at: number): RecogniserEvent[] {
  const { run } = state;
  if (!run) return [];
  const until = Math.max(run.from, at);
  state.run = null;
  state.last = run.dismissed ? null : { ...run, until };
  state.restingSince = null;
  state.movingSince = null;
  return [{ type: 'finish', at: until, confidence: run.confidence }];
}

function ended(state: ExerciseState): RecogniserEvent[] {
  return finish({ ...state }, state.restingSince ?? state.run?.until ?? 0);
}

/** The clock was set back: what was learned of the person's heart, and taught, stays. */
function lasting({ heart, taught }: ExerciseState): ExerciseState {
  return { ...initialState(), heart, taught };
}
