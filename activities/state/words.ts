/**
 * What an appliance says in words, and what it means. The words are those of Ember's liquid states, the Mi kettle's
 * actions and Fellow's modes (fact sheets and sources: appliances/profiles), of Tuya and Govee kettles
 * (tuya/tuya-home-assistant #601, make-all/tuya-local #3159, homebridge-plugins/homebridge-govee #1337), and of Home
 * Connect's OperationState. A word that is not here is shown to people and never guessed.
 */
export type Phase =
  /** Nothing goes on: off, ready, finished. */
  | 'idle'
  /** It does what it is for. */
  | 'work'
  /** It keeps up what it has done. */
  | 'hold'
  /** It pauses and will go on. */
  | 'pause'
  /** Lifted off its base: still what it was, in somebody's hand. */
  | 'lifted'
  /** A cup: something is poured in, it is empty, its drink is left to cool. */
  | 'filling'
  | 'empty'
  | 'warm'
  | 'cold'
  | 'cooling';

const WORDS: Readonly<Record<Phase, string>> = {
  idle:
    'idle, standby, inactive, ready, off, finished, finish, done, complete, completed, stopped, stop, boiled, ' +
    'not brewing',
  work:
    'heating, heat, heating temp, boiling, boil, boiling temp, brewing, brew, preheating, startup to tempr, grinding, ' +
    'extracting, steaming, run, running, working, washing, rinsing, rinse, spinning, spin, drying, cooking, baking',
  hold: 'keeping warm, keep warm, keepwarm, warming, hold, holding, at target, perfect, target temperature',
  pause: 'pause, paused',
  lifted: 'lifted, off base',
  filling: 'filling',
  empty: 'empty',
  warm: 'warm, warm no control, warm no temperature control',
  cold: 'cold, cold no control, cold no temperature control',
  cooling: 'cooling, cooling down',
};

const PHASES: ReadonlyMap<string, Phase> = new Map(
  Object.entries(WORDS).flatMap(([phase, words]) => words.split(', ').map((word) => [word, phase as Phase] as const)),
);

/** °C */
const BOILING = 100;

/** An Ember says standby while it is lifted, with a drink in it (gwhillhouse/ember-mug-app, docs/statistics-stream.md). */
const CUP_IN_HAND = 'standby';

/**
 * The phase that a word stands for; undefined when it is not known. Takes the words as products write them:
 * `KeepWarm`, `keep_warm`, `S_Heat+timer`, `BSH.Common.EnumType.OperationState.Run`.
 * `on` and `off` alone are a switch and say nothing about what goes on, so `on` is no word; `off` is idle.
 * @param isCup a cup says it, not an appliance
 */
export function phaseOf(text: string, isCup = false): Phase | undefined {
  const word = PHASES.has(text) ? text : plainWord(text);
  return isCup && word === CUP_IN_HAND ? 'lifted' : PHASES.get(word);
}

/** A word as it is compared: without the product's way to write it. */
export function plainWord(text: string): string {
  return text
    .slice(text.lastIndexOf('.') + 1)
    .replace(/\+.*$/, '')
    .replace(/^S_/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[\s_()-]+/g, ' ')
    .trim()
    .toLowerCase();
}

/**
 * It heats, and is done once that is hot. What brews, cooks or bakes goes on at its temperature. A word that only its owner
 * knows may be of heating, where there is a target, no hotter than water boils.
 * @param target °C, where that is known
 */
export function isHeating(text: string, target: number | null): boolean {
  if (phaseOf(text) !== undefined) return /heat|boil|tempr/.test(plainWord(text));
  return target !== null && target <= BOILING;
}

/** A cup that says so has a drink in it. In somebody's hand it is what it was before. */
export function hasDrink(phase: Phase): boolean {
  return !['empty', 'idle', 'cold', 'lifted'].includes(phase);
}
