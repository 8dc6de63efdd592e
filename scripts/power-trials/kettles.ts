/**
 * npm run recognise:kettles [-- --days N] [-- --only NAME]
 *
 * Plays days of made-up kettles, and of other things that heat, to the power recogniser as if their owner had said
 * `kettle`, each day from an empty memory. Prints the boils that were found and the false ones, a day. The same seed
 * makes the same day on every computer.
 */
import { HEATERS, type Heater, KETTLES } from './heaters.js';
import { Chance, type Sampling, type Signal, sample } from './signal.js';
import { type Label, type Score, tryOut } from './trial.js';

/** Seconds between two reports. */
const RATES: readonly Sampling[] = [
  { least: 1, most: 1.5, noise: 0.01 },
  { least: 1, most: 6, noise: 0.01 },
  { least: 7, most: 15, noise: 0.01 },
];
/** As in the labelled recordings, in seconds: within a run, up to where nobody can tell, and heat that is no boil. */
const MERGE = 30;
const AMBIGUOUS = 60;
const LEAST_HEAT = 20;

function labelsOf(deeds: Signal['deeds']): Label[] {
  const runs: (Label & { heat: number })[] = [];
  for (const { from, to, heat } of deeds) {
    const last = runs.at(-1);
    const gap = last ? from - last.to : Number.POSITIVE_INFINITY;
    if (last && gap <= MERGE) {
      last.to = to;
      last.heat += heat;
      continue;
    }
    if (last && gap <= AMBIGUOUS) last.unclear = true;
    runs.push({ from, to, heat, unclear: gap <= AMBIGUOUS });
  }
  return runs.map(({ from, to, heat, unclear }) => ({ from, to, unclear: unclear || heat < LEAST_HEAT }));
}

function tryHeater(heater: Heater, sampling: Sampling, days: number): string {
  const total = { runs: 0, right: 0, false: 0 };
  for (let index = 0; index < days; index++) {
    const signal = heater.day(new Chance((index + 1) * 7919 + 31));
    const one: Score = tryOut('kettle', sample(signal, sampling, new Chance(index + 100)), labelsOf(signal.deeds));
    total.runs += one.runs;
    total.right += one.right;
    total.false += one.false;
  }
  const found = total.runs > 0 ? `${((100 * total.right) / total.runs).toFixed(1)} %` : '';
  return `${found.padStart(10)}${(total.false / days).toFixed(2).padStart(8)}`;
}

function main(args: readonly string[]): void {
  const option = (name: string, usual: string) => (args.includes(name) ? (args[args.indexOf(name) + 1] ?? '') : usual);
  const days = Number(option('--days', '16'));
  if (!Number.isInteger(days) || days < 1) throw new Error('--days needs a whole number of 1 or more');
  console.log(`${'found, and false ones a day'.padEnd(40)}     every second       every 1-6 s      every 7-15 s`);
  for (const heater of [...KETTLES, ...HEATERS].filter(({ name }) => name.includes(option('--only', '')))) {
    console.log(`${heater.name.padEnd(40)}${RATES.map((sampling) => tryHeater(heater, sampling, days)).join('')}`);
  }
}

if (require.main === module) main(process.argv.slice(2));
