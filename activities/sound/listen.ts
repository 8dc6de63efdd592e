import { asked } from './noise.js';
import type { SoundState } from './state.js';

/** Time constants (ms): the room's level follows down quickly and up slowly, the shares in between. */
const BACKGROUND = { down: 5000, up: 600_000, upLate: 3_600_000 };
/**
 * While something goes on the room's level does not rise, for three hours at most: what is loud for longer, without the pauses
 * between songs in which the level falls back, is the room.
 */
const FROZEN_MS = 10_800_000;
const SHARE_MS = 10_000;
/** What people sing, from a bass to a whistle register (Hz). */
const VOICE = { lowest: 65, highest: 1600 };
/** Pitches that come at least this often (ms) show whether a note is held; half a semitone is the same note. */
const FAST_MS = 350;
const FAST_OF_LATE_MS = 10_000;
const SAME_NOTE = 0.5 / 12;
/** A pitch holds for so long. */
const PITCH_MS = 2500;
/** High is at least 7 semitones above what this singer usually sings, and no man's speaking voice. */
const HIGH = { octaves: 7 / 12, lowest: 250 };
const LEAST_NOTE_MS = 400;
const USUAL_MS = 20_000;
/** A level holds for five minutes at most. */
export const HOLD_MS = 300_000;

/** What was true since the last reading counts for the time until now. */
export function passSound(state: SoundState, from: number, now: number): void {
  const ms = Math.min(now - from, HOLD_MS);
  if (ms <= 0) return;
  const isSounding = soundsAt(state, from);
  const share = 1 - Math.exp(-ms / SHARE_MS);
  state.sounding += ((isSounding ? 1 : 0) - state.sounding) * share;
  if (isSounding) state.soundAt = Math.min(now, from + ms);
}

/** A level: loud by what is usual in this room, whatever it is measured from. */
export function hearLevel(state: SoundState, level: number, ms: number): void {
  const before = state.background ?? level;
  const constant = level < before ? BACKGROUND.down : riseOf(state);
  state.background = before + (level - before) * (1 - Math.exp(-Math.min(ms, HOLD_MS) / constant));
  state.over = level - state.background;
  state.isLoud = state.over >= asked(state, 'loud');
}

function riseOf({ run, at }: SoundState): number {
  if (!run || at === null) return BACKGROUND.up;
  return at - run.from > FROZEN_MS ? BACKGROUND.upLate : Number.POSITIVE_INFINITY;
}

/** A pitch: of a voice, held or gliding, high or not. 0, and what nobody sings, is none. */
export function hearPitch(state: SoundState, hertz: number, at: number): void {
  const before = state.pitch;
  const ms = at - (state.pitchAt ?? at);
  const isVoice = hertz >= VOICE.lowest && hertz <= VOICE.highest;
  state.pitch = isVoice ? hertz : null;
  state.pitchAt = at;
  if (!isVoice) return;
  const octave = Math.log2(hertz);
  if (before !== null && ms > 0 && ms <= FAST_MS) {
    const isHeld = Math.abs(octave - Math.log2(before)) <= SAME_NOTE;
    state.held += ((isHeld ? 1 : 0) - state.held) * (1 - Math.exp(-ms / SHARE_MS));
    state.fastAt = at;
  }
  const share = state.usual === null ? 1 : 1 - Math.exp(-Math.max(ms, 50) / USUAL_MS);
  state.usual = (state.usual ?? octave) + (octave - (state.usual ?? octave)) * share;
}

/** Pitches came fast of late: they tell notes from speech. Seldom ones are a matter of luck. */
export function hearsNotes({ fastAt }: SoundState, at: number): boolean {
  return fastAt !== null && at - fastAt <= FAST_OF_LATE_MS;
}

/** Something sounds: a voice where its pitch can be followed, else whatever is loud. */
export function soundsAt(state: SoundState, at: number): boolean {
  const { background, isLoud, pitch, pitchAt } = state;
  const isPitched = pitchAt !== null && at - pitchAt <= PITCH_MS && pitch !== null;
  if (background === null) return isPitched;
  return isLoud && (isPitched || !hearsNotes(state, at));
}

export function isHigh({ pitch, usual }: SoundState): boolean {
  return pitch !== null && usual !== null && pitch >= highFrom(usual);
}

/** From which pitch on (Hz) a note is high for somebody. @param usual an octave, log2 of Hz */
export function highFrom(usual: number): number {
  return Math.max(HIGH.lowest, 2 ** (usual + HIGH.octaves));
}

/** Of pitches that come fast, single high ones may be a wrong octave; slow ones each stand for their second. */
export function isLongEnough({ from, until, count }: NonNullable<SoundState['high']>): boolean {
  const isFast = until - from <= FAST_MS * (count - 1);
  return isFast ? count >= 3 && until - from >= LEAST_NOTE_MS : count >= 2;
}
