import assert from 'node:assert/strict';
import { stateRecogniser } from '../../activities/index.js';
import { profileNamed } from '../../appliances/index.js';
import { assertNear, listen, recognise, type Said } from '../support/readings.js';

/**
 * What real appliances said, when they said it: times and values as others noted them, sources in test/fixtures/README.md.
 * What was not noted is varied, and said to be.
 */
const appliance = stateRecogniser();
const cup = stateRecogniser(true);

/**
 * One drink of an Ember Mug 2 as the mug itself logged it, seconds since it was poured: 11:07:29 on 15 September 2026. Each time it
 * was lifted it said standby, and that it heats once it was put down again.
 */
const MUG: readonly Said[] = [
  [3, { state: 'filling' }],
  [13, { state: 'heating', targetTemperature: 62.77 }],
  [613, { level: 100, temperature: 62.5 }],
  [1213, { level: 100, temperature: 62.5 }],
  [1384, { targetTemperature: 57.21 }],
  [1714, { targetTemperature: 62.76 }],
  [1813, { level: 100, temperature: 59.5 }],
  [2136, { state: 'heating' }],
  [2147, { targetTemperature: 57.21 }],
  [2510, { state: 'heating' }],
  [2649, { state: 'at target' }],
  [2929, { targetTemperature: 62.76 }],
  [3233, { level: 100, temperature: 62.5, state: 'at target' }],
  [3833, { level: 100, temperature: 62.5, state: 'at target' }],
  [4277, { state: 'heating' }],
  [4385, { state: 'heating' }],
  [4636, { state: 'heating' }],
  [4711, { level: 20 }],
  [5236, { level: 20, temperature: 62.8 }],
  [5611, { level: 16.67 }],
  [5836, { level: 16.67, temperature: 62.8 }],
  [6436, { level: 16.67, temperature: 61.5 }],
  [7036, { level: 16.67, temperature: 62.6 }],
  [7474, { targetTemperature: 60 }],
];
const PUT_DOWN = [2136, 2510, 4277, 4385, 4636];

/** The mug's drink, when it was lifted so many seconds before it was put down again: that is not in the log. */
function lifted(seconds: number): Said[] {
  const lifts = PUT_DOWN.map((t, i): Said => {
    const before = Math.max(...MUG.map(([at]) => at).filter((at) => at < t), PUT_DOWN[i - 1] ?? 0);
    return [Math.max(before + 1, t - seconds), { state: 'standby' }];
  });
  return [...MUG, ...lifts].sort(([a], [b]) => a - b);
}

describe('state recogniser on what a real Ember mug said', () => {
  for (const seconds of [2, 20, 60, 240, 440]) {
    it(`takes a drink of two hours for one, though the mug was lifted five times, for up to ${seconds} s`, () => {
      const { told } = listen(cup, lifted(seconds), { profile: 'ember', after: 5 });
      const runs = told.map(({ event }) => event.type).filter((type) => type !== 'action');
      assert.deepEqual(runs, ['start']);
      assert.deepEqual(told[0]?.event.type === 'start' && told[0].event.at, 3000);
    });
  }

  it('ends it when the mug was put away: it says standby and nothing else', () => {
    const said: Said[] = [
      ...lifted(60),
      [7600, { state: 'standby' }],
      [8300, { temperature: 30 }],
      [9100, { temperature: 27 }],
    ];
    const [run, ...others] = recognise(cup, said, 'ember');
    assert.deepEqual(others, []);
    assert.deepEqual([run?.start, run?.end], [3, 7600]);
    assertNear(run?.finishedAt, 7600 + 900, 5);
  });

  describe('whose owner has taught that it must heat for ten minutes', () => {
    const taught = { ...cup, initial: () => ({ ...cup.initial(), taught: { '=heating': 600 } }) };
    const heating = (from: number, to: number): Said[] =>
      Array.from({ length: Math.ceil((to - from) / 60) }, (_, i): Said => [from + 60 * i, { state: 'heating' }]);

    it('counts the time in the hand, too', () => {
      const said: Said[] = [...heating(0, 300), [300, { state: 'standby' }], ...heating(330, 1800)];
      const [run, ...others] = recognise(taught, said, 'ember');
      assert.deepEqual([run?.start, others], [0, []]);
    });

    it('takes one that was put away before for no drink', () => {
      const said: Said[] = [...heating(0, 300), [300, { state: 'standby' }], [1300, { temperature: 30 }]];
      const again: Said[] = [...heating(1400, 1700), [1700, { state: 'empty' }]];
      assert.deepEqual(recognise(taught, [...said, ...again], 'ember'), []);
    });
  });

  it('takes an empty mug that is lifted for no drink', () => {
    const said: Said[] = [
      [0, { state: 'empty', level: 0 }],
      [600, { state: 'standby' }],
      [900, { state: 'empty' }],
    ];
    assert.deepEqual(recognise(cup, said, 'ember'), []);
  });

  it('takes no tilt for a sip while it is in the hand', () => {
    const said: Said[] = [
      ...MUG.slice(0, 3),
      [700, { state: 'standby' }],
      ...[710, 715, 725, 740].map((t): Said => [t, { level: 30 }]),
      [745, { state: 'heating' }],
      [748, { level: 100 }],
      [1213, { level: 100 }],
    ];
    const [run] = recognise(cup, said, 'ember');
    assert.deepEqual(run?.actions, []);
  });
});

