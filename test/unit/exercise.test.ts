import assert from 'node:assert/strict';
import { exerciseRecogniser } from '../../activities/index.js';
import { profileNamed } from '../../appliances/index.js';
import {
  assertNear,
  FIXTURES,
  listen,
  onChange,
  oneIn,
  recognise,
  recorded,
  runsOf,
  type Said,
} from '../support/readings.js';

const treadmill = exerciseRecogniser(true);
const WHOLE = recorded(FIXTURES, 'run-whole.csv');
const heartOnly = (said: readonly Said[]): Said[] => said.map(([t, { heartRate = 0 }]): Said => [t, { heartRate }]);

/** Levels of one parameter, each held for some seconds, reported every second. */
function levels(
  name: 'speed' | 'cadence' | 'power' | 'heartRate',
  ...parts: [value: number, seconds: number][]
): Said[] {
  const said: Said[] = [];
  for (const [value, seconds] of parts) {
    const from = said.length;
    for (let t = 0; t < seconds; t++) said.push([from + t, { [name]: value }]);
  }
  return said;
}
const RESTING = levels('heartRate', [62, 600]);

describe('exercise recogniser, on a recorded run', () => {
  it('finds it whole, with the walking break in the middle', () => {
    const [run, ...others] = recognise(treadmill, WHOLE);
    assert.deepEqual(others, []);
    assertNear(run?.start, 0, 5);
    assertNear(run?.end, 2831, 10);
    assert.ok(run && run.startedAt <= 30);
    assert.equal(run.actions[0]?.action, 'rest');
    assertNear(run.actions[0]?.start, 1991, 10);
    assertNear(run.actions[0]?.end, 2036, 15);
    assert.ok(run.actions.length <= 3);
  });

  it('finds it in the heart alone', () => {
    const [run, ...others] = recognise(treadmill, heartOnly(WHOLE));
    assert.deepEqual(others, []);
    assertNear(run?.start, 20, 20);
    assertNear(run?.end, 2831, 60);
  });

  it('finds it in fewer reports', () => {
    for (const said of [oneIn(10, WHOLE), oneIn(30, WHOLE), onChange(0.05, WHOLE)]) {
      const [run, ...others] = recognise(treadmill, said);
      assert.deepEqual(others, []);
      assertNear(run?.start, 0, 30);
      // The last rest but one, a minute before the end, may be seen as the end.
      assertNear(run?.end, 2831, 80);
    }
  });
});

