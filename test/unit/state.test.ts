import assert from 'node:assert/strict';
import { phaseOf, recognisersFor, stateRecogniser } from '../../activities/index.js';
import { profileNamed } from '../../appliances/index.js';
import type { ParameterValues } from '../../vocabulary/index.js';
import { assertNear, listen, reading, recognise, type Said } from '../support/readings.js';
import { at, Run, T0 } from '../support/tracker.js';

const appliance = stateRecogniser();
const cup = stateRecogniser(true);
const says = (t: number, state: string, more: ParameterValues = {}): Said => [t, { state, ...more }];
const EMBER = (part: string) => `fc54${part}-236c-4c94-8fa9-944a3e5353fa`;

/** Frames of a product, read by its profile. */
function frames(profile: string, ...sent: [t: number, characteristic: string, data: string][]): Said[] {
  const dialect = profileNamed(profile).open({ address: '' });
  return sent.flatMap(([t, characteristic, data]): Said[] => {
    const parameters = dialect.read({ topic: '', payload: { characteristic, data }, retained: false })?.parameters;
    return parameters && Object.keys(parameters).length > 0 ? [[t, parameters]] : [];
  });
}
const kettle = (t: number, action: number, target: number, now: number): [number, string, string] => {
  return [t, 'aa02', Buffer.from([action, 255, 0, 0, target, now, 1, 0, 0]).toString('hex')];
};
const level = (t: number, of30: number): [number, string, string] => [
  t,
  EMBER('0005'),
  of30.toString(16).padStart(2, '0'),
];
const liquid = (t: number, state: number): [number, string, string] => [t, EMBER('0008'), `0${state}`];

describe('words of appliances', () => {
  for (const [word, phase] of [
    ['heating', 'work'],
    ['S_Heat', 'work'],
    ['S_Hold+timer', 'hold'],
    ['KeepWarm', 'hold'],
    ['Keep Warm', 'hold'],
    ['keeping warm', 'hold'],
    ['boiling_temp', 'work'],
    ['BSH.Common.EnumType.OperationState.Run', 'work'],
    ['Finished', 'idle'],
    ['At Target', 'hold'],
    ['Cold (No control)', 'cold'],
    ['standby', 'idle'],
    ['Not Brewing', 'idle'],
    ['on', undefined],
    ['frothing', undefined],
    ['__proto__', undefined],
    ['', undefined],
  ] as const) {
    it(`takes "${word}" for ${phase ?? 'nothing it knows'}`, () => assert.equal(phaseOf(word), phase));
  }
});

