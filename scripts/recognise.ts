/**
 * npm run recognise -- FILE.csv.gz… --profile coffee_filter [--out DETECTIONS.json]
 *
 * Runs the product's own recogniser over recordings of power (gzip'd CSV with the columns t_s and power_w) or, with the
 * profile motion, of acceleration in g (t_s, ax_g, ay_g, az_g), and writes what it announced as a "kindred-detections/1"
 * document. Recordings of a cup, scale, treadmill, bike, wearable or microphone are CSV files, gzip'd or not, with columns
 * such as state, weight_g, speed_m_s, cadence, heart_rate_bpm, soundLevel or pitch; their runs have their actions and
 * cups, too. A recording's id is its file name without `.csv.gz`; nothing but the samples and the profile decides. Each recording starts with an empty memory.
 *
 * What the times mean, so that nothing is claimed that was not told:
 * - `start_s` and `end_s` are the times named in the announcements; they may lie before the announcement.
 * - `start_emitted_s` is the sample or timer instant at which the start was announced.
 * - A finish that was announced too soon and taken back openly (`resume`) makes no detection of its own: the run goes
 *   on, and `end_s` and `end_emitted_s` are those of its last finish. A premature announcement never counts as prompt.
 * - A start that was taken back openly (`discard`) is no detection.
 * - A run that is still open at the end of the recording has `end_s: null`.
 */
import { writeFileSync } from 'node:fs';
import { APPLIANCE_KINDS, type ApplianceKind, motionRecogniser, powerRecogniser } from '../activities/index.js';
import { isOtherKind, recogniseKind } from './recognise-kind.js';
import { detectMotion } from './recognise-motion.js';
import { RecordingError, readMotionRecording, readRecording } from './recognise-recording.js';
import { type Detection, detect } from './recognise-replay.js';

const PROFILES = [...APPLIANCE_KINDS, 'motion'] as const;
type Profile = ApplianceKind | 'motion';

const USAGE = `Usage: npm run recognise -- FILE.csv.gz… --profile PROFILE [--out DETECTIONS.json]
  --profile  ${PROFILES.join(', ')}
             given once it holds for every file; given several times, each for the files that follow it
  --out      the file to write; without it the document goes to standard output`;

interface Job {
  path: string;
  kind: Profile;
}

class UsageError extends Error {}

export function parseArguments(args: readonly string[]): { jobs: Job[]; out: string | undefined } {
  const files: { path: string; profile: string | undefined }[] = [];
  const profiles: string[] = [];
  let out: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--profile') profiles.push(takeValue(args, ++i, arg));
    else if (arg === '--out') out = takeValue(args, ++i, arg);
    else if (arg.startsWith('--')) throw new UsageError(`there is no option ${arg}`);
    else files.push({ path: arg, profile: profiles.at(-1) });
  }
  if (files.length === 0) throw new UsageError('no recording is named');
  if (profiles.length === 0) throw new UsageError('no --profile is given: say what is on the plug, or "any"');
  const jobs = files.map(({ path, profile }) => {
    const name = profiles.length === 1 ? profiles[0] : profile;
    if (name === undefined) throw new UsageError(`${path} stands before the first of several --profile`);
    return { path, kind: profileOf(name) };
  });
  return { jobs, out };
}

function takeValue(args: readonly string[], index: number, option: string): string {
  const value = args[index];
  if (value === undefined || value.startsWith('--')) throw new UsageError(`${option} needs a value`);
  return value;
}

function profileOf(name: string): Profile {
  const profile = PROFILES.find((known) => known === name);
  if (profile) return profile;
  throw new UsageError(`there is no profile "${name}"; the profiles are ${PROFILES.join(', ')}`);
}

function recognise({ path, kind }: Job): { id: string; runs: Detection[] } {
  if (kind === 'motion') {
    const recording = readMotionRecording(path);
    warn(path, recording.skipped);
    return { id: recording.id, runs: detectMotion(motionRecogniser, recording.samples) };
  }
  if (isOtherKind(kind)) return recogniseKind(path, kind);
  const recording = readRecording(path);
  warn(path, recording.skipped);
  return { id: recording.id, runs: detect(powerRecogniser(kind), recording) };
}

function warn(path: string, skipped: number): void {
  if (skipped > 0) console.error(`${path}: skipped ${skipped} rows that are not numbers`);
}

export function main(args: readonly string[]): number {
  try {
    const { jobs, out } = parseArguments(args);
    const { recordings, failed } = recogniseAll(jobs);
    const text = `${JSON.stringify({ format: 'kindred-detections/1', recordings }, null, 1)}\n`;
    if (out) writeFileSync(out, text);
    else process.stdout.write(text);
    return failed > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof UsageError || isFileError(error))) throw error;
    console.error(error.message);
    if (error instanceof UsageError) console.error(USAGE);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** A recording that cannot be used is named on standard error; the others are recognised all the same. */
function recogniseAll(jobs: readonly Job[]): { recordings: Record<string, Detection[]>; failed: number } {
  const recordings: Record<string, Detection[]> = {};
  let failed = 0;
  for (const job of jobs) {
    try {
      const { id, runs } = recognise(job);
      if (id in recordings) throw new RecordingError(`${job.path}: a recording called ${id} was read already`);
      recordings[id] = runs;
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      console.error(error.message);
      failed++;
    }
  }
  return { recordings, failed };
}

function isFileError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

if (require.main === module) process.exitCode = main(process.argv.slice(2));
