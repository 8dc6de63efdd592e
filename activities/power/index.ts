/**
 * Recognises runs of an appliance from the power at its plug, without watts set by hand.
 * How it decides is explained in docs/recognition.md.
 */
import { type Admitted, admitReading } from '../admission.js';
import type { Recogniser, RecogniserEvent, Step } from '../recogniser.js';
import { accumulate, asideOf } from './bursts.js';
import { learnReach } from './clock.js';
import { explain } from './explain.js';
import { learn } from './lessons.js';
import { isOn, isWork, learnLevels } from './levels.js';
import { POWER_PROFILES, type PowerKind, type PowerProfile } from './profiles.js';
import { withProgrammes } from './programme.js';
import { decide, ended } from './runs.js';
import { initialState, lasting, type PowerState, upToDate } from './state.js';

export type { PowerKind } from './profiles.js';
export { POWER_PROFILES } from './profiles.js';
export type { PowerState, Sight, Teaching, Verdict } from './state.js';

const NOTHING: RecogniserEvent[] = [];

/** The recogniser for one kind of appliance. It has no memory of its own: all of it is in the state. */
export function powerRecogniser(kind: PowerKind): Recogniser<PowerState> {
  const recogniser = recogniserOf(POWER_PROFILES[kind]);
  if (kind === 'any') return withProgrammes(recogniser, recogniserOf(POWER_PROFILES.dishwasher));
  // An older version has taken some kinds for a plug of which nothing is known.
  return { ...recogniser, isOwn: ({ programme }) => programme === undefined };
}

function recogniserOf(profile: PowerProfile): Recogniser<PowerState> {
  const setBack = { lasting, ended: (state: PowerState) => ended(state, profile) };
  return {
    name: 'power',
    accepts: (reading) => reading.parameters.power !== undefined,
    initial: initialState,
    step(state, reading) {
      const watts = reading.parameters.power;
      if (watts === undefined || !Number.isFinite(watts)) return { state, events: NOTHING };
      const admitted = admitReading(upToDate(state), reading, setBack);
      return 'events' in admitted ? admitted : stepPower(admitted, profile, watts);
    },
    tick(state, now) {
      if (state.at === null || !(now > state.at)) return { state, events: NOTHING };
      const next = { ...upToDate(state) };
      accumulate(next, profile, now);
      return { state: next, events: decide(next, profile, now) };
    },
    learn: (state, lesson) => learn(upToDate(state), profile, lesson),
    lasting: (state) => lasting(upToDate(state)),
    explain: (state) => explain(state, profile),
  };
}

function noteEdge(state: PowerState, profile: PowerProfile, at: number, watts: number): void {
  if (!isOn(state, profile, watts)) {
    state.edge = null;
    state.aside = 0;
    return;
  }
  state.edge ??= at;
  if (isWork(state, profile, watts)) return;
  if (state.burst) state.burst = { ...state.burst, aside: state.burst.aside + asideOf(state) };
  else state.aside++;
}

/** One power reading further. */
function stepPower({ next, before, at }: Admitted<PowerState>, profile: PowerProfile, said: number): Step<PowerState> {
  // What is fed in, as by a solar panel, is nobody's work; and JSON knows no -0.
  const watts = Math.max(0, said);
  // First what was said last counts until now.
  next.at = before;
  accumulate(next, profile, at);
  next.at = at;
  if (before !== null) learnReach(next, at - before, watts);
  const events = decide(next, profile, at);
  learnLevels(next, profile, before ?? at, watts);
  noteEdge(next, profile, at, watts);
  next.watts = watts;
  return { state: next, events };
}
