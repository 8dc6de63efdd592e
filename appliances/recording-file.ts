import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { isParameterName, type ParameterName, type ParameterValues } from '../vocabulary/index.js';
import { Collected, isObject, toNumber } from './payload.js';
import type { ProfileSettings } from './profile.js';

/** One thing of a recording: values as they are, or a message for a profile to read. */
export type Recorded =
  | { afterMs: number; parameters: ParameterValues }
  | { afterMs: number; topic: string; payload: unknown; parameters?: undefined };

export interface Recording {
  /** In order; `afterMs` counts from the first one. */
  items: Recorded[];
  lengthMs: number;
}

/** Where the recordings lie that come with the package. */
export const RECORDINGS_FOLDER = join(__dirname, 'recordings');

/** The recordings that come with the package; their README says where they are from. */
export const SHIPPED_RECORDINGS: readonly {
  file: string;
  title: string;
  profile: string;
  settings: ProfileSettings;
}[] = [
  {
    file: 'coffee-corner.jsonl',
    title: 'Coffee: a filter machine brews one pot',
    profile: 'tasmota',
    settings: { address: 'csn-node-test-brew', fullTopic: '%topic%/%prefix%/' },
  },
  {
    file: 'coffee-scale.jsonl',
    title: 'Coffee: a pot is put on a scale, and a cup taken',
    profile: 'json',
    settings: { address: 'csn-node-test/event', paths: [{ parameter: 'weight', path: 'weight' }] },
  },
  {
    file: 'run.csv',
    title: 'A run: eight minutes with a watch',
    profile: 'json',
    settings: { address: '' },
  },
  {
    file: 'kettle-uk-house-5.csv',
    title: 'Tea: a kettle boils (house 5)',
    profile: 'json',
    settings: { address: '' },
  },
  {
    file: 'kettle-uk-house-17.csv',
    title: 'Tea: a kettle boils (house 17)',
    profile: 'json',
    settings: { address: '' },
  },
];

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_ITEMS = 1_000_000;
const YEAR_MS = 366 * 24 * 60 * 60 * 1000;
const STANDARD_GRAVITY = 9.80665;

/** Columns besides the parameters' own names, as the public data sets call them. */
const COLUMNS: Readonly<Record<string, ParameterName>> = {
  power_w: 'power',
  energy_kwh: 'energy',
  voltage_v: 'voltage',
  current_a: 'current',
  temperature_c: 'temperature',
  target_temperature_c: 'targetTemperature',
  ph: 'pH',
  weight_g: 'weight',
  flow_g_s: 'flow',
  level_pct: 'level',
  battery_pct: 'battery',
  heart_rate_bpm: 'heartRate',
  cadence_rpm: 'cadence',
  speed_m_s: 'speed',
  distance_m: 'distance',
  sound_level_db: 'soundLevel',
  pitch_hz: 'pitch',
};

/**
 * Parses a recording: CSV with a header and the first column `t_s` in seconds, or JSON lines of MQTT messages
 * `{ t_s, topic, payload }`; either may be gzipped.
 * @param name the file's name, whose ending says which
 * @throws Error naming the line that is wrong
 */
export function readRecording(name: string, bytes: Buffer): Recording {
  const text = unpack(name, bytes);
  const plain = name.replace(/\.gz$/i, '').toLowerCase();
  const items = plain.endsWith('.csv')
    ? fromCsv(text)
    : plain.endsWith('.jsonl')
      ? fromJsonLines(text)
      : fail(`${name}: a recording ends in .csv, .csv.gz, .jsonl or .jsonl.gz`);
  if (items.length === 0) fail(`${name}: the recording is empty`);
  items.sort((one, other) => one.afterMs - other.afterMs);
  const first = (items[0] as Recorded).afterMs;
  for (const item of items) item.afterMs -= first;
  return { items, lengthMs: (items[items.length - 1] as Recorded).afterMs };
}

function unpack(name: string, bytes: Buffer): string {
  if (bytes.length > MAX_BYTES) fail(`${name}: the recording is larger than 64 MB`);
  if (!/\.gz$/i.test(name)) return bytes.toString('utf8');
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES }).toString('utf8');
  } catch {
    return fail(`${name}: it cannot be unpacked, or is larger than 64 MB`);
  }
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.length > MAX_ITEMS) fail(`the recording has more than ${MAX_ITEMS} lines`);
  return lines;
}

function fromCsv(text: string): Recorded[] {
  const [header = '', ...lines] = linesOf(text);
  const names = header.split(',').map((cell) => cell.trim());
  if (names[0] !== 't_s') fail('line 1: the first column of a recording is t_s, the seconds since its start');
  const columns = names.map((name) => COLUMNS[name.toLowerCase()] ?? (isParameterName(name) ? name : undefined));
  const timeOf = timesOfLines();
  const axes = ['ax_g', 'ay_g', 'az_g'].map((name) => names.indexOf(name));
  if (columns.every((column) => column === undefined) && axes.includes(-1)) {
    fail('line 1: no column has a parameter: use names such as power_w, temperature_c or weight_g');
  }
  return lines.flatMap((line, index) => {
    if (line === '') return [];
    const cells = line.split(',');
    const found = new Collected();
    columns.forEach((column, at) => {
      if (column && cells[at] !== '') found.add(column, cells[at]);
    });
    if (!axes.includes(-1)) found.add('acceleration', vectorOf(axes.map((at) => cells[at])));
    if (found.problem) fail(`line ${index + 2}: ${found.problem}`);
    return found.isEmpty ? [] : [{ afterMs: timeOf(cells[0], index + 2), parameters: found.parameters }];
  });
}

function vectorOf(cells: unknown[]): unknown {
  const [x, y, z] = cells.map((cell) => (toNumber(cell) ?? Number.NaN) * STANDARD_GRAVITY);
  return { x, y, z };
}

function fromJsonLines(text: string): Recorded[] {
  const timeOf = timesOfLines();
  return linesOf(text).flatMap((line, index) => {
    if (line.trim() === '') return [];
    const entry = parsed(line);
    if (!isObject(entry) || typeof entry.topic !== 'string' || entry.payload === undefined) {
      return fail(`line ${index + 1}: a message is {"t_s":0,"topic":"…","payload":…}`);
    }
    return [{ afterMs: timeOf(entry.t_s, index + 1), topic: entry.topic, payload: entry.payload }];
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Reads the times of one recording's lines, in milliseconds. What is longer than a year is no recording but a wrong number. */
function timesOfLines(): (seconds: unknown, line: number) => number {
  let first: number | undefined;
  return (said, line) => {
    const seconds = toNumber(said);
    if (seconds === undefined) return fail(`line ${line}: t_s is not a number of seconds`);
    const ms = seconds * 1000;
    first ??= ms;
    return Math.abs(ms - first) <= YEAR_MS ? ms : fail(`line ${line}: t_s is more than a year from the first line's`);
  };
}

function fail(problem: string): never {
  throw new Error(problem);
}
