import assert from 'node:assert/strict';
import fc from 'fast-check';
import { learnedBetween, unlearn } from '../../activities/unlearn.js';

const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<unknown>;

describe('taking a lesson back', () => {
  it('gives the memory before it when nothing came since', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), fc.dictionary(fc.string(), json), (before, after) => {
        const learned = JSON.parse(JSON.stringify(learnedBetween(before, after)));
        assert.deepEqual(JSON.parse(JSON.stringify(unlearn(after, learned))), JSON.parse(JSON.stringify(before)));
      }),
    );
  });

  it('takes a name that every object has for a name', () => {
    const after = JSON.parse('{ "__proto__": [], "constructor": 1 }');
    const learned = JSON.parse(JSON.stringify(learnedBetween({}, after)));
    assert.deepEqual(unlearn(after, learned), {});
  });

  it('leaves what came since', () => {
    const before = { at: 1, taught: [1], run: { until: 1 }, background: 40, heart: null };
    const after = { at: 1, taught: [2, 1], run: { until: 1, dismissed: true }, background: 44, heart: null };
    const now = { at: 9, taught: [2, 1], run: { until: 8, dismissed: true }, background: 43.5, heart: 60 };
    const learned = learnedBetween(before, after);
    assert.deepEqual(unlearn(now, learned), { at: 9, taught: [1], run: { until: 8 }, background: 39.5, heart: 60 });
    assert.deepEqual(unlearn({ ...now, run: null }, learned), {
      at: 9,
      taught: [1],
      run: null,
      background: 39.5,
      heart: 60,
    });
    assert.equal(unlearn(undefined, learned), undefined);
  });
});