describe('state recogniser, an appliance', () => {
  it('finds the boil of a Mi kettle and takes no keeping warm for another', () => {
    const said = frames(
      'mikettle',
      ...[kettle(0, 0, 85, 20), kettle(10, 1, 85, 21), kettle(60, 1, 85, 50), kettle(120, 1, 85, 84)],
      ...[kettle(130, 1, 85, 90), kettle(150, 1, 85, 100), kettle(160, 2, 85, 99), kettle(700, 3, 85, 85)],
      ...[kettle(900, 1, 85, 82), kettle(920, 3, 85, 85), kettle(1300, 1, 85, 82), kettle(1320, 3, 85, 85)],
    );
    assert.deepEqual(
      listen(appliance, said).told.map(({ event }) => event.type),
      ['start', 'finish'],
    );
    const [run] = recognise(appliance, said);
    assert.deepEqual([run?.start, run?.end], [10, 160]);
  });

  it('finds a boil of fresh water in a kettle that kept warm', () => {
    const said = frames(
      'mikettle',
      ...[
        kettle(0, 3, 85, 85),
        kettle(60, 1, 85, 25),
        kettle(120, 1, 85, 50),
        kettle(240, 1, 85, 99),
        kettle(250, 2, 85, 98),
      ],
    );
    const [run, ...others] = recognise(appliance, said);
    assert.deepEqual(others, []);
    assert.deepEqual([run?.start, run?.end], [60, 250]);
  });

  it('knows by the temperature that a Stagg holds its water, though it says that it heats', () => {
    const temperature = (t: number, celsius: number): [number, string, string][] => [
      [t, '2a80', 'efdd03'],
      [t, '2a80', Buffer.from([celsius, 0]).toString('hex')],
    ];
    const heating: [number, string, string][] = [
      ...([
        [0, '2a80', 'efdd02'],
        [0, '2a80', '6000'],
        [1, '2a80', 'efdd00'],
        [1, '2a80', '01'],
      ] as [number, string, string][]),
      ...Array.from({ length: 120 }, (_, i) => temperature(2 + 5 * i, Math.min(96, 20 + i))).flat(),
    ];
    const [run, ...others] = recognise(appliance, frames('stagg-ekg', ...heating));
    assert.deepEqual(others, []);
    // 95 °C is within 1.5 of 96: after 75 steps of 5 s.
    assertNear(run?.start, 1, 0);
    assertNear(run?.end, 377, 6);
  });

  it('ends a boil at its target, whatever word that it does not know comes meanwhile', () => {
    const hot = { temperature: 95, targetTemperature: 95 };
    const said = [says(0, 'idle'), says(10, 'heating'), says(200, 'zzz', hot), says(900, 'idle')];
    const [run, ...others] = recognise(appliance, said);
    assert.deepEqual([run?.start, run?.end, others], [10, 200, []]);
  });

  it('knows that what brews at its temperature brews', () => {
    const hot = { temperature: 93, targetTemperature: 93 };
    const brew = (from: number) => Array.from({ length: 12 }, (_, i) => says(from + 5 * i, 'brewing', hot));
    const said = [says(0, 'idle'), ...brew(10), says(70, 'idle'), ...brew(600), says(660, 'idle')];
    assert.deepEqual(
      recognise(appliance, said).map(({ start, end }) => [start, end]),
      [
        [10, 70],
        [600, 660],
      ],
    );
  });

  it('knows that what cooks goes on for long after it has reached its temperature', () => {
    const cooking = Array.from({ length: 120 }, (_, i) => {
      return says(60 + 60 * i, 'cooking', { temperature: Math.min(180, 20 + 16 * i), targetTemperature: 180 });
    });
    const [run, ...others] = recognise(appliance, [says(0, 'ready'), ...cooking, says(7260, 'done')]);
    assert.deepEqual([run?.start, run?.end, others], [60, 7260, []]);
  });

  it('finds the short brew of a machine that kept warm', () => {
    const brewed = (values: ParameterValues) => {
      const said = [says(10, 'keep warm', values), says(600, 'brewing', values), says(628, 'idle', values)];
      return recognise(appliance, said).map(({ start, end }) => [start, end]);
    };
    assert.deepEqual(brewed({ temperature: 93, targetTemperature: 93 }), [[600, 628]]);
    assert.deepEqual(brewed({}), [[600, 628]], 'one that tells of no temperature');
  });

  it('finds it also where it says for a moment that it heats before it brews', () => {
    const said = [says(10, 'keep warm'), says(600, 'heating'), says(608, 'brewing'), says(634, 'idle')];
    assert.deepEqual(
      recognise(appliance, said).map(({ start, end }) => [start, end]),
      [[608, 634]],
    );
  });

  it('understands a word that its owner has taught by how hot it is, and is to be', () => {
    const spans = (word: string, said: Said[]) => {
      const means = [{ word, is: 'busy' as const }];
      const taught = { ...appliance, initial: () => ({ ...appliance.initial(), means }) };
      return recognise(taught, said).map(({ start, end }) => [start, end]);
    };
    type Span = readonly [from: number, to: number, seconds: number];
    const every = ([from, to, seconds]: Span, word: string, target: number, warm: (t: number) => number) =>
      Array.from({ length: Math.ceil((to - from) / seconds) }, (_, i) => {
        const t = from + seconds * i;
        return says(t, word, { temperature: warm(t), targetTemperature: target });
      });
    const boils = every([10, 900, 10], 'Aufheizen', 95, (t) => Math.min(95, 20 + (75 * (t - 10)) / 190));
    assert.deepEqual(spans('aufheizen', [says(0, 'idle'), ...boils, says(900, 'idle')]), [[10, 200]]);
    const brews = every([10, 70, 5], 'Brühen', 93, () => 93);
    assert.deepEqual(spans('brühen', [says(0, 'idle'), ...brews, says(70, 'idle')]), [[10, 70]]);
    const cooks = every([60, 7260, 60], 'Garen', 180, (t) => Math.min(180, t / 4));
    assert.deepEqual(spans('garen', [says(0, 'idle'), ...cooks, says(7260, 'idle')]), [[60, 7260]]);
    const warms = [says(10, 'keep warm'), ...every([600, 630, 5], 'Aufheizen', 95, () => 93), says(630, 'keep warm')];
    assert.deepEqual(spans('aufheizen', [...warms, says(900, 'idle')]), []);
    const dips = every([200, 900, 10], 'Aufheizen', 95, (t) => 95 - 3 * Math.abs(Math.sin(t / 60)));
    const heats = every([10, 200, 10], 'Aufheizen', 95, (t) => 20 + (75 * (t - 10)) / 190);
    const [boiled, ...more] = spans('aufheizen', [says(0, 'idle'), ...heats, ...dips, says(900, 'idle')]);
    assert.deepEqual([boiled?.[0], more], [10, []], 'one whose thermostat keeps it warm');
    const served = [says(0, 'keep warm'), says(600, 'Dispensing'), says(628, 'keep warm'), says(900, 'idle')];
    assert.deepEqual(spans('dispensing', served), [[600, 628]], 'one that tells of no target');
  });

  it('follows any appliance whose state is a word, through a pause', () => {
    const said = [
      says(0, 'Ready'),
      says(60, 'Run'),
      says(600, 'Pause'),
      says(900, 'Run'),
      says(2000, 'Run'),
      says(3000, 'Finished'),
    ];
    const [run, ...others] = recognise(appliance, said);
    assert.deepEqual(others, []);
    assert.deepEqual([run?.start, run?.end], [60, 3000]);
  });

  it('takes the water of a machine for no cup, whatever it says of it', () => {
    const machine = stateRecogniser(false);
    const shot = [says(0, 'ready'), says(10, 'empty'), says(20, 'ready'), says(100, 'brewing')];
    const [coffee, ...more] = recognise(machine, [...shot, says(160, 'keeping warm'), says(1000, 'off')]);
    assert.deepEqual(more, []);
    assert.deepEqual([coffee?.start, coffee?.end], [100, 160]);
    const washing = [says(180, 'washing'), says(1500, 'filling'), says(1700, 'rinsing'), says(2600, 'spinning')];
    const [laundry, ...others] = recognise(machine, [
      says(0, 'ready'),
      says(60, 'filling'),
      ...washing,
      says(3000, 'done'),
    ]);
    assert.deepEqual(others, []);
    assert.deepEqual([laundry?.start, laundry?.end], [180, 3000]);
  });

  it('takes an end back when it heats on at once', () => {
    const said = [says(0, 'idle'), says(10, 'heating'), says(90, 'idle'), says(100, 'heating'), says(160, 'idle')];
    assert.deepEqual(
      listen(appliance, said).told.map(({ event }) => event.type),
      ['start', 'finish', 'resume', 'finish'],
    );
  });

  it('guesses nothing from words that it does not know, and nothing from on and off alone', () => {
    assert.equal(appliance.accepts(reading(0, { state: 'frothing' })), false);
    assert.equal(appliance.accepts(reading(0, { state: 'on' })), false);
    assert.equal(appliance.accepts(reading(0, { state: 'off' })), false);
    assert.equal(appliance.accepts(reading(0, { state: 'off' }), appliance.initial()), true);
    assert.deepEqual(recognise(appliance, [says(0, 'frothing'), says(60, 'on'), says(90, 'off')]), []);
    const [run] = recognise(appliance, [says(0, 'idle'), says(10, 'brewing'), says(20, 'frothing'), says(40, 'off')]);
    assert.deepEqual([run?.start, run?.end], [10, 40]);
  });
});

