import type { RecogniserEvent } from '../recogniser.js';
import { isOpen, leadsInto } from './bursts.js';
import { announce, confidence, withdraw } from './confidence.js';
import { cupsOf, cupsWith } from './cups.js';
import { isEndless } from './heater.js';
import { doubtThrottling, forgetRhythm, isBare, learnCooling, learnPulse } from './keep-warm.js';
import { isTaught, remember, sightOf } from './lessons.js';
import type { PowerProfile } from './profiles.js';
import { glowsOn, isOven, learnTrust, PROMPT } from './proof.js';
import { learnStandby } from './standby.js';
import type { Burst, PowerState, Pulse, RunState, Verdict } from './state.js';
import { judge, mergeOf, upkeepOf } from './verdict.js';

const SECOND = 1000;
/** A finish that was announced too soon: the next one waits for so many times the pause that was mistaken for the end … */
const WARY = 1.3;
/** … but no longer than this, in seconds. */
const LONGEST_SETTLE = 45;
/** Keep-warm pulses may be so many times the usual loss, while the machine's cold parts take it up. */
const PULSE_LOSS = 2.5;
/** Seconds of work; less is not worth remembering. */
const LEAST_SEEN = 3;

/** What can be said at `now`, in the order in which it became certain. */
export function decide(state: PowerState, profile: PowerProfile, now: number): RecogniserEvent[] {
  const events: RecogniserEvent[] = [];
  leaveStandby(state, profile, now, events);
  const { burst } = state;
  if (burst) {
    takeBurst(state, profile, burst, events);
    if (!isOpen(profile, burst, now)) closeBurst(state, profile, burst, events);
  }
  judgeQuiet(state, profile, now, burst !== null, events);
  return events;
}

/** A run ends where what turns out to be the standby began; one that was nothing else was none. */
function leaveStandby(state: PowerState, profile: PowerProfile, now: number, events: RecogniserEvent[]): void {
  const since = learnStandby(state, profile, now);
  const { run, burst, lastBurst } = state;
  if (since === undefined || !run || run.worked <= since) return;
  const to = burst ? since : Math.min(since, lastBurst ?? since);
  if (run.bursts === 0 && (burst?.work ?? 0) < profile.startWork) discard(state, run, events);
  else state.run = { ...run, to, worked: to };
}

/** A burst goes on with the run, or starts one, as soon as it has enough work. */
function takeBurst(state: PowerState, profile: PowerProfile, burst: Burst, events: RecogniserEvent[]): void {
  const { run } = state;
  if (run && burst.from <= run.worked) {
    if (isEndless(state, profile, burst)) discard(state, run, events);
    else if (burst.to > run.worked) goOn(state, burst, events);
    return;
  }
  const verdict = judge(state, profile, burst);
  if (verdict === 'part') goOn(state, burst, events);
  else if (verdict === 'run') begin(state, profile, burst, events);
}

function begin(state: PowerState, profile: PowerProfile, burst: Burst, events: RecogniserEvent[]): void {
  const { run } = state;
  if (run?.phase === 'running') events.push(finishAt(state, profile, run.to));
  const from = ledFrom(state, profile, burst) - riseOf(state);
  events.push({ type: 'start', at: from, confidence: announce(state, 'starts') });
  const { to, work: longest } = burst;
  state.run = { from, to, worked: to, longest, bursts: 0, settle: profile.settle, phase: 'running' };
  state.cups = 0;
  state.lead = null;
  forgetRhythm(state);
}

/** What is told of a state whose clock means nothing any more. */
export function ended(state: PowerState, profile: PowerProfile): RecogniserEvent[] {
  const { run } = state;
  return run?.phase === 'running' ? [finishAt({ ...state }, profile, run.to)] : [];
}

/** Of a run that is none nobody is told, so it says nothing of how sure the others are. */
function finishAt(state: PowerState, profile: PowerProfile, at: number): RecogniserEvent {
  const counted = state.run?.dismissed ? { ...state } : state;
  return { type: 'finish', at, confidence: announce(counted, 'finishes'), ...cupsOf(state, profile) };
}

/** Where a burst began, or what has led into it. */
function ledFrom(state: PowerState, profile: PowerProfile, burst: Burst): number {
  const { lead } = state;
  return lead && burst.from - lead.to <= mergeOf(state, profile) ? lead.from : burst.from;
}

/** The power rose before the reading that shows it: on a plug that reports seldom, by half an interval on average. */
function riseOf({ interval }: PowerState): number {
  return (Math.max(0, interval - PROMPT) / 2) * SECOND;
}

function discard(state: PowerState, run: RunState, events: RecogniserEvent[]): void {
  // What its owner has called none was withdrawn then.
  if (!run.dismissed) withdraw(state, 'starts');
  events.push({ type: 'discard', at: run.from });
  state.run = null;
  state.cleanCups = 0;
}

function goOn(state: PowerState, burst: Burst, events: RecogniserEvent[]): void {
  const { run } = state;
  if (!run) return;
  const now = { ...run, to: burst.to, worked: burst.to, longest: Math.max(run.longest, burst.work) };
  if (run.phase === 'running') state.run = now;
  else if (run.dismissed) state.run = { ...now, returned: run.returned ?? burst.from };
  else resume(state, { ...now, settle: waryOf(run, burst) }, burst.from, events);
}

function resume(state: PowerState, { returned: _, ...run }: RunState, at: number, events: RecogniserEvent[]): void {
  withdraw(state, 'finishes');
  events.push({ type: 'resume', at, confidence: confidence(state.starts) });
  state.run = { ...run, phase: 'running' };
}

