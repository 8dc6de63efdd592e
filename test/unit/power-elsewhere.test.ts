import assert from 'node:assert/strict';
import { powerRecogniser, type Recogniser } from '../../activities/index.js';
import { explained } from '../support/explained.js';
import { type Announced, readingAt, recognise, runsOf, type Sample, trace } from '../support/power-trace.js';
import { at, Run, T0, tick } from '../support/tracker.js';

/** Something else on the same strip draws so many watts from one moment to another. */
function beside(samples: readonly Sample[], watts: number, from: number, to: number): Sample[] {
  return samples.map(([t, own]): Sample => [t, own + (t >= from && t < to ? watts : 0)]);
}

function assertRuns(
  runs: { start: number; end: number | undefined }[],
  wanted: readonly (readonly [number, number])[],
) {
  const told = runs.map(({ start, end }) => `${start} .. ${end}`).join(', ');
  assert.equal(runs.length, wanted.length, told);
  wanted.forEach(([start, end], i) => {
    const run = runs[i];
    assert.ok(run && Math.abs(run.start - start) <= 30 && Math.abs((run.end ?? 0) - end) <= 60, told);
  });
}

describe('power recogniser, with something else on the strip', () => {
  /** Heat-up and brew, then pulses of 7 s at full power that put back 85 W. */
  const morning = trace([
    [2, 1800],
    [1400, 40],
    [2, 40],
    [60, 3],
    [1450, 30],
    ...Array.from({ length: 12 }, () => [[2, 110] as const, [1400, 7] as const]).flat(),
    [2, 600],
  ]);

  it('finds a coffee beside a refrigerator or a computer, and takes no keep-warm pulse for grinder and brew', () => {
    for (const watts of [90, 150]) {
      assertRuns(recognise('coffee_espresso', beside(morning, watts, 300, 4000)), [[1800, 1913]]);
      assertRuns(recognise('coffee_espresso', beside(morning, watts, 2100, 2700)), [[1800, 1913]]);
    }
  });

  it('goes on as before once it is off again', () => {
    const evening = trace([
      [2, 7200],
      [1400, 40],
      [2, 600],
    ]);
    const brew = beside([...morning, ...evening.map(([t, watts]): Sample => [t + 4000, watts])], 90, 300, 3000);
    assertRuns(recognise('coffee_espresso', brew), [
      [1800, 1913],
      [11_200, 11_240],
    ]);
  });

  it('boils water on a base with a clock, at less power than ovens are known to have, too', () => {
    for (const watts of [1640, 1750, 1800]) {
      const boil = trace([
        [3, 600],
        [watts, 150],
        [3, 600],
      ]);
      assertRuns(recognise('kettle', boil), [[600, 750]]);
    }
  });

  it('asks a weaker heater for more energy: a toaster is done by then, a kettle for 110 V is not', () => {
    const heat = (watts: number, seconds: number) =>
      recognise(
        'kettle',
        trace([
          [0, 600],
          [watts, seconds],
          [0, 600],
        ]),
      );
    assertRuns(heat(1450, 120), [[600, 720]]);
    for (const [watts, seconds] of [
      [850, 150],
      [1200, 110],
    ] as const)
      assert.deepEqual(heat(watts, seconds), []);
  });

  it('takes back what was an oven by the lamp and the fan that go on after it, unless its owner has said otherwise', () => {
    const oven = trace([
      [0, 600],
      [1415, 160],
      [37, 120],
      [0, 600],
    ]);
    assert.deepEqual(recognise('kettle', oven), []);
    const kettle = powerRecogniser('kettle');
    let state = kettle.initial();
    const play = (from: number) =>
      oven.flatMap(([t, watts]) => {
        const step = kettle.step(state, readingAt(from + t, watts));
        state = step.state;
        return step.events.map(({ type }) => type);
      });
    assert.deepEqual(play(0), ['start', 'discard']);
    assert.equal(explained(kettle, state).sights.at(-1)?.name, 'oven');
    state = kettle.learn?.(state, { lesson: 'was-one', from: 600_000, to: 760_000 }) ?? state;
    assert.deepEqual(play(10_000), ['start', 'finish']);
  });

  it('boils water on a base with a clock', () => {
    const boil = trace([
      [8, 600],
      [1958, 60],
      [8, 600],
    ]);
    assertRuns(recognise('kettle', boil), [[600, 660]]);
  });
});

