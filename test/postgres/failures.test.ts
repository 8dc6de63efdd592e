import assert from 'node:assert/strict';
import { Cleanup } from '../endpoint/support.js';
import { SCENARIOS } from './failures/index.js';
import { needsPostgres } from './stores.js';

describe('what endpoints over PostgreSQL answered survives', () => {
  needsPostgres();
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  for (const { name, run } of SCENARIOS) {
    it(name, async () => {
      const { acknowledged, ...wrong } = (await run(cleanup)).balance;
      assert.deepEqual(wrong, { lost: 0, doubled: 0 });
      assert.ok(acknowledged > 0, 'nothing was at stake');
    });
  }
});
