import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  exerciseRecogniser,
  type Lesson,
  motionRecogniser,
  type PowerKind,
  powerRecogniser,
  type Recogniser,
  soundRecogniser,
  stateRecogniser,
  weightRecogniser,
} from '../../activities/index.js';
import type { ParameterValues } from '../../vocabulary/index.js';
import { reading } from '../support/readings.js';

const number = (most: number) => fc.double({ min: 0, max: most, noNaN: true });
const power = fc
  .constantFrom(0, 2, 60, 400, 1000, 1300, 2100, 2548)
  .map((watts): ParameterValues => ({ power: watts }));
const KINDS: readonly { name: string; recogniser: Recogniser<unknown>; values: fc.Arbitrary<ParameterValues> }[] = [
  ...(['kettle', 'coffee_espresso', 'coffee_filter', 'washing_machine', 'any'] satisfies PowerKind[]).map((kind) => ({
    name: `power of ${kind}`,
    recogniser: powerRecogniser(kind) as Recogniser<unknown>,
    values: power,
  })),
  {
    name: 'state',
    recogniser: stateRecogniser(false, true) as Recogniser<unknown>,
    values: fc.constantFrom('idle', 'heating', 'grinding', 'hold', 'rinse', 'off').map((state) => ({ state })),
  },
  {
    name: 'weight',
    recogniser: weightRecogniser as Recogniser<unknown>,
    values: fc.constantFrom(0, 3, 12, 200, 240, 420, 1650).map((weight) => ({ weight })),
  },
  {
    name: 'exercise',
    recogniser: exerciseRecogniser(true) as Recogniser<unknown>,
    values: fc.record({ speed: fc.constantFrom(0, 0.4, 1.2, 3), heartRate: fc.constantFrom(55, 75, 95, 150) }),
  },
  {
    name: 'sound',
    recogniser: soundRecogniser as Recogniser<unknown>,
    values: fc.record({ soundLevel: fc.constantFrom(35, 40, 47, 75), pitch: fc.constantFrom(0, 110, 220, 440) }),
  },
  {
    name: 'motion',
    recogniser: motionRecogniser as Recogniser<unknown>,
    values: fc.record({ x: number(10), y: number(10), z: number(10) }).map((acceleration) => ({ acceleration })),
  },
];

interface Part {
  values: ParameterValues;
  readings: number;
  every: number;
}

const HOUR = 3600;

/** Plays what was said from then on, with a tick every 5 s for an hour after it. @returns when it was over (s) */
function play(recogniser: Recogniser<unknown>, state: unknown, parts: readonly Part[], from: number) {
  let [current, t] = [state, from];
  for (const { values, readings, every } of parts) {
    for (let i = 0; i < readings; i++, t += every) current = recogniser.step(current, reading(t, values)).state;
  }
  for (let now = t; now < t + HOUR; now += 5) current = recogniser.tick(current, now * 1000).state;
  return { state: current, over: t };
}

describe('one that was missed where nothing was measured', () => {
  for (const { name, recogniser, values } of KINDS) {
    it(`teaches nothing of ${name}, however often it is said`, () => {
      const part = fc.record({ values, readings: fc.integer({ min: 1, max: 60 }), every: fc.constantFrom(0.5, 1, 5) });
      const parts = fc.array(part, { minLength: 1, maxLength: 8 });
      const share = fc.double({ min: 0, max: 1, noNaN: true });
      const check = (before: Part[], after: Part[], a: number, b: number, times: number) => {
        const first = play(recogniser, recogniser.initial(), before, 1_000_000);
        const later = first.over + 10 * HOUR;
        const { state } = play(recogniser, first.state, after, later);
        // Within the silence: not so near to what was measured that its times may only be off.
        const [from, to] = [first.over + HOUR, later - 60];
        const at = (part: number) => 1000 * (from + part * (to - from));
        const lesson: Lesson = { lesson: 'was-one', from: at(Math.min(a, b)), to: at(Math.max(a, b)) };
        let taught = state;
        for (let said = 0; said < times; said++) taught = recogniser.learn?.(taught, lesson);
        assert.deepEqual(taught, state);
      };
      fc.assert(fc.property(parts, parts, share, share, fc.integer({ min: 1, max: 4 }), check), { numRuns: 60 });
    });
  }
});