describe('power recogniser, on a plug that reports every 18 or 30 s', () => {
  const quiet = (readings: number): number[] => Array.from({ length: readings }, () => 2);
  const every = (seconds: number, watts: readonly number[]): Sample[] =>
    watts.map((one, index) => [index * seconds, one]);
  /** A machine that heats up, five minutes of rest, and something short. */
  const hot = [...quiet(60), 1160, 1160, 1160, 1160, ...quiet(20)];

  it('finds a short brew by grinder or pump, early or late as they may show', () => {
    for (const brew of [
      [47, 100, 1117, 1154],
      [100, 1117, 1154, 190],
    ]) {
      const runs = recognise('coffee_espresso', every(18, [...hot, ...brew, ...quiet(20)]));
      assert.equal(runs.length, 2, `${brew}`);
    }
    // The heater alone, for as long: a machine that stands hot puts back as much.
    assert.equal(recognise('coffee_espresso', every(18, [...hot, 1117, 1154, ...quiet(20)])).length, 1);
  });

  it('learns full power from single readings, and takes half of it for keeping warm from then on', () => {
    const halves = Array.from({ length: 6 }, () => [680, 680, ...quiet(15)]).flat();
    const coffee = [1350, ...quiet(9)];
    const day = [...quiet(60), ...coffee, ...quiet(60), ...coffee, ...quiet(60)];
    const runs = recognise('coffee_espresso', every(30, [...day, ...halves, ...quiet(10)]));
    assert.deepEqual(
      runs.filter(({ start }) => start > 30 * day.length - 60),
      [],
    );
  });
});

describe('power recogniser, is it really a kettle', () => {
  it('takes no oven with a clock and a turntable for a kettle, strong as it may be', () => {
    const oven = trace([
      [3, 600],
      [60, 10],
      [1780, 90],
      [60, 6],
      [3, 300],
    ]);
    assertRuns(recognise('kettle', oven), []);
  });

  it('takes a boil back whose level has fallen as that of a magnetron does', () => {
    const levels = Array.from({ length: 40 }, (_, i) => [1050 - 3 * i, 10] as const);
    assertRuns(recognise('kettle', trace([[0, 600], ...levels, [0, 300]])), []);
  });

  it('does not mind the half second in which the switch of a kettle opens', () => {
    const boil = trace([
      [0, 600],
      [1500, 180],
      [700, 2],
      [0, 300],
    ]);
    assertRuns(recognise('kettle', boil), [[600, 780]]);
  });
});

describe('power recogniser, whose rhythm is known', () => {
  const pulses = (count: number, on: number, off: number) =>
    Array.from({ length: count }, () => [[2, off] as const, [1400, on] as const]).flat();
  const heatUp = [[2, 600] as const, [1400, 60] as const];

  it('takes the first short pulses after a heat-up for none of it, though cold parts take up twice the usual loss', () => {
    // 4 s at 1.4 kW every 26 s are 215 W, and much less than the heat in a cup.
    const levels = [...heatUp, ...pulses(1, 4, 60), ...pulses(3, 4, 22), ...pulses(3, 4, 50), [2, 300] as const];
    assertRuns(recognise('coffee_espresso', trace(levels, 1)), [[600, 660]]);
  });

  it('finds a brew by what the machine usually loses, where pulses come between the readings of a slow plug', () => {
    const levels = [...heatUp, ...pulses(12, 10, 110), [2, 250] as const, [1400, 38] as const, [2, 600] as const];
    const brew = 600 + 60 + 12 * 120 + 250;
    const found = recognise('coffee_espresso', trace(levels, 10));
    assertRuns(found.slice(-1), [[brew, brew + 38]]);
  });
});

