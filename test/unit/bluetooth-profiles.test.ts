import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type ApplianceListener, connectAppliance, profileNamed, Wire } from '../../appliances/index.js';
import { isParameterName, isParameterValue, type ParameterValues } from '../../vocabulary/index.js';
import { HandClock } from '../support/appliance.js';

const EMBER = (part: string) => `fc54${part}-236c-4c94-8fa9-944a3e5353fa`;
const BLUETOOTH = ['ble-standard', 'ember', 'acaia', 'bookoo', 'felicita', 'decent-scale', 'mikettle', 'stagg-ekg'];
/** Every characteristic that some profile reads. */
const CHARACTERISTICS = [
  ...['2a6e', '2a1c', '2a37', '2a53', '2a5b', '2a63', '2ad2', '2acd', '2ad1', '2a19', '2a80', 'ff11', 'ffe1', 'fff4'],
  ...['aa02', '49535343-1e4d-4bd9-ba61-23c647249616', ...['0002', '0003', '0005', '0007', '0008', '0012'].map(EMBER)],
];

/** What one connection hears of frames that came one after the other: all parameters, the later ones over the earlier. */
function heard(profile: string, ...frames: [characteristic: string, data: unknown][]): ParameterValues {
  const dialect = profileNamed(profile).open({ address: '' });
  const parameters: ParameterValues = {};
  for (const [characteristic, data] of frames) {
    Object.assign(
      parameters,
      dialect.read({ topic: '', payload: { characteristic, data }, retained: false })?.parameters,
    );
  }
  return parameters;
}

