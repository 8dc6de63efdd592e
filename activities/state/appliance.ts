import type { RecogniserEvent } from '../recogniser.js';
import { begin, finish, goOn, SURE } from './runs.js';
import type { SayingState } from './state.js';
import { isTaughtPart, mergeMs, trialOf } from './teach.js';
import type { Phase } from './words.js';

/** Heating that follows keeping warm only keeps warm, until it has gone on for a while (teach.ts) or warmed this much (°C). */
const WARMED = 8;
/** What heats, and is at most this far (°C) from the target for this long, keeps warm. On its way to boiling it is faster. */
const TARGET = { degrees: 1.5, ms: 30_000 };
/** A pause longer than this (15 min) is the end. */
const LONGEST_PAUSE_MS = 900_000;

/** A kettle or machine says something new. */
export function applianceSays(state: SayingState, phase: Phase, at: number, events: RecogniserEvent[]): void {
  const { phase: before, last } = state;
  state.trial = phase === 'work' ? state.trial : null;
  switch (phase) {
    case 'work':
      if (state.run) state.run = { ...state.run, until: at };
      else if (before === 'hold' && state.isHeating)
        state.trial = { from: at, temperature: state.temperature, ...trialOf(state, true) };
      else if (last && at - last.until <= mergeMs(state)) goOn(state, at, events);
      else if (trialOf(state, false).ms > 0)
        state.trial = { from: at, temperature: state.temperature, ...trialOf(state, false) };
      else begin(state, at, before === null ? SURE.likely : SURE.word, events);
      return;
    case 'pause':
      if (state.run) state.run = { ...state.run, until: at };
      return;
    default:
      finish(state, at, events);
  }
}

/** Time went on, or a temperature came. */
export function watchAppliance(state: SayingState, now: number, events: RecogniserEvent[]): void {
  const { phase, trial, temperature, target, run } = state;
  const isLong = phase === 'pause' && run !== null && now - run.until > LONGEST_PAUSE_MS;
  if (isLong && run && !isTaughtPart(state)) finish(state, run.until, events);
  if (phase !== 'work') return;
  const isThere =
    temperature !== null && target !== null && target > 0 && Math.abs(temperature - target) <= TARGET.degrees;
  state.atTarget = isThere && state.isHeating ? (state.atTarget ?? now) : null;
  if (state.atTarget !== null && now - state.atTarget >= TARGET.ms) {
    finish(state, state.atTarget, events);
    Object.assign(state, { phase: 'hold', trial: null, atTarget: null });
    return;
  }
  if (!trial || state.atTarget !== null) return;
  const warmed = temperature !== null && trial.temperature !== null ? temperature - trial.temperature : 0;
  if (now - trial.from >= trial.ms || (!trial.isTaught && warmed >= WARMED)) {
    begin(state, trial.from, SURE.likely, events);
    state.trial = null;
  }
}
