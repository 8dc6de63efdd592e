import assert from 'node:assert/strict';
import { meaningOf } from '../../nodes/collect-parameters/meaning.js';
import type { ParameterName } from '../../vocabulary/index.js';
import { KETTLE, T0 } from '../support/tracker.js';

describe('a bare number', () => {
  const meaning = (payload: unknown, parameter: ParameterName) =>
    meaningOf({ payload } as never, { appliance: KETTLE, parameter }, T0);

  it('that cannot be true is refused with what can be', () => {
    assert.deepEqual(meaning(230_000, 'power'), {
      problem: {
        key: 'error.value',
        values: { parameter: 'power', value: '230000', min: -100_000, max: 100_000, unit: 'W' },
      },
    });
  });

  it('that says that the value is not known is no value, and nothing is wrong', () => {
    const parameters = {};
    for (const payload of [255, '255']) {
      const reading = { appliance: KETTLE, at: new Date(T0).toISOString(), parameters };
      assert.deepEqual(meaning(payload, 'battery'), { reading });
    }
  });

  it('is none of what is said in words, or has a direction', () => {
    for (const parameter of ['state', 'acceleration'] as const) {
      const problem = { key: 'error.no-number', values: { parameter, value: '5' } };
      assert.deepEqual(meaning(5, parameter), { problem });
    }
  });
});
