import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  POWER_PROFILES,
  type PowerKind,
  powerRecogniser,
  type RecogniserEvent,
  type Step,
} from '../../activities/index.js';
import type { Reading } from '../../vocabulary/index.js';
import { listen, readingAt, recognise, type Sample, trace } from '../support/power-trace.js';
import { goesOnFromSaved, toldInOrder } from '../support/whatever-comes.js';

const KINDS = Object.keys(POWER_PROFILES) as PowerKind[];
const BOIL = trace([
  [0, 60],
  [2100, 150],
  [0, 120],
]);

/** What a plug may send, bad clocks and bad values included; some of it looks like an appliance. */
const WATTS = fc.oneof(
  fc.constantFrom(0, 2, 60, 680, 950, 1450, 2100),
  fc.double({ min: -50, max: 5000, noNaN: true }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY),
);
const STEP = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 0, max: 20 }) },
  { weight: 3, arbitrary: fc.integer({ min: 20, max: 400 }) },
  { weight: 1, arbitrary: fc.integer({ min: -20_000, max: 20_000 }) },
);
const SIGNAL = fc.array(fc.record({ step: STEP, watts: WATTS, repeat: fc.integer({ min: 1, max: 15 }) }), {
  maxLength: 120,
});
const KIND = fc.constantFrom(...KINDS);

type Signal = { step: number; watts: number; repeat: number }[];

function readingsOf(signal: Signal): Reading[] {
  let t = 1_000_000;
  return signal.flatMap(({ step, watts, repeat }) =>
    Array.from({ length: repeat }, () => {
      t += step;
      return readingAt(t, watts);
    }),
  );
}

