/**
 * Recognises what an appliance itself says it does: a kettle that heats, a machine that brews, a cup that keeps its
 * drink at a temperature. How it decides is explained in docs/recognition-kinds.md.
 */
import type { Reading } from '../../vocabulary/index.js';
import { admitReading, passTick } from '../admission.js';
import { teachable } from '../bars.js';
import type { Recogniser, RecogniserEvent, Step } from '../recogniser.js';
import { applianceSays, watchAppliance } from './appliance.js';
import { cupSays, watchCup, watchLevel } from './cup.js';
import { explain } from './explain.js';
import { finish } from './runs.js';
import { goesOn, noteReport, silenceMs } from './silence.js';
import { initialState, type SayingState } from './state.js';
import { closeWord, learn, noteWord, phaseHere, wordsOf } from './teach.js';
import { isHeating, type Phase, phaseOf, plainWord } from './words.js';

export { phaseOf } from './words.js';

/** True when a word of an appliance is understood: everywhere, or because its owner has taught it. @param memory of any recogniser */
export function isWordKnown(word: string, memory?: unknown): boolean {
  const { means = [], isCup = false } = (memory ?? {}) as Partial<SayingState>;
  return phaseHere({ means, isCup }, word) !== undefined;
}

const SWITCHED: ReadonlySet<string> = new Set(['on', 'off']);

/** `on` and `off` are every plug's words, however it writes them: only who said something else before means anything by them. */
const isSwitched = (word: string) => SWITCHED.has(plainWord(word));

/**
 * @param isCup whether it is a cup, as its owner says; without it what it says shows it. An Ember is one in any case
 * @param isChosen its owner says that it is to be understood by what it says: then words that nobody knows are listened to, too
 */
export function stateRecogniser(isCup?: boolean, isChosen = false): Recogniser<SayingState> {
  return {
    name: 'state',
    accepts({ parameters: { state, temperature, targetTemperature, level } }, atWork) {
      if (state !== undefined)
        return atWork !== undefined || isChosen || (phaseOf(state) !== undefined && !isSwitched(state));
      return atWork !== undefined && (temperature ?? targetTemperature ?? level) !== undefined;
    },
    initial: () => ({ ...initialState(), isCup: isCup === true }),
    // An older version has listened to plugs that write `OFF`, and to nothing that they measured.
    isOwn: (state) => isChosen || !hasOnlySwitched(upToDate(state)),
    step: (state, reading) => stepState(upToDate(state), reading, isCup),
    tick: (state, now) => passTick(state, now, { upToDate, passTime }),
    learn: (state, lesson) => learn(upToDate(state), lesson),
    lasting: (state) => lasting(upToDate(state)),
    silenceMs,
    speaksAgainst: (state, { parameters: { state: word } }) =>
      word !== undefined && !goesOn(phaseSaid(upToDate(state), word)),
    explain: (state) => explain(upToDate(state)),
  };
}

/** States that were saved before there were lessons go on without any. */
function upToDate(state: SayingState): SayingState {
  return state.means ? state : { ...teachable(state), said: null, means: [] };
}

/** True when all that was ever said is `on` and `off`, nothing was told of it, and nothing was taught. */
function hasOnlySwitched(state: SayingState): boolean {
  const words = wordsOf(state);
  return !state.run && !state.last && state.means.length === 0 && words.length > 0 && words.every(isSwitched);
}

function stepState(state: SayingState, reading: Reading, isCup: boolean | undefined): Step<SayingState> {
  const admitted = admitReading(state, reading, { lasting, ended });
  if ('events' in admitted) return admitted;
  const { next, before, at } = admitted;
  const events = before === null ? [] : passTime(next, at, before);
  const { temperature, targetTemperature, level, state: word } = reading.parameters;
  next.temperature = temperature ?? next.temperature;
  next.target = targetTemperature ?? next.target;
  next.isCup = reading.appliance.profile === 'ember' || (isCup ?? next.isCup);
  if (word !== undefined) hear(next, word, { at, mayBeCup: isCup === undefined }, events);
  noteReport(next, at);
  if (level !== undefined && next.isCup) watchLevel(next, level, at, events);
  watch(next, at, events);
  return { state: next, events };
}

function phaseSaid(state: SayingState, word: string): Phase | undefined {
  const said = phaseHere(state, word);
  // A machine that takes in water goes on with what it does.
  return said === 'filling' && !state.isCup ? 'pause' : said;
}

function hear(
  state: SayingState,
  word: string,
  { at, mayBeCup }: { at: number; mayBeCup: boolean },
  events: RecogniserEvent[],
): void {
  noteWord(state, word, at);
  const said = phaseHere(state, word);
  if (mayBeCup) state.isCup ||= said === 'empty' || said === 'filling';
  const phase = phaseSaid(state, word);
  if (!phase) return;
  const wasHeating = state.isHeating;
  state.isHeating = heats(state, word, at);
  // Heating after keeping warm is on trial; what brews then is more than that.
  const isMore = !state.isCup && state.trial !== null && phase === 'work' && wasHeating && !state.isHeating;
  if (phase === state.phase && !isMore) return;
  if (isMore) state.trial = null;
  // A kettle that is at its target and still says that it heats only keeps warm.
  const isStillWarm = !state.isCup && state.phase === 'hold' && phase === 'work' && state.since > 0 && isWarm(state);
  const goesOnSaying = state.said?.from !== at;
  if (isStillWarm && state.isHeating && (phaseOf(word) === 'work' || goesOnSaying)) return;
  // One that keeps warm and is poured from keeps warm when it is put back, too, unless it was filled again.
  if (!state.isCup && state.phase === 'hold' && phase === 'lifted') return;
  if (state.isCup) cupSays(state, phase, at, events);
  else applianceSays(state, phase, at, events);
  state.phase = phase;
  state.since = at;
  state.atTarget = null;
}

/** Of a word that only its owner knows: it heats when what it is first said of is colder than it is to be, or was kept warm. */
function heats(state: SayingState, word: string, at: number): boolean {
  if (!isHeating(word, state.target)) return false;
  if (phaseOf(word) !== undefined) return true;
  return state.said?.from === at ? state.phase === 'hold' || !isWarm(state) : state.isHeating;
}

/** As warm as it was told to make it. */
function isWarm({ temperature, target }: SayingState): boolean {
  return temperature !== null && target !== null && target > 0 && Math.abs(temperature - target) <= 5;
}

function passTime(state: SayingState, now: number, seenAt = state.at ?? now): RecogniserEvent[] {
  const events: RecogniserEvent[] = [];
  if (now - seenAt > silenceMs(state)) {
    closeWord(state, seenAt);
    finish(state, seenAt, events);
    Object.assign(state, { phase: null, trial: null, atTarget: null, dip: null });
  } else watch(state, now, events);
  return events;
}

function watch(state: SayingState, now: number, events: RecogniserEvent[]): void {
  if (state.isCup) watchCup(state, now, events);
  else watchAppliance(state, now, events);
}

function ended(state: SayingState): RecogniserEvent[] {
  const events: RecogniserEvent[] = [];
  const copy = { ...state };
  finish(copy, copy.at ?? 0, events);
  return events;
}

function lasting({ isCup, means, taught }: SayingState): SayingState {
  return { ...initialState(), isCup, means, taught };
}