/** A pause like the one that has just fooled us is waited out from now on, as long as the finish still comes within a minute. */
function waryOf({ to, settle }: RunState, { from }: Burst): number {
  const wanted = (WARY * (from - to)) / SECOND;
  return wanted <= LONGEST_SETTLE ? Math.max(settle, wanted) : settle;
}

function closeBurst(state: PowerState, profile: PowerProfile, burst: Burst, events: RecogniserEvent[]): void {
  const { run } = state;
  const joined = run !== null && burst.to <= run.worked;
  const verdict = joined ? partOf(run, profile, burst) : judge(state, profile, burst);
  doubtThrottling(state, profile, burst);
  if (verdict === 'oven' && run) discard(state, run, events);
  else if (joined) {
    state.cups = cupsWith(state, profile, burst, run.bursts === 0);
    state.run = { ...run, bursts: run.bursts + 1 };
  } else leaveOut(state, profile, burst, verdict);
  if (joined || burst.work >= LEAST_SEEN) remember(state, sightOf(burst, verdict));
  // Brews of the same length make no rhythm: they are much more heat than any machine loses.
  const isPulse = burst.joules <= PULSE_LOSS * profile.lossWatts * burst.rested;
  const first = isPulse ? learnPulse(state, profile, pulseOf(state, burst, verdict === 'loss')) : undefined;
  if (joined && !run.dismissed) learnTrust(state, profile, burst);
  state.lastBurst = burst.to;
  state.burst = null;
  if (first) takeBack(state, profile, first, events);
}

/** What a burst that was told has turned out to be. */
function partOf({ bursts, dismissed }: RunState, profile: PowerProfile, burst: Burst): Verdict {
  if (dismissed) return 'taught';
  if (bursts > 0) return 'part';
  return isOven(profile, burst) ? 'oven' : 'run';
}

/**
 * Whether what followed a run has shown that it was an oven, and its owner has not said otherwise of one like it.
 * @returns undefined while that is not certain
 */
function glowedOn(state: PowerState, profile: PowerProfile, run: RunState, now: number): boolean | undefined {
  const last = state.sights.at(-1);
  if (!last || isTaught(state, 'run', last)) return false;
  const glows = glowsOn(state, profile, run, now);
  if (glows) state.sights = [...state.sights.slice(0, -1), { ...last, verdict: 'oven' }];
  return glows;
}

/** A burst that belongs to no run keeps the machine warm, or may lead into the next one. */
function leaveOut(state: PowerState, profile: PowerProfile, burst: Burst, verdict: Verdict): void {
  if (verdict === 'loss') learnCooling(state, burst);
  if (verdict === 'loss' || verdict === 'upkeep') {
    if (state.wake) state.wake = { ...state.wake, to: burst.to };
  } else if (verdict !== 'taught' && burst.work >= profile.leadWork && state.warm === null) {
    state.lead = { from: ledFrom(state, profile, burst), to: burst.to };
  }
}

function pulseOf(state: PowerState, burst: Burst, loss: boolean): Pulse {
  const { from, to, active } = burst;
  const pause = state.lastBurst === null ? Number.MAX_SAFE_INTEGER : (from - state.lastBurst) / SECOND;
  return { from, to, active, bare: isBare(burst), pause, loss };
}

/** The newest bursts were keep-warm pulses: what they added to the run in progress is taken off again. */
function takeBack(state: PowerState, profile: PowerProfile, first: Pulse, events: RecogniserEvent[]): void {
  const { run } = state;
  state.lead = null;
  if (run?.phase !== 'running' || run.worked < first.from) return;
  if (first.from <= run.from) {
    discard(state, run, events);
    return;
  }
  const end = first.from - first.pause * SECOND;
  events.push(finishAt(state, profile, end));
  state.run = { ...run, to: end, worked: end, phase: 'over' };
}

/** Something came on in time to belong to the run and may lead into more work. */
function isLeadIn(state: PowerState, profile: PowerProfile, run: RunState, now: number): boolean {
  const { edge } = state;
  return edge !== null && edge - run.to <= mergeOf(state, profile) && leadsInto(state, edge, now);
}

function judgeQuiet(
  state: PowerState,
  profile: PowerProfile,
  now: number,
  working: boolean,
  events: RecogniserEvent[],
): void {
  const { returned, dismissed } = state.run ?? {};
  // That it was none was taken back.
  if (state.run && returned !== undefined && !dismissed) resume(state, state.run, returned, events);
  const { run } = state;
  if (!run) return;
  const quiet = (now - run.to) / SECOND;
  // One that is none goes on for as long as it might come back: once that is taken back, its finish is told as any.
  if (run.phase === 'running' && !run.dismissed && quiet >= run.settle) {
    const wasOven = glowedOn(state, profile, run, now);
    if (wasOven === undefined) return;
    if (wasOven) {
      discard(state, run, events);
      return;
    }
    finish(state, profile, run, events);
  } else if (
    (run.phase === 'over' || run.dismissed) &&
    quiet * SECOND > mergeOf(state, profile) &&
    !working &&
    !isLeadIn(state, profile, run, now)
  ) {
    if (run.phase === 'running') finish(state, profile, run, events);
    state.run = null;
  }
}

function finish(state: PowerState, profile: PowerProfile, run: RunState, events: RecogniserEvent[]): void {
  events.push(finishAt(state, profile, run.to));
  state.run = { ...run, phase: 'over' };
  state.wake = { to: run.to, work: upkeepOf(profile, run) };
}
