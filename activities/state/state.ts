import { NOTHING_TAUGHT, type Teachable } from '../bars.js';
import type { RecogniserRun } from '../recogniser.js';
import type { Phase } from './words.js';

/** Everything remembered of one appliance that says what it does. Plain JSON; times are epoch milliseconds. */
export interface SayingState extends Teachable {
  at: number | null;
  stray: number | null;
  /** What it last said, and since when it has said so. */
  phase: Phase | null;
  since: number;
  /** The last of its words that was understood is one of heating. */
  isHeating: boolean;
  /** °C, as last reported. */
  temperature: number | null;
  target: number | null;
  /** It has been at its target since then. */
  atTarget: number | null;
  /** Heating after keeping warm: whether it is more than that, shows in a while. */
  trial: Trial | null;
  /** What it says, known or not, since when, and how often it has reported anything since. */
  said: { text: string; from: number; isAfterHold: boolean; reports?: number } | null;
  /** What words mean here, as its owner has taught. */
  means: readonly { word: string; is: Meaning }[];
  /** A cup that tells of its drink, not an appliance that makes one. */
  isCup: boolean;
  /** How full the cup is (%), and a fall that the next report may confirm. */
  level: number | null;
  dip: { level: number; at: number } | null;
  run: Run | null;
  /** The end of the last run, while it may still go on. */
  last: Run | null;
}

/** It is at what it is for, belongs to what went on before it, or has nothing to do. */
export type Meaning = 'busy' | 'part' | 'ready';

/** What it says may be something, when it says so for so long (ms), or has warmed enough where that was not taught. */
export interface Trial {
  from: number;
  temperature: number | null;
  ms: number;
  isTaught: boolean;
}

export interface Run extends RecogniserRun {
  sips: number;
}

export function initialState(): SayingState {
  return {
    at: null,
    stray: null,
    phase: null,
    since: 0,
    isHeating: false,
    temperature: null,
    target: null,
    atTarget: null,
    trial: null,
    said: null,
    means: [],
    isCup: false,
    level: null,
    dip: null,
    run: null,
    last: null,
    ...NOTHING_TAUGHT,
  };
}
