import assert from 'node:assert/strict';
import { exerciseRecogniser, powerRecogniser, type Recogniser, recognisersFor } from '../../activities/index.js';
import { type Part, hears as play, spans, watts } from '../support/course.js';
import { assertNear } from '../support/readings.js';
import { KETTLE, Run, T0 } from '../support/tracker.js';

const OPTIONS = {
  activity: 'run',
  category: 'exercise' as const,
  kind: 'treadmill',
  recognisers: recognisersFor('auto', 'treadmill', 'exercise'),
};

/** A tracker that hears one part after the other, each until a second, every 10 s. */
const hears = (parts: readonly Part[], run = new Run(OPTIONS), from = 0): Run => play(parts, run, from);

function assertOne(run: Run, from: number, to: number): void {
  const [found, ...others] = spans(run);
  assert.deepEqual(others, []);
  assertNear(found?.[0], from, 15);
  assertNear(found?.[1], to, 30);
}

/** From least to most watts and back, as somebody treads and changes the speed. */
const between = (least: number, most: number) => (second: number) => {
  return { power: Math.round(least + (most - least) * (0.5 + 0.5 * Math.sin(second / 40))) };
};

describe('a treadmill at a plug', () => {
  for (const standby of [3, 8, 18]) {
    for (const waits of [30, 120, 10_800]) {
      it(`runs for as long as somebody runs, with ${standby} W for ${waits} s before it, and for hours after it`, () => {
        const starts = 600 + waits;
        const run = hears([
          [600, watts(0.5)],
          [starts, watts(standby)],
          [starts + 1800, between(400, 900)],
          [starts + 20_000, watts(standby)],
        ]);
        assertOne(run, starts, starts + 1800);
        assertNear(run.last.parameters.energy?.total, 0.325, 0.02);
      });
    }
  }

  it('is walked on, too, and a rest of minutes is a part of it', () => {
    const parts: Part[] = [
      [600, watts(0.5)],
      [720, watts(18)],
      [2520, between(120, 240)],
    ];
    assertOne(hears([...parts, [9000, watts(18)]]), 720, 2520);
    assertOne(hears([...parts, [3000, watts(18)], [4200, between(120, 240)], [9000, watts(18)]]), 720, 4200);
  });

  it('that an older version took for a plug of which nothing is known ends what was open, and begins anew', () => {
    assertGoesOn(powerRecogniser('any'), [
      [600, watts(0.5)],
      [4000, between(600, 900)],
    ]);
  });

  it('whose standby an older version took for a rider’s power ends what was open, and begins anew', () => {
    assertGoesOn(exerciseRecogniser(true), [[4000, watts(18)]]);
  });

  /** What an older version has open for good is over at its last reading, and a run after that is told. */
  function assertGoesOn(older: unknown, parts: readonly Part[]): void {
    const options = { ...OPTIONS, recognisers: [older as Recogniser<unknown>] };
    const run = hears(parts, new Run(options));
    assert.ok(run.state.open);
    options.recognisers = OPTIONS.recognisers;
    run.state = JSON.parse(JSON.stringify(run.state));
    const later: Part[] = [
      [6000, watts(18)],
      [7800, between(400, 900)],
      [20_000, watts(18)],
    ];
    hears(later, run, 4000);
    const [before, next, ...others] = spans(run);
    assert.deepEqual(others, []);
    assertNear(before?.[1], 3990, 10);
    assertNear(next?.[0], 6000, 15);
    assertNear(next?.[1], 7800, 30);
  }
});

describe('a treadmill that reports its speed and its power', () => {
  const both = (speed: number, power: number) => () => ({ speed, power });

  it('is recognised by its speed, also while it reports power alone', () => {
    const parts: Part[] = [
      [600, both(0, 18)],
      [2400, both(2.6, 600)],
      [2700, both(0, 18)],
      [20_000, watts(18)],
    ];
    const run = hears(parts);
    assertOne(run, 600, 2400);
    assert.equal(run.state.recogniser?.name, 'exercise');
    hears(
      [
        [21_000, both(0, 18)],
        [22_000, both(1.5, 200)],
        [24_000, both(0, 18)],
      ],
      run,
      20_000,
    );
    assert.equal(spans(run).length, 2, 'and the next one is told');
  });

  it('leaves its power alone to others, also once it is recognised by its speed', () => {
    const recogniser = exerciseRecogniser();
    const { state } = recogniser.step(recogniser.initial(), {
      appliance: KETTLE,
      at: new Date(T0).toISOString(),
      parameters: { speed: 0 },
    });
    const power = { appliance: KETTLE, at: new Date(T0 + 10_000).toISOString(), parameters: { power: 18 } };
    assert.equal(recogniser.accepts(power, state), false);
    assert.equal(recogniser.accepts({ ...power, parameters: { distance: 4 } }, state), true);
  });
});
