/**
 * npm run recognise:trials [-- --days N] [-- --only NAME]
 *
 * Plays days of made-up coffee machines, drawn by lot and meant to be hard, to the power recogniser. Each day begins
 * with an empty memory. Prints for each machine and rate of reports the mean and the worst F1 of its days, and the share
 * of runs that were right and announced within a minute. The same seed makes the same day on every computer.
 */
import { MACHINES, type Machine } from './machines.js';
import { Chance, type Sampling, sample } from './signal.js';
import { f1, labelsOf, type Score, tryOut } from './trial.js';

/** Seconds between two reports. */
const RATES: Record<string, Sampling> = {
  'every second': { least: 1, most: 1.5, noise: 0.01 },
  'every 1-6 s': { least: 1, most: 6, noise: 0.01 },
  'every 7-15 s': { least: 7, most: 15, noise: 0.01 },
};

function tryMachine(machine: Machine, sampling: Sampling, days: number): Score[] {
  return Array.from({ length: days }, (_, index) => {
    const signal = machine.day(new Chance((index + 1) * 7919 + 17));
    const samples = sample(signal, sampling, new Chance(index + 100));
    return tryOut(machine.profile, samples, labelsOf(signal.deeds));
  });
}

function lineOf(name: string, rate: string, scores: readonly Score[]): string {
  const each = scores.map(f1);
  const sum = (key: keyof Score) => scores.reduce((total, one) => total + one[key], 0);
  const mean = each.reduce((total, one) => total + one, 0) / each.length;
  const figures = [mean, Math.min(...each), sum('prompt') / sum('runs')].map((value) => value.toFixed(3).padStart(7));
  const counts = ['runs', 'right', 'false'].map((key) => String(sum(key as keyof Score)).padStart(6));
  return `${name.padEnd(30)}${rate.padEnd(14)}${counts.join('')}${figures.join('')}`;
}

function main(args: readonly string[]): void {
  const option = (name: string) => args[args.indexOf(name) + 1];
  const days = args.includes('--days') ? Number(option('--days')) : 24;
  const only = args.includes('--only') ? (option('--only') ?? '') : '';
  if (!Number.isInteger(days) || days < 1) throw new Error('--days needs a whole number of 1 or more');
  console.log(`${'machine'.padEnd(30)}${'reports'.padEnd(14)}  runs right false   mean  worst prompt`);
  for (const machine of MACHINES.filter(({ name }) => name.includes(only))) {
    for (const [rate, sampling] of Object.entries(RATES)) {
      console.log(lineOf(machine.name, rate, tryMachine(machine, sampling, days)));
    }
  }
}

if (require.main === module) main(process.argv.slice(2));
