/**
 * npm start: the whole of Kindred in one process, on recorded real readings. scripts/start.mjs has read the options and
 * gives them as JSON.
 */
import { resolve } from 'node:path';
import type { ReplayRound } from '../../appliances/index.js';
import { problemOf, redact } from '../../nodes/shared/problem.js';
import { Ending } from './ending.js';
import { type Household, type Options, startHousehold } from './household.js';
import { slowerInWords } from './round.js';

/** dist/scripts/household → the project's root */
const ROOT = resolve(__dirname, '..', '..', '..');
/** Node-RED gives its nodes 15 s to close. */
const PATIENCE_MS = 20_000;

async function main(): Promise<void> {
  requireNode();
  const options = JSON.parse(process.argv[2] as string) as Options;
  const ending = new Ending();
  endOnSignal(ending);
  try {
    const household = await startHousehold(options, ROOT, ending, report());
    tell(household, await household.firstRound, options);
  } catch (error) {
    await ending.run();
    throw error;
  }
}

/** node:sqlite, which the endpoint's store is made with, needs no flag from this version on. */
function requireNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 13)) return;
  throw new Error(`Kindred's endpoint needs Node 22.13 or newer; this is ${process.version}. See https://nodejs.org.`);
}

function tell({ editor, dashboard, endpoint }: Household, { playFrom, speed }: ReplayRound, options: Options): void {
  const seconds = Math.max(1, Math.round((playFrom - Date.now()) / 1000 + FIRST_READING_S / speed));
  const slower = slowerInWords(speed, options.speed);
  console.log(`
  Kindred is running.

    Dashboard   ${dashboard}
    Editor      ${editor}
    Endpoint    ${endpoint}/v1/openapi.json

  A recorded coffee machine brews at ${options.speed}× its pace${slower}: first activity in about ${seconds} s.
  A kettle follows, and a second, recorded household has its coffee at the same time.
  Ctrl-C ends it; everything is kept in ${options.data}.
`);
}

/** From the recording's beginning until a start can be announced: the second reading at full power. */
const FIRST_READING_S = 121;

/** What went wrong on the way, each once in a row. */
function report(): (problem: unknown) => void {
  let last = '';
  return (problem) => {
    const text = redact(problemOf(problem));
    if (text !== last) console.error(`  ${text}`);
    last = text;
  };
}

function endOnSignal(ending: Ending): void {
  const end = async (): Promise<void> => {
    setTimeout(() => process.exit(1), PATIENCE_MS).unref();
    await ending.run();
    console.log('  Kindred has ended.');
    process.exit(0);
  };
  const fail = (error: unknown): void => {
    console.error(redact(problemOf(error)));
    process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end().catch(fail));
}

main().catch((error: unknown) => {
  console.error(redact(problemOf(error)));
  process.exit(1);
});
