/**
 * npm run recognise:score [-- --data DIR] [-- --confounders PROFILE] [-- scorer's options such as --per-device, --errors]
 *
 * Runs the recogniser over a folder of labelled recordings (DIR/power/labels.json, DIR/score.py) and prints the table
 * of that folder's scorer. Of the labels it uses the file and the profile only. Appliances of the group `confounder`,
 * which nobody wants announced, are judged as if their owner had said `kettle`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { main as recognise } from './recognise.js';

/** dist/scripts → the folder beside the repository */
const DEFAULT_DATA = resolve(__dirname, '..', '..', '..', 'shared', 'data');

interface Labels {
  recordings: { file: string; group: string; profile: string }[];
}

function main(args: string[]): number {
  const data = resolve(takeOption(args, '--data') ?? DEFAULT_DATA);
  const confounders = takeOption(args, '--confounders') ?? 'kettle';
  const labelsFile = join(data, 'power', 'labels.json');
  const scorer = join(data, 'score.py');
  const missing = [labelsFile, scorer].find((file) => !existsSync(file));
  if (missing) {
    console.error(`${missing} is not there: name the folder with the labelled recordings, -- --data DIR`);
    return 1;
  }
  const labels = JSON.parse(readFileSync(labelsFile, 'utf8')) as Labels;
  const dir = mkdtempSync(join(tmpdir(), 'kindred-score-'));
  try {
    const out = join(dir, 'detections.json');
    const files = labels.recordings.flatMap(({ file, group, profile }) => {
      return ['--profile', group === 'confounder' ? confounders : profile, join(data, file)];
    });
    const code = recognise([...files, '--out', out]);
    return code === 0 ? score([scorer, labelsFile, out, ...args]) : code;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function score(args: string[]): number {
  const { status, error } = spawnSync('python3', args, { stdio: 'inherit' });
  if (error) console.error(`The scorer did not start: ${error.message}. It needs python3.`);
  return status ?? 1;
}

function takeOption(args: string[], name: string): string | undefined {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args.splice(at, 2)[1];
}

process.exitCode = main(process.argv.slice(2));