describe('a plug that tells its switch as well', () => {
  const words = [
    ['off', 'on'],
    ['OFF', 'ON'],
    ['Off', 'On'],
  ] as const;
  const recognisers = recognisersFor('auto', 'kettle', 'food-and-beverage');
  /** A boil of 200 s, for which somebody switches the plug. */
  const boil = ([off, on]: readonly [string, string]) =>
    Array.from({ length: 120 }, (_, index) => index * 5).map((t) => {
      const isOn = t >= 100 && t < 300;
      return at(t, { power: isOn ? 2000 : 0, state: isOn ? on : off });
    });
  const toldOf = (run: Run) => run.activities.map(({ state, seconds }) => `${state} ${seconds}`);

  for (const word of words) {
    it(`is listened to for its power when it writes ${word[0]}`, () => {
      const run = new Run({ recognisers, everySeconds: 0 }).feed(...boil(word));
      assert.equal(run.state.recogniser?.name, 'power');
      assert.deepEqual(toldOf(run).slice(-1), ['finished 200']);
    });
  }

  it('is listened to again where an older version was deaf to its power, and one that says more is not forgotten', () => {
    const memoryOf = (said: Said[]) =>
      said.reduce((state, [t, words]) => appliance.step(state, reading(t, words)).state, appliance.initial());
    const seconds = T0 / 1000;
    const stuck = [says(seconds - 900, 'OFF'), says(seconds - 600, 'ON'), says(seconds - 300, 'OFF')];
    assert.equal(appliance.isOwn?.(memoryOf([says(seconds - 900, 'heating'), ...stuck.slice(1)])), true);
    const run = new Run({ recognisers, everySeconds: 0 });
    run.state = { ...run.state, recogniser: { name: 'state', kind: 'kettle', memory: memoryOf(stuck) } };
    assert.deepEqual(toldOf(run.feed(...boil(['OFF', 'ON']))).slice(-1), ['finished 200']);
  });
});

