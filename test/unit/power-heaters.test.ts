import assert from 'node:assert/strict';
import { powerRecogniser } from '../../activities/index.js';
import { explained } from '../support/explained.js';
import { readingAt, recognise, type Sample, trace } from '../support/power-trace.js';

type Level = readonly [watts: number, seconds: number];

/** Comes on for some seconds after so many of rest, as often as there are numbers. */
function onAndOff(watts: number, each: readonly (readonly [off: number, on: number])[]): Level[] {
  return each.flatMap(([off, on]): Level[] => [
    [0, off],
    [watts, on],
  ]);
}

const startsOf = (levels: readonly Level[]) =>
  recognise('kettle', trace([[0, 600], ...levels, [0, 600]])).map(({ start }) => start);

describe('power recogniser, a heater that somebody called a kettle', () => {
  it('is none when it goes on for more heat than any kettle takes, and what follows it soon is none either', () => {
    // Half an hour of radiator, and then its thermostat: four minutes on, six off.
    const radiator = onAndOff(2000, [[0, 1800], ...Array.from({ length: 8 }, () => [360, 240] as const)]);
    assert.deepEqual(startsOf(radiator), []);
    // An oven heats up with 2.7 kW within seven minutes: more than two litres from the tap take.
    assert.deepEqual(
      startsOf(
        onAndOff(2700, [
          [0, 430],
          [90, 40],
          [100, 45],
          [95, 38],
        ]),
      ),
      [],
    );
  });

  it('is told once when it is an iron, whose thermostat switches again and again', () => {
    const iron = onAndOff(2200, [
      [0, 90],
      ...Array.from({ length: 12 }, (_, i) => [40 + (i % 3) * 5, 14 + (i % 4) * 2] as const),
    ]);
    assert.equal(startsOf(iron).length, 1);
  });

  it('is seen by its regularity, whatever it heats', () => {
    // A boiler below the sink: a cup's heat, every ten minutes.
    const boiler = onAndOff(
      2000,
      Array.from({ length: 20 }, (_, i) => [590 + (i % 3) * 20, 48 + (i % 2) * 6] as const),
    );
    assert.equal(startsOf(boiler).length, 5);
  });

  it('is none on a later day either, though it heated up as fast as a kettle before, since pulses followed', () => {
    const pulses = Array.from({ length: 8 }, (_, i) => [100 + (i % 3) * 20, 40 + (i % 4) * 10] as const);
    const fryer = (heatUp: number) => onAndOff(2000, [[9000, heatUp], ...pulses]);
    const before = [...fryer(500), ...fryer(480), ...fryer(510)];
    const more = startsOf([...before, ...fryer(700)]).length - startsOf(before).length;
    assert.equal(more, 0);
  });

  it('is a heater in what the dialog shows', () => {
    const kettle = powerRecogniser('kettle');
    let state = kettle.initial();
    for (const [t, watts] of trace([
      [0, 600],
      [2000, 900],
      [0, 300],
      [2000, 200],
      [0, 60],
    ])) {
      state = kettle.step(state, readingAt(t, watts)).state;
    }
    assert.deepEqual(
      explained(kettle, state).sights.map(({ name }) => name),
      ['heater', 'heater'],
    );
  });
});

describe('power recogniser, an oven on a plug that tells of changes, which somebody called a kettle', () => {
  const quiet: readonly Sample[] = [
    [0, 0],
    [300, 0],
  ];
  const startsIn = (samples: readonly Sample[]) =>
    recognise('kettle', [...quiet, ...samples, [1200, 0], [1500, 0]]).map(({ start }) => start);

  it('is known by its falling power, which the silence after each report confirms', () => {
    const magnetron: readonly Sample[] = [
      [600, 1550],
      [632, 1510],
      [680, 1470],
      [735, 1440],
      [780, 0],
    ];
    assert.deepEqual(startsIn(magnetron), []);
  });

  it('is known by its fan, which is told once and goes on', () => {
    const oven: readonly Sample[] = [
      [600, 1150],
      [820, 32],
      [905, 0],
    ];
    assert.deepEqual(startsIn(oven), []);
  });

  it('is none where the power stays as it is, or is told while the switch opens', () => {
    const kettle: readonly Sample[] = [
      [600, 1550],
      [780, 900],
      [782, 0],
    ];
    assert.deepEqual(startsIn(kettle), [600]);
  });
});

describe('power recogniser, a heater after its owner has taught it a small boil', () => {
  it('is told once and taken back once, however long it goes on', () => {
    const kettle = powerRecogniser('kettle');
    let state = kettle.initial();
    const play = (from: number, levels: readonly Level[]) =>
      trace(levels).flatMap(([t, watts]) => {
        const step = kettle.step(state, readingAt(from + t, watts));
        state = step.state;
        return step.events.map(({ type }) => type);
      });
    assert.deepEqual(
      play(0, [
        [0, 600],
        [1200, 60],
        [0, 300],
      ]),
      [],
    );
    state = kettle.learn?.(state, { lesson: 'was-one', from: 600_000, to: 660_000 }) ?? state;
    const radiator: Level[] = [
      [0, 600],
      [2000, 1500],
      [0, 300],
    ];
    assert.deepEqual(play(10_000, radiator), ['start', 'discard']);
  });
});

describe('power recogniser, a kettle that is used more than once', () => {
  it('tells each boil, as close as people boil water', () => {
    const boils = [
      [0, 150],
      [75, 160],
      [110, 140],
      [400, 25],
      [300, 90],
      [70, 170],
      [200, 155],
    ] as const;
    assert.equal(startsOf(onAndOff(2200, boils)).length, boils.length);
  });

  it('tells no pulses that keep the water hot, once there were two, and the next boil among them', () => {
    const pulses = Array.from({ length: 6 }, () => [500, 20] as const);
    const starts = startsOf(onAndOff(2000, [[0, 180], ...pulses, [400, 120], ...pulses]));
    const boil = 600 + 180 + 6 * 520 + 400;
    assert.ok(starts.includes(boil), `${starts}`);
    assert.equal(starts.length, 1 + 2 + 1 + 2, `${starts}`);
  });

  it('tells all of it when it was left open, and what was boiled soon after, once it has shown what it draws', () => {
    const boils = [
      [1500, 100],
      [1500, 240],
      [3000, 800],
      [600, 150],
      [300, 90],
      [900, 210],
    ] as const;
    assert.equal(startsOf(onAndOff(2000, boils)).length, boils.length);
    // Before that, or with another power, it may be anything; and no kettle boils for an hour and a half.
    assert.equal(startsOf(onAndOff(2000, boils.slice(1))).length, 1);
    const other: Level[] = [...onAndOff(2000, boils.slice(0, 2)), ...onAndOff(1500, boils.slice(2))];
    assert.equal(startsOf(other).length, 2);
    assert.equal(startsOf(onAndOff(2000, [...boils.slice(0, 2), [3000, 5400], [600, 150]])).length, 2);
  });

  it('believes its owner that a large urn is one', () => {
    const urn: Sample[] = trace([
      [0, 600],
      [2400, 700],
      [0, 600],
    ]);
    const kettle = powerRecogniser('kettle');
    let state = kettle.initial();
    const play = (from: number) =>
      urn.flatMap(([t, watts]) => {
        const step = kettle.step(state, readingAt(from + t, watts));
        state = step.state;
        return step.events.map(({ type }) => type);
      });
    assert.deepEqual(play(0), ['start', 'discard']);
    state = kettle.learn?.(state, { lesson: 'was-one', from: 600_000, to: 1_300_000 }) ?? state;
    assert.deepEqual(play(10_000), ['start', 'finish']);
  });
});
