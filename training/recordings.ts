/** Reads labelled recordings: a labels file of form kindred-gesture-labels/1 and the CSV files that it names. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMotionRecording } from '../scripts/recognise-recording.js';

export interface LabelledEvent {
  start_s: number;
  end_s: number;
  label: string;
}

interface Entry {
  id: string;
  file: string;
  type: 'continuous' | 'clip';
  person: string;
  duration_s: number;
  events?: LabelledEvent[];
  class?: string;
}

/** Samples as columns: seconds, and acceleration with gravity in g. */
export interface Samples {
  t: Float64Array;
  x: Float64Array;
  y: Float64Array;
  z: Float64Array;
}

export interface Recording extends Entry {
  samples: Samples;
}

/** @param folder the data folder, which holds gestures/labels.json @throws RecordingError where a file is none */
export function readRecordings(folder: string): Recording[] {
  const labels = JSON.parse(readFileSync(join(folder, 'gestures', 'labels.json'), 'utf8')) as {
    recordings: Entry[];
    extra_recordings?: Entry[];
  };
  const entries = [...labels.recordings, ...(labels.extra_recordings ?? [])];
  return entries.map((entry) => ({ ...entry, samples: readSamples(join(folder, entry.file)) }));
}

function readSamples(file: string): Samples {
  const rows = readMotionRecording(file).samples;
  const samples = emptySamples(rows.length);
  for (const [i, { t, x, y, z }] of rows.entries()) setSample(samples, i, t, x, y, z);
  return samples;
}

export function emptySamples(count: number): Samples {
  return {
    t: new Float64Array(count),
    x: new Float64Array(count),
    y: new Float64Array(count),
    z: new Float64Array(count),
  };
}

export function setSample(samples: Samples, i: number, t: number, x: number, y: number, z: number): void {
  samples.t[i] = t;
  samples.x[i] = x;
  samples.y[i] = y;
  samples.z[i] = z;
}
