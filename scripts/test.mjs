// npm test: installs and builds what is missing, runs every test that can run here, prints the line coverage,
// what was left out and why, and closes with `N passed, N failed, N skipped`.
// `npm test -- --grep X` and `npm test -- dist/test/unit/x.test.js` narrow it down.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { prepare, root, runNode } from './bootstrap.mjs';

/** Folders of dist/test by how long they take, so that no long one is left to run alone at the end. */
const LONGEST_FIRST = ['endpoint', 'postgres', 'browser', 'unit', 'node', 'flow', 'packaging'];
/** Each may have a Chromium, a PostgreSQL and several Node-RED at once. */
const MOST_SIDE_BY_SIDE = 4;
/** So much room the temporary folders of the tests may take (bytes). */
const ROOM = 4e9;

prepare();
const coverage = join(root, 'coverage');
const traces = join(coverage, 'tmp');
rmSync(coverage, { recursive: true, force: true });
mkdirSync(traces, { recursive: true });
const temporary = mkdtempSync(join(inMemory() ?? tmpdir(), 'kindred-tests-'));
// PostgreSQL has a folder of its own in there, and is another user.
chmodSync(temporary, 0o711);

const bin = (...parts) => join(root, 'node_modules', ...parts);
const args = process.argv.slice(2);
const isNarrowed = args.some((arg) => arg.endsWith('.test.js'));
const npm = process.ppid;
let isInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => (isInterrupted = true));
const results = isNarrowed ? [await runSuite('chosen', args)] : await runFolders();
removeTemporary();
await reportCoverage();
conclude();

function removeTemporary() {
  try {
    rmSync(temporary, { recursive: true, force: true, maxRetries: 5 });
  } catch (error) {
    console.log(`What the tests left behind could not be removed: ${error.message}`);
  }
}

/** A folder that is kept in memory, where there is one with room: nothing waits for a disk there, and no test needs one. */
function inMemory() {
  const folder = '/dev/shm';
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize > ROOM ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** The folders of dist/test in a process each, as many side by side as there are cores. */
async function runFolders() {
  const waiting = [...specsByFolder()].sort(([a], [b]) => rank(a) - rank(b));
  const results = [];
  const work = async () => {
    while (waiting.length > 0 && !isInterrupted && process.ppid === npm) {
      const [folder, specs] = waiting.shift();
      results.push(await runSuite(folder, [...args, ...specs], { linesBegin: folder.padEnd(10) }));
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), MOST_SIDE_BY_SIDE) }, work));
  return results;
}

function specsByFolder() {
  const folders = new Map();
  for (const file of readdirSync(join(root, 'dist', 'test'), { recursive: true }).sort()) {
    if (!file.endsWith('.test.js')) continue;
    const [folder] = file.split(sep);
    folders.set(folder, [...(folders.get(folder) ?? []), join('dist', 'test', file)]);
  }
  return folders;
}

function rank(folder) {
  const place = LONGEST_FIRST.indexOf(folder);
  return place < 0 ? LONGEST_FIRST.length : place;
}

async function runSuite(name, mochaArgs, options) {
  const resultFile = join(coverage, `${name}.json`);
  const code = await runNode(
    [
      ...[bin('mocha', 'bin', 'mocha.js'), '--config', join(root, 'test', 'support', 'mocha-specs.json')],
      ...['--reporter', join(root, 'dist', 'test', 'support', 'reporter.js'), ...mochaArgs],
    ],
    { KINDRED_TEST_RESULT: resultFile, NODE_V8_COVERAGE: traces, TMPDIR: temporary },
    options,
  );
  try {
    return { code, ...JSON.parse(readFileSync(resultFile, 'utf8')) };
  } catch {
    return { code, passed: 0, failed: 1, skipped: 0, leftOut: [], failures: [`${name}: ended before it could report`] };
  }
}

async function reportCoverage() {
  await runNode([
    ...[bin('c8', 'bin', 'c8.js'), 'report', '--temp-directory', traces],
    ...['--reporter=text-summary', '--reporter=lcovonly', '--exclude-after-remap', '--src', root],
    ...['--include', '{vocabulary,appliances,activities,sharing,matching,nodes}/**/*.ts'],
  ]);
  rmSync(traces, { recursive: true, force: true });
}

function conclude() {
  const total = (of) => results.reduce((sum, result) => sum + result[of], 0);
  const leftOut = results.flatMap((result) => result.leftOut);
  for (const { title, reason } of leftOut) console.log(`left out: ${title}: ${reason}`);
  for (const title of results.flatMap(({ failures }) => failures)) console.log(`failed: ${title}`);
  console.log(`${total('passed')} passed, ${total('failed')} failed, ${total('skipped')} skipped`);
  // The data sets whose licences keep them out of the repository are not to be had everywhere, nor is a root that may mount.
  const avoidable = leftOut.filter(
    ({ reason }) => !/not part of the repository|this machine does not let/.test(reason),
  );
  const isIncomplete = process.env.KINDRED_LEAVE_NOTHING_OUT === '1' && avoidable.length > 0;
  const isBad = total('failed') > 0 || total('passed') === 0 || isIncomplete || isInterrupted;
  process.exit(isBad ? 1 : Math.max(...results.map(({ code }) => code)));
}
