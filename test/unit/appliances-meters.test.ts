import assert from 'node:assert/strict';
import { type ProfileSettings, profileNamed } from '../../appliances/index.js';

function opened(profile: string, settings: ProfileSettings) {
  const dialect = profileNamed(profile).open(settings);
  return {
    dialect,
    said: (topic: string, payload: unknown) =>
      dialect.read({ topic, payload: Buffer.from(JSON.stringify(payload)), retained: false }),
    told: (instruction: 'on' | 'off' | 'toggle' | 'collect') =>
      dialect.command({ instruction }).map(({ payload }) => JSON.parse(payload) as Record<string, unknown>),
  };
}

describe('a Shelly that measures', () => {
  const EVENTS = 'shelly/events/rpc';
  const shelly = (channel?: number) =>
    opened('shelly-gen2', { address: 'shelly', replyTo: 'hub', ...(channel === undefined ? {} : { channel }) });
  const changes = (params: object) => ({ src: 'shelly', dst: 'shelly/events', method: 'NotifyStatus', params });
  const status = (result: object) => ({
    id: 1,
    src: 'shelly',
    dst: 'hub',
    result: { sys: { unixtime: 1 }, ...result },
  });

  // The status of a PM Mini Gen3 in openWB's tests (forum.openwb.de, 117309).
  const PM1 = {
    ...{ id: 0, voltage: 230.9, current: 1, apower: 230, freq: 51 },
    aenergy: { total: 3195.88, by_minute: [0, 0, 0], minute_ts: 1727857620 },
    ret_aenergy: { total: 0, by_minute: [0, 0, 0], minute_ts: 1727857620 },
  };

  it('is read where it has no switch, as a Plus PM Mini', () => {
    const { dialect, said, told } = shelly();
    dialect.ask?.();
    const heard = said('hub/rpc', status({ 'pm1:0': PM1 }));
    assert.deepEqual(heard?.parameters, { power: 230, voltage: 230.9, current: 1, energy: 3.19588 });
    assert.deepEqual(said(EVENTS, changes({ 'pm1:0': { id: 0, apower: -220.3 } }))?.parameters?.power, -220.3);
    assert.throws(() => told('on'), { code: 'APPLIANCE_CANNOT', message: /only measures: it has no switch 0/ });
    assert.deepEqual(said('shelly/status/pm1:0', PM1)?.parameters?.power, 230);
    assert.deepEqual(said('shelly/status/wifi', { rssi: -60 }), {});
  });

  it('keeps the order of what it says: the node shows the first', () => {
    const { said } = shelly();
    said('shelly/status/pm1:0', PM1);
    const changed = said(EVENTS, changes({ 'pm1:0': { id: 0, apower: 12 } }))?.parameters;
    assert.deepEqual(Object.entries(changed ?? {})[0], ['power', 12]);
  });

  it('is read clamp by clamp, with the counter that it tells of apart, as a Pro EM', () => {
    // The clamps of a Pro EM-50 (ShellyPy, issue 20), the counters of a Pro 3EM (eddie-energy, AIIDA's datasources).
    const clamps = {
      'switch:0': { id: 0, source: 'init', output: true },
      'em1:0': { id: 0, current: 0.08, voltage: 234.9, act_power: 0, aprt_power: 18.7, pf: 0, freq: 50 },
      'em1:1': { id: 1, current: 2.598, voltage: 234.9, act_power: 501.8, aprt_power: 612.4, pf: 0.84, freq: 50 },
      'em1data:0': { id: 0, total_act_energy: 0.06, total_act_ret_energy: 0 },
      'em1data:1': { id: 1, total_act_energy: 26289.44, total_act_ret_energy: 131881.85 },
    };
    const [first, second] = [shelly(), shelly(1)];
    for (const { dialect } of [first, second]) dialect.ask?.();
    const said = [first, second].map((one) => one.said('hub/rpc', status(clamps))?.parameters);
    assert.deepEqual(said[0], { state: 'on', power: 0, voltage: 234.9, current: 0.08, energy: 0.00006 });
    assert.deepEqual(said[1], { power: 501.8, voltage: 234.9, current: 2.598, energy: 26.28944 });
    const counted = second.said(EVENTS, changes({ ts: 2, 'em1data:1': { id: 1, total_act_energy: 26300 } }));
    assert.deepEqual([counted?.parameters?.energy, counted?.parameters?.power], [26.3, 501.8]);
    assert.equal(first.told('off').length, 2);
    assert.throws(() => second.told('off'), /it has no switch 1/);
  });

  it('is read as a whole where it measures three phases, as a Pro 3EM', () => {
    const { said } = shelly();
    const phases = { a_voltage: 220, a_act_power: 230, b_act_power: 460, c_act_power: 2300, n_current: null };
    const whole = { ...phases, total_current: 13, total_act_power: 2990, total_aprt_power: 3000 };
    assert.deepEqual(said(EVENTS, changes({ ts: 1, 'em:0': whole }))?.parameters, { power: 2990, current: 13 });
    const counted = said(EVENTS, changes({ ts: 2, 'emdata:0': { a_total_act_energy: 24169.51, total_act: 62325 } }));
    assert.deepEqual(counted?.parameters, { power: 2990, current: 13, energy: 62.325 });
  });

  it('is asked for its whole status, and says when it has no such number', () => {
    const { dialect, said } = shelly(3);
    const [asked] = dialect.command({ instruction: 'collect' });
    assert.equal(JSON.parse(asked?.payload ?? '').method, 'Shelly.GetStatus');
    const heard = said('hub/rpc', status({ 'pm1:0': PM1 }));
    assert.match(heard?.problem ?? '', /no switch and no meter 3/);
    assert.match(String(asked?.echo?.(heard ?? {})), /no switch and no meter 3/);
  });
});

