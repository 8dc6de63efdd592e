import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { motionRecogniser, powerRecogniser, type Recogniser } from '../../activities/index.js';
import { RECORDINGS_FOLDER, type Recording, readRecording } from '../../appliances/index.js';
import type { ParameterValues, Reading } from '../../vocabulary/index.js';
import type { Row } from '../harness.js';

const READINGS = 300_000;
const APPLIANCE = { id: 'bench', name: 'Bench', profile: 'json' };
const BEGIN = Date.UTC(2026, 0, 1);

/** @param stepMs between two readings */
export function readingsOf(stepMs: number, parametersAt: (index: number) => ParameterValues): Reading[] {
  return Array.from({ length: READINGS }, (_, index) => ({
    appliance: APPLIANCE,
    at: new Date(BEGIN + index * stepMs).toISOString(),
    parameters: parametersAt(index),
  }));
}

export function watts({ items }: Recording): number[] {
  return items.map(({ parameters }) => parameters?.power ?? 0);
}

/** A real kettle's boil (REFIT house 5) over and over, with an hour of nothing in between, every 8 s. */
async function kettleReadings(): Promise<Reading[]> {
  const name = 'kettle-uk-house-5.csv';
  const boil = watts(readRecording(name, await readFile(join(RECORDINGS_FOLDER, name))));
  const cycle = boil.length + 450;
  return readingsOf(8000, (index) => ({ power: boil[index % cycle] ?? 0 }));
}

/** A hand at 32 Hz that rests, moves, and every half minute lifts and tilts for four seconds: gravity turning, with tremor. */
export function handAt(index: number): ParameterValues {
  const seconds = (index / 32) % 30;
  const tilt = seconds < 4 ? Math.sin((seconds / 4) * Math.PI) * 1.4 : 0;
  const tremor = Math.sin(index * 1.7) * 0.2 + (seconds > 15 && seconds < 20 ? Math.sin(index * 0.8) * 3 : 0);
  return { acceleration: { x: 9.81 * Math.sin(tilt) + tremor, y: tremor / 2, z: 9.81 * Math.cos(tilt) } };
}

/** Readings a millisecond, reading by reading as they come in the hub. */
export function rateRow(
  name: string,
  floor: number,
  what: string,
  recogniser: Recogniser<unknown>,
  make: () => Promise<Reading[]>,
): Row {
  let readings: Reading[] = [];
  return {
    name,
    what,
    floor: { atLeast: floor },
    rounds: 5,
    async prepare() {
      readings = await make();
      return async () => {
        readings = [];
      };
    },
    async round() {
      let state = recogniser.initial();
      let events = 0;
      const start = process.hrtime.bigint();
      for (const reading of readings) {
        const step = recogniser.step(state, reading);
        state = step.state;
        events += step.events.length;
      }
      const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
      const bytes = JSON.stringify(state).length;
      return { value: readings.length / milliseconds, parts: { events, 'state bytes': bytes } };
    },
  };
}

/** The recognisers alone, on one core, reading by reading as they run in the hub. */
export const recognisePower = rateRow(
  'recognise_power_per_ms',
  500,
  'power readings a millisecond on one core, a recorded kettle over and over',
  powerRecogniser('kettle'),
  kettleReadings,
);

export const recogniseMotion = rateRow(
  'recognise_motion_per_ms',
  100,
  'acceleration readings a millisecond on one core, a hand that lifts a cup twice a minute',
  motionRecogniser,
  async () => readingsOf(31.25, handAt),
);
