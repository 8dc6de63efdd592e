import type { RecogniserEvent } from '../recogniser.js';
import { begin, finish, goOn, SURE, takeBack } from './runs.js';
import type { SayingState } from './state.js';
import { mergeMs, trialOf } from './teach.js';
import { hasDrink, type Phase } from './words.js';

/** One unit of Ember's level is 3.3 %; a fall of less is none. A gain of this much is a refill. */
const SIP = 2.5;
const REFILL = 10;
/** What comes within the first minute is the filling itself. */
const FILLING_MS = 60_000;
/** More than this at once (%) nobody drinks: the cup was tilted, or emptied. */
const LONGEST_DRAUGHT = 50;
/** A fall that nothing contradicts for this long is believed. */
const DIP_MS = 20_000;
/** How long before it was seen a sip began. */
const SIP_MS = 3000;
/** An empty cup that was lifted or washed says for a moment that there is something in it. */
const BLIP_MS = 45_000;
/** A drink that nothing happens to for so long (90 min) was forgotten. */
const FORGOTTEN_MS = 5_400_000;
/** Nobody holds a cup for so long (15 min): it was put away. */
const PUT_AWAY_MS = 900_000;

/** A cup says something new: there is a drink in it from filling to empty, and nothing in between ends that. */
export function cupSays(state: SayingState, phase: Phase, at: number, events: RecogniserEvent[]): void {
  const { run, last, phase: before } = state;
  if (phase !== 'lifted' && !hasDrink(phase)) {
    state.trial = null;
    const isBlip = phase === 'empty' && run !== null && run.sips === 0 && at - run.from < BLIP_MS;
    if (isBlip) takeBack(state, events);
    else finish(state, at, events);
    state.dip = null;
    return;
  }
  if (run) state.run = { ...run, until: at };
  else if (phase === 'lifted') return;
  else if (last && phase !== 'filling' && at - last.until <= mergeMs(state)) goOn(state, at, events);
  else tryOut(state, at, before === null ? SURE.likely : SURE.word, events);
}

/** A drink, unless its owner has taught that it must be said for a while: the time in the hand counts for that, too. */
function tryOut(state: SayingState, at: number, confidence: number, events: RecogniserEvent[]): void {
  const asked = trialOf(state, false);
  if (asked.ms > 0) state.trial = { from: state.trial?.from ?? at, temperature: null, ...asked };
  else {
    begin(state, at, confidence, events);
    state.trial = null;
  }
}

/** Sips are falls of the level. It jumps while the cup is tilted, so that each fall must be seen twice, and not in the hand. */
export function watchLevel(state: SayingState, level: number, at: number, events: RecogniserEvent[]): void {
  const { level: held, dip } = state;
  if (held === null || !state.run) {
    state.level = level;
    state.dip = null;
  } else if (level >= held + REFILL) {
    if (at - state.run.from > FILLING_MS) act(state, 'pour', at, at, events);
    state.level = level;
    state.dip = null;
  } else if (level > held - SIP) state.dip = null;
  else if (dip && state.phase === 'lifted') state.dip = { level, at: dip.at };
  else if (dip) confirm(state, level, dip.at, events);
  else state.dip = { level, at };
}

/** Time went on. */
export function watchCup(state: SayingState, now: number, events: RecogniserEvent[]): void {
  const { dip, trial, phase, since } = state;
  const isInHand = phase === 'lifted';
  const isPutAway = isInHand && now - since >= PUT_AWAY_MS;
  if (trial && !isInHand && now - trial.from >= trial.ms) begin(state, trial.from, SURE.likely, events);
  if (state.run || isPutAway) state.trial = null;
  const { run } = state;
  if (dip && !isInHand && now - Math.max(dip.at, since) >= DIP_MS) confirm(state, dip.level, dip.at, events);
  if (run && isPutAway) finish(state, since, events);
  else if (run && now - run.until > FORGOTTEN_MS) finish(state, run.until, events);
}

function confirm(state: SayingState, level: number, at: number, events: RecogniserEvent[]): void {
  const drunk = (state.level ?? level) - level;
  state.level = level;
  state.dip = null;
  if (drunk <= LONGEST_DRAUGHT) act(state, 'sip', at - SIP_MS, at, events);
}

function act(
  state: SayingState,
  action: 'sip' | 'pour',
  startedAt: number,
  endedAt: number,
  events: RecogniserEvent[],
): void {
  const { run } = state;
  if (!run) return;
  events.push({ type: 'action', action, startedAt: Math.max(run.from, startedAt), endedAt, confidence: 0.6 });
  state.run = { ...run, until: Math.max(run.until, endedAt), sips: run.sips + (action === 'sip' ? 1 : 0) };
}
