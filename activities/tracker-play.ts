import type { Reading } from '../vocabulary/index.js';
import { knownRuns, offsetOf, type Run, type TrackerState } from './tracker-state.js';

/** Between two plays lies a longer silence (13 h) than any activity lasts through: what goes on is over, every machine cold. */
const BETWEEN_MS = 46_800_000;

/**
 * The state before a reading of another play of a recording, or of none. However that play is dated, its time line goes on
 * after everything before it, so that neither late readings nor a clock set back are seen in it, and what was told in
 * another play keeps its times. The same state when the play goes on.
 */
export function followPlay(state: TrackerState, { at, play, retained }: Reading): TrackerState {
  if (play === state.play || retained) return state;
  const time = Date.parse(at);
  if (Number.isNaN(time)) return state;
  if (state.at === undefined) return { ...state, play };
  const over = (run: Run): Run => ({ ...run, offset: offsetOf(run, state) });
  const { open, last, past } = state;
  const until = Math.max(state.at, ...knownRuns(state).map(({ endedAt, seenAt }) => endedAt ?? seenAt));
  return {
    ...state,
    ...{ play, offset: time - until - BETWEEN_MS, leapt: undefined, behind: undefined },
    ...{ open: open && over(open), last: last && over(last), past: past?.map(over) },
  };
}
