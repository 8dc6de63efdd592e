import type { RecogniserEvent } from '../recogniser.js';
import type { SayingState } from './state.js';

/** A run that goes on within this time after its finish is the same one. */
export const MERGE_MS = { appliance: 60_000, cup: 180_000 };
/** Told in words: as sure as one can be. After keeping warm, or joined in the middle, less so. */
export const SURE = { word: 0.95, likely: 0.8 };

export function begin(state: SayingState, from: number, confidence: number, events: RecogniserEvent[]): void {
  if (state.run) return;
  events.push({ type: 'start', at: from, confidence });
  state.run = { from, until: from, sips: 0, confidence };
  state.last = null;
}

export function goOn(state: SayingState, at: number, events: RecogniserEvent[]): void {
  const { last } = state;
  if (state.run || !last) return;
  events.push({ type: 'resume', at, confidence: last.confidence });
  state.run = { ...last, until: at };
  state.last = null;
}

export function finish(state: SayingState, at: number, events: RecogniserEvent[]): void {
  const { run } = state;
  if (!run) return;
  events.push({ type: 'finish', at: Math.max(run.from, at), confidence: run.confidence });
  state.last = run.dismissed ? null : { ...run, until: Math.max(run.from, at) };
  state.run = null;
}

/** The start that was told was none. */
export function takeBack(state: SayingState, events: RecogniserEvent[]): void {
  const { run } = state;
  if (!run) return;
  events.push({ type: 'discard', at: run.from });
  state.run = null;
  state.last = null;
}
