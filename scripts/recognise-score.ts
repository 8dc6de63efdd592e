/**
 * npm run recognise:score [-- --data DIR] [-- --confounders PROFILE] [-- scorer's options such as --per-device, --errors]
 *
 * Runs the recognisers over a folder of labelled recordings (DIR/power/labels.json, DIR/gestures/labels.json and
 * DIR/score.py) and prints the tables of that folder's scorer. Of the labels it uses the file and, for power, the profile
 * only. Appliances of the group `confounder`, which nobody wants announced, are judged as if their owner had said `kettle`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { main as recognise } from './recognise.js';

/** dist/scripts → the folder beside the repository */
const DEFAULT_DATA = resolve(__dirname, '..', '..', '..', 'shared', 'data');

interface Entry {
  file: string;
  group?: string;
  profile?: string;
}

function main(args: string[]): number {
  const data = resolve(takeOption(args, '--data') ?? DEFAULT_DATA);
  const confounders = takeOption(args, '--confounders') ?? 'kettle';
  const scorer = join(data, 'score.py');
  const sets = ['power', 'gestures'].map((name) => join(data, name, 'labels.json')).filter((file) => existsSync(file));
  if (sets.length === 0 || !existsSync(scorer)) {
    const missing = sets.length === 0 ? join(data, 'power', 'labels.json') : scorer;
    console.error(`${missing} is not there: name the folder with the labelled recordings, -- --data DIR`);
    return 1;
  }
  const profileOf = ({ group, profile = 'motion' }: Entry) => (group === 'confounder' ? confounders : profile);
  const codes = sets.map((labels) => scoreSet(data, labels, profileOf, args));
  return codes.find((code) => code !== 0) ?? 0;
}

function scoreSet(data: string, labels: string, profileOf: (entry: Entry) => string, args: string[]): number {
  const { recordings } = JSON.parse(readFileSync(labels, 'utf8')) as { recordings: Entry[] };
  const dir = mkdtempSync(join(tmpdir(), 'kindred-score-'));
  try {
    const out = join(dir, 'detections.json');
    const files = recordings.flatMap((entry) => ['--profile', profileOf(entry), join(data, entry.file)]);
    const code = recognise([...files, '--out', out]);
    return code === 0 ? score([join(data, 'score.py'), labels, out, ...args]) : code;
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
