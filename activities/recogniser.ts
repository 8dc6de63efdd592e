import type { ActionName, Reading } from '../vocabulary/index.js';

/** What a recogniser noticed. All times are epoch milliseconds on the readings' own clock. */
export type RecogniserEvent =
  /** A run began at `at`, which may lie before the reading that made it certain. */
  | { type: 'start'; at: number; confidence: number }
  /** The run is over; its last activity was at `at`. */
  | { type: 'finish'; at: number; confidence: number; cups?: number }
  /** The last finish was announced too soon: the same run goes on. */
  | { type: 'resume'; at: number; confidence: number }
  /** The start that was announced was none (a blip, a keep-warm pulse). */
  | { type: 'discard'; at: number }
  /** A short thing within the run. */
  | { type: 'action'; action: ActionName; startedAt: number; endedAt: number; confidence: number };

export interface Step<State> {
  state: State;
  events: RecogniserEvent[];
}

/** A way to recognise activities. `State` is plain JSON: `JSON.parse(JSON.stringify(state))` goes on where `state` was. */
export interface Recogniser<State> {
  readonly name: string;
  /** True when a reading has what this recogniser looks at. */
  accepts(reading: Reading): boolean;
  initial(): State;
  /** One reading further. Readings may repeat, arrive out of order, or jump in time. Never throws on a parsed reading. */
  step(state: State, reading: Reading): Step<State>;
  /** Time went on without a reading. @param now epoch milliseconds on the readings' clock */
  tick(state: State, now: number): Step<State>;
}
