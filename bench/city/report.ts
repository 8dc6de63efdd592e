import type { Figures } from './city.js';
import type { CityOptions } from './options.js';

export interface Run {
  options: CityOptions;
  /** How many times as fast as life, one hour after the other. */
  speeds: number[];
  figures: Figures;
  /** Activities in the store afterwards; missing where that cannot be looked up. */
  stored?: number;
  populateSeconds: number;
  /** From the start of the endpoint's process until it took requests, with what goes on in its store. */
  openSeconds: number;
  stopSeconds: number;
  complaints: string;
  machine: { cores: number; model: string; node: string; load: number };
}

/** The run as a table for a terminal or a Markdown page. */
export function tableOf(run: Run): string {
  const { options, speeds, figures, stored, machine } = run;
  const { publishes, searches, pushes, memoryMb, diskMb, cores, errors } = figures;
  const errorWords = Object.entries(errors).map(([kind, count]) => `${kind}: ${count}`);
  const rows: [string, string][] = [
    [
      'played',
      `${n(options.users)} users, ${options.hours} h from ${options.from}:00 in ${options.minutes} min (${span(speeds)} times as fast as life)`,
    ],
    ['machine', `${machine.cores} cores (${machine.model}) for endpoint and generator together, Node ${machine.node}`],
    ['publish, on disk before the answer', times(publishes)],
    ['search, 10 or 25 km, 20 people', times(searches)],
    ['push, publish due until the other side is told', times(pushes)],
    ['late by the generator itself, p99', `${n(figures.generatorLateP99Ms)} ms (it is in the times above)`],
    ['waiting for a connection, most', `${n(figures.mostWaiting)} of ${options.connections} connections`],
    ['going on at a time, most', n(figures.mostGoingOn)],
    ['memory of the endpoint (RSS)', `${n(memoryMb.begin)} MB → ${n(memoryMb.end)} MB, most ${n(memoryMb.most)} MB`],
    ['store on disk, with its log', `${n(diskMb.begin)} MB → ${n(diskMb.end)} MB`],
    ['cores used', `endpoint ${n(cores.endpoint)}, generator ${n(cores.generator)}, other programs ${n(cores.others)}`],
    ['errors', errorWords.length === 0 ? 'none' : errorWords.join(', ')],
    [
      'activities acknowledged, and stored',
      `${n(figures.acknowledged)}, ${stored === undefined ? 'not looked up' : n(stored)}`,
    ],
    [
      'users added in; endpoint started in; ended in',
      `${n(run.populateSeconds)} s; ${n(run.openSeconds)} s; ${n(run.stopSeconds)} s`,
    ],
  ];
  return ['| | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n');
}

/** Hour by hour, as the rows of a table. */
export function hoursOf({ figures }: Run): string {
  const head = [
    ...['hour', 'played in', 'answered a second', 'publish p50, p99', 'search p50, p99', 'not answered'],
    ...['going on, most', 'memory', 'cores: endpoint, generator, others'],
  ];
  const rows = figures.hours.map(({ hour, seconds, perSecond, publishes, searches, failed, ...used }) => [
    ...[`${hour}:00`, `${n(seconds)} s`, n(perSecond), both(publishes), both(searches), n(failed), n(used.mostGoingOn)],
    ...[`${n(used.memoryMb)} MB`, [used.cores.endpoint, used.cores.generator, used.cores.others].map(n).join(', ')],
  ]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function both({ p50Ms, p99Ms }: { p50Ms: number; p99Ms: number }): string {
  return `${n(p50Ms)}, ${n(p99Ms)} ms`;
}

function times({ perSecond, p50Ms, p99Ms, mostMs, count }: Figures['publishes']): string {
  return count === 0
    ? 'none'
    : `${n(perSecond)} a second; p50 ${n(p50Ms)} ms, p99 ${n(p99Ms)} ms, most ${n(mostMs)} ms`;
}

function span(values: number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map(n);
  return least === most ? `${least}` : `${least} to ${most}`;
}

function n(value: number): string {
  if (Number.isNaN(value)) return '–';
  return value >= 1000
    ? Math.round(value).toLocaleString('en-GB')
    : value.toLocaleString('en-GB', { maximumSignificantDigits: 3 });
}
