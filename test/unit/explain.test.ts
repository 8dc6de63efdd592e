import assert from 'node:assert/strict';
import {
  exerciseRecogniser,
  explainTracker,
  motionRecogniser,
  newTracker,
  type PowerKind,
  powerRecogniser,
  type Recogniser,
  soundRecogniser,
  stateRecogniser,
  stepTracker,
  weightRecogniser,
} from '../../activities/index.js';
import { newId } from '../../vocabulary/index.js';
import { explained } from '../support/explained.js';
import { readingAt, trace } from '../support/power-trace.js';
import { FIXTURES, listen, recorded } from '../support/readings.js';

type Level = [watts: number, seconds: number];

/** What the recogniser of a plug says after so many levels, reported every `step` seconds. */
function afterLevels(kind: PowerKind, levels: readonly Level[], step = 2) {
  const recogniser = powerRecogniser(kind);
  let state = recogniser.initial();
  for (const [t, watts] of trace(levels, step)) state = recogniser.step(state, readingAt(t, watts)).state;
  return explained(recogniser, state);
}

const valuesOf = ({ facts }: ReturnType<typeof explained>, name: string) =>
  facts.find((fact) => fact.name === name)?.values;

const MORNING: Level[] = [
  [2, 600],
  [1400, 60],
  [2, 15],
  [120, 8],
  [1450, 32],
  [60, 10],
  [2, 300],
];

