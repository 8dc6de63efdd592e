import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';
import { reasonFor } from './leave-out.js';

/** Mocha's `spec` reporter that also leaves the totals in a file, for the closing line of `npm test`. */
export default class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const leftOut: { title: string; reason: string }[] = [];
    const failures: string[] = [];
    runner.on('pending', (test) => leftOut.push({ title: test.fullTitle(), reason: reasonFor(test) }));
    runner.on('fail', (test) => failures.push(test.fullTitle()));
    runner.once('end', () => {
      const file = process.env.KINDRED_TEST_RESULT;
      const { passes = 0, failures: failed = 0, pending = 0 } = runner.stats ?? {};
      if (file) {
        writeFileSync(file, JSON.stringify({ passed: passes, failed, skipped: pending, leftOut, failures }));
      }
    });
  }
}
