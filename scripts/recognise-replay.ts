import type { Recogniser, RecogniserEvent } from '../activities/index.js';
import { instantOf, type Reading } from '../vocabulary/index.js';
import type { Recording, Sample } from './recognise-recording.js';

/** One run, in the form that the scorer takes. Seconds on the recording's own clock. */
export interface Detection {
  start_s: number;
  /** null: the run was still open when the recording ended. */
  end_s: number | null;
  start_emitted_s: number;
  end_emitted_s: number | null;
}

/** A live hub's timer, in seconds: while samples are missing, the recogniser hears the time this often. */
export const TICK = 5;
/** Seconds for which the hub's timer goes on after the last sample. */
const AFTERWARDS = 120;

/**
 * Plays a recording to a recogniser as a live hub would: sample by sample in file order, and a tick every 5 s while
 * samples are missing and for two minutes after the last one. What the recogniser announced is what is returned.
 */
export function detect<State>(recogniser: Recogniser<State>, recording: Recording<Sample>): Detection[] {
  const announced = new Announcements();
  let state = recogniser.initial();
  const tickUntil = (from: number, to: number) => {
    for (let now = from + TICK; now < to; now += TICK) {
      const step = recogniser.tick(state, now * 1000);
      state = step.state;
      announced.take(step.events, now);
    }
  };
  let previous: number | undefined;
  for (const { t, watts } of recording.samples) {
    if (previous !== undefined) tickUntil(previous, t);
    const step = recogniser.step(state, readingOf(t, watts));
    state = step.state;
    announced.take(step.events, t);
    previous = t;
  }
  if (previous !== undefined) tickUntil(previous, previous + AFTERWARDS + TICK);
  return announced.runs;
}

function readingOf(t: number, watts: number): Reading {
  return {
    appliance: { id: 'recording', name: 'Recording', profile: 'json' },
    at: instantOf(Math.trunc(t * 1000)),
    parameters: { power: watts },
  };
}

/** Keeps the books on what was told to the world, and when. */
export class Announcements<D extends Detection & { actions?: unknown[]; cups?: number } = Detection> {
  readonly runs: D[] = [];

  take(events: readonly RecogniserEvent[], now: number): void {
    for (const event of events) this.takeOne(event, now);
  }

  private takeOne(event: RecogniserEvent, now: number): void {
    const last = this.runs.at(-1);
    if (event.type === 'start') {
      const run = { start_s: event.at / 1000, end_s: null, start_emitted_s: now, end_emitted_s: null };
      this.runs.push(run as D);
    } else if (event.type === 'discard') {
      this.runs.pop();
    } else if (event.type === 'finish' && last) {
      last.end_s = event.at / 1000;
      last.end_emitted_s = now;
      if (event.cups) last.cups = event.cups;
      else delete last.cups;
    } else if (event.type === 'resume' && last) {
      last.end_s = null;
      last.end_emitted_s = null;
    } else if (event.type === 'action' && last) {
      const { action, startedAt, endedAt } = event;
      last.actions = [...(last.actions ?? []), { action, start_s: startedAt / 1000, end_s: endedAt / 1000 }];
    }
  }
}
