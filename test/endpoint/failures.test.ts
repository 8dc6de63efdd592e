import assert from 'node:assert/strict';
import { leaveOut } from '../support/leave-out.js';
import { Place, SCENARIOS } from './failures/index.js';
import { Cleanup } from './support.js';

describe('what the endpoint answered survives', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  for (const scenario of SCENARIOS) {
    it(scenario.name, async function () {
      if (process.platform !== 'linux') leaveOut(this, 'it is broken with tools of Linux');
      const reason = scenario.unavailable?.();
      if (reason) leaveOut(this, reason);
      const { balance, sees, gone } = await scenario.run(new Place(cleanup));
      const { acknowledged, ...wrong } = balance;
      assert.deepEqual(wrong, { lost: [], doubled: [], invented: [] });
      assert.ok(acknowledged > 100, `only ${acknowledged} were answered: that was no load`);
      assert.match(sees, scenario.sees);
      assert.ok(gone === undefined || gone > 0, 'nothing was at stake');
    });
  }
});
