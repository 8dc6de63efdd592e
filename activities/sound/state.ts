import { NOTHING_TAUGHT, type Teachable } from '../bars.js';
import type { RecogniserRun } from '../recogniser.js';

/** Everything remembered of one microphone. Plain JSON; times are epoch milliseconds, levels dB, pitches Hz. */
export interface SoundState extends Teachable {
  at: number | null;
  stray: number | null;
  /** The level that the room has when nothing goes on, learned. */
  background: number | null;
  /** By how much (dB) the last level was above that, and whether it is loud. */
  over: number | null;
  isLoud: boolean;
  /** When a pitch was last heard; and whether pitches are reported at all. */
  pitchAt: number | null;
  pitch: number | null;
  /** The singer's usual pitch, as an octave (log2 of Hz), learned. */
  usual: number | null;
  /** Shares of the last seconds: of sound, and of pitches that were held rather than gliding. */
  sounding: number;
  held: number;
  /** When pitches last came fast enough to show that. */
  fastAt: number | null;
  /** Since when it has been sounding, and its last moment. */
  since: number | null;
  soundAt: number;
  high: { from: number; until: number; count: number } | null;
  /** What sounds, loud enough or not. */
  noise: Noise | null;
  run: RecogniserRun | null;
  last: RecogniserRun | null;
}

export interface Noise {
  from: number;
  until: number;
  /** Decibels above the room × ms, and the milliseconds. */
  sum: number;
  ms: number;
  /** The greatest share of its pitches that were held; null where no notes were heard. */
  held: number | null;
  /** The run that it is in. */
  run: number | null;
}

export function initialState(): SoundState {
  return {
    at: null,
    stray: null,
    background: null,
    over: null,
    isLoud: false,
    pitchAt: null,
    pitch: null,
    usual: null,
    sounding: 0,
    held: 0,
    fastAt: null,
    since: null,
    soundAt: 0,
    high: null,
    noise: null,
    run: null,
    last: null,
    ...NOTHING_TAUGHT,
  };
}
