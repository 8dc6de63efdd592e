/**
 * npm run recognise:margins -- [--data DIR] [--only NAME] [--most FACTOR]
 *
 * How far each number of the power recogniser can be from what it is before a device of the labelled recordings loses a
 * run or has a false one more: by which factor down and up, and which device it is that fails there first. A number that
 * one device alone holds at an edge was fitted to that device; the middle of its range is the safest place for it. Each
 * device is looked at by itself, as if the others were not there, from an empty memory for each recording.
 *
 * Between 1 and FACTOR (2 unless said otherwise) it is taken for granted that what fails goes on failing further out.
 */
import { resolve } from 'node:path';
import { score } from '../power-trials/trial.js';
import { type Labelled, readLabelled } from '../power-variants/labelled.js';
import type { Sample } from '../recognise-recording.js';
import { detect } from '../recognise-replay.js';
import { type PowerNumber, powerNumbers, recogniserWith } from './numbers.js';

/** dist/scripts/power-margins → the folder beside the repository */
const DEFAULT_DATA = resolve(__dirname, '..', '..', '..', '..', 'shared', 'data');
/** So often the distance between what holds and what fails is halved. */
const HALVINGS = 3;

type Devices = Map<string, Labelled[]>;

/** Runs missed and false ones, of each device. */
function mistakesOf(devices: Devices, changed?: PowerNumber): Map<string, number> {
  const recogniser = recogniserWith(changed);
  return new Map(
    [...devices].map(([device, recordings]) => {
      const each = recordings.map(({ id, kind, labels, samples }) => {
        const found = detect(recogniser(kind), { id, samples: samples as Sample[], skipped: 0 });
        const { runs, right, false: wrong } = score(labels, found);
        return runs - right + wrong;
      });
      return [device, each.reduce((sum, one) => sum + one, 0)];
    }),
  );
}

/** For each device that fails before `most`, the factor up to which it holds. */
function marginsOf(
  number: PowerNumber,
  devices: Devices,
  usual: Map<string, number>,
  most: number,
): Map<string, number> {
  const failing = (some: Devices, factor: number): string[] => {
    const mistakes = mistakesOf(some, { ...number, value: number.value * factor });
    return [...mistakes].filter(([device, count]) => count > (usual.get(device) ?? 0)).map(([device]) => device);
  };
  const margins = new Map<string, number>();
  const narrow = (names: readonly string[], holds: number, fails: number, left: number): void => {
    if (names.length === 0) return;
    if (left === 0) {
      for (const name of names) margins.set(name, holds);
      return;
    }
    const middle = Math.sqrt(holds * fails);
    const failed = failing(new Map([...devices].filter(([device]) => names.includes(device))), middle);
    narrow(failed, holds, middle, left - 1);
    narrow(
      names.filter((name) => !failed.includes(name)),
      middle,
      fails,
      left - 1,
    );
  };
  narrow(failing(devices, most), 1, most, HALVINGS);
  return margins;
}

/** Devices that a number can matter to: a profile's those of its kind, any other number all. */
function touchedBy({ name, file }: PowerNumber, devices: Devices): Devices {
  if (file !== 'profiles.js') return devices;
  return new Map([...devices].filter(([, recordings]) => recordings.some(({ kind }) => name.startsWith(`${kind}.`))));
}

function sideOf(margins: Map<string, number>, value: number, most: number): string {
  if (margins.size === 0) return `${rounded(value * most)} holds`;
  const sorted = [...margins].sort(([, a], [, b]) => Math.abs(Math.log(a)) - Math.abs(Math.log(b)));
  return sorted
    .slice(0, 3)
    .map(([device, factor]) => `${rounded(value * factor)} ${device}`)
    .join(', ');
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function main(args: readonly string[]): void {
  const option = (name: string, usual: string) => (args.includes(name) ? (args[args.indexOf(name) + 1] ?? '') : usual);
  const most = Number(option('--most', '2'));
  if (!(most > 1)) throw new Error('--most needs a factor of more than 1, such as 2');
  const recordings = readLabelled(option('--data', DEFAULT_DATA), ['kettle', 'coffee', 'laundry', 'confounder']);
  const devices: Devices = new Map();
  for (const one of recordings) devices.set(one.device, [...(devices.get(one.device) ?? []), one]);
  const usual = mistakesOf(devices);
  console.log(`${'number'.padEnd(34)}${'is'.padStart(8)}  holds down to … and the first devices to fail | up to …`);
  for (const number of powerNumbers().filter(({ name }) => name.includes(option('--only', '')))) {
    const touched = touchedBy(number, devices);
    if (touched.size === 0) continue;
    const [down, up] = [1 / most, most].map((factor) => marginsOf(number, touched, usual, factor));
    const sides = [
      sideOf(down as Map<string, number>, number.value, 1 / most),
      sideOf(up as Map<string, number>, number.value, most),
    ];
    console.log(`${number.name.padEnd(34)}${String(number.value).padStart(8)}  ${sides.join(' | ')}`);
  }
}

if (require.main === module) main(process.argv.slice(2));
