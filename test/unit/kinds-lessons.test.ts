import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  exerciseRecogniser,
  type Lesson,
  powerRecogniser,
  type Recogniser,
  soundRecogniser,
  stateRecogniser,
  weightRecogniser,
} from '../../activities/index.js';
import type { ParameterValues } from '../../vocabulary/index.js';
import { explained } from '../support/explained.js';
import { reading } from '../support/readings.js';

const VALUES: Record<string, fc.Arbitrary<ParameterValues>> = {
  weight: fc.constantFrom(0, 4, 12, 20, 200, 385, 420, 1650, 2400, 2370).map((weight) => ({ weight })),
  exercise: fc.record(
    {
      speed: fc.constantFrom(0, 0.4, 1.2, 3),
      heartRate: fc.constantFrom(48, 75, 95, 150),
      cadence: fc.constantFrom(0, 85),
    },
    { requiredKeys: [] },
  ),
  sound: fc.record(
    { soundLevel: fc.constantFrom(35, 42, 50, 65), pitch: fc.constantFrom(0, 220, 225, 440) },
    { requiredKeys: [] },
  ),
  power: fc.constantFrom(0, 2, 60, 120, 1400, 1450).map((power) => ({ power })),
  state: fc.record({
    state: fc.constantFrom(
      'idle',
      'heating',
      'hold',
      'pause',
      'zzz',
      '__proto__',
      'constructor',
      'empty',
      'a'.repeat(500),
    ),
  }),
};
const LESSONS = ['was-none', 'was-one', 'was-then', 'was-other'] as const;

describe('corrections of other kinds of recognisers, whatever is said', () => {
  for (const recogniser of [
    weightRecogniser,
    exerciseRecogniser(),
    soundRecogniser,
    stateRecogniser(),
    powerRecogniser('coffee_espresso'),
  ] as Recogniser<unknown>[]) {
    it(`${recogniser.name}: nothing throws, no run that goes on is lost, all stays small`, () => {
      const seconds = fc.integer({ min: 0, max: 4000 });
      const lesson = fc.record({ is: fc.constantFrom(...LESSONS), ago: seconds, long: seconds, shift: seconds });
      const step = fc.record({
        values: VALUES[recogniser.name] as fc.Arbitrary<ParameterValues>,
        hold: fc.integer({ min: 1, max: 200 }),
      });
      let goingOn = 0;
      fc.assert(
        fc.property(
          fc.array(fc.oneof({ weight: 4, arbitrary: step }, { weight: 1, arbitrary: lesson }), { maxLength: 60 }),
          (steps) => {
            let state = recogniser.initial() as Going;
            let t = 100_000;
            for (const one of steps) {
              if ('values' in one) {
                for (const end = t + one.hold; t < end; t += 5) {
                  state = recogniser.step(state, reading(t, one.values)).state as Going;
                }
                continue;
              }
              if (state.run) goingOn++;
              state = corrected(recogniser, state, lessonOf(one, t));
            }
          },
        ),
        { numRuns: 200 },
      );
      assert.ok(goingOn > 5, `${goingOn} times something was going on`);
    });
  }

  it('says nothing of actions where it knows none', () => {
    for (const recogniser of [exerciseRecogniser(), soundRecogniser, stateRecogniser()] as Recogniser<unknown>[]) {
      const state = recogniser.initial();
      for (const lesson of ['was-none', 'was-one'] as const) {
        const after = recogniser.learn?.(state, { lesson, action: 'rest', from: 0, to: 1e6 });
        assert.deepEqual(after, state);
      }
    }
  });
});

interface Going {
  run: { from: number } | null;
}

function lessonOf(
  { is, ago, long, shift }: { is: Lesson['lesson']; ago: number; long: number; shift: number },
  now: number,
): Lesson {
  const to = (now - ago) * 1000;
  const from = to - long * 1000;
  const before = { from: from + shift * 1000, to: to + shift * 1000 };
  return { lesson: is, from, to, ...(is === 'was-then' ? { before } : {}) } as Lesson;
}

/** The state after a lesson, once it was looked at: what goes on still does, and it is as small and as plain as before. */
function corrected(recogniser: Recogniser<unknown>, state: Going, lesson: Lesson): Going {
  const taught = recogniser.learn?.(freeze(state), lesson) as Going;
  assert.equal(taught.run?.from, state.run?.from);
  const saved = JSON.parse(JSON.stringify(taught));
  assert.deepEqual(saved, taught);
  assert.ok(JSON.stringify(saved).length < 3500, `${JSON.stringify(saved).length} bytes`);
  explained(recogniser, saved);
  return saved;
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}
