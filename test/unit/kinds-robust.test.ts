import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  exerciseRecogniser,
  newTracker,
  powerRecogniser,
  type Recogniser,
  soundRecogniser,
  stateRecogniser,
  stepTracker,
  type TrackerState,
  weightRecogniser,
} from '../../activities/index.js';
import { newId, type ParameterValues } from '../../vocabulary/index.js';
import { assertNear, FIXTURES, listen, reading, recorded, runsOf, type Said } from '../support/readings.js';
import { at, Run, T0, tick } from '../support/tracker.js';
import { freeze, goesOnFromSaved, toldInOrder } from '../support/whatever-comes.js';

/** What each looks at: values that mean something, and values that mean nothing. */
const KINDS: readonly { recogniser: Recogniser<unknown>; values: fc.Arbitrary<ParameterValues>; most: number }[] = [
  {
    recogniser: weightRecogniser,
    values: fc
      .oneof(
        fc.constantFrom(0, 3, -150, 200, 385, 420, 1650, 2400, 3150, 14_000),
        fc.double({ min: -5e5, max: 5e5, noNaN: true }),
      )
      .map((weight) => ({ weight })),
    most: 2500,
  },
  {
    recogniser: stateRecogniser(),
    values: fc.record(
      {
        state: fc.constantFrom(
          'idle',
          'heating',
          'hold',
          'at target',
          'filling',
          'empty',
          'warm',
          'cold',
          'lifted',
          'pause',
          'off',
          'on',
          '?',
        ),
        temperature: fc.double({ min: 0, max: 100, noNaN: true }),
        targetTemperature: fc.constantFrom(0, 60, 95),
        level: fc.double({ min: 0, max: 120, noNaN: true }),
      },
      { requiredKeys: [] },
    ),
    most: 2500,
  },
  {
    recogniser: exerciseRecogniser(true),
    values: fc.record(
      {
        speed: fc.constantFrom(0, 0.4, 1.2, 3, 9),
        cadence: fc.constantFrom(0, 20, 85),
        power: fc.constantFrom(0, 10, 250),
        heartRate: fc.constantFrom(0, 48, 75, 130, 190, 400),
        distance: fc.double({ min: 0, max: 1e5, noNaN: true }),
      },
      { requiredKeys: [] },
    ),
    most: 2500,
  },
  {
    recogniser: soundRecogniser,
    values: fc.record(
      { soundLevel: fc.constantFrom(-60, -55, -20, 35, 80), pitch: fc.constantFrom(0, 110, 220, 225, 440, 880, 5000) },
      { requiredKeys: [] },
    ),
    most: 2500,
  },
];

/** What goes on from the first minute until the 14th, and again after a while of calm; `s` is negative in the calm. */
const GOING_ON: readonly { name: string; recogniser: Recogniser<unknown>; params(s: number): ParameterValues }[] = [
  { name: 'a treadmill', recogniser: exerciseRecogniser(), params: (s) => ({ speed: isOn(s) ? 2.8 : 0 }) },
  { name: 'a pulse', recogniser: exerciseRecogniser(), params: (s) => ({ heartRate: isOn(s) ? 150 : 60 }) },
  { name: 'a song', recogniser: soundRecogniser, params: (s) => ({ soundLevel: isOn(s) ? 75 + (s % 3) : 40 }) },
  {
    name: 'a brew',
    recogniser: weightRecogniser,
    params: (s) => ({ weight: isOn(s) ? 240 + Math.min(s, 500) : isBefore(s) ? 300 : 0 }),
  },
  { name: 'a kettle', recogniser: stateRecogniser(), params: (s) => ({ state: isOn(s) ? 'heating' : 'idle' }) },
  {
    name: 'a wash with pauses of 90 s',
    recogniser: powerRecogniser('washing_machine'),
    params: (s) => ({ power: isOn(s) && s % 300 < 210 ? 200 : 0 }),
  },
];
const isBefore = (s: number): boolean => s >= 0 && s < 60;
const isOn = (s: number): boolean => s >= 60 && s < 840;

const STEP = fc.oneof(
  { weight: 20, arbitrary: fc.double({ min: 0, max: 20, noNaN: true }) },
  { weight: 3, arbitrary: fc.integer({ min: 20, max: 4000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -20_000, max: 20_000 }) },
);

/** Readings at times that repeat, go back, leap and leave gaps. */
function signal(values: fc.Arbitrary<ParameterValues>): fc.Arbitrary<Said[]> {
  return fc
    .array(fc.record({ step: STEP, values, repeat: fc.integer({ min: 1, max: 15 }) }), { maxLength: 100 })
    .map((parts) => {
      let t = 1_000_000;
      return parts.flatMap(({ step, values: said, repeat }) =>
        Array.from({ length: repeat }, (): Said => {
          t += step;
          return [t, said];
        }),
      );
    });
}

const readingsOf = (said: readonly Said[]) => said.map(([t, parameters]) => reading(t, parameters));

