/**
 * Recognises what happens on a scale: brewing and pouring into a vessel, cups taken from a pot, sips from a cup.
 * How it decides is explained in docs/recognition-kinds.md.
 */
import { type ActionName, epochOf } from '../../vocabulary/index.js';
import { admit, passTick } from '../admission.js';
import { learnBars } from '../bars.js';
import { actionOf, withoutNone } from '../lesson.js';
import type { Lesson, Recogniser, RecogniserEvent, Step } from '../recogniser.js';
import { asked, noteSight, WEIGHT_LESSONS } from './bars.js';
import { meaningOf } from './change.js';
import { explain } from './explain.js';
import { type Change, followLevel, isForgotten, noteSilence, settleLevel, withoutSpike } from './levels.js';
import { followRise, POUR_PAUSE_MS, pauseRise, type RiseNews } from './rise.js';
import { initialState, type Run, upToDate, type WeightState } from './state.js';

/** A brew grows surer with each reading that rises. */
const BREW_SURE = { first: 0.75, last: 0.95, readings: 40 };

export const weightRecogniser: Recogniser<WeightState> = {
  name: 'weight',
  accepts: (reading) => reading.parameters.weight !== undefined,
  initial: initialState,
  step(state, reading) {
    const { weight } = reading.parameters;
    return weight === undefined ? { state, events: [] } : stepWeight(upToDate(state), epochOf(reading.at), weight);
  },
  tick: (state, now) => passTick(state, now, { upToDate, passTime }),
  learn: (state, lesson) => learn(upToDate(state), lesson),
  lasting: (state) => lasting(upToDate(state)),
  explain: (state) => explain(upToDate(state)),
};

/** One reading further. @param at epoch milliseconds @param weight grams; only finite values count */
function stepWeight(state: WeightState, at: number, weight: number): Step<WeightState> {
  if (!Number.isFinite(at) || !Number.isFinite(weight)) return { state, events: [] };
  const next = { ...state };
  const before = next.at;
  const isRepeated = before === at && next.raw.at(-1) === toMilligrams(weight);
  const admission = isRepeated ? 'late' : admit(next, at);
  if (admission === 'late') return { state: next, events: [] };
  if (admission === 'set-back') return { state: { ...lasting(state), at }, events: finishNow(state) };
  const silence = at - (before ?? at);
  const isGap = isForgotten(next, silence);
  const events = before === null ? [] : passTime(next, at, isGap);
  next.at = before;
  const filtered = withoutSpike(next, at, toMilligrams(weight));
  next.at = at;
  noteSilence(next, silence, filtered);
  if (isGap) forgetPlace(next);
  for (const change of followLevel(next, at, filtered)) take(next, change, at, events);
  noteRise(next, followRise(next, at, filtered), events);
  return { state: next, events };
}

/** No scale weighs finer, and JSON knows no -0. */
function toMilligrams(grams: number): number {
  return Math.round(grams * 1000) / 1000 + 0;
}

/** What time alone brings: a level that nothing contradicts, the end of a pour, the end of the run. */
function passTime(state: WeightState, now: number, isGap = false): RecogniserEvent[] {
  const events: RecogniserEvent[] = [];
  if (!isGap) for (const change of settleLevel(state, now)) take(state, change, now, events);
  noteRise(state, pauseRise(state, now), events);
  const { run } = state;
  if (run && now - run.until >= run.quiet) finish(state, events);
  if (state.last && now - state.last.until > 1000 * asked(state, 'pause') + POUR_PAUSE_MS) state.last = null;
  return events;
}

function noteRise(
  state: WeightState,
  { began, grewAt, pause = POUR_PAUSE_MS, poured }: RiseNews,
  events: RecogniserEvent[],
): void {
  if (began !== undefined) {
    // What grows by pouring is no vessel that was put back.
    state.away = null;
    state.under = null;
  }
  if (grewAt !== undefined) {
    const steps = Math.min(BREW_SURE.readings, state.rise?.steps ?? 0);
    const sure = BREW_SURE.first + ((BREW_SURE.last - BREW_SURE.first) * steps) / BREW_SURE.readings;
    const quiet = Math.min(pause, 1000 * asked(state, 'pause'));
    happen(state, { from: began ?? grewAt, until: grewAt, quiet, cups: 0, confidence: sure }, events);
  }
  if (poured) act('pour', poured.startedAt, poured.endedAt, 0.8, events);
}

