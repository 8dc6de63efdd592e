/**
 * Recognises singing and music from how loud it is, and, where that is measured, from the pitch.
 * How it decides is explained in docs/recognition-kinds.md.
 */
import type { Reading } from '../../vocabulary/index.js';
import { admitReading } from '../admission.js';
import { learnBars, teachable } from '../bars.js';
import { actionOf, withoutNone } from '../lesson.js';
import type { Lesson, Recogniser, RecogniserEvent, RecogniserRun, Step } from '../recogniser.js';
import { explain } from './explain.js';
import { HOLD_MS, hearLevel, hearPitch, hearsNotes, isHigh, isLongEnough, passSound, soundsAt } from './listen.js';
import { asked, followNoise, SOUND_LESSONS, sightOf } from './noise.js';
import { initialState, type SoundState } from './state.js';

/** It must sound for so much of the time before a start is told; the next song shows in 10 s. How long, see noise.ts. */
const START = { share: 0.5, nextMs: 10_000 };
/** It is over after a minute in which there is little sound. */
const QUIET = { ms: 60_000, share: 0.25 };
/** A high passage that is interrupted for longer than this is over; one breathes. */
const NOTE_GAP_MS = 2500;
/** After so long (30 min) without a reading nothing is known of what happened in between. */
const GAP_MS = 1_800_000;
/** Loudness alone is no proof of a song; held notes nearly are. */
const SURE = { loud: 0.6, sung: 0.85 };

export const soundRecogniser: Recogniser<SoundState> = {
  name: 'sound',
  accepts: ({ parameters: { soundLevel, pitch } }) => (soundLevel ?? pitch) !== undefined,
  initial: initialState,
  step: (state, reading) => stepSound(teachable(state), reading),
  tick(state, now) {
    if (state.at === null || !(now > state.at)) return { state, events: [] };
    const next = { ...teachable(state) };
    // Only a reading ends the time that the last one counts for: ticks look at a copy.
    passSound(next, state.at, now);
    const events = decide(next, now);
    return { state: { ...next, sounding: state.sounding, soundAt: state.soundAt }, events };
  },
  learn: (state, lesson) => learn(teachable(state), lesson),
  lasting: (state) => lasting(teachable(state)),
  explain: (state) => explain(teachable(state)),
};

function stepSound(state: SoundState, reading: Reading): Step<SoundState> {
  const admitted = admitReading(state, reading, { lasting, ended });
  if ('events' in admitted) return admitted;
  const { next, before, at } = admitted;
  if (before !== null) passSound(next, before, at);
  const { soundLevel, pitch } = reading.parameters;
  if (soundLevel !== undefined) hearLevel(next, soundLevel, at - (before ?? at));
  if (pitch !== undefined) hearPitch(next, pitch, at);
  const events = decide(next, at);
  const isSung = next.pitch !== null && hearsNotes(next, at);
  followNoise(next, at, Math.min(HOLD_MS, at - (before ?? at)), isSung);
  if (pitch !== undefined) followNote(next, at, events);
  return { state: next, events };
}

function learn(state: SoundState, lesson: Lesson): SoundState {
  if (actionOf(lesson)) return state;
  const going = state.noise && sightOf(state, state.noise);
  const sights = going ? [...state.sights, going] : state.sights;
  const next = withoutNone(state, lesson);
  const taught = learnBars({ ...state, sights }, lesson, SOUND_LESSONS);
  return taught === state.taught ? next : { ...next, taught };
}

function decide(state: SoundState, now: number): RecogniserEvent[] {
  const events: RecogniserEvent[] = [];
  if (state.run) goOn(state, state.run, now, events);
  else listenForStart(state, now, events);
  return events;
}

function goOn(state: SoundState, run: RecogniserRun, now: number, events: RecogniserEvent[]): void {
  const { sounding, soundAt } = state;
  const until = sounding >= QUIET.share ? Math.max(run.until, Math.min(now, soundAt)) : run.until;
  state.run = { ...run, until };
  const quiet = now - until;
  if (quiet > GAP_MS || (sounding < QUIET.share && quiet >= Math.min(QUIET.ms, 1000 * asked(state, 'pause'))))
    finish(state, events);
}

function listenForStart(state: SoundState, now: number, events: RecogniserEvent[]): void {
  const { sounding, last } = state;
  if (sounding < QUIET.share) state.since = soundsAt(state, now) ? now : null;
  else state.since ??= now;
  const { since } = state;
  if (since === null || sounding < START.share || !soundsAt(state, state.at ?? now)) return;
  const byNotes = hearsNotes(state, now);
  if (byNotes && state.held < asked(state, 'held')) return;
  const isNext = byNotes && last !== null && since - last.until <= 1000 * asked(state, 'pause');
  const startMs = isNext ? START.nextMs : 1000 * asked(state, byNotes ? 'sungSeconds' : 'seconds');
  if (now - since < startMs) return;
  begin(state, since, now, byNotes ? SURE.sung : SURE.loud, events);
}

function begin(state: SoundState, from: number, now: number, confidence: number, events: RecogniserEvent[]): void {
  const { last } = state;
  if (last && from - last.until <= 1000 * asked(state, 'pause')) {
    events.push({ type: 'resume', at: from, confidence });
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

/** The clock was set back: the room and the singer are the same, and what was taught holds. */
function lasting({ background, usual, taught }: SoundState): SoundState {
  return { ...initialState(), background, usual, taught };
}