describe('power recogniser, bad clocks and bad values', () => {
  it('takes a run whole whose readings come later than time went on without them', () => {
    // An event-driven plug: a silence of five minutes is usual, so a reading is held for long.
    const recogniser = powerRecogniser('coffee_filter');
    let state = recogniser.initial();
    const events: RecogniserEvent[] = [];
    const take = (step: Step<typeof state>) => {
      state = step.state;
      events.push(...step.events);
    };
    for (let t = 0; t <= 1200; t += 300) take(recogniser.step(state, readingAt(t, 2)));
    for (let now = 1205; now <= 1500; now += 5) take(recogniser.tick(state, now * 1000));
    for (const [t, watts] of [
      ...trace(
        [
          [2, 10],
          [2550, 300],
          [2, 120],
        ],
        10,
      ),
    ]) {
      take(recogniser.step(state, readingAt(1210 + t, watts)));
    }
    assert.deepEqual(
      events.flatMap((event) => (event.type === 'start' ? [event.at > 1210_000 && event.at <= 1220_000] : [])),
      [true], // between the last reading at rest and the first at work
    );
  });

  it('is not moved by readings that are no numbers', () => {
    const recogniser = powerRecogniser('kettle');
    const { state } = recogniser.step(recogniser.initial(), readingAt(0, 5));
    for (const watts of [Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.deepEqual(recogniser.step(state, readingAt(10, watts)), { state, events: [] });
    }
    assert.deepEqual(recogniser.step(state, { ...readingAt(10, 5), at: 'yesterday' }), { state, events: [] });
  });

  it('takes what a solar panel feeds in for nobody’s work, and less of it for none either', () => {
    const levels = trace([
      [-900, 600],
      [-50, 300],
      [-900, 600],
    ]);
    const fedIn = levels.map(([t, watts]): Sample => [t, watts + 20 * ((t / 2) % 3) - 20]);
    for (const kind of ['kettle', 'any'] as const) assert.deepEqual(listen(kind, fedIn), [], kind);
  });

  it('looks at power and nothing else', () => {
    const recogniser = powerRecogniser('any');
    assert.ok(recogniser.accepts(readingAt(0, 5)));
    assert.ok(!recogniser.accepts({ ...readingAt(0, 5), parameters: { temperature: 20 } }));
  });

  it('hears duplicates and late readings without a difference', () => {
    const noisy = BOIL.flatMap(([t, watts]): Sample[] => [
      [t, watts],
      [t, watts],
      [t - 30, 1],
    ]);
    assert.deepEqual(recognise('kettle', noisy), recognise('kettle', BOIL));
  });

  it('ends the run where the readings ended when the clock is set back by hours, and goes by what it knows', () => {
    const back = BOIL.map(([t, watts]): Sample => [t < 180 ? t + 10_000 : t, watts]);
    const [run, next, ...others] = recognise('kettle', back);
    assert.ok(run?.end !== undefined && Math.abs(run.end - 10_180) <= 10, JSON.stringify(run));
    assert.deepEqual(others, []);
    assert.ok(next?.end !== undefined && Math.abs(next.start - 180) <= 10, JSON.stringify(next));
    assert.ok(Math.abs(next.end - 210) <= 10, JSON.stringify(next));
    const kettle = powerRecogniser('kettle');
    let state = kettle.initial();
    for (const [t, watts] of back.filter(([at]) => at >= 10_000 || at <= 182)) {
      ({ state } = kettle.step(state, readingAt(t, watts)));
    }
    assert.deepEqual([state.at, state.heat], [182_000, 2100]);
  });

  it('ends the run where the readings ended when the clock jumps ahead by hours', () => {
    const ahead = BOIL.map(([t, watts]): Sample => [t < 180 ? t : t + 20_000, watts]);
    const [run] = recognise('kettle', ahead);
    assert.ok(run?.end !== undefined && run.end - 180 <= 30);
  });

  it('finishes a run whose plug has fallen silent', () => {
    const silent = BOIL.filter(([t]) => t < 200);
    const [run] = recognise('kettle', silent);
    assert.ok(run?.end !== undefined && Math.abs(run.end - 200) <= 15);
  });

  it('holds a reading of a plug that reports changes only', () => {
    const changes: Sample[] = [
      [0, 1],
      [300, 1],
      [600, 1],
      [700, 2050],
      [1000, 2050],
      [1010, 1],
      [1300, 1],
    ];
    const [run, ...others] = recognise('coffee_filter', changes);
    assert.deepEqual(others, []);
    assert.ok(run?.start === 700 && run.end === 1010, JSON.stringify(run));
    assert.ok((run.announced ?? Infinity) <= 1070);
  });

  /** Boils of three minutes, each an hour after the one before, as a plug that tells of changes reports them. */
  const onChange = (boils: number, heartbeat: number): Sample[] => {
    const hour: Sample[] = [];
    for (let t = 0; t < 3600; t += heartbeat) hour.push([t, t >= 3000 && t < 3180 ? 2000 : 1]);
    const edges: Sample[] = [
      [3011, 900],
      [3012, 2000],
      [3191, 700],
      [3192, 1],
    ];
    const others = hour.filter(([t]) => t < 3000 || t > 3192);
    const one = [...others, ...edges].sort(([a], [b]) => a - b);
    return Array.from({ length: boils }, (_, i) => one.map(([t, watts]): Sample => [t + i * 3600, watts])).flat();
  };

  it('dates a start when a plug tells of it that is silent for minutes otherwise', () => {
    for (const heartbeat of [60, 300]) {
      const last = recognise('kettle', onChange(4, heartbeat)).at(-1);
      assert.ok(last && Math.abs(last.start - 3 * 3600 - 3011) <= 10, `${heartbeat} s: ${JSON.stringify(last)}`);
    }
  });

  it('finds a kettle however seldom its plug reports, up to every 30 s', () => {
    for (const interval of [1, 5, 10, 20, 30]) {
      const runs = recognise(
        'kettle',
        trace(
          [
            [0, 300],
            [2100, 200],
            [0, 300],
          ],
          interval,
        ),
      );
      assert.equal(runs.length, 1, `every ${interval} s`);
      assert.ok(Math.abs((runs[0]?.end ?? 0) - 500) <= 60);
    }
  });

  it('counts what is held between two readings once, however often it is told the time', () => {
    const recogniser = powerRecogniser('coffee_espresso');
    const burstAfter = (ticks: number[]) => {
      let { state } = recogniser.step(recogniser.initial(), readingAt(0, 1400));
      for (const now of ticks) state = recogniser.tick(state, now * 1000).state;
      return recogniser.step(state, readingAt(30, 1400)).state.burst;
    };
    assert.equal(burstAfter([])?.work, 30);
    assert.deepEqual(burstAfter([5, 10, 15, 15, 28]), burstAfter([]));
  });

  it('learns the level of another appliance that takes the place of the first', () => {
    const samples = trace([
      [0, 60],
      [2900, 200],
      [0, 3600],
      [1000, 300],
      [0, 600],
      [1000, 300],
      [0, 300],
    ]);
    assert.equal(recognise('coffee_filter', samples).length >= 2, true);
    assert.ok(recognise('coffee_filter', samples).some(({ start }) => Math.abs(start - 4760) <= 10));
  });
});

describe('power recogniser, for whatever comes', () => {
  it('announces in order: start, finish or discard, resume only after finish', () => {
    fc.assert(
      fc.property(KIND, SIGNAL, (kind, signal) => {
        const told = toldInOrder(powerRecogniser(kind), readingsOf(signal));
        for (const event of told) assert.ok('at' in event);
      }),
      { numRuns: 300 },
    );
  });

  it('goes on from its saved state as if nothing had happened, never touches the old one, and stays small', () => {
    const check = (kind: PowerKind, signal: Signal) => goesOnFromSaved(powerRecogniser(kind), readingsOf(signal), 4096);
    fc.assert(fc.property(KIND, SIGNAL, check), { numRuns: 200 });
  });
});
