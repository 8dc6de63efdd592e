import type { RecogniserEvent } from '../recogniser.js';
import { isWork } from './levels.js';
import type { PowerProfile } from './profiles.js';
import type { Burst, PowerState } from './state.js';

const SECOND = 1000;

/** Counts what held from the newest reading until `until` as work, if it was. */
export function accumulate(state: PowerState, profile: PowerProfile, until: number): void {
  if (state.at === null || !isWork(state, profile, state.watts)) return;
  const held = Math.min(until - state.at, state.reach);
  const { burst } = state;
  state.burst = burst
    ? { from: burst.from, to: state.at + held, work: burst.work + held / SECOND }
    : { from: state.edge ?? state.at, to: state.at + held, work: held / SECOND };
}

/** The burst as it would be if what is held now were still true. */
function burstAt(state: PowerState, profile: PowerProfile, now: number): Burst | null {
  const copy = { ...state };
  accumulate(copy, profile, now);
  return copy.burst;
}

/** What can be said at `now`, in the order in which it became certain. */
export function decide(state: PowerState, profile: PowerProfile, now: number): RecogniserEvent[] {
  const events: RecogniserEvent[] = [];
  const burst = burstAt(state, profile, now);
  if (burst) judgeBurst(state, profile, burst, events);
  if (burst && now - burst.to > profile.hole * SECOND && state.burst) state.burst = null;
  const waiting = state.burst !== null || (burst !== null && now - burst.to <= profile.hole * SECOND);
  judgeQuiet(state, profile, now, waiting, events);
  return events;
}

/** A burst starts a run, or goes on with one, as soon as it has enough work. */
function judgeBurst(state: PowerState, profile: PowerProfile, burst: Burst, events: RecogniserEvent[]): void {
  const { run } = state;
  if (run && burst.from - run.to <= profile.merge * SECOND) {
    const joins = burst.from <= run.to || burst.work >= profile.joinWork;
    if (!joins || burst.to === run.to) return;
    if (run.phase === 'over') events.push({ type: 'resume', at: burst.from, confidence: 0.9 });
    state.run = { from: run.from, to: burst.to, phase: 'running' };
    return;
  }
  if (burst.work < profile.startWork) return;
  if (run?.phase === 'running') events.push({ type: 'finish', at: run.to, confidence: 0.9 });
  events.push({ type: 'start', at: burst.from, confidence: 0.9 });
  state.run = { from: burst.from, to: burst.to, phase: 'running' };
}

function judgeQuiet(
  state: PowerState,
  profile: PowerProfile,
  now: number,
  waiting: boolean,
  events: RecogniserEvent[],
): void {
  const { run } = state;
  if (!run) return;
  const quiet = (now - run.to) / SECOND;
  if (run.phase === 'running' && quiet >= profile.settle && !waiting) {
    events.push({ type: 'finish', at: run.to, confidence: 0.9 });
    state.run = { ...run, phase: 'over' };
  } else if (run.phase === 'over' && quiet > profile.merge && !waiting) {
    state.run = null;
  }
}
