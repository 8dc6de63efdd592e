/**
 * npm run recognise:variants -- [--data DIR] [-- --only NAME] [--errors]
 *
 * Plays labelled recordings to the power recogniser as if they were of other appliances, plugs and households (see
 * variants.ts), recording by recording, each from an empty memory. Prints for each variant the mean over devices of F1 and
 * the share that was announced within a minute, for kettles and coffee machines, and the false alarms a day on the
 * confounders. The variants are made, the recordings are not.
 */
import { resolve } from 'node:path';
import { powerRecogniser } from '../../activities/index.js';
import { f1, type Score, score } from '../power-trials/trial.js';
import { type Detection, detect } from '../recognise-replay.js';
import { type Labelled, readLabelled } from './labelled.js';
import * as make from './variants.js';

/** dist/scripts/power-variants → the folder beside the repository */
const DEFAULT_DATA = resolve(__dirname, '..', '..', '..', '..', 'shared', 'data');
const GROUPS = ['kettle', 'coffee', 'confounder'] as const;

const VARIANTS: Record<string, make.Variant> = {
  'as recorded': make.identity,
  'watts × 0.6': make.scaled(0.6),
  'watts × 0.8': make.scaled(0.8),
  'watts × 1.25': make.scaled(1.25),
  'watts × 1.6': make.scaled(1.6),
  'heating × 0.5 as long': make.longer(0.5),
  'heating × 0.7 as long': make.longer(0.7),
  'heating × 1.6 as long': make.longer(1.6),
  'heating × 2.5 as long': make.longer(2.5),
  'standby + 3 W': make.standby(3),
  'standby + 8 W': make.standby(8),
  'steps of 10 W': make.quantised(10),
  'steps of 50 W': make.quantised(50),
  'mains and meter ± 3 %': make.unsteady(0.03),
  'every 3 s': make.every(3),
  'every 5 s': make.every(5),
  'every 7 s': make.every(7),
  'every 10 s': make.every(10),
  'every 15 s': make.every(15),
  'every 30 s': make.every(30),
  'every 60 s': make.every(60),
  'mean of 5 s': make.every(5, true),
  'mean of 10 s': make.every(10, true),
  'mean of 30 s': make.every(30, true),
  'on change of 5 %, or 5 min': make.onChange(0.05, 5),
  'on change of 30 W, or 5 min': make.onChange(0, 30),
  '30 % lost': make.lossy(0.3),
  'holes every 20 min': make.holes(1200),
  'begins after a run': make.beginsLater('after'),
  'begins within a run': make.beginsLater('within'),
  'again after 4-6 min (kettle 1-2)': (one, chance) =>
    (one.group === 'kettle' ? make.crowded(61, 120) : make.crowded(241, 360))(one, chance),
  'keeps warm: 3 s, 60 W': make.keepsWarm({ share: 1, pulse: 3, loss: 60 }),
  'keeps warm: 8 s, 90 W': make.keepsWarm({ share: 1, pulse: 8, loss: 90 }),
  'keeps warm: 18 s, 70 W': make.keepsWarm({ share: 1, pulse: 18, loss: 70 }),
  'keeps warm: 10 s at 80 %, 80 W': make.keepsWarm({ share: 0.8, pulse: 10, loss: 80 }),
  'keeps warm: 10 s at 60 %, 80 W': make.keepsWarm({ share: 0.6, pulse: 10, loss: 80 }),
  'keeps warm: 30 s at 30 %, 60 W': make.keepsWarm({ share: 0.3, pulse: 30, loss: 60 }),
  'a refrigerator beside it': make.beside(90, 900, 1800),
  'a lamp beside it': make.beside(40, 7200, 7200),
  'another device, drawn by lot': make.another(1),
  'another device, drawn anew': make.another(2),
  'another device, once more': make.another(3),
  'a computer beside it': make.beside(150, 14_400, 3600),
};

