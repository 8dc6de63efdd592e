import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  isId,
  isParameterValue,
  newId,
  parseControlInstruction,
  parseReading,
  toInstant,
} from '../../vocabulary/index.js';

const appliance = { id: 'kettle', name: 'Kettle', profile: 'json' };

describe('vocabulary', () => {
  it('takes a reading as it is', () => {
    const reading = { appliance, at: '2026-11-22T08:41:07.000Z', parameters: { power: 1412, state: 'on' } };
    assert.deepEqual(parseReading(reading), { ok: true, value: reading });
  });

  for (const [name, input, problem] of [
    ['a number', 5, /a reading is an object/],
    ['no appliance', { at: 0, parameters: { power: 1 } }, /no appliance\.id/],
    [
      'a time in seconds',
      { appliance, at: 1_795_681_267, parameters: { power: 1 } },
      /looks like seconds: use epoch milli/,
    ],
    ['no time', { appliance, parameters: { power: 1 } }, /"at" is missing/],
    [
      'NaN',
      { appliance, at: 0, parameters: { power: Number.NaN } },
      /power is NaN: it must be a finite number from -100000 to 100000 W/,
    ],
    ['power beyond any house', { appliance, at: 0, parameters: { power: 1e300 } }, /power is 1e\+300: it must be/],
    ['a number as text', { appliance, at: 0, parameters: { power: '12' } }, /power is "12"/],
    ['only unknown parameters', { appliance, at: 0, parameters: { colour: 3 } }, /none of the parameters is known/],
  ] as const) {
    it(`says what is wrong with ${name}`, () => {
      const parsed = parseReading(input);
      assert.equal(parsed.ok, false);
      assert.match(parsed.ok ? '' : parsed.problem, problem);
    });
  }

  it('takes the axes of a vector and nothing that came with them', () => {
    const acceleration = { x: 1, y: 2, z: 9.8, more: {} };
    const parsed = parseReading({ appliance: { id: 'cup' }, at: 0, parameters: { acceleration } });
    assert.deepEqual(parsed.ok && parsed.value.parameters, { acceleration: { x: 1, y: 2, z: 9.8 } });
  });

  it('never throws, whatever comes', () => {
    fc.assert(fc.property(fc.anything(), (input) => typeof parseReading(input).ok === 'boolean'));
  });

  it('has no prototype names among the parameters', () => {
    assert.equal(parseReading({ appliance, at: 0, parameters: JSON.parse('{"__proto__":{"power":1}}') }).ok, false);
    assert.equal(isParameterValue('acceleration', { x: 0, y: 0, z: 9.8 }), true);
  });

  it('makes ids that sort by time', () => {
    const ids = [1, 2, 1_700_000_000_000, 1_900_000_000_000].map((now) => newId(now));
    assert.deepEqual([...ids].sort(), ids);
    assert.ok(ids.every(isId));
  });
});

describe('control instructions', () => {
  it('takes a word or an object', () => {
    assert.deepEqual(parseControlInstruction('on'), { ok: true, value: { instruction: 'on' } });
    const collect = { instruction: 'collect', parameters: ['power'], everySeconds: 10 };
    assert.deepEqual(parseControlInstruction(collect), { ok: true, value: collect });
  });

  for (const [input, problem] of [
    ['explode', /"explode" is no control instruction: known are collect, on/],
    [{ instruction: 'collect', everySeconds: 0 }, /everySeconds is 0/],
    [{ instruction: 'collect', parameters: ['colour'] }, /list of parameter names/],
    [{ instruction: 'target-temperature' }, /celsius as a number, not missing/],
    [null, /is not null/],
  ] as const) {
    it(`says what is wrong with ${JSON.stringify(input)}`, () => {
      const parsed = parseControlInstruction(input);
      assert.match(parsed.ok ? '' : parsed.problem, problem);
    });
  }
});

describe('toInstant', () => {
  it('writes every time as toISOString does', () => {
    const time = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(fc.property(time, (date) => toInstant(date.toISOString()) === date.toISOString()));
    assert.equal(toInstant('2026-02-28T10:00:00.000Z'), '2026-02-28T10:00:00.000Z');
    assert.equal(toInstant('2026-11-22T09:41:07+01:00'), '2026-11-22T08:41:07.000Z');
  });

  for (const none of ['2026-13-01T10:00:00.000Z', '2026-01-01T24:61:00.000Z', 'yesterday', Number.NaN, {}, undefined]) {
    it(`takes ${String(none)} for no time`, () => assert.equal(toInstant(none), undefined));
  }
});