function take(state: WeightState, change: Change, now: number, events: RecogniserEvent[]): void {
  const meaning = meaningOf(state, change);
  if (!meaning) return;
  if (meaning.what === 'lifted') {
    // The drink is taken: nothing more runs into it.
    if (state.run && state.run.quiet <= POUR_PAUSE_MS) finish(state, events);
    state.last = null;
    return;
  }
  const quiet = 1000 * asked(state, 'cupPause');
  if (meaning.what === 'fresh') {
    const { at, confidence } = meaning;
    happen(state, { from: at, until: at, quiet, cups: 0, confidence }, events);
    noteSight(state, 'fresh', meaning.grams, { from: at, to: at });
    return;
  }
  const { startedAt, confidence, grams } = meaning;
  const endedAt = Math.min(now, Math.max(startedAt, meaning.endedAt));
  const cups = meaning.what === 'cups' ? meaning.cups : 0;
  happen(state, { from: startedAt, until: endedAt, quiet, cups, confidence }, events);
  noteSight(state, cups > 0 ? 'cup' : 'sip', grams, { from: startedAt, to: endedAt });
  act(meaning.what === 'cups' ? 'pour' : 'sip', startedAt, endedAt, confidence, events);
}

/** What an action is about says which of what happens on a scale it was. */
const ABOUT: Partial<Record<ActionName, readonly string[]>> = { sip: ['sip'], pour: ['cup', 'pour'] };

function learn(state: WeightState, lesson: Lesson): WeightState {
  // No scale knows what was brewed.
  if (lesson.lesson === 'was-other') return state;
  const action = actionOf(lesson);
  const about = action && (ABOUT[action] ?? []);
  const sights = about ? state.sights.filter(({ is }) => about.some((name) => name in is)) : state.sights;
  const next = withoutNone(state, lesson);
  const taught = learnBars({ ...state, sights }, lesson, WEIGHT_LESSONS);
  return taught === state.taught ? next : { ...next, taught };
}

/** Something happened: it begins a run, takes a finish back, or belongs to what goes on. */
function happen(state: WeightState, thing: Run, events: RecogniserEvent[]): void {
  const { run, last } = state;
  if (run) {
    state.run = {
      ...run,
      until: Math.max(run.until, thing.until),
      quiet: Math.max(run.quiet, thing.quiet),
      cups: run.cups + thing.cups,
      confidence: Math.max(run.confidence, thing.confidence),
    };
  } else if (last && thing.from - last.until <= 1000 * asked(state, 'pause')) {
    events.push({ type: 'resume', at: thing.from, confidence: thing.confidence });
    const until = Math.max(last.until, thing.until);
    state.run = { ...last, until, quiet: Math.max(last.quiet, thing.quiet), cups: last.cups + thing.cups };
  } else {
    events.push({ type: 'start', at: thing.from, confidence: thing.confidence });
    state.run = thing;
  }
  state.last = null;
}

function act(
  action: ActionName,
  startedAt: number,
  endedAt: number,
  confidence: number,
  events: RecogniserEvent[],
): void {
  events.push({ type: 'action', action, startedAt, endedAt, confidence });
}

function finish(state: WeightState, events: RecogniserEvent[]): void {
  const { run } = state;
  if (!run) return;
  events.push(...finishNow(state));
  state.last = run.quiet <= POUR_PAUSE_MS && !run.dismissed ? run : null;
  state.run = null;
}

function finishNow({ run }: WeightState): RecogniserEvent[] {
  if (!run) return [];
  const { until, confidence, cups } = run;
  return [{ type: 'finish', at: until, confidence, ...(cups > 0 ? { cups } : {}) }];
}

/** The clock was set back: only what was learned of the scale and the cups, and taught, is kept. */
function lasting({ cup, silence, taught }: WeightState): WeightState {
  return { ...initialState(), cup, silence, taught };
}

/** Whatever stood there may have been changed in a long silence. */
function forgetPlace(state: WeightState): void {
  state.raw = [];
  state.level = null;
  state.next = null;
  state.away = null;
  state.under = null;
  state.rise = null;
}
