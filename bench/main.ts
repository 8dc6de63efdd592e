import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measure, type Result, type Row } from './harness.js';
import { publishInNodeRed, publishVersusCommitEach, publishVersusEcho, pushOnVersusOff } from './rows/endpoint.js';
import { hubVersusHandwired } from './rows/hub.js';
import { installSize } from './rows/install.js';
import { loadTime } from './rows/load.js';
import { groupVersusSingle, searchVersusGist } from './rows/postgres.js';
import { rankVersusCount } from './rows/rank.js';
import { recogniseMotion, recognisePower } from './rows/recognise.js';
import {
  appliancesInMemory,
  recogniseExercise,
  recogniseSound,
  recogniseState,
  recogniseWeight,
} from './rows/recognise-kinds.js';
import { bytesPerLive, searchGrowth, searchVersusNaive } from './rows/search.js';
import { memoryPerStream } from './rows/stream.js';

const ROWS: Row[] = [
  // First: what other rows leave in the bench's own memory would be counted.
  bytesPerLive,
  publishVersusEcho,
  publishVersusCommitEach,
  publishInNodeRed,
  pushOnVersusOff,
  searchGrowth,
  searchVersusNaive,
  searchVersusGist,
  groupVersusSingle,
  memoryPerStream,
  rankVersusCount,
  hubVersusHandwired,
  recognisePower,
  recogniseMotion,
  recogniseState,
  recogniseWeight,
  recogniseExercise,
  recogniseSound,
  appliancesInMemory,
  loadTime,
  installSize,
];

const HELP = `npm run bench [-- --json FILE] [-- --only NAME] [-- --list]
Measures Kindred beside what a user would pick instead, in one run.
  --json FILE   write { "name": figure, … } there as well
  --only NAME   only this row (may be repeated)
  --list        say which rows there are`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'string' },
      only: { type: 'string', multiple: true },
      list: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return console.log(HELP);
  if (values.list) return console.log(ROWS.map((row) => `${row.name}: ${row.what}`).join('\n'));
  const results = await run(chosen(values.only));
  if (values.json) {
    writeFileSync(
      values.json,
      `${JSON.stringify(Object.fromEntries(results.map(({ name, value }) => [name, value])), null, 2)}\n`,
    );
  }
}

function chosen(names: string[] | undefined): Row[] {
  const unknown = names?.find((name) => !ROWS.some((row) => row.name === name));
  if (unknown) throw new Error(`there is no row "${unknown}"; --list says which there are`);
  return names ? ROWS.filter((row) => names.includes(row.name)) : ROWS;
}

async function run(rows: Row[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const row of rows) {
    const reason = await row.unavailable?.();
    if (reason) {
      console.log(`${row.name}: left out: ${reason}`);
      continue;
    }
    const result = await measure(row);
    results.push(result);
    console.log(line(row, result));
  }
  return results;
}

function line(row: Row, result: Result): string {
  const floor = 'atLeast' in row.floor ? `≥ ${row.floor.atLeast}` : `≤ ${row.floor.atMost}`;
  const parts = Object.entries(result.parts).map(([name, value]) => `${name} ${figure(value)}`);
  const verdict = result.met ? 'met' : 'NOT MET';
  return `${row.name.padEnd(28)} ${figure(result.value).padStart(9)}  (${floor}: ${verdict})  ${parts.join(', ')}  – ${row.what}`;
}

function figure(value: number): string {
  return value.toLocaleString('en-GB', { maximumSignificantDigits: 3 });
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