describe('a Tasmota that measures several channels', () => {
  const Time = '2026-11-22T08:41:07';
  const second = (energy: object) =>
    opened('tasmota', { address: 'strip', channel: 2 }).said('tele/strip/SENSOR', { Time, ENERGY: energy })?.parameters;
  const measured = { Power: [7, 1850], Voltage: 230, Current: [0.03, 8.04] };

  it('is read by the number that was chosen, with what both share', () => {
    const parameters = { power: 1850, voltage: 230, current: 8.04 };
    assert.deepEqual(second({ ...measured, Total: [1.5, 3.185] }), { ...parameters, energy: 3.185 });
    // Firmware that counts them together.
    assert.deepEqual(second({ ...measured, Total: 4.685 }), parameters);
  });
});

describe('a Zigbee device with several endpoints', () => {
  const TOPIC = 'zigbee2mqtt/strip';
  const DEVICES = 'zigbee2mqtt/bridge/devices';
  const strip = (channel?: number) =>
    opened('zigbee2mqtt', { address: 'strip', ...(channel === undefined ? {} : { channel }) });
  const numeric = (name: string, endpoint: string, unit: string) => ({
    ...{ type: 'numeric', name, endpoint, unit, property: `${name}_${endpoint}`, access: 5 },
  });
  const socket = (endpoint: string) => [
    { type: 'switch', endpoint, features: [{ name: 'state', endpoint, property: `state_${endpoint}`, access: 7 }] },
    numeric('power', endpoint, 'W'),
  ];
  // The form of zigbee2mqtt.io/guide/usage/exposes.html; both sockets share what measures the voltage.
  const exposes = [
    ...[{ type: 'numeric', name: 'voltage', property: 'voltage', unit: 'mV', access: 5 }, ...socket('left')],
    ...[...socket('right'), { type: 'enum', name: 'action', endpoint: 'both', property: 'action_both', access: 1 }],
  ];
  const devices = [{ friendly_name: 'strip', type: 'Router', definition: { model: 'x', vendor: 'y', exposes } }];
  const state = { state_left: 'OFF', state_right: 'ON', power_left: 0, power_right: 1850, voltage: 230_500 };

  it('is read and told by the number of the endpoint that was chosen, the first without one', () => {
    for (const [channel, parameters, told] of [
      [undefined, { power: 0, state: 'off', voltage: 230.5 }, 'state_left'],
      [1, { power: 0, state: 'off', voltage: 230.5 }, 'state_left'],
      [2, { power: 1850, state: 'on', voltage: 230.5 }, 'state_right'],
    ] as const) {
      const one = strip(channel);
      one.said(DEVICES, devices);
      assert.deepEqual(one.said(TOPIC, state)?.parameters, parameters);
      assert.deepEqual(one.told('toggle'), [{ [told]: 'TOGGLE' }]);
      assert.deepEqual(
        Object.keys(one.told('collect')[0] ?? {}).sort(),
        [told.replace('state', 'power'), told, 'voltage'].sort(),
      );
    }
  });

  it('is taken to have l1, l2 and so on while its exposes are not known', () => {
    // So does Lonsonho's QS-Zigbee-S04-2C-LN (zigbee2mqtt.io/devices).
    const message = { state_l1: 'OFF', state_l2: 'ON', power_l1: 3, power_l2: 1200, energy: 2.5 };
    assert.deepEqual(strip().said(TOPIC, message)?.parameters, { power: 3, state: 'off', energy: 2.5 });
    assert.deepEqual(strip(2).said(TOPIC, message)?.parameters, { power: 1200, state: 'on', energy: 2.5 });
    assert.deepEqual(strip(2).told('on'), [{ state_l2: 'ON' }]);
    assert.deepEqual(strip().told('on'), [{ state: 'ON' }]);
  });

  it('says which endpoints there are when there is no such number', () => {
    const third = strip(3);
    third.said(DEVICES, devices);
    assert.throws(() => third.said(TOPIC, state), /has no endpoint 3: it has left, right/);
    assert.throws(() => third.told('on'), /has no endpoint 3/);
  });

  it('is an ordinary one with a number, too', () => {
    const plug = strip(1);
    const plain = [{ name: 'power', property: 'power', unit: 'W', access: 5 }];
    plug.said(DEVICES, [{ friendly_name: 'strip', definition: { exposes: plain } }]);
    assert.deepEqual(plug.said(TOPIC, { power: 7, state: 'ON' })?.parameters, { power: 7, state: 'on' });
  });
});