interface Total {
  days: number;
  devices: Map<string, Score>;
}

function tryVariant(recordings: readonly Labelled[], variant: make.Variant, errors: boolean): Map<string, Total> {
  const totals = new Map<string, Total>(GROUPS.map((group) => [group, { days: 0, devices: new Map() }]));
  recordings.forEach((recording) => {
    const made = variant(recording, make.chanceOf(recording.id));
    const { id, group, device, kind, samples, labels } = made;
    const found = detect(powerRecogniser(kind), { id, samples: [...samples], skipped: 0 });
    const one = score(labels, found);
    if (errors) printErrors(made, found);
    const total = totals.get(group) as Total;
    total.days += ((samples.at(-1)?.t ?? 0) - (samples[0]?.t ?? 0)) / 86_400;
    total.devices.set(device, added(total.devices.get(device), one));
  });
  return totals;
}

/** What was missed, and what was told of nothing. */
function printErrors({ id, labels }: Labelled, found: readonly Detection[]): void {
  const say = (what: string, from: number, to: number | null, near: string) =>
    console.log(
      `${what.padEnd(6)}${id.padEnd(36)}${from.toFixed(0).padStart(7)} .. ${(to ?? Number.NaN).toFixed(0)}  ${near}`,
    );
  for (const label of labels) {
    if (label.unclear || score([label], found).right > 0) continue;
    const near = found.filter(({ start_s, end_s }) => start_s < label.to + 60 && (end_s ?? 1e9) > label.from - 60);
    say(
      'missed',
      label.from,
      label.to,
      near.map((run) => `${run.start_s.toFixed(0)} .. ${run.end_s?.toFixed(0)}`).join(', '),
    );
  }
  for (const run of found)
    if (score(labels, [run]).right + (1 - score(labels, [run]).false) === 0) say('false', run.start_s, run.end_s, '');
}

function added(sum: Score | undefined, one: Score): Score {
  if (!sum) return one;
  const keys = ['runs', 'right', 'false', 'prompt'] as const;
  return Object.fromEntries(keys.map((key) => [key, sum[key] + one[key]])) as unknown as Score;
}

/** Mean over devices, as the scorer has it: a device without clear runs counts only when something false was told of it. */
function lineOf(name: string, totals: Map<string, Total>): string {
  const columns = ['kettle', 'coffee'].flatMap((group) => {
    const scores = [...(totals.get(group) as Total).devices.values()].filter((one) => one.runs + one.false > 0);
    const each = scores.map(f1);
    const sum = (key: keyof Score) => scores.reduce((total, one) => total + one[key], 0);
    const mean = each.reduce((total, one) => total + one, 0) / each.length;
    const figures = [mean, Math.min(...each), sum('prompt') / sum('runs')].map((value) => value.toFixed(3).padStart(7));
    return [String(sum('runs')).padStart(6), ...figures];
  });
  const { days, devices } = totals.get('confounder') as Total;
  const alarms = [...devices.values()].reduce((sum, one) => sum + one.false, 0);
  return `${name.padEnd(34)}${columns.join('')}${(alarms / days).toFixed(2).padStart(8)}`;
}

function main(args: readonly string[]): void {
  const option = (name: string, usual: string) => (args.includes(name) ? (args[args.indexOf(name) + 1] ?? '') : usual);
  const group = option('--group', '');
  const recordings = readLabelled(
    option('--data', DEFAULT_DATA),
    GROUPS.filter((one) => one.includes(group)),
  );
  const only = option('--only', '');
  console.log(`${'kettles: runs, F1, worst, prompt; coffee machines: the same; false alarms a day'.padStart(92)}`);
  for (const [name, variant] of Object.entries(VARIANTS).filter(([key]) => key.includes(only))) {
    console.log(lineOf(name, tryVariant(recordings, variant, args.includes('--errors'))));
  }
}

if (require.main === module) main(process.argv.slice(2));
