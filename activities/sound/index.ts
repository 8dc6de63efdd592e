/**
 * Recognises singing and music from how loud it is, and, where that is measured, from the pitch.
 * How it decides is explained in docs/recognition-kinds.md.
 */
import type { Reading } from '../../vocabulary/index.js';
import { admitReading } from '../admission.js';
import { withoutNone } from '../lesson.js';
import type { Recogniser, RecogniserEvent, Step } from '../recogniser.js';
import { explain } from './explain.js';
import { hearLevel, hearPitch, hearsNotes, isHigh, isLongEnough, passSound, soundsAt } from './listen.js';
import { initialState, type Run, type SoundState } from './state.js';

/**
 * It must sound for so much of the time before a start is told: for 20 s where notes are heard, so much of the pitches
 * being held; for 45 s where loudness is all there is, so that a short talk is no song. The next song shows in 10 s.
 */
const START = { share: 0.5, sungMs: 20_000, loudMs: 45_000, nextMs: 10_000, held: 0.4 };
/** It is over after a minute in which there is little sound, and goes on within three minutes: the next song. */
const QUIET = { ms: 60_000, share: 0.25 };
const MERGE_MS = 180_000;
/** A high passage that is interrupted for longer than this is over; one breathes. */
const NOTE_GAP_MS = 2500;
/** By so many dB the room is louder than was thought when its owner says that there was no song. */
const TAUGHT = 4;
/** After so long (30 min) without a reading nothing is known of what happened in between. */
const GAP_MS = 1_800_000;
/** Loudness alone is no proof of a song; held notes nearly are. */
const SURE = { loud: 0.6, sung: 0.85 };

export const soundRecogniser: Recogniser<SoundState> = {
  name: 'sound',
  accepts: ({ parameters: { soundLevel, pitch } }) => (soundLevel ?? pitch) !== undefined,
  initial: initialState,
  step: stepSound,
  tick(state, now) {
    if (state.at === null || !(now > state.at)) return { state, events: [] };
    const next = { ...state };
    // Only a reading ends the time that the last one counts for: ticks look at a copy.
    passSound(next, state.at, now);
    const events = decide(next, now);
    return { state: { ...next, sounding: state.sounding, soundAt: state.soundAt }, events };
  },
  learn(state, lesson) {
    const next = withoutNone(state, lesson);
    const isTaught = next !== state && state.background !== null;
    return isTaught ? { ...next, background: (state.background ?? 0) + TAUGHT } : next;
  },
  explain,
};

function stepSound(state: SoundState, reading: Reading): Step<SoundState> {
  const admitted = admitReading(state, reading, { anew, ended });
  if ('events' in admitted) return admitted;
  const { next, before, at } = admitted;
  if (before !== null) passSound(next, before, at);
  const { soundLevel, pitch } = reading.parameters;
  if (soundLevel !== undefined) hearLevel(next, soundLevel, at - (before ?? at));
  if (pitch !== undefined) hearPitch(next, pitch, at);
  const events = decide(next, at);
  if (pitch !== undefined) followNote(next, at, events);
  return { state: next, events };
}

function decide(state: SoundState, now: number): RecogniserEvent[] {
  const events: RecogniserEvent[] = [];
  if (state.run) goOn(state, state.run, now, events);
  else listenForStart(state, now, events);
  return events;
}

function goOn(state: SoundState, run: Run, now: number, events: RecogniserEvent[]): void {
  const { sounding, soundAt } = state;
  const until = sounding >= QUIET.share ? Math.max(run.until, Math.min(now, soundAt)) : run.until;
  state.run = { ...run, until };
  const quiet = now - until;
  if (quiet > GAP_MS || (sounding < QUIET.share && quiet >= QUIET.ms)) finish(state, events);
}

function listenForStart(state: SoundState, now: number, events: RecogniserEvent[]): void {
  const { sounding, last } = state;
  if (sounding < QUIET.share) state.since = soundsAt(state, now) ? now : null;
  else state.since ??= now;
  const { since } = state;
  if (since === null || sounding < START.share || !soundsAt(state, state.at ?? now)) return;
  const byNotes = hearsNotes(state, now);
  if (byNotes && state.held < START.held) return;
  const isNext = byNotes && last !== null && since - last.until <= MERGE_MS;
  if (now - since < (isNext ? START.nextMs : byNotes ? START.sungMs : START.loudMs)) return;
  begin(state, since, now, byNotes ? SURE.sung : SURE.loud, events);
}

function begin(state: SoundState, from: number, now: number, confidence: number, events: RecogniserEvent[]): void {
  const { last } = state;
  if (last && from - last.until <= MERGE_MS) {
    events.push({ type: 'resume', at: now, confidence });
    state.run = { from: last.from, until: now, confidence };
  } else {
    events.push({ type: 'start', at: from, confidence });
    state.run = { from, until: now, confidence };
  }
  state.last = null;
  state.since = null;
}

function finish(state: SoundState, events: RecogniserEvent[]): void {
  const { run } = state;
  if (!run) return;
  endNote(state, events);
  events.push({ type: 'finish', at: run.until, confidence: run.confidence });
  state.last = run.dismissed ? null : run;
  state.run = null;
  state.since = null;
}

/** A high note is told once it is over, and only within a song. */
function followNote(state: SoundState, at: number, events: RecogniserEvent[]): void {
  const { high } = state;
  const isOver = high !== null && at - high.until > NOTE_GAP_MS;
  if (isOver) endNote(state, events);
  if (isHigh(state)) {
    const before = isOver ? null : high;
    state.high = before ? { ...before, until: at, count: before.count + 1 } : { from: at, until: at, count: 1 };
  }
}

function endNote(state: SoundState, events: RecogniserEvent[]): void {
  const { high, run } = state;
  state.high = null;
  if (!high || !run || !isLongEnough(high)) return;
  const { from, until } = high;
  events.push({ type: 'action', action: 'high-note', startedAt: from, endedAt: until, confidence: 0.7 });
}

function ended(state: SoundState): RecogniserEvent[] {
  const events: RecogniserEvent[] = [];
  finish({ ...state }, events);
  return events;
}

/** The clock was set back: the room and the singer are the same. */
function anew({ background, usual }: SoundState, at: number): SoundState {
  return { ...initialState(), background, usual, at };
}
