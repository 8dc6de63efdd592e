import { type PowerKind, powerRecogniser, type RecogniserEvent } from '../../activities/index.js';
import type { Reading } from '../../vocabulary/index.js';

/** Seconds and watts. */
export type Sample = readonly [t: number, watts: number];

/** An event and the second at which it was announced. */
export interface Announced {
  event: RecogniserEvent;
  now: number;
}

export interface Run {
  start: number;
  end: number | undefined;
  /** Seconds at which its last finish was announced. */
  announced: number | undefined;
}

/** Builds a trace of levels, each held for some seconds, reported every `step` seconds. */
export function trace(levels: readonly (readonly [watts: number, seconds: number])[], step = 2): Sample[] {
  const samples: Sample[] = [];
  let from = 0;
  let t = 0;
  for (const [watts, seconds] of levels) {
    for (; t < from + seconds; t += step) samples.push([t, watts]);
    from += seconds;
  }
  return samples;
}

export function readingAt(t: number, watts: number): Reading {
  return {
    appliance: { id: 'a', name: 'A', profile: 'json' },
    at: new Date(t * 1000).toISOString(),
    parameters: { power: watts },
  };
}

/** Plays samples as a live hub would: with a tick every 5 s in between, and for two minutes afterwards. */
export function listen(kind: PowerKind, samples: readonly Sample[]): Announced[] {
  const recogniser = powerRecogniser(kind);
  let state = recogniser.initial();
  const announced: Announced[] = [];
  const note = (events: readonly RecogniserEvent[], now: number) => {
    for (const event of events) announced.push({ event, now });
  };
  samples.forEach(([t, watts], index) => {
    const step = recogniser.step(state, readingAt(t, watts));
    state = step.state;
    note(step.events, t);
    const next = samples[index + 1]?.[0] ?? t + 120;
    for (let now = t + 5; now < next; now += 5) {
      const tick = recogniser.tick(state, now * 1000);
      state = tick.state;
      note(tick.events, now);
    }
  });
  return announced;
}

/** What is left of the announcements once everything that was taken back is gone. */
export function runsOf(announced: readonly Announced[]): Run[] {
  const runs: Run[] = [];
  for (const { event, now } of announced) {
    const last = runs.at(-1);
    if (event.type === 'start') runs.push({ start: event.at / 1000, end: undefined, announced: undefined });
    else if (event.type === 'discard') runs.pop();
    else if (last && event.type === 'finish') Object.assign(last, { end: event.at / 1000, announced: now });
    else if (last && event.type === 'resume') Object.assign(last, { end: undefined, announced: undefined });
  }
  return runs;
}

export function recognise(kind: PowerKind, samples: readonly Sample[]): Run[] {
  return runsOf(listen(kind, samples));
}
