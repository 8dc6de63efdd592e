import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Recogniser, RecogniserEvent } from '../../activities/index.js';
import { readRecording } from '../../appliances/index.js';
import type { ParameterValues, Reading } from '../../vocabulary/index.js';

/** dist/test/support → the project's root */
const ROOT = resolve(__dirname, '..', '..', '..');
export const FIXTURES = join(ROOT, 'test', 'fixtures');
export const RECORDINGS = join(ROOT, 'appliances', 'recordings');

/** Seconds, and what was reported then. */
export type Said = readonly [t: number, parameters: ParameterValues];

export interface Told {
  event: RecogniserEvent;
  /** Seconds at which it was told. */
  now: number;
}

export type ActionEvent = Extract<RecogniserEvent, { type: 'action' }>;

export interface Run {
  start: number;
  end: number | undefined;
  /** Seconds at which its start and its last finish were told. */
  startedAt: number;
  finishedAt: number | undefined;
  cups: number;
  actions: { action: string; start: number; end: number }[];
}

export function reading(t: number, parameters: ParameterValues, profile = 'json'): Reading {
  return { appliance: { id: 'a', name: 'A', profile }, at: new Date(t * 1000).toISOString(), parameters };
}

/** Plays what was said as a live hub would: with a tick every 5 s in between, and for a while afterwards. */
export function listen<State>(
  recogniser: Recogniser<State>,
  said: readonly Said[],
  { profile = 'json', after = 1000 } = {},
): { told: Told[]; state: State } {
  let state = recogniser.initial();
  const told: Told[] = [];
  const note = (events: readonly RecogniserEvent[], now: number) => {
    for (const event of events) told.push({ event, now });
  };
  said.forEach(([t, parameters], index) => {
    const step = recogniser.step(state, reading(t, parameters, profile));
    state = step.state;
    note(step.events, t);
    const next = said[index + 1]?.[0] ?? t + after;
    for (let now = t + 5; now < next; now += 5) {
      const tick = recogniser.tick(state, now * 1000);
      state = tick.state;
      note(tick.events, now);
    }
  });
  return { told, state };
}

/** What is left of what was told once everything that was taken back is gone. */
export function runsOf(told: readonly Told[]): Run[] {
  const runs: Run[] = [];
  for (const { event, now } of told) {
    const last = runs.at(-1);
    if (event.type === 'start') {
      runs.push({
        start: event.at / 1000,
        end: undefined,
        startedAt: now,
        finishedAt: undefined,
        cups: 0,
        actions: [],
      });
    } else if (event.type === 'discard') runs.pop();
    else if (!last) assert.fail(`${event.type} before any start`);
    else if (event.type === 'finish') {
      Object.assign(last, { end: event.at / 1000, finishedAt: now, cups: event.cups ?? 0 });
    } else if (event.type === 'resume') Object.assign(last, { end: undefined, finishedAt: undefined });
    else {
      last.actions.push({ action: event.action, start: event.startedAt / 1000, end: event.endedAt / 1000 });
    }
  }
  return runs;
}

export function recognise<State>(recogniser: Recogniser<State>, said: readonly Said[], profile?: string): Run[] {
  return runsOf(listen(recogniser, said, profile === undefined ? {} : { profile }).told);
}

/** The values of a CSV recording. */
export function recorded(folder: string, name: string): Said[] {
  const { items } = readRecording(name, readFileSync(join(folder, name)));
  return items.map(({ afterMs, parameters = {} }): Said => [afterMs / 1000, parameters]);
}

/** One reading in so many seconds. */
export function oneIn(seconds: number, said: readonly Said[]): Said[] {
  let next = Number.NEGATIVE_INFINITY;
  return said.filter(([t]) => {
    if (t < next) return false;
    next = t + seconds;
    return true;
  });
}

/** Only what differs by more than a share from the last that was reported. */
export function onChange(share: number, said: readonly Said[]): Said[] {
  const last: ParameterValues = {};
  return said.filter(([, parameters]) => {
    const hasChanged = Object.entries(parameters).some(([name, value]) => {
      const before = last[name as keyof ParameterValues];
      if (typeof value !== 'number' || typeof before !== 'number') return value !== before;
      return Math.abs(value - before) > share * Math.abs(before);
    });
    if (hasChanged) Object.assign(last, parameters);
    return hasChanged;
  });
}

export function assertNear(actual: number | undefined, expected: number, tolerance: number): void {
  assert.ok(
    actual !== undefined && Math.abs(actual - expected) <= tolerance,
    `${actual} is not within ${tolerance} of ${expected}`,
  );
}