for (const { recogniser, values, most } of KINDS) {
  describe(`${recogniser.name} recogniser, for whatever comes`, () => {
    it('tells in order: start, then finish or discard; resume only after a finish; no time before its start', () => {
      const check = (said: readonly Said[]) => {
        let from = Number.NEGATIVE_INFINITY;
        for (const event of toldInOrder(recogniser, readingsOf(said))) {
          if (event.type === 'start') from = event.at;
          if (event.type === 'finish') assert.ok(event.at >= from, 'a finish before its start');
        }
      };
      fc.assert(fc.property(signal(values), check), { numRuns: 300 });
    });

    it('goes on from its saved state as if nothing had happened, never touches the old one, and stays small', () => {
      const check = (said: readonly Said[]) => goesOnFromSaved(recogniser, readingsOf(said), most);
      fc.assert(fc.property(signal(values), check), { numRuns: 150 });
    });

    it('makes activities of it whose durations are never negative', () => {
      fc.assert(
        fc.property(signal(values), (said) => {
          const options = {
            kind: 'any',
            activity: 'coffee',
            category: 'food-and-beverage' as const,
            everySeconds: 60,
            keep: [],
            place: '',
            recognisers: [recogniser],
          };
          let state: TrackerState = newTracker({ id: 'a', name: 'A', profile: 'json' });
          let arrivedAt = 1_000_000_000;
          for (const [t, parameters] of said) {
            arrivedAt += 1000;
            const step = stepTracker(
              state,
              { type: 'reading', reading: reading(t, parameters), arrivedAt },
              options,
              newId,
            );
            state = step.state;
            for (const told of step.told) if (told.type === 'activity') assert.ok(told.activity.seconds >= 0);
          }
        }),
        { numRuns: 100 },
      );
    });
  });
}

describe('recognisers that are told that there was none', () => {
  const run = recorded(FIXTURES, 'run-whole.csv').slice(0, 100);

  it('neither go on with it nor bring it back', () => {
    const recogniser = exerciseRecogniser(true);
    const { state } = listen(recogniser, run, { after: 5 });
    assert.ok(state.run);
    const taught = recogniser.learn?.(freeze(state), { lesson: 'was-none', from: 0, to: 400_000 });
    assert.deepEqual([taught?.run, taught?.last], [{ ...state.run, dismissed: true }, null]);
    assert.equal(recogniser.learn?.(state, { lesson: 'was-none', from: 9e6, to: 9.1e6 }), state);
    assert.equal(recogniser.learn?.(state, { lesson: 'was-none', action: 'rest', from: 0, to: 400_000 }), state);
  });

  for (const { name, recogniser, params } of GOING_ON) {
    it(`leave ${name} alone that goes on, and tell of the next`, () => {
      const run = new Run({ recognisers: [recogniser], everySeconds: 0 });
      let dismissedAt: number | undefined;
      for (let s = 0; s < 5000; s += 2) {
        run.feed(at(s, params(s < 1500 ? s : s - 3500)), tick(s + 1));
        const { open } = run.state;
        if (!open || dismissedAt !== undefined) continue;
        dismissedAt = s;
        const correction = { what: 'none', id: open.id } as const;
        run.feed({ type: 'correct', correction, now: T0 + s * 1000 });
        run.state = JSON.parse(JSON.stringify(run.state));
      }
      const told = run.activities.filter(({ state }) => state !== 'ongoing').map(({ id, state }) => `${id} ${state}`);
      assert.deepEqual(told.slice(0, 3), ['id-1 started', 'id-1 discarded', 'id-2 started']);
      const next = run.activities.find(({ id }) => id === 'id-2');
      assert.ok(Date.parse(next?.startedAt ?? '') >= T0 + 3_400_000, `${name} began again at ${next?.startedAt}`);
    });
  }
});

describe('recognisers on a recording whose messages go astray', () => {
  const run = recorded(FIXTURES, 'run-whole.csv');
  const song = recorded(FIXTURES, 'singing.csv');
  const cup = recorded(FIXTURES, 'scale-spikes-and-cup.csv');
  const find = (recogniser: Recogniser<unknown>, said: readonly Said[]) => runsOf(listen(recogniser, said).told);

  /** Every third message twice, every fifth after the one that follows it. */
  function astray(said: readonly Said[]): Said[] {
    const all = said.flatMap((one, index): Said[] => (index % 3 === 0 ? [one, one] : [one]));
    for (let i = 4; i + 1 < all.length; i += 5) [all[i], all[i + 1]] = [all[i + 1] as Said, all[i] as Said];
    return all;
  }

  it('hear the same when messages come twice or late', () => {
    const [ran] = find(exerciseRecogniser(true), astray(run));
    assertNear(ran?.start, 0, 10);
    assertNear(ran?.end, 2831, 15);
    assert.equal(find(soundRecogniser, astray(song)).length, 1);
    assert.deepEqual(
      find(weightRecogniser, astray(cup)).map(({ cups }) => cups),
      [1],
    );
  });

  it('end what went on when the clock is set back by an hour, and begin anew', () => {
    const back = run.map(([t, said]): Said => [t < 1000 ? t + 10_000 : t + 6400, said]);
    const runs = find(exerciseRecogniser(true), back);
    assert.equal(runs.length, 2);
    assertNear(runs[0]?.end, 10_995, 10);
    assertNear(runs[1]?.start, 7400, 40);
  });

  it('end what went on where the readings ended when the clock leaps ahead by a day', () => {
    const ahead = run.map(([t, said]): Said => [t < 1000 ? t : t + 86_400, said]);
    const runs = find(exerciseRecogniser(true), ahead);
    assert.equal(runs.length, 2);
    assertNear(runs[0]?.end, 995, 10);
  });
});
