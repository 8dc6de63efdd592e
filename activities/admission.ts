/** Readings up to this much older than the newest (2 min) are late, not a clock set back. */
const LATE_MS = 120_000;

/** The part of a recogniser's state that knows the time. Epoch milliseconds. */
export interface Clocked {
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
