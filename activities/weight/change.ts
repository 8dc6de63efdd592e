import { asked, noteSight } from './bars.js';
import { type Change, tolerance } from './levels.js';
import type { WeightState } from './state.js';

/** Grams: what is left on a scale from which the vessel was lifted, at most; drips and a load cell's drift. */
const EMPTY = 40;
/** A vessel that weighs more than this with what is in it is a pot or a flask, not a cup in somebody's hand. */
const POT = 700;
/** What rises by this much (g) on something was put on it or presses it. */
const PRESSED = 40;
/** What one takes out of a pot at a time is no more than a flask. */
const MOST_CUPS = 1000;
/** Nobody holds a cup for so long (15 min): it was put away. */
const PUT_AWAY_MS = 900_000;
/** Nobody takes longer (20 s); where a scale reports seldom, it began no earlier than this before it was seen. */
const LONGEST_TAKING_MS = 20_000;
/** A cup is between these; other amounts say nothing about the usual one. */
const LEARN = { least: 100, most: 320, share: 0.2 };

/** What a change from one level to another means. */
export type Meaning =
  | { what: 'cups'; cups: number; grams: number; startedAt: number; endedAt: number; confidence: number }
  | { what: 'sip'; grams: number; startedAt: number; endedAt: number; confidence: number }
  | { what: 'fresh'; grams: number; at: number; confidence: number }
  | { what: 'lifted'; at: number };

/** Reads a change of level and remembers what was lifted or pressed. */
export function meaningOf(state: WeightState, { from, to }: Change): Meaning | undefined {
  if (to.weight < from.weight - 2 * tolerance(from.weight)) return fallen(state, { from, to });
  if (state.away) return putBack(state, { from, to }, state.away);
  const gained = to.weight - from.weight;
  // What is poured in stays in it.
  if (from.weight > 2 * EMPTY && gained > PRESSED && !state.under && !state.rise?.isSure) {
    state.under = { weight: from.weight, at: from.until };
  }
  const isPotOnEmpty = Math.abs(from.weight) <= EMPTY && gained >= POT && !state.rise?.isSure;
  return isPotOnEmpty ? { what: 'fresh', grams: gained, at: to.since, confidence: 0.7 } : undefined;
}

function fallen(state: WeightState, { from, to }: Change): Meaning | undefined {
  const { under } = state;
  const before = under && to.weight <= under.weight + tolerance(under.weight) ? under.weight : from.weight;
  const leftAt = before === from.weight ? from.until : (under?.at ?? from.until);
  if (to.weight <= Math.max(EMPTY, 0.1 * before) && (to.weight <= -EMPTY / 2 || before > EMPTY)) {
    state.away = { weight: before, empty: to.weight, at: leftAt };
    state.under = null;
    return { what: 'lifted', at: to.since };
  }
  if (under && before === from.weight) return undefined;
  state.under = null;
  return taken(state, before - to.weight, leftAt, to.since, 0.85);
}

function putBack(
  state: WeightState,
  { from, to }: Change,
  away: NonNullable<WeightState['away']>,
): Meaning | undefined {
  if (to.weight <= away.empty + EMPTY / 2) {
    state.away = { ...away, empty: Math.min(away.empty, to.weight) };
    return undefined;
  }
  // Zeroed while nothing stood there; where somebody is drinking, what was tared may have come back drained.
  if (Math.abs(to.weight) <= tolerance(0) && !state.run) {
    state.away = null;
    return undefined;
  }
  const vessel = away.weight - away.empty;
  const lost = away.weight - to.weight;
  // Something else was put there: the vessel may still come back.
  if (to.weight - away.empty < 0.25 * vessel) return undefined;
  state.away = null;
  if (vessel < POT) {
    if (to.since - away.at > PUT_AWAY_MS) return undefined;
    const isSip = lost >= asked(state, 'sip');
    if (!isSip) noteSight(state, 'sip', lost, { from: away.at, to: to.since });
    return isSip ? { what: 'sip', grams: lost, startedAt: away.at, endedAt: to.since, confidence: 0.7 } : undefined;
  }
  if (-lost >= asked(state, 'fresh')) return { what: 'fresh', grams: -lost, at: to.since, confidence: 0.9 };
  if (lost < 0) noteSight(state, 'fresh', -lost, { from: to.since, to: to.since });
  return taken(state, lost, away.at, Math.max(from.until, away.at), 0.75);
}

function taken(
  state: WeightState,
  grams: number,
  startedAt: number,
  endedAt: number,
  confidence: number,
): Meaning | undefined {
  if (grams > MOST_CUPS) return undefined;
  if (grams < asked(state, 'cup')) {
    noteSight(state, 'cup', grams, { from: Math.max(startedAt, endedAt - LONGEST_TAKING_MS), to: endedAt });
    return undefined;
  }
  const cups = Math.max(1, Math.round(grams / state.cup));
  if (grams >= LEARN.least && grams <= LEARN.most) state.cup += (grams - state.cup) * LEARN.share;
  return {
    what: 'cups',
    cups,
    grams,
    startedAt: Math.max(startedAt, endedAt - LONGEST_TAKING_MS),
    endedAt,
    confidence,
  };
}
