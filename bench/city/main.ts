import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { play } from './city.js';
import { Day, legsOf } from './day.js';
import { type CityOptions, HELP, parseOptions } from './options.js';
import { beginBefore, populate } from './people.js';
import { startEndpoint } from './processes.js';
import { hoursOf, type Run, tableOf } from './report.js';
import { FastClock } from './virtual.js';

/** The clock begins to run fast after so long, in milliseconds, when the endpoint and its streams should be open. */
const readyAfter = (users: number): number => 3000 + users / 40;

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (!options) return console.log(HELP);
  if (process.platform !== 'linux') throw new Error('memory and processor time are read from /proc, which is Linux’s');
  const folder = mkdtempSync(join(tmpdir(), 'kindred-city-'));
  try {
    const run = await runIn(folder, options);
    console.log(tableOf(run));
    if (run.figures.hours.length > 1) console.log(`\n${hoursOf(run)}`);
    if (run.complaints) console.log(`\nThe endpoint said:\n${run.complaints}`);
    if (options.json) writeFileSync(options.json, `${JSON.stringify(run, null, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runIn(folder: string, options: CityOptions): Promise<Run> {
  const store = options.store ?? `sqlite:${join(folder, 'city.sqlite')}`;
  const [populateSeconds] = await timed(() => populate(store, options.users));
  const start = Date.now();
  const legs = legsOf(options.from, options.hours, options.minutes * 60_000, options.even);
  const day = new Day(options.users, start - options.before * 3_600_000, options.from + 24 - options.before);
  while (day.next(start));
  await beginBefore(store, day.goesOn);
  for (const doing of day.goesOn) doing.isAcknowledged = true;
  const before = activitiesIn(store) ?? 0;
  const machine = {
    cores: availableParallelism(),
    model: cpus()[0]?.model.trim() ?? 'unknown',
    node: process.versions.node,
    load: loadavg()[0] ?? Number.NaN,
  };
  const clock = new FastClock(start, Date.now() + readyAfter(options.users), legs);
  const [openSeconds, endpoint] = await timed(() => startEndpoint(store, clock));
  const streams = Math.min(options.streams, options.users);
  const { connections, from, minutes } = options;
  const figures = await play({ endpoint, store, day, streams, connections, clock, from, seconds: minutes * 60 });
  const [stopSeconds] = await timed(() => endpoint.stop());
  const after = activitiesIn(store);
  const complaints = endpoint.complaints();
  return {
    ...{
      options,
      speeds: legs.map(([, speed]) => speed),
      figures,
      populateSeconds,
      openSeconds,
      stopSeconds,
      complaints,
      machine,
    },
    ...(after === undefined ? {} : { stored: after - before }),
  };
}

async function timed<T>(work: () => Promise<T>): Promise<[seconds: number, result: T]> {
  const begin = performance.now();
  const result = await work();
  return [(performance.now() - begin) / 1000, result];
}

/** How many activities a store in a file has; undefined for another one. */
function activitiesIn(store: string): number | undefined {
  const [, file] = /^sqlite:(.+)$/.exec(store) ?? [];
  if (!file) return undefined;
  if (!existsSync(file)) return 0;
  const database = new DatabaseSync(file, { readOnly: true });
  const { count } = database.prepare('SELECT count(*) AS count FROM activity').get() as { count: number };
  database.close();
  return count;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
