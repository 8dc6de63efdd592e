import type { ActionName, Reading } from '../vocabulary/index.js';
import type { Explanation } from './explanation.js';

/** What a recogniser noticed. All times are epoch milliseconds on the readings' own clock. */
export type RecogniserEvent =
  /** A run began at `at`, which may lie before the reading that made it certain. */
  | { type: 'start'; at: number; confidence: number }
  /** The run is over; its last activity was at `at`. Without `cups` it is not known how many there were. */
  | { type: 'finish'; at: number; confidence: number; cups?: number }
  /** The last finish was announced too soon: the same run goes on from `at`, which may lie before this reading as well. */
  | { type: 'resume'; at: number; confidence: number }
  /** The start that was announced was none (a blip, a keep-warm pulse). */
  | { type: 'discard'; at: number }
  /** A short thing within the run. */
  | { type: 'action'; action: ActionName; startedAt: number; endedAt: number; confidence: number };

/** What a recogniser remembers of a run. Epoch milliseconds. */
export interface RecogniserRun {
  from: number;
  /** The last moment at which something happened in it. */
  until: number;
  confidence: number;
  /** Its owner has said that it is none: it ends as it would, and neither goes on nor comes back. */
  dismissed?: boolean;
}

export interface Step<State> {
  state: State;
  events: RecogniserEvent[];
}

/**
 * What can be learned from its owner's correction. Times are epoch milliseconds on the readings' own clock.
 * With `action` it is about an action within a run, without about a run.
 */
export type Lesson =
  /** What was announced there was none. */
  | { lesson: 'was-none'; action?: ActionName; from: number; to: number }
  /** What was announced there was another activity than what is looked for. */
  | { lesson: 'was-other'; from: number; to: number }
  /** There was one that was not announced. */
  | { lesson: 'was-one'; action?: ActionName; from: number; to: number }
  /** The run that was announced as `before` was at another time. */
  | { lesson: 'was-then'; before: { from: number; to: number }; from: number; to: number };

/** A way to recognise activities. `State` is plain JSON: `JSON.parse(JSON.stringify(state))` goes on where `state` was. */
export interface Recogniser<State> {
  readonly name: string;
  /**
   * True when a reading has what this recogniser looks at.
   * @param atWork its state, once it has been chosen for the appliance: then it may take what alone says too little
   */
  accepts(reading: Reading, atWork?: State): boolean;
  initial(): State;
  /**
   * False for a saved state that goes by what an older version looked at and this one leaves to others: it is forgotten with what
   * it had open, and a recogniser is chosen anew. One without takes every state for its own.
   */
  isOwn?(state: State): boolean;
  /** One reading further. Readings may repeat, arrive out of order, or jump in time. Never throws on a parsed reading. */
  step(state: State, reading: Reading): Step<State>;
  /** Time went on without a reading. @param now epoch milliseconds on the readings' clock */
  tick(state: State, now: number): Step<State>;
  /**
   * Since when something has gone on that may yet turn out to be a run, and be told with a start that far back: what was
   * measured since then is kept. Epoch milliseconds; none where a start is told within minutes.
   */
  pendingSince?(state: State): number | undefined;
  /** The state after a lesson: bounded, pure, and undone by what differs (see unlearn.ts). One that cannot learn has none. */
  learn?(state: State, lesson: Lesson): State;
  /**
   * What of a state goes by no clock: what was learned of the appliance, and taught. Nothing goes on in it. One without
   * begins anew when the clock was set back.
   */
  lasting?(state: State): State;
  /**
   * How long (ms) a silence may be in which what went on goes on: an appliance may speak only when it has something new to
   * say. One without trusts no longer a silence than its tracker does.
   */
  silenceMs?(state: State): number;
  /** Whether a reading that was stored meanwhile speaks against that: of a trusted silence it is asked. */
  speaksAgainst?(state: State, reading: Reading): boolean;
  /** What it goes by, for its owner to see; of this or an older version's state, and pure. */
  explain?(state: State): Explanation;
}
