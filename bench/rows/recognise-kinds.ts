import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  exerciseRecogniser,
  motionRecogniser,
  newTracker,
  powerRecogniser,
  type Recogniser,
  soundRecogniser,
  stateRecogniser,
  stepTracker,
  type TrackerState,
  weightRecogniser,
} from '../../activities/index.js';
import { RECORDINGS_FOLDER, readRecording } from '../../appliances/index.js';
import { newId, type ParameterValues } from '../../vocabulary/index.js';
import type { Row } from '../harness.js';
import { handAt, rateRow, readingsOf, watts } from './recognise.js';

/** What happens at an appliance, over and over: the parameters of the n-th reading. */
type Said = (index: number) => ParameterValues;

/** A second apart: a pot is put on, cups are pumped from it by a hand that presses, single readings are wrong by kilograms. */
const weightAt: Said = (index) => {
  const t = index % 600;
  const isPressed = t > 60 && t % 120 < 8;
  const spike = index % 97 === 0 ? 4700 : 0;
  const pot = t < 30 ? 5 : 3400 - 180 * Math.floor(t / 120);
  return { weight: pot + spike + (isPressed ? 10_000 + ((index * 7919) % 800) : ((index * 31) % 7) / 3) };
};

/** A kettle that tells its state and temperature: it boils, keeps warm, and is off. */
const stateAt: Said = (index) => {
  const t = index % 900;
  const state = t < 180 ? 'heating' : t < 600 ? 'keeping warm' : 'idle';
  return { state, temperature: t < 180 ? 20 + t / 2.3 : Math.max(20, 98 - (t - 180) / 20), targetTemperature: 85 };
};

/** Half an hour of running with breaks, then rest; heart rate and cadence come along. */
const runAt: Said = (index) => {
  const t = index % 2400;
  const moves = t < 1800 && t % 300 < 280;
  return {
    speed: moves ? 2.8 + ((index * 13) % 10) / 20 : 0,
    cadence: moves ? 84 : 0,
    heartRate: moves ? 145 : 90,
    distance: t,
  };
};

/** Four values a second: songs of three minutes with pauses, notes held for a second. */
const soundAt: Said = (index) => {
  const sings = index % 960 < 720;
  const note = 55 + ((Math.floor(index / 4) * 7) % 19);
  return { soundLevel: sings ? -18 - (index % 5) : -55, pitch: sings ? 440 * 2 ** ((note - 69) / 12) : 0 };
};

const make = (stepMs: number, said: Said) => async () => readingsOf(stepMs, said);
export const recogniseWeight = rateRow(
  'recognise_weight_per_ms',
  200,
  'weight readings a millisecond on one core, cups pumped from a pot on a scale with spikes',
  weightRecogniser,
  make(1000, weightAt),
);
export const recogniseState = rateRow(
  'recognise_state_per_ms',
  200,
  'readings with a state a millisecond on one core, a kettle that boils and keeps warm',
  stateRecogniser(),
  make(1000, stateAt),
);
export const recogniseExercise = rateRow(
  'recognise_exercise_per_ms',
  200,
  'readings with speed, cadence and heart rate a millisecond on one core, a run with breaks',
  exerciseRecogniser(true),
  make(1000, runAt),
);
export const recogniseSound = rateRow(
  'recognise_sound_per_ms',
  200,
  'readings with sound level and pitch a millisecond on one core, songs with pauses',
  soundRecogniser,
  make(250, soundAt),
);

const APPLIANCES = 1000;
/** Enough for the history of values to be as long as it gets. */
const FED = 300;

interface Case {
  recogniser: Recogniser<unknown>;
  stepMs: number;
  said: Said;
}

/** In the middle of what goes on, when most is remembered. */
async function cases(): Promise<Record<string, Case>> {
  const name = 'kettle-uk-house-5.csv';
  const kettle = await watts(readRecording(name, await readFile(join(RECORDINGS_FOLDER, name))));
  return {
    power: {
      recogniser: powerRecogniser('kettle'),
      stepMs: 8000,
      said: (index) => ({ power: kettle[index % kettle.length] ?? 0 }),
    },
    motion: { recogniser: motionRecogniser, stepMs: 31.25, said: handAt },
    weight: { recogniser: weightRecogniser, stepMs: 1000, said: weightAt },
    state: { recogniser: stateRecogniser(), stepMs: 1000, said: stateAt },
    exercise: { recogniser: exerciseRecogniser(true), stepMs: 1000, said: runAt },
    sound: { recogniser: soundRecogniser, stepMs: 250, said: soundAt },
  };
}

function follow({ recogniser, stepMs, said }: Case): TrackerState[] {
  const options = {
    ...{ kind: 'any', activity: 'coffee', category: 'food-and-beverage' as const, place: 'Kitchen' },
    ...{ everySeconds: 60, keep: [], recognisers: [recogniser] },
  };
  const begin = Date.UTC(2026, 0, 1);
  return Array.from({ length: APPLIANCES }, (_, n) => {
    const appliance = { id: `appliance-${n}`, name: `Appliance ${n}`, profile: 'json' };
    let state = newTracker(appliance);
    for (let index = 0; index < FED; index++) {
      const at = begin + Math.round(index * stepMs);
      const reading = { appliance, at: new Date(at).toISOString(), parameters: said(index) };
      state = stepTracker(state, { type: 'reading', reading, arrivedAt: at }, options, newId).state;
    }
    return state;
  });
}

/** Waits for other turns first, so that nothing of the last measurement is still in use. */
async function usedHeap(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  return process.memoryUsage().heapUsed;
}

/** KiB for one appliance. The first round, which makes code and caches, does not count. */
async function heapOf(one: Case): Promise<number> {
  const kept: TrackerState[][] = [];
  kept.push(follow(one));
  const before = await usedHeap();
  kept.push(follow(one));
  const after = await usedHeap();
  return kept.length === 2 ? (after - before) / APPLIANCES / 1024 : Number.NaN;
}

/** What a hub keeps of each appliance: the recogniser's memory, the history of values, the activity that goes on. */
export const appliancesInMemory: Row = {
  name: 'appliance_heap_kib',
  what: 'KiB of heap for one of 1,000 appliances with all that a tracker remembers, the largest of the recognisers',
  floor: { atMost: 64 },
  rounds: 1,
  async round() {
    const parts: Record<string, number> = {};
    for (const [name, one] of Object.entries(await cases())) parts[name] = await heapOf(one);
    return { value: Math.max(...Object.values(parts)), parts };
  },
};
