import { epochOf, type Reading } from '../vocabulary/index.js';
import type { RecogniserEvent, Step } from './recogniser.js';

/** Readings up to this much older than the newest (2 min) are late, not a clock set back. */
const LATE_MS = 120_000;

/** The part of a recogniser's state that knows the time. Epoch milliseconds. */
interface Clocked {
  /** Time of the newest reading. */
  at: number | null;
  /** Time of the last reading from far in the past. */
  stray: number | null;
}

/**
 * Takes the time of a reading into the state. A late reading is to be dropped; two in a row from far in the past mean
 * that the clock was set back: what was going on is over, and what was remembered of times means nothing any more.
 */
export function admit(state: Clocked, at: number): 'taken' | 'late' | 'set-back' {
  if (state.at === null || at >= state.at) {
    state.at = at;
    state.stray = null;
    return 'taken';
  }
  if (state.at - at <= LATE_MS) return 'late';
  if (state.stray === null || at < state.stray) {
    state.stray = at;
    return 'late';
  }
  state.at = at;
  state.stray = null;
  return 'set-back';
}

/** The copy of the state that a reading is taken into, with the time before it and its own. Epoch milliseconds. */
export interface Admitted<State> {
  next: State;
  before: number | null;
  at: number;
}

/** What becomes of a state when the clock was set back: what goes on without times, and what is told of what went on. */
interface SetBack<State> {
  lasting(state: State): State;
  ended(state: State): RecogniserEvent[];
}

/** A tick of a recogniser whose state, brought up to date, only has to pass the time: a copy does, and only when it went on. */
export function passTick<State extends Clocked>(
  state: State,
  now: number,
  { upToDate, passTime }: { upToDate(state: State): State; passTime(state: State, now: number): RecogniserEvent[] },
): Step<State> {
  if (state.at === null || !(now > state.at)) return { state, events: [] };
  const next = { ...upToDate(state) };
  return { state: next, events: passTime(next, now) };
}

/** Takes a reading's time into a copy of the state; where that time decides, it is the whole step. */
export function admitReading<State extends Clocked>(
  state: State,
  reading: Reading,
  { lasting, ended }: SetBack<State>,
): Admitted<State> | Step<State> {
  const at = epochOf(reading.at);
  if (!Number.isFinite(at)) return { state, events: [] };
  const next = { ...state };
  const admission = admit(next, at);
  if (admission === 'late') return { state: next, events: [] };
  if (admission === 'set-back') return { state: { ...lasting(state), at }, events: ended(state) };
  return { next, before: state.at, at };
}
