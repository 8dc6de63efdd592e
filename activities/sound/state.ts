/** Everything remembered of one microphone. Plain JSON; times are epoch milliseconds, levels dB, pitches Hz. */
export interface SoundState {
  at: number | null;
  stray: number | null;
  /** The level that the room has when nothing goes on, learned. */
  background: number | null;
  /** The last level, and whether it is loud. */
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
  run: Run | null;
  last: Run | null;
}

export interface Run {
  from: number;
  until: number;
  confidence: number;
  /** Its owner has said that it is none: it ends as it would, and neither goes on nor comes back. */
  dismissed?: boolean;
}

export function initialState(): SoundState {
  return {
    at: null,
    stray: null,
    background: null,
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
    run: null,
    last: null,
  };
}
