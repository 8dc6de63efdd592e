import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type ApplianceKind, type Recogniser, recognisersFor, USUAL_ACTIVITY } from '../activities/index.js';
import { type Recording, readRecording } from '../appliances/index.js';
import {
  ACTIVITIES,
  isActivityName,
  type ParameterName,
  type ParameterValues,
  type Reading,
} from '../vocabulary/index.js';
import { RecordingError } from './recognise-recording.js';
import { Announcements, type Detection, TICK } from './recognise-replay.js';

/** Kinds whose recordings have other columns than power_w, and what at least one of these columns must hold. */
const OTHER_KINDS = {
  cup: ['state', 'weight'],
  scale: ['weight'],
  treadmill: ['speed', 'cadence', 'power', 'heartRate'],
  bike: ['speed', 'cadence', 'power', 'heartRate'],
  wearable: ['speed', 'cadence', 'power', 'heartRate'],
  microphone: ['soundLevel', 'pitch'],
} as const satisfies Partial<Record<ApplianceKind, readonly ParameterName[]>>;
type OtherKind = keyof typeof OTHER_KINDS;

export function isOtherKind(kind: string): kind is OtherKind {
  return Object.hasOwn(OTHER_KINDS, kind);
}

type KindDetection = Detection & {
  actions?: { action: string; start_s: number; end_s: number }[];
  cups?: number;
};

/** Seconds for which the hub's timer goes on after the last sample: a pause of ten minutes may be the end. */
const AFTERWARDS = 1000;

/** @throws RecordingError */
export function recogniseKind(path: string, kind: OtherKind): { id: string; runs: KindDetection[] } {
  const { items } = load(path);
  const activity = USUAL_ACTIVITY[kind];
  const category = isActivityName(activity) ? ACTIVITIES[activity] : undefined;
  const samples = items.flatMap(({ afterMs, parameters }) => (parameters ? [{ t: afterMs / 1000, parameters }] : []));
  const wanted: readonly ParameterName[] = OTHER_KINDS[kind];
  if (!samples.some(({ parameters }) => wanted.some((name) => parameters[name] !== undefined))) {
    throw new RecordingError(`${path}: a recording of the profile ${kind} has a column with ${wanted.join(', or ')}`);
  }
  return {
    id: basename(path).replace(/\.csv(\.gz)?$/, ''),
    runs: play(recognisersFor('auto', kind, category), samples),
  };
}

function load(path: string): Recording {
  try {
    return readRecording(basename(path), readFileSync(path));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new RecordingError(`${path}: ${missing ? 'there is no such file' : (error as Error).message}`);
  }
}

/** As a live hub would: the first recogniser that accepts a reading is the one, and time goes on between readings. */
function play(
  recognisers: readonly Recogniser<unknown>[],
  samples: readonly { t: number; parameters: ParameterValues }[],
): KindDetection[] {
  const announced = new Announcements<KindDetection>();
  let chosen: Recogniser<unknown> | undefined;
  let state: unknown;
  const tickUntil = (from: number, to: number) => {
    if (!chosen) return;
    for (let now = from + TICK; now < to; now += TICK) {
      const step = chosen.tick(state, now * 1000);
      state = step.state;
      announced.take(step.events, now);
    }
  };
  let previous = samples[0]?.t ?? 0;
  for (const { t, parameters } of samples) {
    tickUntil(previous, t);
    previous = t;
    const reading = readingOf(t, parameters);
    chosen ??= recognisers.find((one) => one.accepts(reading));
    if (!chosen?.accepts(reading, state)) continue;
    const step = chosen.step(state ?? chosen.initial(), reading);
    state = step.state;
    announced.take(step.events, t);
  }
  tickUntil(previous, previous + AFTERWARDS);
  return announced.runs;
}

function readingOf(t: number, parameters: ParameterValues): Reading {
  const appliance = { id: 'recording', name: 'Recording', profile: 'json' };
  return { appliance, at: new Date(t * 1000).toISOString(), parameters };
}
