import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface Sample {
  /** Seconds since the start of the recording. */
  t: number;
  watts: number;
}

export interface Recording {
  /** The file's name without `.csv.gz`. */
  id: string;
  samples: Sample[];
  /** Rows that were left out because time or power was not a finite number. */
  skipped: number;
}

/** A recording that cannot be used; the message says what was wrong and what to do. */
export class RecordingError extends Error {}

const SUFFIX = '.csv.gz';

/** Reads a gzip'd CSV file with the columns t_s and power_w. @throws RecordingError */
export function readRecording(path: string): Recording {
  if (!path.endsWith(SUFFIX)) throw new RecordingError(`${path}: a recording's name ends in ${SUFFIX}`);
  const lines = unpack(path).split(/\r?\n/);
  const columns = (lines[0] ?? '').split(',').map((name) => name.trim());
  const time = columns.indexOf('t_s');
  const power = columns.indexOf('power_w');
  if (time < 0 || power < 0) throw new RecordingError(`${path}: ${explainColumns(columns)}`);
  const rows = lines.slice(1).filter((line) => line.trim() !== '');
  if (rows.length === 0) throw new RecordingError(`${path}: there is a header line, but not one sample`);
  const samples = rows.map((row) => {
    const cells = row.split(',');
    return { t: toNumber(cells[time]), watts: toNumber(cells[power]) };
  });
  const usable = samples.filter(({ t, watts }) => Number.isFinite(t) && Number.isFinite(watts));
  return { id: basename(path, SUFFIX), samples: usable, skipped: samples.length - usable.length };
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

function explainColumns(columns: string[]): string {
  if (columns.includes('ax_g')) {
    return 'this is an acceleration recording (ax_g), and there is no motion recogniser yet: give a power recording';
  }
  const found = columns.join(', ').slice(0, 100);
  return `the header line must have the columns t_s and power_w, but it has ${found || 'nothing'}`;
}