describe('state recogniser, a cup', () => {
  /** Filled, heated, at target, drunk in four sips, empty. */
  const drunk = frames(
    'ember',
    ...[liquid(0, 1), level(0, 0), liquid(60, 2), level(62, 20), level(70, 30), liquid(80, 5), liquid(400, 6)],
    // A sip shows as a fall that stays; while the cup is tilted the level jumps.
    ...[level(500, 26), level(520, 26), level(640, 0), level(642, 26), level(800, 21), level(815, 21)],
    ...[level(1000, 15), level(1010, 15), level(1200, 6), level(1210, 6), liquid(1300, 1)],
  );

  it('takes a drink from filling to empty for one, its sips by the level', () => {
    const [run, ...others] = recognise(cup, drunk);
    assert.deepEqual(others, []);
    assert.deepEqual([run?.start, run?.end], [60, 1300]);
    assert.deepEqual(
      run?.actions.map(({ action, end }) => `${action} ${end}`),
      ['sip 500', 'sip 800', 'sip 1000', 'sip 1200'],
    );
  });

  it('knows that an Ember is a cup whatever kind its owner chose', () => {
    const [run, ...others] = recognise(stateRecogniser(false), drunk, 'ember');
    assert.deepEqual(others, []);
    assert.deepEqual([run?.start, run?.end, run?.actions.length], [60, 1300, 4]);
  });

  it('knows a cup of no kind by what it says of its drink', () => {
    const [run, ...others] = recognise(stateRecogniser(), drunk);
    assert.deepEqual(others, []);
    assert.deepEqual([run?.start, run?.end, run?.actions.length], [60, 1300, 4]);
  });

  it('takes back what a lifted empty cup seemed to be', () => {
    const runs = recognise(cup, frames('ember', liquid(0, 1), liquid(60, 5), liquid(80, 1)));
    assert.deepEqual(runs, []);
  });

  it('ends a drink that was forgotten', () => {
    const [run] = recognise(
      cup,
      frames(
        'ember',
        liquid(0, 1),
        liquid(60, 2),
        liquid(100, 6),
        liquid(1500, 6),
        liquid(3000, 6),
        liquid(4500, 7),
        liquid(6000, 7),
        liquid(7000, 3),
      ),
    );
    assert.deepEqual([run?.start, run?.end], [60, 7000]);
  });

  it('goes on when the cup was taken for empty for a moment', () => {
    const runs = recognise(
      cup,
      frames('ember', liquid(0, 2), liquid(100, 6), liquid(400, 1), liquid(420, 6), liquid(900, 1)),
    );
    assert.equal(runs.length, 1);
    assert.equal(runs[0]?.end, 900);
  });
});