describe('exercise recogniser', () => {
  it('tells a pause from the end', () => {
    const said = levels('speed', [0, 30], [2.8, 600], [0, 120], [2.8, 600], [0, 400]);
    const { told } = listen(treadmill, said);
    assert.deepEqual(
      told.map(({ event }) => event.type),
      ['start', 'action', 'finish'],
    );
    const [run] = recognise(treadmill, said);
    assert.deepEqual(run?.actions, [{ action: 'rest', start: 629, end: 750 }]);
    assertNear(run?.start, 30, 1);
    assertNear(run?.end, 1350, 1);
    assertNear(run?.finishedAt, 1650, 10);
  });

  it('takes a finish back when somebody rides on after ten minutes', () => {
    const runs = recognise(exerciseRecogniser(true), levels('cadence', [80, 900], [0, 600], [80, 900], [0, 400]));
    assert.equal(runs.length, 1);
    assert.deepEqual(runs[0]?.actions, [{ action: 'rest', start: 899, end: 1500 }]);
  });

  it('takes the walk home for no running, however long it is', () => {
    const wavering = (t: number) => 1.2 + 0.2 * Math.sin(t);
    const home = levels('speed', [3, 1800], [1.2, 1800], [0, 600]).map(([t, said]): Said => {
      return [t, said.speed === 1.2 ? { speed: wavering(t) } : said];
    });
    for (const said of [levels('speed', [3, 1800], [1.2, 1800], [0, 600]), oneIn(30, home), home]) {
      const { told } = listen(treadmill, said);
      assert.deepEqual(
        told.map(({ event }) => event.type),
        ['start', 'finish'],
      );
      assertNear(runsOf(told)[0]?.end, 1800, 30);
    }
  });

  it('takes a run after the walk home for another one, and a walk after a long stop, too', () => {
    const again = recognise(treadmill, levels('speed', [3, 1800], [1.2, 1800], [2.6, 900], [0, 400]));
    assert.deepEqual(
      again.map(({ start, end }) => [start, end]),
      [
        [0, 1799],
        [3600, 4499],
      ],
    );
    const walked = levels('speed', [3, 1800], [0, 1000], [1.2, 900], [0, 400]);
    for (const said of [walked, oneIn(10, walked)]) {
      const [, walk, ...others] = recognise(treadmill, said);
      assert.deepEqual(others, []);
      assertNear(walk?.start, 2800, 10);
    }
  });

  it('takes what is walked within an hour after a run for the way home, and what goes on after that for another one', () => {
    assert.equal(recognise(treadmill, levels('speed', [3, 1800], [1.2, 3500], [0, 400])).length, 1);
    assert.equal(recognise(treadmill, levels('speed', [3, 1800], [0, 600], [1.2, 2900], [0, 400])).length, 1);
    for (const stop of [0, 600]) {
      const [, walk, ...others] = recognise(treadmill, levels('speed', [3, 1800], [0, stop], [1.2, 7200], [0, 400]));
      assert.deepEqual(others, []);
      assertNear(walk?.start, 1800 + 3600, 10);
      assertNear(walk?.end, 1800 + stop + 7200, 10);
    }
  });

  it('tells a walk in the evening of a day with a run, though nobody has stood still for long in between', () => {
    const atHome = Array.from({ length: 40 }, (): [number, number][] => [
      [0, 700],
      [0.9, 20],
    ]).flat();
    const day = levels('speed', [3, 1800], ...atHome, [1.3, 3600], [0, 400]);
    for (const said of [day, oneIn(5, day)]) {
      const [, walk, ...others] = recognise(treadmill, said);
      assert.deepEqual(others, []);
      assertNear(walk?.start, 1800 + 40 * 720, 25);
    }
  });

  it('takes a distance that begins anew for another session', () => {
    const session = (from: number): Said[] =>
      Array.from({ length: 300 }, (_, t): Said => [from + t, { speed: 2.5, distance: 2.5 * t }]);
    const runs = recognise(treadmill, [...session(0), [301, { speed: 0, distance: 0 }], ...session(340)]);
    assert.equal(runs.length, 2);
    assertNear(runs[0]?.end, 299, 2);
  });

  it('takes no hill for a rest when the rider is slow and still rides', () => {
    const [run] = recognise(exerciseRecogniser(true), levels('speed', [8.5, 900], [2, 300], [9, 600]));
    assert.deepEqual(run?.actions, []);
  });

  it('measures the heart by its own rest: stairs are no exercise, half an hour at 130 is', () => {
    const heart = exerciseRecogniser();
    const stairs = [...RESTING, ...levels('heartRate', [105, 40], [70, 600]).map(([t, p]): Said => [600 + t, p])];
    assert.deepEqual(recognise(heart, stairs), []);
    const run = [
      ...RESTING,
      ...levels('heartRate', [130, 1800], [95, 60], [75, 600]).map(([t, p]): Said => [600 + t, p]),
    ];
    const [found, ...others] = recognise(heart, run);
    assert.deepEqual(others, []);
    assertNear(found?.start, 600, 20);
    assertNear(found?.end, 2400, 90);
  });

  it('knows that one heart rests at 48 and another at 85', () => {
    const slow = [...levels('heartRate', [48, 900], [84, 900], [50, 600])];
    assert.equal(recognise(exerciseRecogniser(), slow).length, 1);
    const fast = [...levels('heartRate', [85, 7200], [102, 900], [85, 600])];
    assert.deepEqual(recognise(exerciseRecogniser(), fast), []);
  });

  it('tells no workout that lasts all day of a watch that was worn at night, however calm that was', () => {
    /** Asleep until 7, up, a walk of six minutes at 8, at a desk until 23; two such days. */
    const days = (asleep: number, awake: number, walk: number, every: number): Said[] => {
      const at = (hour: number) => (hour < 7 || hour >= 23 ? asleep : hour >= 8 && hour < 8.1 ? walk : awake);
      return Array.from({ length: (48 * 3600) / every }, (_, index): Said => {
        const t = index * every;
        return [t, { heartRate: at((t / 3600) % 24) + (Math.floor(t / 600) % 3) }];
      });
    };
    for (const every of [5, 60]) {
      const walks = recognise(exerciseRecogniser(), days(47, 71, 98, every));
      assert.deepEqual(
        walks.map(({ start }) => Math.round(start / 360) / 10),
        [8, 32],
      );
      for (const { start, end = Number.NaN } of walks) assert.ok(end - start < 600, `${start} .. ${end}`);
    }
    // Who is that calm asleep, or new to the watch with so fast a heart, gets up with what might be a workout.
    const much = [days(41, 73, 110, 5), levels('heartRate', [106, 6 * 3600])];
    for (const run of much.flatMap((said) => recognise(exerciseRecogniser(), said))) {
      assert.ok(run.end !== undefined && run.end - run.start < 4 * 3600, JSON.stringify(run));
    }
  });

  it('finds hours of an effort that is not great in the heart alone', () => {
    for (const [rate, seconds] of [
      [105, 7200],
      [97, 10_000],
    ] as const) {
      const said = levels('heartRate', [62, 600], [rate, seconds], [66, 600]);
      const [run, ...others] = recognise(exerciseRecogniser(), said);
      assert.deepEqual(others, []);
      assertNear(run?.end, 600 + seconds, 60);
    }
  });

  it('is over when the watch is off the wrist, where it says 0 then', () => {
    const [run, ...others] = recognise(exerciseRecogniser(), levels('heartRate', [70, 600], [150, 1800], [0, 3600]));
    assert.deepEqual(others, []);
    assertNear(run?.end, 2399, 1);
    assert.ok(run?.finishedAt !== undefined && run.finishedAt <= 2399 + 400);
  });

  it('ends when the machine is switched off', () => {
    const [run] = recognise(treadmill, levels('speed', [3, 600]));
    assertNear(run?.end, 599, 1);
    assert.ok(run?.finishedAt !== undefined && run.finishedAt <= 599 + 310);
  });

  it('ends as soon when it was off all night before', () => {
    const evening = oneIn(10, levels('speed', [0, 600]));
    const morning = oneIn(10, levels('speed', [3, 1500])).map(([t, said]): Said => [36_000 + t, said]);
    const [run] = recognise(treadmill, [...evening, ...morning]);
    assertNear(run?.end, 37_490, 1);
    assert.ok(run?.finishedAt !== undefined && run.finishedAt <= 37_490 + 360, `${run?.finishedAt}`);
  });

  it('leaves a plug’s power to the power recogniser, and takes a trainer’s', () => {
    const reading = { appliance: { id: 'a', name: 'A', profile: 'json' }, at: '', parameters: { power: 200 } };
    assert.equal(exerciseRecogniser().accepts(reading), false);
    assert.equal(exerciseRecogniser(true).accepts(reading), true);
  });

  it('reads a treadmill’s own frames', () => {
    const dialect = profileNamed('ble-standard').open({ address: '' });
    const said = Array.from({ length: 600 }, (_, t): Said => {
      const frame = Buffer.from('0c002c01e803000a000500', 'hex');
      frame.writeUInt16LE(t < 60 || t > 500 ? 0 : 900, 2);
      frame.writeUIntLE(Math.max(0, Math.round(2.5 * (Math.min(t, 500) - 60))), 4, 3);
      const heard = dialect.read({ topic: '', payload: { characteristic: '2acd', data: frame }, retained: false });
      return [t, heard?.parameters ?? {}];
    });
    const [run] = recognise(treadmill, said);
    assertNear(run?.start, 60, 1);
    assertNear(run?.end, 500, 1);
  });

  it('reads a bicycle that tells of its power four times a second, whose crank turns once in two', () => {
    const dialect = profileNamed('ble-standard').open({ address: '' });
    const said = Array.from({ length: 2400 }, (_, quarter): Said => {
      const t = quarter / 4;
      const turns = Math.floor((Math.min(500, Math.max(60, t)) - 60) / 2);
      const data = Buffer.from('2000000000000000', 'hex');
      data.writeInt16LE(turns > 0 && t < 500 ? 120 : 0, 2);
      data.writeUInt16LE(turns, 4);
      data.writeUInt16LE((1024 * (60 + 2 * turns)) % 65_536, 6);
      const payload = { characteristic: '2a63', data };
      const heard = dialect.read({ topic: '', payload, retained: false, at: 1000 * t });
      return [t, heard?.parameters ?? {}];
    });
    const [run, ...others] = recognise(treadmill, said);
    assert.deepEqual(others, []);
    assertNear(run?.start, 62, 5);
    assertNear(run?.end, 500, 5);
  });
});
