/**
 * An unknown plug may have a washing machine or a dishwasher on it, which heats now and then in a programme of an hour
 * or two. What shows it is a long heating into which minutes of pump or motor have led, and no standby.
 */
import type { Recogniser, RecogniserEvent, Step } from '../recogniser.js';
import { leadsInto } from './bursts.js';
import { confidence } from './confidence.js';
import { POWER_PROFILES } from './profiles.js';
import { lowSince } from './standby.js';
import type { PowerState } from './state.js';

/** Seconds of heating with short breaks at most; a toaster and most kettles are done by then. */
const LEAST_HEATING = 240;
/** Seconds of pump or motor before it: longer than a coffee machine pumps, and no more than a programme takes to fill and soak. */
const LEAST_LEAD = 60;
const LONGEST_LEAD = 1800;
/** Hardly a programme lasts longer (4 h): what still goes on then is something else on the same strip. */
const LONGEST_MS = 14_400_000;

/**
 * Tells what is used, and whole programmes where they show.
 * @param plain tells each use by itself
 * @param whole would tell the programme, from its first pump to its last
 */
export function withProgrammes(plain: Recogniser<PowerState>, whole: Recogniser<PowerState>): Recogniser<PowerState> {
  const wholeOf = (state: PowerState) => state.programme?.state ?? whole.initial();
  return {
    ...plain,
    step: (state, reading) => both(state, plain.step(state, reading), whole.step(wholeOf(state), reading)),
    tick: (state, now) => both(state, plain.tick(state, now), whole.tick(wholeOf(state), now)),
    pendingSince: ({ programme }) => (programme?.isTold ? undefined : programme?.state.run?.from),
    lasting(state) {
      const lasting = plain.lasting?.(state) ?? plain.initial();
      const known = state.programme && whole.lasting?.(state.programme.state);
      return known ? { ...lasting, programme: { state: known, isTold: false } } : lasting;
    },
    learn(state, lesson) {
      const next = plain.learn?.(state, lesson) ?? state;
      if (!state.programme) return next;
      const taught = whole.learn?.(state.programme.state, lesson) ?? state.programme.state;
      return { ...next, programme: { ...state.programme, state: taught } };
    },
  };
}

function both(before: PowerState, a: Step<PowerState>, b: Step<PowerState>): Step<PowerState> {
  const wasTold = before.programme?.isTold === true;
  if (a.state === before && b.state === before.programme?.state) return a;
  const stoodBy = stoodByUntil(before, b.state);
  const begins = !wasTold && isProgramme(a.state, b.state, stoodBy);
  const { run } = b.state;
  // What is none is waited out in silence, but not for ever: what is used beside it is told.
  const isForgotten = run?.dismissed === true && run.to - run.from > LONGEST_MS;
  const isTold = (wasTold || begins) && run !== null && !isForgotten;
  const events = wasTold ? b.events : begins ? [...a.events, ...instead(a.state, b.state)] : a.events;
  // One memory of the last bursts is enough.
  const state = b.state.sights.length > 0 ? { ...b.state, sights: [] } : b.state;
  const programme = { state, isTold, ...(stoodBy && { stoodByUntil: stoodBy }) };
  return { state: { ...a.state, programme }, events };
}

function isProgramme(a: PowerState, b: PowerState, stoodBy: number | undefined): boolean {
  if (a.run?.phase !== 'running' || b.run?.phase !== 'running') return false;
  if (a.run.dismissed || b.run.dismissed) return false;
  // It was switched on and used later: a pump does not stop before the water is heated.
  if (stoodBy !== undefined && leadsInto(a, stoodBy, a.run.from)) return false;
  const lead = (a.run.from - b.run.from) / 1000;
  return (a.run.worked - a.run.from) / 1000 >= LEAST_HEATING && lead >= LEAST_LEAD && lead <= LONGEST_LEAD;
}

/** Until when (epoch ms), before what is used now, a level that may be a standby was all that was on, too long to lead into anything. */
function stoodByUntil({ run, programme }: PowerState, now: PowerState): number | undefined {
  const known = programme?.stoodByUntil;
  if (run || !programme || now.at === null || now.still === programme.state.still) return known;
  const since = lowSince(programme.state, POWER_PROFILES.dishwasher);
  return since === undefined || leadsInto(now, since, now.at) ? known : now.at;
}

/** The use that was told becomes the programme that it is a part of. */
function instead({ run: use, starts }: PowerState, { run: programme }: PowerState): RecogniserEvent[] {
  if (!use || !programme) return [];
  return [
    { type: 'discard', at: use.from },
    { type: 'start', at: programme.from, confidence: confidence(starts) },
  ];
}
