import { learnThrottling } from './keep-warm.js';
import { isHeld, isWork, noteLamp } from './levels.js';
import type { PowerProfile } from './profiles.js';
import { PROMPT } from './proof.js';
import type { Burst, PowerState } from './state.js';

const SECOND = 1000;
/** What was on for longer than this before the work began (a lamp, a display) did not lead into it. */
const LEAD_IN_MS = 30_000;
/** The end may follow the last work by this much while something (a pump, a fan) goes on without a break. */
const LEAD_OUT_MS = 45_000;
/** After so many seconds of work its level is that of the heater. */
const SETTLED = 10;
/** Weight of a new reading in the level of a burst. */
const SMOOTH = 0.3;

/**
 * Counts what has held since it was last counted, until `until`, but no longer than a reading may be trusted. Rest is
 * not counted: time that went on without readings must not swallow a run whose readings come late.
 */
export function accumulate(state: PowerState, profile: PowerProfile, until: number): void {
  if (state.at === null) return;
  const from = Math.max(state.at, state.counted);
  const held = Math.min(until, state.at + state.reach) - from;
  if (held <= 0) return;
  noteLamp(state, profile, from + held);
  if (state.watts - state.standby >= profile.floorWatts) noteHeat(state, profile, from, held);
  if (isWork(state, profile, state.watts)) addWork(state, profile, from, held);
  else if (state.edge !== null) addActive(state, from, held);
  else return;
  state.counted = from + held;
}

function noteHeat(state: PowerState, profile: PowerProfile, from: number, held: number): void {
  const { heated } = state.warmth;
  if (heated === null || from > heated) {
    const rested = heated === null ? Number.MAX_SAFE_INTEGER : (from - heated) / SECOND;
    state.warmth = { ...state.warmth, rested };
    learnThrottling(state, profile);
  }
  state.warmth = { ...state.warmth, heated: from + held };
}

function addWork(state: PowerState, profile: PowerProfile, at: number, held: number): void {
  const burst = state.burst ?? newBurst(state, at);
  const work = held / SECOND;
  state.burst = {
    ...burst,
    to: at + held,
    work: burst.work + work,
    joules: burst.joules + state.watts * work,
    last: levelOf(state, burst, at, held),
    newest: state.watts,
    // The first reading may be half a second of heating, or inrush.
    first: burst.work < SETTLED ? state.watts : burst.first,
    active: burst.active + work,
    credit: burst.credit - profile.leak * ((at - burst.to) / SECOND) + work,
  };
}

/**
 * The level of late. The newest reading counts when another follows it, since it may be the half second in which a switch
 * opens, or when nothing does where something would: then the longer it holds, the more.
 */
function levelOf(state: PowerState, burst: Burst, from: number, held: number): number {
  const { at, watts } = state;
  if (burst.work < SETTLED) return watts;
  if (isHeld(state, from + held)) return watts + (burst.last - watts) * (1 - SMOOTH) ** (held / SECOND / PROMPT);
  return from === at ? burst.last + (burst.newest - burst.last) * SMOOTH : burst.last;
}

function newBurst(state: PowerState, at: number): Burst {
  const { edge, aside, steady, warmth, watts } = state;
  const lead = edge !== null && leadsInto(state, edge, at) ? edge : at;
  const worked = steady?.work ? Math.min(steady.since, at) : at;
  const work = (at - worked) / SECOND;
  const from = Math.min(lead, worked);
  return {
    from,
    to: at,
    work,
    joules: work * watts,
    first: watts,
    last: watts,
    newest: watts,
    active: (at - from) / SECOND,
    aside: lead < worked ? grinderIn(steady?.work ? steady.aside : aside) : 0,
    credit: work,
    rested: warmth.rested,
  };
}

/** True when what came on at `edge` may lead into work at `at`: of a plug that reports seldom, both may be readings late. */
export function leadsInto({ interval }: PowerState, edge: number, at: number): boolean {
  return at - edge <= LEAD_IN_MS + Math.max(0, interval - PROMPT) * SECOND;
}

/** A plug that reports seldom hardly ever sees the second in which a switch opens: what it sees between on and off was more. */
export function asideOf({ interval }: PowerState): number {
  return interval > PROMPT ? 2 : 1;
}

function grinderIn(aside: number): number {
  return aside > 1 ? aside + 1 : aside;
}

/** Pauses use up the credit of a burst's work; it is over when nothing is left, or after the profile's longest pause. */
export function isOpen(profile: PowerProfile, burst: Burst, now: number): boolean {
  const pause = (now - burst.to) / SECOND;
  return pause <= 0 || (pause <= profile.hole && profile.leak * pause < burst.credit);
}

/** Something is on that is no work: for a while after the work it belongs to the run's end, for good it is keep-warm. */
function addActive(state: PowerState, at: number, held: number): void {
  const { burst, run, edge } = state;
  if (burst) state.burst = { ...burst, active: burst.active + held / SECOND };
  if (run?.phase !== 'running' || edge === null || edge > run.worked) return;
  const to = at + held;
  state.run = { ...run, to: to - run.worked <= LEAD_OUT_MS ? to : run.worked };
}
