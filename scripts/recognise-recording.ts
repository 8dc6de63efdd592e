import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { MotionSample } from './recognise-motion.js';

export interface Sample {
  /** Seconds since the start of the recording. */
  t: number;
  watts: number;
}

export interface Recording<S> {
  /** The file's name without `.csv.gz`. */
  id: string;
  samples: S[];
  /** Rows that were left out because a value was not a finite number. */
  skipped: number;
}

/** A recording that cannot be used; the message says what was wrong and what to do. */
export class RecordingError extends Error {}

const SUFFIX = '.csv.gz';

/** Reads a recording of power: columns t_s and power_w. @throws RecordingError */
export function readRecording(path: string): Recording<Sample> {
  return readColumns(path, ['t_s', 'power_w'], ([t, watts]) => ({ t: t as number, watts: watts as number }));
}

/** Reads a recording of acceleration in g: columns t_s, ax_g, ay_g and az_g. @throws RecordingError */
export function readMotionRecording(path: string): Recording<MotionSample> {
  return readColumns(path, ['t_s', 'ax_g', 'ay_g', 'az_g'], (row) => {
    const [t, x, y, z] = row as [number, number, number, number];
    return { t, x, y, z };
  });
}

/** Reads some columns of a gzip'd CSV file that begins with a header line. @throws RecordingError */
function readColumns<S>(path: string, names: string[], sampleOf: (row: number[]) => S): Recording<S> {
  if (!path.endsWith(SUFFIX)) throw new RecordingError(`${path}: a recording's name ends in ${SUFFIX}`);
  const lines = unpack(path).split(/\r?\n/);
  const columns = (lines[0] ?? '').split(',').map((name) => name.trim());
  const places = names.map((name) => columns.indexOf(name));
  if (places.includes(-1)) throw new RecordingError(`${path}: ${explainColumns(columns, names)}`);
  const rows = lines.slice(1).filter((line) => line.trim() !== '');
  if (rows.length === 0) throw new RecordingError(`${path}: there is a header line, but not one sample`);
  const values = rows.map((row) => {
    const cells = row.split(',');
    return places.map((place) => toNumber(cells[place]));
  });
  const usable = values.filter((row) => row.every(Number.isFinite));
  return { id: basename(path, SUFFIX), samples: usable.map(sampleOf), skipped: values.length - usable.length };
}

/** An empty cell is no zero. */
function toNumber(cell: string | undefined): number {
  return cell === undefined || cell.trim() === '' ? Number.NaN : Number(cell);
}

function unpack(path: string): string {
  let packed: Buffer;
  try {
    packed = readFileSync(path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new RecordingError(`${path}: ${missing ? 'there is no such file' : (error as Error).message}`);
  }
  if (packed.length === 0) throw new RecordingError(`${path}: the file is empty`);
  try {
    return gunzipSync(packed).toString('utf8');
  } catch (error) {
    throw new RecordingError(`${path}: this is not a whole gzip file (${(error as Error).message})`);
  }
}

function explainColumns(columns: string[], names: string[]): string {
  if (columns.includes('ax_g')) return 'this is an acceleration recording (ax_g): its profile is motion';
  if (columns.includes('power_w')) return 'this is a power recording (power_w): its profile is not motion';
  const wanted = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  const found = columns.join(', ').slice(0, 100);
  return `the header line must have the columns ${wanted}, but it has ${found || 'nothing'}`;
}
