import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { correctionOf } from '../../nodes/collect-parameters/correction.js';
import { meaningOf } from '../../nodes/collect-parameters/meaning.js';
import type { Translate } from '../../nodes/collect-parameters/status.js';
import { inWords } from '../../nodes/collect-parameters/words.js';
import type { ParameterName } from '../../vocabulary/index.js';
import { ROOT } from '../support/node-red.js';
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

describe('what a message has instead', () => {
  const catalogue = JSON.parse(
    readFileSync(join(ROOT, 'nodes/collect-parameters/locales/de/collect-parameters.json'), 'utf8'),
  )['collect-parameters'];
  const translate: Translate = (key, values = {}) => {
    const text: string = key.split('.').reduce((part, name) => part[name], catalogue);
    return text.replace(/__(\w+)__/g, (_all, name) => String(values[name]));
  };
  const refused = (correction: unknown): string => {
    const read = correctionOf(correction);
    assert.ok('problem' in read);
    return inWords(read.problem, translate);
  };

  it('is said in the hub’s language', () => {
    assert.match(refused({ what: 'none' }), /ihre id ist nicht angegeben:/);
    assert.match(refused({ what: 'none', id: [1, 2] }), /ihre id ist eine Liste mit 2 Einträgen:/);
    assert.match(refused({ what: 'none', id: {} }), /ihre id ist ein Objekt:/);
    assert.match(refused({ what: 'none', id: null }), /ihre id ist null:/);
    assert.match(refused({ what: 'none', id: Buffer.alloc(3) }), /ihre id ist ein Buffer mit 3 Bytes:/);
    assert.match(refused({ what: 'x'.repeat(41) }), /„what“ ist ein Text mit 41 Zeichen\./);
    assert.match(refused({ what: 'all' }), /„what“ ist "all"\./);
  });
});
