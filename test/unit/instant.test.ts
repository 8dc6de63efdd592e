import assert from 'node:assert/strict';
import fc from 'fast-check';
import { epochOf, instantOf } from '../../vocabulary/index.js';

const TIMES = fc.oneof(
  fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) }),
  fc.integer({ min: -8_640_000_000_000_001, max: 8_640_000_000_000_001 }),
  fc.double(),
  fc.constantFrom(0, 59_999, 60_000, -1, 253_402_300_799_999, 253_402_300_800_000, Number.NaN),
);

describe('instants', () => {
  it('are written as Date writes them, one after the other in any order', () => {
    fc.assert(
      fc.property(fc.array(TIMES, { minLength: 1, maxLength: 20 }), (times) => {
        for (const time of times) {
          const date = new Date(time);
          if (Number.isNaN(date.getTime())) assert.throws(() => instantOf(time), RangeError);
          else assert.equal(instantOf(time), date.toISOString());
        }
      }),
    );
  });

  it('are read as Date reads them, whatever was asked before', () => {
    const texts = fc.oneof(
      TIMES.filter((time) => Math.abs(time) < 8.64e15).map((time) => new Date(time).toISOString()),
      fc.string(),
      fc.constantFrom('2026-11-22T08:41:07Z', '2026-11-22T09:41:07+01:00', '', 'never'),
    );
    fc.assert(
      fc.property(fc.array(texts, { minLength: 1, maxLength: 20 }), (all) => {
        for (const text of [...all, ...all]) {
          assert.equal(epochOf(text), Date.parse(text));
          assert.equal(epochOf(text), Date.parse(text));
        }
      }),
    );
  });

  it('come back as they went', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) }), (time) => {
        assert.equal(epochOf(instantOf(time)), time);
      }),
    );
  });
});