describe('power recogniser, a programme on an unknown plug', () => {
  const fill = [[2, 300] as const, [90, 12] as const, [30, 48] as const, [120, 200] as const];
  const heat = [[2050, 700] as const];
  const wash = Array.from({ length: 20 }, (_, i) => [i % 2 ? 180 : 40, 90] as const);
  const programme = [...fill, ...heat, ...wash, [350, 300] as const, [2, 1500] as const];

  it('is told whole, from its first pump on, once its heating has shown it', () => {
    assertRuns(recognise('any', trace(programme, 5)), [[300, 3360]]);
  });

  const boil = [[2050, 120] as const, [2, 300] as const];

  it('is waited out to its end where its owner has called it none, and what is used afterwards is told', () => {
    const recogniser: Recogniser<unknown> = powerRecogniser('any');
    const run = new Run({ kind: 'any', recognisers: [recogniser], everySeconds: 0 });
    const isExplained = () =>
      explained(recogniser, run.state.recogniser?.memory).facts.some(({ name }) => name === 'programme');
    for (const [t, watts] of trace([...programme, ...boil], 5)) {
      run.feed(at(t, { power: watts }), tick(t + 2));
      if (t > 1000) assert.ok(!isExplained(), 'it is told no more');
      if (t !== 1000) continue;
      assert.ok(isExplained());
      run.feed({ type: 'correct', correction: { what: 'none', id: 'id-2' }, now: T0 + t * 1000 });
      run.state = JSON.parse(JSON.stringify(run.state));
    }
    const used = ['id-1 1 started', 'id-1 2 discarded', 'id-2 1 started', 'id-2 2 discarded'];
    assert.deepEqual(run.course, [...used, 'id-3 1 started', 'id-3 2 finished']);
    assert.ok(Math.abs(Date.parse(run.last.startedAt) - T0 - 4_860_000) <= 30_000, run.last.startedAt);
  });

  it('silences the plug for four hours at most where something beside it goes on and on', () => {
    const run = new Run({ kind: 'any', recognisers: [powerRecogniser('any')], everySeconds: 0 });
    const day = [...programme, [2, 13_500] as const, ...boil, [2, 6000] as const];
    for (const [t, watts] of beside(trace(day, 5), 60, 300, 21_900)) {
      run.feed(at(t, { power: watts }), tick(t + 2));
      if (t === 1000) run.feed({ type: 'correct', correction: { what: 'none', id: 'id-2' }, now: T0 + t * 1000 });
    }
    assert.deepEqual(run.course.slice(-2), ['id-3 1 started', 'id-3 2 finished']);
    assert.ok(Math.abs(Date.parse(run.last.startedAt) - T0 - 18_360_000) <= 30_000, run.last.startedAt);
  });

  it('keeps the name that somebody gave to its heating before it was shown to be a part of it', () => {
    const run = new Run({ kind: 'any', recognisers: [powerRecogniser('any')], everySeconds: 0 });
    const renamed = { what: 'activity', id: 'id-1', activity: 'laundry' } as const;
    for (const [t, watts] of trace(programme, 5)) {
      run.feed(at(t, { power: watts }), tick(t + 2));
      if (t === 700) run.feed({ type: 'correct', correction: renamed, now: T0 + t * 1000 });
    }
    assert.deepEqual(run.course, ['id-1 1 started', 'id-1 2 ongoing', 'id-1 3 finished']);
    assert.equal(run.last.activity, 'laundry');
    assert.ok(Math.abs(Date.parse(run.last.endedAt ?? '') - T0 - 3_360_000) <= 60_000, run.last.endedAt);
  });

  it('is explained, survives a restart, and what is used afterwards is told by itself again', () => {
    const recogniser = powerRecogniser('any');
    let state = recogniser.initial();
    const announced: Announced[] = [];
    for (const [t, watts] of trace([...programme, ...boil], 5)) {
      const step = recogniser.step(JSON.parse(JSON.stringify(state)), readingAt(t, watts));
      state = step.state;
      announced.push(...step.events.map((event) => ({ event, now: t })));
      const isTold = t > 860 && t < 3600;
      if (isTold) assert.ok(explained(recogniser, state).facts.some(({ name }) => name === 'programme'));
    }
    assertRuns(runsOf(announced), [
      [300, 3360],
      [4860, 4980],
    ]);
  });
});
