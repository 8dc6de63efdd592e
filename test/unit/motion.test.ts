import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type MotionState, motionRecogniser, type RecogniserEvent } from '../../activities/index.js';
import type { Reading } from '../../vocabulary/index.js';
import {
  drink,
  epochOf,
  type Gesture,
  reading,
  readingsOf,
  type Sensor,
  saw,
  secondsOf,
  still,
  stir,
  turnOver,
  walk,
} from '../support/motion-traces.js';

type ActionEvent = Extract<RecogniserEvent, { type: 'action' }>;

function play(readings: Reading[], from: MotionState = motionRecogniser.initial()) {
  let state = from;
  const events: RecogniserEvent[] = [];
  for (const one of readings) {
    const step = motionRecogniser.step(state, one);
    state = step.state;
    events.push(...step.events);
  }
  return { state, events };
}

const isAction = (event: RecogniserEvent): event is ActionEvent => event.type === 'action';
const actionsIn = (gestures: Gesture[], sensor?: Sensor) => play(readingsOf(gestures, sensor)).events.filter(isAction);
const namesIn = (gestures: Gesture[], sensor?: Sensor) => actionsIn(gestures, sensor).map(({ action }) => action);

const CUP = ['raise-cup', 'sip', 'put-down'];

function assertNear(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

describe('motion recogniser', () => {
  it('tells a raised cup, a sip and the putting down, when they were', () => {
    const [raise, sip, down] = actionsIn([still(6), drink({ move: 1, hold: 3 }), still(5)]) as [
      ActionEvent,
      ActionEvent,
      ActionEvent,
    ];
    assert.deepEqual([raise.action, sip.action, down.action], CUP);
    assertNear(secondsOf(raise.startedAt), 6, 0.5);
    assertNear(secondsOf(sip.startedAt), 7, 0.6);
    assertNear(secondsOf(sip.endedAt), 10, 0.6);
    assertNear(secondsOf(down.endedAt), 11, 0.6);
    assert.ok(sip.confidence > 0.5 && sip.confidence <= 1);
  });

  it('tells a sip soon after the cup is down', () => {
    const trace = [still(6), drink(), still(8)];
    let told: number | undefined;
    let state = motionRecogniser.initial();
    for (const one of readingsOf(trace)) {
      const step = motionRecogniser.step(state, one);
      state = step.state;
      if (step.events.some(isAction)) told ??= secondsOf(Date.parse(one.at));
    }
    assertNear(told ?? Number.NaN, 6 + drink().seconds + 1.5, 1);
  });

  it('takes short and long sips, small and large tilts', () => {
    for (const hold of [1.5, 3, 5])
      assert.deepEqual(namesIn([still(6), drink({ hold }), still(5)]), CUP, `hold ${hold}`);
    for (const tilt of [0.8, 1.3, 2.3])
      assert.deepEqual(namesIn([still(6), drink({ tilt }), still(5)]), CUP, `tilt ${tilt}`);
  });

  it('is surer of a sip that follows others', () => {
    const sips = actionsIn([still(6), drink(), still(9), drink(), still(7), drink(), still(6)]).filter(
      ({ action }) => action === 'sip',
    );
    assert.equal(sips.length, 3);
    assert.ok((sips[2] as ActionEvent).confidence > (sips[0] as ActionEvent).confidence);
  });

  it('tells stirring when the spoon rests, and for how long', () => {
    const [stirring, ...more] = actionsIn([still(6), stir({ seconds: 8 }), still(6)]);
    assert.equal(stirring?.action, 'stir');
    assert.deepEqual(more, []);
    assertNear(secondsOf(stirring.startedAt), 6, 2);
    assertNear(secondsOf(stirring.endedAt), 14, 2);
  });

  it('takes no sip and no stirring from what is neither', () => {
    const others: Record<string, Gesture> = {
      still: still(40),
      walking: walk(40),
      sawing: saw({ seconds: 10 }),
      'turned over and left so': turnOver(40),
      'held up for 20 s': drink({ hold: 20 }),
    };
    for (const [name, gesture] of Object.entries(others))
      assert.deepEqual(namesIn([still(6), gesture, still(6)]), [], name);
  });

  it('sees the same at 10 to 100 readings a second', () => {
    for (const rate of [10, 12.5, 20, 50, 100]) {
      assert.deepEqual(
        namesIn([still(6), drink(), still(6), stir(), still(6)], { rate }),
        [...CUP, 'stir'],
        `${rate} Hz`,
      );
    }
  });

  it('tells stirring that is quick or slow, strong or weak, short or long', () => {
    const stirrings = [
      { perSecond: 2.2 },
      { perSecond: 4.5 },
      { strength: 3 },
      { strength: 9 },
      { seconds: 3 },
      { seconds: 15 },
    ];
    for (const how of stirrings) {
      assert.deepEqual(namesIn([still(6), stir(how), still(6)]), ['stir'], JSON.stringify(how));
    }
  });

  it('tells stirring at 10 readings a second', () => {
    for (const perSecond of [2.2, 2.8, 3.4])
      assert.deepEqual(namesIn([still(6), stir({ perSecond }), still(6)], { rate: 10 }), ['stir'], `${perSecond} Hz`);
  });

  it('tells a sip whose readings come in packets, late, or with steps of a twentieth of g', () => {
    const readings = readingsOf([still(6), drink(), still(6)]);
    const at = (one: Reading, ms: number) => ({ ...one, at: new Date(Date.parse(one.at) + ms).toISOString() });
    const coarse = (value: number) => Math.round(value / 0.49) * 0.49;
    const lastOfFour = (i: number) => readings[Math.min(readings.length - 1, i - (i % 4) + 3)] as Reading;
    const ways: Record<string, Reading[]> = {
      'in fours': readings.map((one, i) => ({ ...one, at: at(lastOfFour(i), i % 4).at })),
      'up to 30 ms late': readings.map((one, i) => at(one, (i * 37) % 31)),
      'in coarse steps': readings.map((one) => {
        const { x, y, z } = one.parameters.acceleration ?? { x: 0, y: 0, z: 0 };
        return { ...one, parameters: { acceleration: { x: coarse(x), y: coarse(y), z: coarse(z) } } };
      }),
      'with a scale 10 % off': readings.map((one) => {
        const { x, y, z } = one.parameters.acceleration ?? { x: 0, y: 0, z: 0 };
        return { ...one, parameters: { acceleration: { x: 1.1 * x, y: 1.1 * y, z: 1.1 * z } } };
      }),
    };
    for (const [way, disturbed] of Object.entries(ways)) {
      const names = play(disturbed)
        .events.filter(isAction)
        .map(({ action }) => action);
      assert.deepEqual(names, CUP, way);
    }
  });

  it('takes a sensor that slips, once, for nothing', () => {
    const [before, after] = [readingsOf([still(12)]), readingsOf([still(24)], { turned: [1, 0.7, 0.2, -0.3] })];
    const readings = [...before, ...after.slice(before.length)];
    assert.deepEqual(play(readings).events, []);
  });

  it('does not mind how the sensor sits', () => {
    const trace = [still(6), drink(), still(6), stir(), still(6)];
    const part = fc.double({ min: -1, max: 1, noNaN: true });
    const turned = fc.tuple(part, part, part, part).filter((quaternion) => Math.hypot(...quaternion) > 0.1);
    const expected = actionsIn(trace);
    fc.assert(
      fc.property(turned, (how) => {
        const found = actionsIn(trace, { turned: how });
        assert.deepEqual(
          found.map(({ action }) => action),
          expected.map(({ action }) => action),
        );
        found.forEach(({ startedAt }, i) => {
          assertNear(startedAt, (expected[i] as ActionEvent).startedAt, 500);
        });
      }),
      { numRuns: 25 },
    );
  });

  it('begins an activity with the first action and ends it ten minutes after the last', () => {
    const { state, events } = play(readingsOf([still(6), drink(), still(6)]));
    const [start] = events;
    const down = events.at(-1) as ActionEvent;
    assert.ok(start?.type === 'start' && start.at === (events[1] as ActionEvent).startedAt);
    const early = motionRecogniser.tick(state, down.endedAt + 500_000);
    assert.deepEqual(early.events, []);
    const late = motionRecogniser.tick(early.state, down.endedAt + 601_000);
    assert.deepEqual(late.events, [{ type: 'finish', at: down.endedAt, confidence: down.confidence }]);
    assert.deepEqual(motionRecogniser.tick(late.state, down.endedAt + 900_000).events, []);
  });

  it('takes a sensor that falls silent once the cup is down as lying still', () => {
    const cut = Date.parse((readingsOf([still(6), drink(), still(0.3)]).at(-1) as Reading).at);
    const { state, events } = play(readingsOf([still(6), drink(), still(0.3)]));
    assert.deepEqual(events, []);
    const names = motionRecogniser
      .tick(state, cut + 3000)
      .events.filter(isAction)
      .map(({ action }) => action);
    assert.deepEqual(names, CUP);
    const next = reading(60, [0, 0, 9.8]);
    assert.deepEqual(
      motionRecogniser
        .step(state, next)
        .events.filter(isAction)
        .map(({ action }) => action),
      CUP,
    );
  });

  it('goes on from saved state as if nothing had happened, wherever it was saved', () => {
    const readings = readingsOf([still(4), drink(), still(4), stir({ seconds: 4 }), still(5), drink(), still(4)]);
    const whole = play(readings);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: readings.length }), (cut) => {
        const first = play(readings.slice(0, cut));
        const saved = JSON.stringify(first.state);
        assert.ok(saved.length < 16_384, `${saved.length} bytes`);
        const second = play(readings.slice(cut), JSON.parse(saved) as MotionState);
        assert.deepEqual([...first.events, ...second.events], whole.events);
        assert.deepEqual(second.state, whole.state);
      }),
      { numRuns: 40 },
    );
  });

  it('does not go on from a saved grid that stands years back: filling it would never end', () => {
    const { state } = play(readingsOf([still(4)]));
    for (const slotStart of [0, -1, 8e15, null]) {
      const damaged = structuredClone(state);
      Object.assign(damaged.watch.grid as object, { slotStart });
      assert.throws(() => play(readingsOf([still(8)]), damaged), /cannot be gone on from/);
    }
  });

  it('keeps its state below 16 kB through hours of cups', () => {
    const readings = readingsOf([still(2), drink({ hold: 1.2 }), still(1)], { rate: 10 });
    const span = Date.parse((readings.at(-1) as Reading).at) + 100 - Date.parse((readings[0] as Reading).at);
    let { state } = play([]);
    let largest = 0;
    for (let round = 0; round < 300; round++) {
      const moved = readings.map((one) => ({ ...one, at: new Date(Date.parse(one.at) + round * span).toISOString() }));
      ({ state } = play(moved, state));
      largest = Math.max(largest, JSON.stringify(state).length);
    }
    assert.ok(largest < 16_384, `${largest} bytes`);
  });

  it('changes no state that it is given', () => {
    let state = motionRecogniser.initial();
    for (const one of readingsOf([still(4), drink(), still(4), stir(), still(3)])) {
      const before = JSON.stringify(state);
      const step = motionRecogniser.step(state, one);
      assert.equal(JSON.stringify(state), before);
      state = step.state;
    }
  });

  it('loses nothing to repeated and late readings', () => {
    const readings = readingsOf([still(6), drink(), still(6)]);
    const disturbed = readings.flatMap((one, i) =>
      i % 3 === 0 && i > 8 ? [one, one, readings[i - 7] as Reading] : [one],
    );
    assert.deepEqual(play(disturbed).events, play(readings).events);
  });

  it('begins anew after a gap and after the clock was set back', () => {
    const day = readingsOf([still(6), drink(), still(6)]);
    const moved = (by: number) => day.map((one) => ({ ...one, at: new Date(Date.parse(one.at) + by).toISOString() }));
    for (const by of [3_600_000, -3_600_000]) {
      const names = play([...day, ...moved(by)])
        .events.filter(isAction)
        .map(({ action }) => action);
      assert.deepEqual(names, [...CUP, ...CUP], `${by} ms`);
    }
  });

  it('never throws, and never tells of an end before its start', () => {
    const value = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.double({ min: -30, max: 30, noNaN: true }),
    );
    const step = fc.oneof(fc.integer({ min: 0, max: 120 }), fc.integer({ min: -20_000, max: 20_000 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(step, value, value, value), { maxLength: 400 }), (steps) => {
        let now = 0;
        const readings = steps.map(([ms, x, y, z]) => {
          now += ms;
          return reading(now / 1000, [x, y, z]);
        });
        const { state, events } = play(readings);
        const all = [...events, ...motionRecogniser.tick(state, epochOf(now / 1000) + 1_000_000).events];
        for (const { startedAt, endedAt, confidence } of all.filter(isAction)) {
          assert.ok(startedAt <= endedAt && confidence >= 0 && confidence <= 1);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('leaves readings without acceleration alone', () => {
    const power: Reading = { ...reading(0, [0, 0, 9.8]), parameters: { power: 3 } };
    assert.equal(motionRecogniser.accepts(power), false);
    const state = motionRecogniser.initial();
    assert.deepEqual(motionRecogniser.step(state, power), { state, events: [] });
  });
});