describe('Bluetooth profiles', () => {
  // Examples of the specifications and of the tests of zacharyedwardbull/pycycling.
  for (const [characteristic, data, expected] of [
    ['2a6e', 'ca09', { temperature: 25.06 }],
    ['2a1c', '00720100ff', { temperature: 37 }],
    ['2a37', '002a', { heartRate: 42 }],
    ['2a37', '1048e803ac03', { heartRate: 72 }],
    ['2a37', '018000', { heartRate: 128 }],
    ['2a37', '0000', {}],
    ['2a53', '0700025a780010270000', { speed: 2, cadence: 90, distance: 1000 }],
    ['2ad2', '4402d0078c00fa0080', { speed: 5.555555556, cadence: 70, power: 250, heartRate: 128 }],
    ['2acd', '0c002c01e803000a000500', { speed: 0.8333333333, distance: 1000 }],
    ['2ad1', '0c00300a00f401007800', { cadence: 24, distance: 500, speed: 4.166666667 }],
    ['2a63', '0000fa00', { power: 250 }],
    ['2a19', '33', { battery: 51 }],
    ['2a19', 'ff', {}],
  ] as const) {
    it(`reads ${characteristic} ${data}`, () =>
      assert.deepEqual(heard('ble-standard', [characteristic, data]), expected));
  }

  it('makes rates of the counters of wheel and crank, which wrap', () => {
    // The first frame of pycycling's test: wheel 4294967295 at 16131, crank 2047 at 4071.
    const first = '03ffffffff033fff07e70f';
    assert.deepEqual(heard('ble-standard', ['2a5b', first]), {});
    const after = Buffer.from(first, 'hex');
    after.writeUInt32LE(4, 1);
    after.writeUInt16LE(16131 + 1024, 5);
    after.writeUInt16LE(2048, 7);
    after.writeUInt16LE(4071 + 1024, 9);
    // Five turns of the wheel and one of the crank in a second.
    assert.deepEqual(heard('ble-standard', ['2a5b', first], ['2a5b', after]), { speed: 10.525, cadence: 60 });
    assert.deepEqual(heard('ble-standard', ['2a5b', after], ['2a5b', after]), {});
  });

  describe('of a wheel and a crank that are told of more often than they turn', () => {
    const second = 1000;
    /** Frames of 2a5b with what wheel and crank have counted, and when, in seconds; 2a63 with the crank alone. */
    const both = (turns: number, time: number) => {
      const data = Buffer.alloc(11, 3);
      data.writeUInt32LE(turns, 1);
      data.writeUInt16LE((time * 1024) % 65_536, 5);
      data.writeUInt16LE(turns, 7);
      data.writeUInt16LE((time * 1024) % 65_536, 9);
      return ['2a5b', data] as const;
    };
    const power = (turns: number, time: number) => {
      const data = Buffer.from('2000fa0000000000', 'hex');
      data.writeUInt16LE(turns, 4);
      data.writeUInt16LE((time * 1024) % 65_536, 6);
      return ['2a63', data] as const;
    };
    const listening = () => {
      const dialect = profileNamed('ble-standard').open({ address: '' });
      return ([characteristic, data]: readonly [string, Buffer], at: number) =>
        dialect.read({ topic: '', payload: { characteristic, data }, retained: false, at })?.parameters;
    };

    it('says nothing until a turn is late, and then that they stand', () => {
      const hear = listening();
      assert.deepEqual(hear(both(1, 1), 0), {});
      assert.deepEqual(hear(both(2, 2), second), { speed: 2.105, cadence: 60 });
      for (const late of [0.25, 1, 4.9]) assert.deepEqual(hear(both(2, 2), (1 + late) * second), {}, `${late}`);
      for (const late of [5, 60, 600]) {
        assert.deepEqual(hear(both(2, 2), (1 + late) * second), { speed: 0, cadence: 0 }, `${late}`);
      }
      // Ten minutes are many times round the counters' clock.
      assert.deepEqual(hear(both(3, 603), 602 * second), {});
      assert.deepEqual(hear(both(4, 604), 603 * second), { speed: 2.105, cadence: 60 });
    });

    it('takes what the other characteristic says of the same turn for a repeat', () => {
      const hear = listening();
      hear(power(1, 1), 0);
      assert.deepEqual(hear(power(2, 2), second), { power: 250, cadence: 60 });
      assert.deepEqual(hear(both(2, 2), 1.1 * second), {});
      assert.deepEqual(hear(power(2, 2), 1.2 * second), { power: 250 });
      assert.deepEqual(hear(both(3, 4), 3 * second)?.cadence, 30);
    });

    it('stands when the hub’s clock was set back, too', () => {
      const hear = listening();
      hear(power(1, 1), 3600 * second);
      assert.deepEqual(hear(power(1, 1), 0), { power: 250, cadence: 0 });
    });
  });

  it('reads an Ember mug', () => {
    // Values of sopelj/python-ember-mug's tests, and what a mug said in sopelj/hass-ember-mug-component #52.
    assert.deepEqual(heard('ember', [EMBER('0002'), 'cd15']), { temperature: 55.81 });
    assert.deepEqual(heard('ember', [EMBER('0003'), '0518']), { targetTemperature: 61.49 });
    assert.deepEqual(heard('ember', [EMBER('0005'), '0a']), { level: 33.33 });
    assert.deepEqual(heard('ember', [EMBER('0005'), '1e']), { level: 100 });
    // A travel mug, which counts in percent: 100, and then 14.
    assert.deepEqual(heard('ember', [EMBER('0005'), '64'], [EMBER('0005'), '0e']), { level: 14 });
    assert.deepEqual(heard('ember', [EMBER('0005'), '24'], [EMBER('0005'), '23']), { level: 35 });
    assert.deepEqual(heard('ember', [EMBER('0007'), '3900f81100']), { battery: 57 });
    assert.deepEqual(heard('ember', [EMBER('0008'), '06']), { state: 'at target' });
    assert.deepEqual(heard('ember', [EMBER('0008'), '63']), { state: 'state 99' });
    assert.deepEqual(heard('ember', [EMBER('0012'), '07'], [EMBER('0014'), 'f400a1ff']), {});
  });

  it('reads scales', () => {
    const pyxis = '49535343-1e4d-4bd9-ba61-23c647249616';
    assert.deepEqual(heard('acaia', ['2a80', 'efdd0c08052107000001002a0c']), { weight: 182.5 });
    assert.deepEqual(heard('acaia', [pyxis, 'efdd0c08052107000002002b0c']), { weight: 18.25 });
    assert.deepEqual(heard('acaia', [pyxis, 'efdd0c08052d00000001023607']), { weight: -4.5 });
    assert.deepEqual(heard('acaia', [pyxis, 'efdd080952020101000100000d53']), { battery: 82 });
    assert.deepEqual(heard('acaia', [pyxis, 'efdd0c05070117040a1e']), {});
    assert.deepEqual(heard('bookoo', ['ff11', '030b0030d4012b0007212b00af52000502010030']), {
      weight: 18.25,
      flow: 1.75,
      battery: 82,
    });
    assert.deepEqual(heard('felicita', ['ffe1', '01022b303031383235206700000000960000']), {
      weight: 18.25,
      battery: 72,
    });
    assert.deepEqual(heard('decent-scale', ['fff4', '03ce00b600007b']), { weight: 18.2 });
    assert.deepEqual(heard('decent-scale', ['fff4', '03cafff10000c7']), { weight: -1.5 });
  });

  it('tells grams, whatever unit a scale shows', () => {
    const [ounces, grams] = ['efdd080952050101000100001053', 'efdd080952020101000100000d53'] as const;
    const said = 'efdd0c0805251900000300301e';
    assert.deepEqual(heard('acaia', ['2a80', ounces], ['2a80', said]), { battery: 82, weight: 182.4858796 });
    assert.deepEqual(heard('acaia', ['2a80', ounces], ['2a80', grams], ['2a80', said]).weight, 6.437);
    assert.deepEqual(heard('acaia', ['2a80', said]), { weight: 6.437 });
    // Nobody has told what the digits of a Felicita mean in ounces.
    assert.deepEqual(heard('felicita', ['ffe1', '01022b3030313832356f7a00000000960000']), { battery: 72 });
    assert.equal(heard('felicita', ['ffe1', '01022b303031383235670000000000960000']).weight, 18.25);
  });

  it('puts an Acaia frame together that came in two notifications, after half of another', () => {
    const frames: [string, string][] = ['21efdd0c0805', '2107000001', '002a0cefdd'].map((data) => ['2a80', data]);
    assert.deepEqual(heard('acaia', ...frames), { weight: 182.5 });
  });

  it('tells no weight that an Acaia did not show, wherever it went away in the middle of a frame', () => {
    const [first, next] = ['efdd0c08052107000001002a0c', 'efdd0c08052107000002002b0c'] as const;
    for (let cut = 0; cut < first.length; cut += 2) {
      for (let split = 0; split < next.length; split += 2) {
        const dialect = profileNamed('acaia').open({ address: '' });
        const weights = [first.slice(0, cut), next.slice(0, split), next.slice(split)].map((data) => {
          const payload = { characteristic: '2a80', data };
          return dialect.read({ topic: '', payload, retained: false })?.parameters?.weight;
        });
        assert.deepEqual(weights, [undefined, undefined, 18.25], `${cut} ${split}`);
      }
    }
  });

  it('reads kettles', () => {
    assert.deepEqual(heard('mikettle', ['aa02', '01ff0000553c010000']), {
      state: 'heating',
      targetTemperature: 85,
      temperature: 60,
    });
    assert.deepEqual(heard('stagg-ekg', ['2a80', 'efdd03'], ['2a80', 'c401']), { temperature: 91.1 });
    const turnedOn: [string, string][] = [
      ['2a80', 'efdd00'],
      ['2a80', '01'],
    ];
    assert.deepEqual(heard('stagg-ekg', ...turnedOn), { state: 'heating' });
    assert.deepEqual(heard('stagg-ekg', ...turnedOn, ['2a80', 'efdd08'], ['2a80', '00']), { state: 'lifted' });
    const pro = profileNamed('stagg-ekg').open({ address: '' });
    const state = 'scrname=wnd value=0 mode=S_Heat tempr=37.82 C temprT=40 C clock=22:21 units=1 nw=0';
    assert.deepEqual(pro.read({ topic: '', payload: state, retained: false })?.parameters, {
      state: 'S_Heat',
      temperature: 37.82,
      targetTemperature: 40,
    });
  });

  it('takes no slider for holding, and no 32 of a Stagg that is off for a temperature', () => {
    const said: [string, string][] = ['efdd00', '010100', 'efdd01', '010100', 'efdd06', '010100'].map((data) => [
      '2a80',
      data,
    ]);
    assert.deepEqual(heard('stagg-ekg', ...said), { state: 'heating' });
    assert.deepEqual(heard('stagg-ekg', ['2a80', 'efdd03'], ['2a80', '20012001']), {});
    assert.deepEqual(heard('stagg-ekg', ['2a80', 'efdd03'], ['2a80', '20002000']), {});
  });

  it('takes a Stagg on its base for neither on nor off until it says which', () => {
    const onBase: [string, string][] = [
      ['2a80', 'efdd08'],
      ['2a80', '01'],
    ];
    assert.deepEqual(heard('stagg-ekg', ...onBase), {});
    for (const [isOn, state] of [
      ['01', 'heating'],
      ['00', 'off'],
    ] as const) {
      assert.deepEqual(heard('stagg-ekg', ...onBase, ['2a80', 'efdd00'], ['2a80', isOn]), { state });
    }
  });

  it('knows by an impossible temperature that an EKG Pro was lifted', () => {
    for (const tempr of ['nan C', '1885156601 C', '1884222211 C']) {
      const state = `mode=S_Heat\ntempr=${tempr}\ntemprT=96.111115 C\n`;
      const pro = profileNamed('stagg-ekg').open({ address: '' });
      assert.deepEqual(pro.read({ topic: '', payload: state, retained: false })?.parameters, {
        state: 'lifted',
        targetTemperature: 96.111115,
      });
    }
  });

  it('takes the bytes in every form that other nodes send them in, and any spelling of the characteristic', () => {
    const expected = { heartRate: 42 };
    for (const data of [
      '002A',
      Buffer.from('002a', 'hex'),
      [0, 42],
      JSON.parse(JSON.stringify(Buffer.from([0, 42]))),
    ]) {
      assert.deepEqual(heard('ble-standard', ['00002A37-0000-1000-8000-00805F9B34FB', data]), expected);
    }
    const dialect = profileNamed('ble-standard').open({ address: 'strap' });
    assert.deepEqual(dialect.topics, ['strap']);
    for (const payload of [
      '{"characteristic":"0x2a37","data":"002a"}',
      Buffer.from('{"characteristic":"2a37","data":"002a"}'),
    ]) {
      assert.deepEqual(dialect.read({ topic: 'strap', payload, retained: false })?.parameters, expected);
    }
    const bare = { topic: 'strap/2a37', payload: Buffer.from([0, 42]), retained: false };
    assert.deepEqual(dialect.read(bare)?.parameters, expected);
  });

  it('are read under their address alone, where they have one: two may share a wire', () => {
    for (const payload of [{ characteristic: '2a37', data: '002a' }, Buffer.from([0, 42])]) {
      const strap = profileNamed('ble-standard').open({ address: 'hall/strap' });
      const read = (topic: string) => strap.read({ topic, payload, retained: false })?.parameters?.heartRate;
      assert.equal(read('hall/strap/2a37'), 42);
      assert.deepEqual(['hall/strap2/2a37', 'hall', 'hall/2a37', '2a37'].map(read), Array(4).fill(undefined));
    }
    const mug = profileNamed('ember').open({ address: 'mug' });
    const said = (topic: string) =>
      mug.read({ topic, payload: { characteristic: EMBER('0002'), data: 'cd15' }, retained: false });
    assert.deepEqual(['mug', ''].map(said), Array(2).fill({ parameters: { temperature: 55.81 } }));
    assert.equal(said('other mug'), undefined);
  });

  it('say so, when what names them comes under another topic', async () => {
    const problems: string[] = [];
    const clock = new HandClock(0);
    const wire = new Wire();
    const mug = await connectAppliance(
      {
        ...{ appliance: { id: 'a', name: 'A' }, profile: 'ember', settings: { address: 'mug' } },
        ...{ transport: wire, clock },
      },
      { reading: () => assert.fail(), event() {}, problem: ({ message }) => problems.push(message) },
    );
    wire.deliver({ characteristic: EMBER('0002'), data: 'cd15' }, 'ble/mug');
    clock.advance(3000);
    await mug.close();
    assert.match(problems.join(), /^this appliance is not heard under this topic but under mug: check/);
  });

  it('find out by themselves whose bytes come under which characteristic', async () => {
    const beats: unknown[] = [];
    const wire = new Wire();
    const strap = await connectAppliance(
      { appliance: { id: 'a', name: 'A' }, profile: 'auto', settings: { address: '' }, transport: wire },
      {
        ...{ event() {}, problem: (problem) => assert.fail(problem) },
        reading: ({ parameters: { heartRate, battery } }) => beats.push(heartRate ?? battery),
      },
    );
    wire.deliver(Buffer.from([0, 42]), 'strap/2a37');
    wire.deliver(Buffer.from([51]), 'strap/2a19');
    wire.deliver(Buffer.from([0, 99]), 'other/2a37');
    await strap.close();
    assert.deepEqual(beats, [42, 51]);
  });

  it('says what is wrong', () => {
    const dialect = profileNamed('ble-standard').open({ address: '' });
    const read = (payload: unknown) => dialect.read({ topic: '', payload, retained: false });
    assert.match(read({ characteristic: '2a37', data: '00' })?.problem ?? '', /2a37: 00 is no frame of ble-standard/);
    for (const payload of [
      { characteristic: '2a37', data: '0g' },
      { characteristic: 7, data: '00' },
      'hello',
      42,
      null,
    ]) {
      assert.throws(() => read(payload), /expected \{ "characteristic": "2a37", "data": "002a" \}/);
    }
    assert.throws(() => dialect.command({ instruction: 'on' }), /cannot speak Bluetooth yet/);
  });

  it('take a scale that sends the heads of its frames apart for no kettle', async () => {
    // A Lunar as zweckj/acaia #7 shows it, with 175.9 g on it; the kettle's characteristic, and its head.
    const said = ['efdd08', '095d020201000101000d60', 'efdd0c', '0c05df060000010007000002f30d'];
    const wire = new Wire();
    const found: (string | undefined)[] = [];
    const weights: unknown[] = [];
    const listener: ApplianceListener = {
      reading: ({ parameters: { weight } }) => weights.push(weight),
      event: ({ appliance }) => found.push(appliance.profile),
      problem: (problem) => assert.fail(problem),
    };
    const connection = await connectAppliance(
      { appliance: { id: 'a', name: 'A' }, profile: 'auto', settings: { address: '' }, transport: wire },
      listener,
    );
    for (const data of said) wire.deliver({ characteristic: '2a80', data });
    await connection.close();
    assert.deepEqual([...new Set(found)], ['acaia']);
    assert.deepEqual(weights, [175.9]);
  });

  it('are told apart by their characteristics', async () => {
    for (const [profile, characteristic, data] of [
      ['ble-standard', '2a37', '002a'],
      ['ember', EMBER('0002'), 'cd15'],
      ['acaia', '2a80', 'efdd0c08052107000001002a0c'],
      ['stagg-ekg', '2a80', 'efdd03'],
      ['bookoo', 'ff11', '030b0030d4012b0007212b00af52000502010030'],
    ] as const) {
      const wire = new Wire();
      const problems: Error[] = [];
      const listener: ApplianceListener = {
        reading: () => {},
        event: ({ appliance }) => assert.equal(appliance.profile, profile),
        problem: (problem) => problems.push(problem),
      };
      const connection = await connectAppliance(
        { appliance: { id: 'a', name: 'A' }, profile: 'auto', settings: { address: '' }, transport: wire },
        listener,
      );
      wire.deliver({ characteristic, data });
      wire.deliver({ characteristic, data });
      await connection.close();
      assert.deepEqual(problems, []);
    }
  });

  it('never throw on bytes, and never tell what cannot be true', () => {
    const frame = fc.record({
      characteristic: fc.constantFrom(...CHARACTERISTICS),
      data: fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        // What looks like a frame of a scale or a kettle.
        fc.uint8Array({ maxLength: 20 }).map((bytes) => Uint8Array.from([0xef, 0xdd, 0x0c, ...bytes])),
        fc.uint8Array({ minLength: 18, maxLength: 18 }).map((bytes) => Uint8Array.from([0x03, 0x0b, ...bytes])),
      ),
    });
    fc.assert(
      fc.property(fc.constantFrom(...BLUETOOTH), fc.array(frame, { maxLength: 8 }), (profile, frames) => {
        const dialect = profileNamed(profile).open({ address: '' });
        for (const { characteristic, data } of frames) {
          const payload = { characteristic, data: Buffer.from(data) };
          const { parameters = {} } = dialect.read({ topic: '', payload, retained: false }) ?? {};
          for (const [name, value] of Object.entries(parameters)) {
            assert.ok(
              isParameterName(name) && isParameterValue(name, value),
              `${profile} ${characteristic}: ${name} ${value}`,
            );
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
