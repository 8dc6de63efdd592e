import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { play, populate } from './city.js';
import { type CityOptions, HELP, parseOptions } from './options.js';
import { startEndpoint } from './processes.js';
import { type Run, tableOf } from './report.js';

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (!options) return console.log(HELP);
  if (process.platform !== 'linux') throw new Error('memory and processor time are read from /proc, which is Linux’s');
  const folder = mkdtempSync(join(tmpdir(), 'kindred-city-'));
  try {
    const run = await runIn(folder, options);
    console.log(tableOf(run));
    if (run.complaints) console.log(`\nThe endpoint said:\n${run.complaints}`);
    if (options.json) writeFileSync(options.json, `${JSON.stringify(run, null, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runIn(folder: string, options: CityOptions): Promise<Run> {
  const store = options.store ?? `sqlite:${join(folder, 'city.sqlite')}`;
  const before = activitiesIn(store) ?? 0;
  const begin = performance.now();
  await populate(store, options.users);
  const populateSeconds = (performance.now() - begin) / 1000;
  const machine = {
    cores: availableParallelism(),
    model: cpus()[0]?.model.trim() ?? 'unknown',
    node: process.versions.node,
    load: loadavg()[0] ?? Number.NaN,
  };
  const [start, speed] = [Date.now(), (options.hours * 60) / options.minutes];
  const endpoint = await startEndpoint(store, start, speed);
  const { users, from: hour, streams, connections } = options;
  const seconds = options.minutes * 60;
  const figures = await play({ endpoint, store, users, hour, streams, connections, start, speed, seconds });
  const stopSeconds = await endpoint.stop();
  const after = activitiesIn(store);
  const complaints = endpoint.complaints();
  return {
    ...{ options, speed, figures, populateSeconds, stopSeconds, complaints, machine },
    ...(after === undefined ? {} : { stored: after - before }),
  };
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