/** What an EKG Pro answered, at so many seconds of its own clock (`ticks`): off, heating well above its target, holding. */
const KETTLE: readonly [t: number, mode: string, tempr: string, temprT: number][] = [
  [991.01, 'S_Off', '50.491463', 96.111115],
  [1640.44, 'S_Heat', '88.157149', 83.888885],
  [1674.72, 'S_Hold', '87.158235', 83.888885],
  [1718.16, 'S_Hold+menu', '85.851106', 83.888885],
  [1826.9, 'S_StartupToTempr', '83.071825', 83.888885],
  [2307.67, 'S_Calib_Started+menu', '85.524724', 84.5],
  [2450.92, 'S_Calib_finish+menu', '98.873996', 84.5],
];

describe('state recogniser on what real kettles said', () => {
  it('ends the heating of an EKG Pro when it says that it holds, and guesses nothing from its calibration', () => {
    const dialect = profileNamed('stagg-ekg').open({ address: '' });
    const said = KETTLE.map(([t, mode, tempr, temprT]): Said => {
      const payload = `mode=${mode}\ntempr=${tempr} C\ntemprB=99.459999 C\ntemprT=${temprT} C\n`;
      return [t, dialect.read({ topic: '', payload, retained: false })?.parameters ?? {}];
    });
    const [run] = recognise(appliance, said, 'stagg-ekg');
    assert.deepEqual([run?.start, run?.end], [1640.44, 1674.72]);
  });

  it('finds the boil of an EKG+ whose slider for holding is on, and that goes off an hour after it was hot', () => {
    const dialect = profileNamed('stagg-ekg').open({ address: '' });
    const hear = (t: number, ...sent: string[]): Said[] =>
      sent.flatMap((data): Said[] => {
        const { parameters = {} } =
          dialect.read({ topic: '', payload: { characteristic: '2a80', data }, retained: false }) ?? {};
        return Object.keys(parameters).length > 0 ? [[t, parameters]] : [];
      });
    // The order of a real round of notifications; how fast the water got warm is made up.
    const round = (t: number, isOn: boolean, fahrenheit: number) => {
      const now = Buffer.from([fahrenheit, 1, fahrenheit, 1]).toString('hex');
      const on = isOn ? '010100' : '000000';
      const rest = ['efdd06', on, 'efdd07', '000000', 'efdd08', '010100', 'efdd05', 'ffffffff'];
      return hear(t, 'efdd03', now, 'efdd02', 'cd01cd01', 'efdd00', on, 'efdd01', '010100', ...rest);
    };
    const said = [
      ...round(0, false, 32),
      ...Array.from({ length: 27 }, (_, i) => round(10 + 10 * i, true, Math.min(205, 75 + 5 * i))).flat(),
      ...Array.from({ length: 360 }, (_, i) => round(280 + 10 * i, true, 204 + (i % 3))).flat(),
      ...round(3880, false, 32),
    ];
    const [run, ...others] = recognise(appliance, said, 'stagg-ekg');
    assert.deepEqual(others, []);
    assertNear(run?.start, 10, 0);
    assertNear(run?.end, 270, 10);
  });

  /** Hot at 280 s, held until it is lifted at 900 s and back at 930 s, and how warm it is from then on. */
  const liftedWhileHolding = (after: (t: number) => number): Said[] => [
    ...Array.from(
      { length: 28 },
      (_, i): Said => [
        10 + 10 * i,
        { state: 'heating', temperature: Math.min(96, 26 + 2.6 * i), targetTemperature: 96 },
      ],
    ),
    ...Array.from({ length: 61 }, (_, i): Said => [290 + 10 * i, { state: 'heating', temperature: 96 }]),
    [900, { state: 'lifted' }],
    ...Array.from({ length: 60 }, (_, i): Said => [930 + 10 * i, { state: 'heating', temperature: after(i) }]),
  ];

  it('takes a pour from a kettle that holds and calls that heating for nothing new', () => {
    const runs = recognise(
      appliance,
      liftedWhileHolding((i) => (i < 3 ? 90 : 96)),
      'stagg-ekg',
    );
    assert.equal(runs.length, 1);
  });

  it('finds it when that kettle is filled again', () => {
    const [, again, ...others] = recognise(
      appliance,
      liftedWhileHolding((i) => Math.min(96, 20 + 3 * i)),
      'stagg-ekg',
    );
    assert.deepEqual(others, []);
    assertNear(again?.start, 930, 10);
  });
});