describe('why a recogniser says what it says', () => {
  it('has nothing to say while nothing is known', () => {
    for (const recogniser of [
      powerRecogniser('kettle'),
      motionRecogniser,
      weightRecogniser,
      soundRecogniser,
      stateRecogniser(),
      exerciseRecogniser(),
    ] as Recogniser<unknown>[]) {
      assert.deepEqual(explained(recogniser, recogniser.initial()), { levels: [], facts: [], sights: [] });
    }
  });

  it('power: from which watts on it is work, how often readings come, what the bursts were taken for', () => {
    const explanation = afterLevels('coffee_espresso', MORNING);
    assert.deepEqual(
      explanation.levels.map(({ parameter, name }) => [parameter, name]),
      [
        ['power', 'full-power'],
        ['power', 'working'],
      ],
    );
    assert.equal(explanation.levels[0]?.value, 1450);
    const { full, working } = valuesOf(explanation, 'power') ?? {};
    assert.deepEqual([full, working], [1450, 945]);
    assert.deepEqual(valuesOf(explanation, 'reports'), { seconds: 2 });
    assert.deepEqual(valuesOf(explanation, 'brews'), { cups: 1 });
    assert.deepEqual(
      explanation.sights.map(({ name, values }) => [name, values.seconds]),
      [
        ['run', 60],
        ['part', 32],
      ],
    );
  });

  it('power: how it keeps warm, and that a plug reports too seldom', () => {
    const pulses: Level[] = Array.from({ length: 4 }, (): Level[] => [
      [2550, 12],
      [2, 200],
    ]).flat();
    const filter = afterLevels('coffee_filter', [[2, 100], [2550, 300], [2, 200], ...pulses]);
    assert.deepEqual(valuesOf(filter, 'keeps-warm-pulses'), { seconds: 12 });
    assert.ok(filter.sights.some(({ name }) => name === 'keeps-warm'));
    const seldom = afterLevels('coffee_filter', [[2, 6000], ...MORNING], 20);
    assert.deepEqual(valuesOf(seldom, 'reports-seldom'), { seconds: 20 });
    const everyFiveMinutes = afterLevels(
      'coffee_filter',
      [
        [2, 6000],
        [2550, 900],
        [2, 6000],
      ],
      300,
    );
    assert.deepEqual(valuesOf(everyFiveMinutes, 'reports-seldom'), { seconds: 300 });
  });

  it('power: how often readings come, from the first ones on, and after a night without any', () => {
    const everySix = afterLevels(
      'kettle',
      [
        [2, 60],
        [2800, 120],
        [2, 120],
      ],
      6,
    );
    assert.deepEqual(valuesOf(everySix, 'reports'), { seconds: 6 });
    const recogniser = powerRecogniser('kettle');
    let state = recogniser.initial();
    const boil: Level[] = [
      [2, 60],
      [2800, 120],
      [2, 120],
    ];
    for (const begin of [0, 30_000]) {
      for (const [t, watts] of trace(boil, 7)) state = recogniser.step(state, readingAt(begin + t, watts)).state;
    }
    assert.deepEqual(valuesOf(explained(recogniser, state), 'reports'), { seconds: 7 });
  });

  it('power: how soon a plug tells of changes that is silent in between', () => {
    const recogniser = powerRecogniser('kettle');
    let state = recogniser.initial();
    const boil = [
      [0, 1],
      [290, 1],
      [292, 2800],
      [294, 2805],
      [412, 2800],
      [414, 30],
      [416, 1],
      [700, 1],
    ] as const;
    for (const begin of [0, 900]) {
      for (const [t, watts] of boil) state = recogniser.step(state, readingAt(begin + t, watts)).state;
    }
    const { seconds } = valuesOf(explained(recogniser, state), 'reports-changes') ?? {};
    assert.ok(Number(seconds) >= 2 && Number(seconds) <= 10, String(seconds));
  });

  it('power: that a plug which reports once a minute, and changes besides, is no slow one', () => {
    const recogniser = powerRecogniser('coffee_filter');
    let state = recogniser.initial();
    const brew = [
      ...[0, 50, 100, 150].map((t) => [t, 1] as const),
      ...[153, 203, 253, 303, 353, 403].map((t) => [t, 2550] as const),
      ...[447, 449, 499, 549, 599].map((t, at) => [t, at === 0 ? 690 : 2] as const),
    ];
    for (const [t, watts] of brew) state = recogniser.step(state, readingAt(t, watts)).state;
    const explanation = explained(recogniser, state);
    assert.equal(valuesOf(explanation, 'reports-seldom'), undefined);
    const { seconds } = valuesOf(explanation, 'reports-changes') ?? {};
    assert.ok(Number(seconds) <= 33, String(seconds));
  });

  it('power: the water that a kettle boiled, a litre being 0.11 kWh', () => {
    const litre = afterLevels('kettle', [
      [0, 60],
      [2200, 180],
      [0, 300],
    ]);
    assert.deepEqual(valuesOf(litre, 'boiled'), { kilowattHours: 0.11, litres: 1 });
  });

  it('exercise, sound and weight: what they have learned, where it can be drawn', () => {
    const heart = recorded(FIXTURES, 'run-whole.csv').map(([t, { heartRate = 0 }]) => [t, { heartRate }] as const);
    const run = explained(exerciseRecogniser(), listen(exerciseRecogniser(), heart.slice(0, 100)).state);
    const [moving, resting] = run.levels;
    assert.deepEqual([moving?.name, resting?.name, resting?.parameter], ['moving', 'resting', 'heartRate']);
    assert.ok((moving?.value ?? 0) > (resting?.value ?? Number.POSITIVE_INFINITY));
    const song = explained(soundRecogniser, listen(soundRecogniser, recorded(FIXTURES, 'singing.csv')).state);
    assert.deepEqual(
      song.levels.map(({ name }) => name),
      ['room', 'loud', 'usual', 'high'],
    );
    const scale = explained(
      weightRecogniser,
      listen(weightRecogniser, recorded(FIXTURES, 'scale-spikes-and-cup.csv')).state,
    );
    assert.ok(Number(valuesOf(scale, 'cup')?.grams) > 100);
  });

  it('weight, exercise and sound: what was nearly told, and why not', () => {
    const nearly = <State>(recogniser: Recogniser<State>, said: readonly (readonly [number, object])[]) =>
      explained(recogniser, listen(recogniser, said).state).sights.map(({ name, values }) => [name, values]);
    const every = (seconds: number, value: (t: number) => object) =>
      Array.from({ length: seconds }, (_, t) => [t, value(t)] as const);
    const taste = nearly(
      weightRecogniser,
      every(120, (t) => ({ weight: t < 60 ? 2400 : 2370 })),
    );
    assert.deepEqual(taste, [['too-light', { grams: 30 }]]);
    const speed = (t: number) => (t < 60 ? 0 : t < 180 ? 0.4 : t < 300 ? 0 : t < 312 ? 3 : 0);
    const [stroll, step] = nearly(
      exerciseRecogniser(),
      every(400, (t) => ({ speed: speed(t) })),
    );
    assert.deepEqual([stroll, step?.[0]], [['too-easy', { parameter: 'speed', value: 0.4 }], 'too-short']);
    const level = (t: number) => (t < 300 ? 35 : t < 400 ? 43 : t < 500 ? 35 : t < 530 ? 65 : 35);
    const sounds = nearly(
      soundRecogniser,
      every(700, (t) => ({ soundLevel: level(t) })),
    );
    assert.deepEqual(
      sounds.map(([name]) => name),
      ['too-soft', 'too-short'],
    );
  });

  it('state: what its last word is taken for, and the temperature it is to reach', () => {
    const { state } = listen(stateRecogniser(), [[0, { state: 'heating', temperature: 40, targetTemperature: 95 }]]);
    const says = explained(stateRecogniser(), state);
    assert.deepEqual(valuesOf(says, 'says'), { phase: 'work' });
    assert.deepEqual(says.levels, [{ parameter: 'temperature', value: 95, name: 'target' }]);
  });

  it('an appliance whose recogniser cannot go on from its memory has nothing to say, and keeps no other from being shown', () => {
    const recognisers = [powerRecogniser('kettle'), motionRecogniser, weightRecogniser, soundRecogniser] as const;
    for (const one of recognisers as readonly Recogniser<unknown>[]) {
      const recogniser = { name: one.name, kind: 'kettle', memory: null };
      const state = { ...newTracker({ id: 'k', name: 'Kettle', profile: 'json' }), recogniser };
      assert.equal(explainTracker(state, { recognisers: [one], kind: 'kettle' }), undefined, one.name);
    }
  });

  it('an appliance is explained by the recogniser at work, with its times as they are told', () => {
    const recognisers = [powerRecogniser('coffee_espresso')];
    const options = {
      kind: 'coffee_espresso',
      activity: 'coffee',
      category: 'food-and-beverage' as const,
      everySeconds: 0,
      keep: [],
      place: '',
      recognisers,
    };
    let state = newTracker(readingAt(0, 0).appliance);
    assert.equal(explainTracker(state, options), undefined);
    for (const [t, watts] of trace(MORNING)) {
      state = stepTracker(
        state,
        { type: 'reading', reading: readingAt(t, watts), arrivedAt: t * 1000 },
        options,
        newId,
      ).state;
    }
    const from = explainTracker(state, options)?.sights[0]?.from ?? 0;
    assert.ok(Math.abs(from - 600_000) <= 2000);
    assert.equal(explainTracker({ ...state, offset: 3_600_000 }, options)?.sights[0]?.from, from + 3_600_000);
    assert.equal(explainTracker(state, { ...options, kind: 'kettle' }), undefined);
  });
});
