// npm test: installs and builds what is missing, runs every test that can run here, prints the line coverage,
// what was left out and why, and closes with `N passed, N failed, N skipped`.
// `npm test -- --grep X` and `npm test -- dist/test/unit/x.test.js` narrow it down.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, root, runNode } from './bootstrap.mjs';

prepare();
const resultFile = join(root, 'coverage', 'result.json');
rmSync(resultFile, { force: true });
mkdirSync(join(root, 'coverage'), { recursive: true });

const bin = (...parts) => join(root, 'node_modules', ...parts);
const args = process.argv.slice(2);
const specs = args.filter((arg) => arg.endsWith('.test.js'));
const code = await runNode(
  [
    bin('c8', 'bin', 'c8.js'),
    ...['--reporter=text-summary', '--reporter=lcovonly', '--exclude-after-remap', '--src', root],
    ...['--include', '{vocabulary,appliances,activities,sharing,matching,nodes}/**/*.ts'],
    bin('mocha', 'bin', 'mocha.js'),
    ...['--reporter', join(root, 'dist', 'test', 'support', 'reporter.js')],
    ...(specs.length > 0 ? ['--config', join(root, 'test', 'support', 'mocha-specs.json')] : []),
    ...args,
  ],
  { KINDRED_TEST_RESULT: resultFile },
);

const result = readResult();
for (const { title, reason } of result.leftOut) console.log(`left out: ${title}: ${reason}`);
for (const title of result.failures) console.log(`failed: ${title}`);
console.log(`${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`);
// The data sets whose licences keep them out of the repository are not to be had everywhere, nor is a root that may mount.
const avoidable = result.leftOut.filter(
  ({ reason }) => !/not part of the repository|this machine does not let/.test(reason),
);
const incomplete = process.env.KINDRED_LEAVE_NOTHING_OUT === '1' && avoidable.length > 0;
process.exit(result.failed > 0 || result.passed === 0 || incomplete ? 1 : code);

function readResult() {
  try {
    return JSON.parse(readFileSync(resultFile, 'utf8'));
  } catch {
    console.error('The test run ended before it could report.');
    return { passed: 0, failed: 1, skipped: 0, leftOut: [], failures: [] };
  }
}
