import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PowerKind } from '../../activities/index.js';
import type { Label } from '../power-trials/trial.js';
import { readRecording, type Sample } from '../recognise-recording.js';

/** A recording of one appliance, and what somebody who sees all of it calls its runs. */
export interface Labelled {
  id: string;
  group: string;
  device: string;
  /** What its owner would pick; `kettle` for the confounders, as in the scorer. */
  kind: PowerKind;
  samples: readonly Sample[];
  labels: readonly Label[];
}

interface Entry {
  id: string;
  file: string;
  group: string;
  device: string;
  profile: PowerKind;
  runs: { start_s: number; end_s: number; unclear?: boolean }[];
  ignore: { start_s: number; end_s: number }[];
}

/** The labelled recordings of a folder, in the groups asked for. @param data holds power/labels.json */
export function readLabelled(data: string, groups: readonly string[]): Labelled[] {
  const { recordings } = JSON.parse(readFileSync(join(data, 'power', 'labels.json'), 'utf8')) as {
    recordings: Entry[];
  };
  return recordings.filter(({ group }) => groups.includes(group)).map((entry) => labelled(data, entry));
}

function labelled(data: string, { id, file, group, device, profile, runs, ignore }: Entry): Labelled {
  const labels = [
    ...runs.map(({ start_s, end_s, unclear }) => ({ from: start_s, to: end_s, unclear: unclear === true })),
    ...ignore.map(({ start_s, end_s }) => ({ from: start_s, to: end_s, unclear: true })),
  ].sort((a, b) => a.from - b.from);
  const kind = group === 'confounder' ? 'kettle' : profile;
  return { id, group, device, kind, samples: readRecording(join(data, file)).samples, labels };
}
