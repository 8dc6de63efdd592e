import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  DISCOVERY_FILTERS,
  discover,
  PROFILES,
  type Profile,
  type ProfileSettings,
  profileNamed,
} from '../../appliances/index.js';
import type { ControlInstruction } from '../../vocabulary/index.js';

type Dialect = ReturnType<Profile['open']>;

const PLUG = { output: true, apower: 2.7, voltage: 227.9, current: 0.121, aenergy: { total: 7258.589 } };

function opened(profile: string, settings: ProfileSettings): Dialect {
  return profileNamed(profile).open(settings);
}

function said(dialect: Dialect, topic: string, payload: unknown, retained = false) {
  const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return dialect.read({ topic, payload: bytes, retained });
}

function told(dialect: Dialect, instruction: ControlInstruction): [string, string][] {
  return dialect.command(instruction).map(({ topic, payload }) => [topic, payload]);
}

describe('profile shelly-gen2', () => {
  const id = 'shellyplusplugs-aabbccddeeff';
  let shelly: Dialect;
  beforeEach(() => {
    shelly = opened('shelly-gen2', { address: id, replyTo: 'kindred-a' });
  });

  it('reads the captured status of a Plus Plug S', () => {
    const status =
      '{"aenergy":{"by_minute":[34.786,45.552,45.552],"minute_ts":1707326925,"total":7258.589},"apower":2.7,"current":0.121,"id":0,"output":true,"source":"init","temperature":{"tC":32.1,"tF":89.7},"voltage":227.9}';
    assert.deepEqual(said(shelly, `${id}/status/switch:0`, status)?.parameters, {
      power: 2.7,
      energy: 7.258589,
      voltage: 227.9,
      current: 0.121,
      state: 'on',
    });
  });

  it('listens to no more than it needs just now, and never with filters that overlap', () => {
    const [online, events, status] = [`${id}/online`, `${id}/events/rpc`, `${id}/status/+`];
    assert.deepEqual(shelly.topics, [online, events, status]);
    shelly.ask?.();
    assert.deepEqual(shelly.topics, [online, events, status, 'kindred-a/rpc']);
    const answer = { id: 1, src: id, dst: 'kindred-a', result: { 'switch:0': PLUG } };
    assert.equal(said(shelly, 'kindred-a/rpc', { ...answer, id: 7 })?.topicsChanged, undefined);
    assert.equal(said(shelly, 'kindred-a/rpc', answer)?.topicsChanged, true);
    assert.deepEqual(shelly.topics, [online, events, status]);
    const change = { method: 'NotifyStatus', params: { 'switch:0': { apower: 9 } } };
    assert.equal(said(shelly, events, change)?.topicsChanged, true);
    assert.equal(said(shelly, events, change)?.topicsChanged, undefined);
    assert.deepEqual(shelly.topics, [online, events]);
    assert.equal(said(shelly, online, 'false')?.topicsChanged, true);
    assert.deepEqual(shelly.topics, [online, events, status]);
  });

  it('hears its status again once it is back, though nobody heard it go: its settings may be others', () => {
    const [online, events, status] = [`${id}/online`, `${id}/events/rpc`, `${id}/status/+`];
    said(shelly, events, { method: 'NotifyStatus', params: { 'switch:0': { apower: 9 } } });
    assert.equal(said(shelly, online, 'true')?.topicsChanged, true);
    assert.deepEqual(shelly.topics, [online, events, status]);
    assert.equal(said(shelly, online, 'true')?.topicsChanged, undefined);
  });

  it('waits for no answer to what was lost on the way, once a later call is answered, nor from one that is offline', () => {
    const answer = (answered: unknown) => said(shelly, 'kindred-a/rpc', { id: answered, result: { 'switch:0': PLUG } });
    const isListening = () => shelly.topics.includes('kindred-a/rpc');
    for (let calls = 0; calls < 3; calls++) shelly.ask?.();
    for (const foreign of ['3', 7, null, Number.NaN, undefined])
      assert.equal(answer(foreign)?.topicsChanged, undefined);
    assert.equal(isListening(), true);
    assert.equal(answer(3)?.topicsChanged, true);
    assert.equal(isListening(), false);
    assert.equal(answer(2)?.topicsChanged, undefined);
    shelly.ask?.();
    said(shelly, `${id}/online`, 'false');
    assert.equal(isListening(), false);
  });

  it('lays a notification of changed fields over the last status, at the time it names', () => {
    said(shelly, 'kindred-a/rpc', { id: 1, src: id, dst: 'kindred-a', result: { 'switch:0': PLUG } });
    const changed =
      '{"src":"shellyplus1-08b61fd90730","dst":"shellyplus1-08b61fd90730/events","method":"NotifyStatus","params":{"ts":1736603810.49,"switch:0":{"id":0,"output":false,"source":"HTTP_in"}}}';
    const heard = said(shelly, `${id}/events/rpc`, changed);
    assert.deepEqual(heard?.time, { epochMs: 1736603810490 });
    assert.deepEqual(heard?.parameters, { power: 2.7, energy: 7.258589, voltage: 227.9, current: 0.121, state: 'off' });
  });

  it('keeps what can be true of a notification in which something cannot', () => {
    const notify = (change: object) =>
      said(shelly, `${id}/events/rpc`, { method: 'NotifyStatus', params: { 'switch:0': change } });
    notify(PLUG);
    const odd = notify({ output: false, apower: 'nan', voltage: 1e9 });
    assert.match(odd?.problem ?? '', /power is "nan"/);
    assert.deepEqual([odd?.parameters?.state, odd?.parameters?.voltage], ['off', undefined]);
    assert.deepEqual(notify({ current: 0 })?.parameters, { energy: 7.258589, current: 0, state: 'off' });
  });

  it('forgets the last status when it goes offline', () => {
    said(shelly, `${id}/status/switch:0`, PLUG);
    assert.equal(said(shelly, `${id}/online`, 'false')?.online, false);
    const heard = said(shelly, `${id}/events/rpc`, { method: 'NotifyStatus', params: { 'switch:0': { apower: 9 } } });
    assert.deepEqual(heard?.parameters, { power: 9 });
    assert.equal(said(shelly, `${id}/online`, 'true')?.online, true);
    assert.throws(() => said(shelly, `${id}/online`, 'maybe'), /true or false/);
  });

  it('takes the news of other components, and events, as signs of life only', () => {
    const news = { method: 'NotifyStatus', params: { ts: 1, wifi: { rssi: -60 } } };
    assert.deepEqual(said(shelly, `${id}/events/rpc`, news), {});
    const event = {
      method: 'NotifyEvent',
      params: { ts: 1, events: [{ component: 'input:0', event: 'single_push' }] },
    };
    assert.deepEqual(said(shelly, `${id}/events/rpc`, event), {});
  });

  it('asks for the whole status at the start, with an answer topic of its own', () => {
    const [ask] = shelly.ask?.() ?? [];
    assert.equal(ask?.topic, `${id}/rpc`);
    assert.deepEqual(JSON.parse(ask?.payload ?? ''), {
      id: 1,
      src: 'kindred-a',
      method: 'Shelly.GetStatus',
      params: {},
    });
    assert.ok(shelly.topics.includes('kindred-a/rpc'));
  });

  it('switches by Switch.Set and is content when the status says so', () => {
    const [set, status] = shelly.command({ instruction: 'on' });
    assert.deepEqual(JSON.parse(set?.payload ?? ''), {
      id: 1,
      src: 'kindred-a',
      method: 'Switch.Set',
      params: { id: 0, on: true },
    });
    const answered = said(shelly, 'kindred-a/rpc', { id: 1, result: { was_on: false } });
    assert.equal(set?.echo?.(answered ?? {}), true);
    const off = said(shelly, 'kindred-a/rpc', { id: 2, result: { ...PLUG, output: false } });
    assert.match(String(status?.echo?.(off ?? {})), /still off, not on/);
    const on = said(shelly, 'kindred-a/rpc', { id: 2, result: PLUG });
    assert.equal(status?.echo?.(on ?? {}), true);
  });

  it('passes a refusal on and says that it has no report interval', () => {
    const [set] = shelly.command({ instruction: 'toggle' });
    const refused = said(shelly, 'kindred-a/rpc', {
      id: 1,
      error: { code: -105, message: "Argument 'id', value 7 not found!" },
    });
    assert.match(String(set?.echo?.(refused ?? {})), /refused Switch.Toggle: Argument 'id'/);
    assert.throws(() => shelly.command({ instruction: 'collect', everySeconds: 5 }), { code: 'APPLIANCE_CANNOT' });
  });

  it('reads the switch that was chosen', () => {
    const second = opened('shelly-gen2', { address: id, channel: 1 });
    const both = { method: 'NotifyStatus', params: { 'switch:0': { apower: 1 }, 'switch:1': { apower: 1200 } } };
    assert.deepEqual(said(second, `${id}/events/rpc`, both)?.parameters, { power: 1200 });
  });
});

describe('profile tasmota', () => {
  let tasmota: Dialect;
  beforeEach(() => {
    tasmota = opened('tasmota', { address: 'kettle' });
  });
  const config = {
    ip: '192.168.15.10',
    dn: 'Kettle plug',
    fn: ['Kettle'],
    hn: 'kettle-0001',
    mac: '00000049A3BC',
    t: 'kettle',
    ft: 'home/%topic%/%prefix%/',
    tp: ['cmnd', 'stat', 'tele'],
    state: ['AUS', 'AN', 'TOGGLE', 'HOLD'],
    ofln: 'weg',
    onln: 'da',
    rl: [1],
    ver: 1,
  };

  it('reads the documented energy message', () => {
    const sensor =
      '{"Time":"2018.02.04 23:17:01","ENERGY":{"Total":3.185,"Yesterday":3.058,"Today":0.127,"Power":0,"Factor":0.00,"Voltage":221,"Current":0.000}}';
    const heard = said(tasmota, 'tele/kettle/SENSOR', sensor);
    assert.deepEqual(heard?.parameters, { power: 0, energy: 3.185, voltage: 221, current: 0 });
    assert.deepEqual(heard?.time, { wallClock: '2018.02.04 23:17:01' });
  });

  it('reads a temperature in °C and in °F', () => {
    const celsius = '{"Time":"2017-02-16T10:13:52","DS18B20":{"Temperature":20.6},"TempUnit":"C"}';
    assert.deepEqual(said(tasmota, 'tele/kettle/SENSOR', celsius)?.parameters, { temperature: 20.6 });
    const fahrenheit = '{"Time":"2017-02-16T10:13:52","DS18B20":{"Temperature":212},"TempUnit":"F"}';
    assert.deepEqual(said(tasmota, 'tele/kettle/SENSOR', fahrenheit)?.parameters, { temperature: 100 });
  });

  it('takes no plug’s own warmth for the appliance’s, and a probe’s at its analogue input on a sensor board', () => {
    const inside = '{"Time":"2026-11-22T08:41:07","ENERGY":{"Power":5},"ANALOG":{"Temperature":44.2},"TempUnit":"C"}';
    assert.deepEqual(said(tasmota, 'tele/kettle/SENSOR', inside)?.parameters, { power: 5 });
    const probe = inside.replace('"TempUnit"', '"DS18B20":{"Temperature":20.6},"TempUnit"');
    assert.deepEqual(said(tasmota, 'tele/kettle/SENSOR', probe)?.parameters, { power: 5, temperature: 20.6 });
    const board = '{"Time":"2026-11-22T08:41:07","ANALOG":{"Temperature":44.2},"TempUnit":"C"}';
    assert.deepEqual(said(tasmota, 'tele/kettle/SENSOR', board)?.parameters, { temperature: 44.2 });
  });

  it('reads Status 8 and Status 10, whichever the firmware answers with', () => {
    const sns = { StatusSNS: { Time: '2026-11-22T08:41:07', ENERGY: { Power: 1412 } } };
    assert.deepEqual(said(tasmota, 'stat/kettle/STATUS8', sns)?.parameters, { power: 1412 });
    assert.deepEqual(said(tasmota, 'stat/kettle/STATUS10', sns)?.parameters, { power: 1412 });
    assert.deepEqual(
      tasmota.ask?.().map(({ topic, payload }) => [topic, payload]),
      [
        ['cmnd/kettle/Status', '8'],
        ['cmnd/kettle/Power', ''],
      ],
    );
  });

  it('reads on and off from POWER, POWER1, RESULT and STATE', () => {
    assert.deepEqual(said(tasmota, 'stat/kettle/POWER', 'ON')?.parameters, { state: 'on' });
    assert.deepEqual(said(tasmota, 'stat/kettle/POWER1', 'OFF')?.parameters, { state: 'off' });
    assert.deepEqual(said(tasmota, 'stat/kettle/RESULT', '{"POWER":"ON"}')?.parameters, { state: 'on' });
    const state = '{"Time":"2026-11-22T08:41:07","Uptime":"0T01:00:00","POWER":"ON","Wifi":{"RSSI":80}}';
    assert.deepEqual(said(tasmota, 'tele/kettle/STATE', state)?.parameters, { state: 'on' });
    const second = opened('tasmota', { address: 'kettle', channel: 2 });
    assert.deepEqual(said(second, 'stat/kettle/RESULT', '{"POWER1":"ON","POWER2":"OFF"}')?.parameters, {
      state: 'off',
    });
    assert.deepEqual(said(second, 'stat/kettle/POWER', 'ON'), {});
  });

  it('reads answers under the names of their commands, as SetOption4 has them', () => {
    const on = said(tasmota, 'stat/kettle/POWER', '{"POWER":"ON"}');
    assert.deepEqual(on?.parameters, { state: 'on' });
    const [period] = tasmota.command({ instruction: 'collect', everySeconds: 20, parameters: ['power'] });
    const answer = said(tasmota, 'stat/kettle/TELEPERIOD', '{"TelePeriod":20}');
    assert.equal(answer && period?.echo?.(answer), true);
    assert.deepEqual(said(tasmota, 'stat/kettle/STATUS', '{"Status":{"Power":1}}'), {});
  });

  it('hears its last will', () => {
    assert.equal(said(tasmota, 'tele/kettle/LWT', 'Online')?.online, true);
    assert.equal(said(tasmota, 'tele/kettle/LWT', 'Offline')?.online, false);
    assert.throws(() => said(tasmota, 'tele/kettle/LWT', 'perhaps'), /Online or Offline/);
  });

  it('follows the topics and words of its own discovery message, and of no other', () => {
    said(tasmota, 'tasmota/discovery/111111111111/config', { ...config, t: 'toaster' });
    assert.deepEqual(tasmota.topics.slice(0, 2), ['tele/kettle/+', 'stat/kettle/+']);
    assert.equal(said(tasmota, 'tasmota/discovery/00000049A3BC/config', config)?.topicsChanged, true);
    assert.deepEqual(tasmota.topics.slice(0, 2), ['home/kettle/tele/+', 'home/kettle/stat/+']);
    assert.equal(said(tasmota, 'home/kettle/tele/LWT', 'da')?.online, true);
    assert.deepEqual(said(tasmota, 'home/kettle/stat/POWER', 'AN')?.parameters, { state: 'on' });
    assert.deepEqual(told(tasmota, { instruction: 'off' }), [['home/kettle/cmnd/Power', 'OFF']]);
    assert.equal(said(tasmota, 'tasmota/discovery/00000049A3BC/config', ''), undefined);
  });

  it('switches, and sets how often it reports', () => {
    assert.deepEqual(told(tasmota, { instruction: 'on' }), [['cmnd/kettle/Power', 'ON']]);
    assert.deepEqual(told(tasmota, { instruction: 'toggle' }), [['cmnd/kettle/Power', 'TOGGLE']]);
    assert.deepEqual(told(tasmota, { instruction: 'collect', parameters: ['power'], everySeconds: 30 }), [
      ['cmnd/kettle/TelePeriod', '30'],
      ['cmnd/kettle/PowerDelta', '105'],
    ]);
    const [period] = tasmota.command({ instruction: 'collect', everySeconds: 1 });
    assert.equal(period?.payload, '10', 'ten seconds is the shortest');
    assert.equal(period?.echo?.(said(tasmota, 'stat/kettle/RESULT', '{"TelePeriod":10}') ?? {}), true);
    assert.match(
      String(period?.echo?.(said(tasmota, 'stat/kettle/RESULT', '{"Command":"Unknown"}') ?? {})),
      /no TelePeriod/,
    );
    assert.equal(period?.echo?.(said(tasmota, 'stat/kettle/RESULT', '{"POWER":"ON"}') ?? {}), false);
  });

  it('sets PowerDelta also before it is known to measure power, and lets a sensor board have none', () => {
    const unknown = said(tasmota, 'stat/kettle/RESULT', '{"Command":"Unknown","Input":"POWERDELTA"}') ?? {};
    const [, unasked] = tasmota.command({ instruction: 'collect' });
    assert.deepEqual([unasked?.topic, unasked?.payload], ['cmnd/kettle/PowerDelta', '105']);
    assert.equal(unasked?.echo?.(unknown), true);
    assert.equal(unasked?.echo?.(said(tasmota, 'stat/kettle/RESULT', '{"PowerDelta1":105}') ?? {}), true);
    const [, asked] = tasmota.command({ instruction: 'collect', parameters: ['power'] });
    assert.match(String(asked?.echo?.(unknown)), /has no PowerDelta/);
    assert.equal(tasmota.command({ instruction: 'collect', parameters: ['temperature'] }).length, 1);
  });

  it('says what is no Tasmota payload', () => {
    assert.throws(() => said(tasmota, 'tele/kettle/SENSOR', '{"temperature":20}'), /no Tasmota payload/);
    assert.throws(() => said(tasmota, 'tele/kettle/SENSOR', 'nonsense'), /not JSON but "nonsense"/);
    const odd = said(
      tasmota,
      'tele/kettle/SENSOR',
      '{"Time":"2026-11-22T08:41:07","ENERGY":{"Power":"lots","Voltage":230}}',
    );
    const off = '{"Time":"2026-11-22T08:41:07","ENERGY":"off"}';
    assert.throws(() => said(tasmota, 'tele/kettle/SENSOR', off), /ENERGY must be a JSON object, not "off"/);
    assert.match(odd?.problem ?? '', /power is "lots"/);
    assert.deepEqual(odd?.parameters, { voltage: 230 });
  });
});

describe('profile zigbee2mqtt', () => {
  let plug: Dialect;
  beforeEach(() => {
    plug = opened('zigbee2mqtt', { address: 'Kitchen/Kettle' });
  });
  const devices = (name: string, exposes: unknown) => [
    { ieee_address: '0x1', type: 'Coordinator', friendly_name: 'Coordinator', definition: null },
    {
      ieee_address: '0x2',
      type: 'Router',
      friendly_name: name,
      definition: { model: 'TS011F', vendor: 'TuYa', exposes },
    },
  ];

  it('reads a plug and a sensor', () => {
    const state = '{"state":"ON","power":1850,"current":8.05,"voltage":230,"energy":12.34,"linkquality":120}';
    assert.deepEqual(said(plug, 'zigbee2mqtt/Kitchen/Kettle', state)?.parameters, {
      state: 'on',
      power: 1850,
      current: 8.05,
      voltage: 230,
      energy: 12.34,
    });
    const sensor = '{"temperature":27.34,"humidity":44.72}';
    assert.deepEqual(said(plug, 'zigbee2mqtt/Kitchen/Kettle', sensor)?.parameters, { temperature: 27.34 });
    assert.equal(said(plug, 'zigbee2mqtt/Kitchen', sensor), undefined, 'a shorter name is another device');
  });

  it('reads ph, battery, and the millivolts of a battery device', () => {
    said(
      plug,
      'zigbee2mqtt/bridge/devices',
      devices('Kitchen/Kettle', [{ property: 'voltage', access: 1, unit: 'mV' }]),
    );
    const state = '{"ph":7.2,"battery":14,"voltage":980}';
    assert.deepEqual(said(plug, 'zigbee2mqtt/Kitchen/Kettle', state)?.parameters, {
      pH: 7.2,
      battery: 14,
      voltage: 0.98,
    });
  });

  it('brings what its exposes give in other units into ours', () => {
    // AVATTO ZBS16 has mA, LCity's meter kW (zigbee-herdsman-converters).
    const units = { current: 'mA', power: 'kW', energy: 'Wh', temperature: '°F' };
    const exposes = Object.entries(units).map(([property, unit]) => ({ property, access: 1, unit }));
    said(plug, 'zigbee2mqtt/bridge/devices', devices('Kitchen/Kettle', exposes));
    const state = '{"current":8050,"power":1.85,"energy":12340,"temperature":212,"voltage":230}';
    assert.deepEqual(said(plug, 'zigbee2mqtt/Kitchen/Kettle', state)?.parameters, {
      current: 8.05,
      power: 1850,
      energy: 12.34,
      temperature: 100,
      voltage: 230,
    });
  });

  it('takes no battery level that is not known, and says nothing of it', () => {
    const state = '{"temperature":21,"battery":255}';
    assert.deepEqual(said(plug, 'zigbee2mqtt/Kitchen/Kettle', state), { parameters: { temperature: 21 } });
  });

  it('dates a state by when the device was last heard of, which old states that are sent again have kept', () => {
    const time = Date.UTC(2026, 10, 22, 8, 41, 7, 250);
    // The forms of Zigbee2MQTT's setting last_seen: ISO_8601, ISO_8601_local and epoch.
    for (const [lastSeen, heardMs] of [
      ['2026-11-22T08:41:07.250Z', time],
      ['2026-11-22T09:41:07+01:00', time - 250],
      [time, time],
    ] as const) {
      const heard = said(plug, 'zigbee2mqtt/Kitchen/Kettle', { power: 1850, last_seen: lastSeen });
      assert.deepEqual(heard, { parameters: { power: 1850 }, time: { heardMs } }, String(lastSeen));
    }
    for (const nothing of ['2 minutes ago', '2026', null, {}]) {
      const heard = said(plug, 'zigbee2mqtt/Kitchen/Kettle', { power: 1850, last_seen: nothing });
      assert.deepEqual(heard, { parameters: { power: 1850 } }, String(nothing));
    }
  });

  it('hears both forms of availability, and that the bridge is gone', () => {
    const topic = 'zigbee2mqtt/Kitchen/Kettle/availability';
    assert.equal(said(plug, topic, 'online')?.online, true);
    assert.equal(said(plug, topic, '{"state":"offline"}')?.online, false);
    assert.equal(said(plug, 'zigbee2mqtt/bridge/state', '{"state":"offline"}')?.online, false);
    assert.equal(said(plug, 'zigbee2mqtt/bridge/state', 'online'), undefined);
    assert.throws(() => said(plug, topic, 'perhaps'), /must be online or offline/);
  });

  it('takes an empty payload for nothing: it clears what the broker kept, as of a device that is renamed', () => {
    for (const topic of ['Kitchen/Kettle/availability', 'Kitchen/Kettle', 'bridge/devices']) {
      assert.equal(said(plug, `zigbee2mqtt/${topic}`, ''), undefined);
    }
  });

  it('switches what the exposes say can be switched, one level down', () => {
    assert.deepEqual(told(plug, { instruction: 'on' }), [['zigbee2mqtt/Kitchen/Kettle/set', '{"state":"ON"}']]);
    const exposes = [
      { type: 'switch', features: [{ property: 'state', access: 7 }] },
      { property: 'power', access: 5 },
    ];
    said(plug, 'zigbee2mqtt/bridge/devices', devices('Kitchen/Kettle', exposes));
    assert.deepEqual(told(plug, { instruction: 'off' }), [['zigbee2mqtt/Kitchen/Kettle/set', '{"state":"OFF"}']]);
    assert.deepEqual(told(plug, { instruction: 'collect' }), [
      ['zigbee2mqtt/Kitchen/Kettle/get', '{"power":"","state":""}'],
    ]);
    said(plug, 'zigbee2mqtt/bridge/devices', devices('Kitchen/Kettle', [{ property: 'temperature', access: 1 }]));
    assert.throws(() => plug.command({ instruction: 'on' }), /nothing that can be switched/);
    assert.throws(() => plug.command({ instruction: 'collect' }), { code: 'APPLIANCE_CANNOT' });
  });

  it('is asked once its exposes are known, and again when the bridge came anew, where it has mains', () => {
    const [DEVICES, STATE] = ['zigbee2mqtt/bridge/devices', 'zigbee2mqtt/bridge/state'];
    const list = devices('Kitchen/Kettle', [
      { property: 'state', access: 7 },
      { property: 'power', access: 5 },
      { property: 'energy', access: 1 },
    ]);
    const asked = (dialect = plug) => (dialect.ask?.() ?? []).map(({ topic, payload }) => [topic, payload]);
    assert.deepEqual(asked(), []);
    const isNews = { isNew: true, isHearsay: true };
    assert.deepEqual(said(plug, DEVICES, list, true), isNews);
    assert.deepEqual(asked(), [['zigbee2mqtt/Kitchen/Kettle/get', '{"power":"","state":""}']]);
    assert.equal(said(plug, DEVICES, list), undefined);
    said(plug, STATE, 'online', true);
    assert.equal(said(plug, DEVICES, list), undefined);
    said(plug, STATE, 'online');
    assert.deepEqual(said(plug, DEVICES, list), isNews);
    said(plug, DEVICES, devices('Kitchen/Kettle', [{ property: 'power', access: 1 }]));
    assert.deepEqual(asked(), [], 'it cannot be asked for anything');
    const sleepy = opened('zigbee2mqtt', { address: 'Kitchen/Kettle' });
    said(sleepy, DEVICES, JSON.stringify(list).replaceAll('Router', 'EndDevice'));
    assert.deepEqual(asked(sleepy), []);
  });

  it('parses the list of a large network once for all of its devices', () => {
    const payload = Buffer.from(JSON.stringify(devices('Kitchen/Kettle', [{ property: 'power', access: 1 }])));
    const message = { topic: 'zigbee2mqtt/bridge/devices', payload, retained: true };
    opened('zigbee2mqtt', { address: 'Lamp' }).read(message);
    // Who read it anew would find nothing now.
    payload.fill(' ');
    plug.read(message);
    assert.throws(() => plug.command({ instruction: 'on' }), /exposes nothing that can be switched/);
  });

  describe('whose name nobody has', () => {
    const [DEVICES, GROUPS] = ['zigbee2mqtt/bridge/devices', 'zigbee2mqtt/bridge/groups'];
    const renamed = /^this Zigbee device is called "Kitchen\/Teapot" now: change the name here$/;
    const missing = /^zigbee2mqtt has no device and no group called "Kitchen\/Kettle": change the name here$/;

    it('says how it is called now, where it was renamed', () => {
      assert.equal(said(plug, DEVICES, devices('Kitchen/Kettle', []))?.problem, undefined);
      const heard = said(plug, DEVICES, devices('Kitchen/Teapot', []));
      assert.match(heard?.problem ?? '', renamed);
      assert.equal(heard?.online, false);
      assert.equal(said(plug, DEVICES, devices('Kitchen/Kettle', []))?.problem, undefined);
      const unnamed = opened('zigbee2mqtt', { address: '0x2' });
      assert.match(said(unnamed, DEVICES, devices('Kitchen/Teapot', []))?.problem ?? '', renamed);
    });

    it('says so once it has seen all devices and all groups, in whichever order', () => {
      const other = opened('zigbee2mqtt', { address: 'Kitchen/Kettle' });
      assert.equal(said(plug, DEVICES, devices('Kitchen/Teapot', [])), undefined);
      assert.match(said(plug, GROUPS, [{ id: 1, friendly_name: 'Lamps' }])?.problem ?? '', missing);
      assert.equal(said(other, GROUPS, []), undefined);
      assert.match(said(other, DEVICES, devices('Kitchen/Teapot', []))?.problem ?? '', missing);
      assert.equal(said(other, DEVICES, devices('Kitchen/Kettle', []))?.problem, undefined);
    });

    it('says nothing of a group, nor where something is heard under the name', () => {
      said(plug, DEVICES, devices('Kitchen/Teapot', []));
      assert.equal(said(plug, GROUPS, [{ id: 1, friendly_name: 'Kitchen/Kettle' }]), undefined);
      for (const isStored of [false, true]) {
        const heard = opened('zigbee2mqtt', { address: 'Kitchen/Kettle' });
        said(heard, 'zigbee2mqtt/Kitchen/Kettle', { power: 5 }, isStored);
        said(heard, DEVICES, devices('Kitchen/Teapot', []));
        assert.equal(said(heard, GROUPS, [])?.online, isStored ? false : undefined);
      }
    });
  });

  it('takes another base topic, and an address that repeats it', () => {
    const own = opened('zigbee2mqtt', { address: 'z2m/Cup', base: 'z2m' });
    assert.equal(own.topics[0], 'z2m/Cup');
  });
});

describe('profile json', () => {
  it('reads each parameter at its path, with factor and offset', () => {
    const dialect = opened('json', {
      address: 'a/b, c/d',
      paths: [
        { parameter: 'power', path: 'ENERGY.Power', factor: 1000 },
        { parameter: 'temperature', path: '$.a[0].b', factor: 0.5, offset: -32 },
        { parameter: 'pH', path: "probes['tank 1'].ph" },
        { parameter: 'state', path: 'on' },
      ],
    });
    assert.deepEqual(dialect.topics, ['a/b', 'c/d']);
    const payload = { ENERGY: { Power: '1.85' }, a: [{ b: 200 }], probes: { 'tank 1': { ph: 6.9 } }, on: true };
    assert.deepEqual(said(dialect, 'a/b', payload)?.parameters, { power: 1850, temperature: 68, pH: 6.9, state: 'on' });
  });

  it('takes the axes of an acceleration and nothing that came with them, however deep', () => {
    const dialect = opened('json', { address: 'a' });
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const payload = `{"acceleration":{"x":1,"y":2,"z":9.8,"more":${deep}}}`;
    assert.deepEqual(said(dialect, 'a', payload)?.parameters, { acceleration: { x: 1, y: 2, z: 9.8 } });
  });

  it('turns each axis of an acceleration into our unit', () => {
    const paths = [{ parameter: 'acceleration', path: 'a', factor: 9.80665, offset: 1 }] as const;
    const dialect = opened('json', { address: 'a', paths: [...paths] });
    const payload = { a: { x: 0, y: -1, z: 1 } };
    assert.deepEqual(said(dialect, 'a', payload)?.parameters, { acceleration: { x: 1, y: -8.80665, z: 10.80665 } });
    for (const z of ['much', 1e308]) {
      assert.match(said(dialect, 'a', { a: { x: 0, y: 0, z } })?.problem ?? '', /acceleration is/);
    }
  });

  it('reads a payload that is just a number', () => {
    const dialect = opened('json', { address: 'a', paths: [{ parameter: 'weight', path: '' }] });
    assert.deepEqual(said(dialect, 'a', '12.5')?.parameters, { weight: 12.5 });
    assert.match(said(dialect, 'a', '"much"')?.problem ?? '', /weight is "much"/);
  });

  it('says what is missing, and refuses a path that is none', () => {
    const dialect = opened('json', { address: 'a', paths: [{ parameter: 'power', path: 'x.y' }] });
    assert.match(said(dialect, 'a', '{"other":1}')?.problem ?? '', /nothing stands at x\.y/);
    assert.equal(said(dialect, 'a', '{"__proto__":{"x":{"y":1}}}')?.parameters?.power, undefined);
    assert.throws(() => opened('json', { address: 'a', paths: [{ parameter: 'power', path: 'a[' }] }), /no path/);
  });

  it('takes a value that is told not to be known for no measurement, and for no fault', () => {
    const paths = [
      { parameter: 'temperature', path: 't' },
      { parameter: 'battery', path: 'b' },
    ] as const;
    const bare = [{ parameter: 'weight', path: '' }] as const;
    for (const [settings, payload] of [
      [paths, { t: null }],
      [paths, { b: 255 }],
      [paths, { t: 'nan', b: 'unavailable' }],
      [bare, 'NaN'],
      [bare, 'unknown'],
      [bare, 'null'],
      [[], { battery: 255 }],
      [[], { temperature: null }],
    ] as const) {
      const dialect = opened('json', { address: 'a', paths: [...settings] });
      assert.deepEqual(said(dialect, 'a', payload), { parameters: {} }, JSON.stringify(payload));
    }
    const state = opened('json', { address: 'a', paths: [{ parameter: 'state', path: '' }] });
    assert.deepEqual(said(state, 'a', 'unavailable')?.parameters, { state: 'unavailable' });
  });

  it('switches by the topic and payloads it was given, and says when it has none', () => {
    const command = { topic: 'a/set', on: '1', off: '0' };
    assert.deepEqual(told(opened('json', { address: 'a', command }), { instruction: 'off' }), [['a/set', '0']]);
    assert.throws(() => opened('json', { address: 'a' }).command({ instruction: 'on' }), { code: 'APPLIANCE_CANNOT' });
  });

  it('takes a state in the payloads that switch it for on and off, and an instruction for done by it', () => {
    for (const [path, on, off] of [
      ['', '1', '0'],
      ['relay', 1, 0],
      ['relay', 'open', 'shut'],
    ] as const) {
      const command = { topic: 'a/set', on: String(on), off: String(off) };
      const dialect = opened('json', { address: 'a', paths: [{ parameter: 'state', path }], command });
      const isDone = dialect.command({ instruction: 'on' })[0]?.echo;
      for (const [value, state] of [
        [off, 'off'],
        [on, 'on'],
      ] as const) {
        const heard = said(dialect, 'a', path ? { [path]: value } : value);
        assert.deepEqual(heard?.parameters, { state });
        assert.equal(isDone?.(heard ?? {}), state === 'on');
      }
      assert.deepEqual(said(dialect, 'a', path ? { [path]: 7 } : '7')?.parameters, { state: '7' });
    }
    const named = opened('json', { address: 'a', command: { topic: 'a/set', on: '1', off: '0' } });
    assert.deepEqual(said(named, 'a', { state: 0 })?.parameters, { state: 'off' });
  });

  it('waits for no word of what is so already: some say only what changes', () => {
    const command = { topic: 'a/set', on: 'ON', off: 'OFF' };
    const dialect = opened('json', { address: 'a', paths: [{ parameter: 'state', path: '' }], command });
    const waits = (instruction: 'on' | 'off') => !dialect.command({ instruction })[0]?.isSo;
    assert.deepEqual([waits('on'), waits('off')], [true, true]);
    dialect.read({ topic: 'a', payload: 'ON', retained: true });
    assert.deepEqual([waits('on'), waits('off')], [true, true], 'a stored copy is no word of its own');
    said(dialect, 'a', 'ON');
    assert.deepEqual([waits('on'), waits('off')], [false, true]);
    said(dialect, 'a', 'OFF');
    assert.deepEqual([waits('on'), waits('off')], [true, false]);
    assert.deepEqual(told(dialect, { instruction: 'off' }), [['a/set', 'OFF']]);
    const hourAgo = Date.now() - 3_600_000;
    dialect.read({ topic: 'a', payload: 'ON', retained: false, at: hourAgo + 60_000 });
    assert.equal(waits('on'), false);
    dialect.read({ topic: 'a', payload: 'ON', retained: false, at: hourAgo });
    assert.equal(waits('on'), true, 'by then it may be gone');
  });

  it('reads a payload that is just a word', () => {
    const dialect = opened('json', { address: 'a', paths: [{ parameter: 'state', path: '' }] });
    for (const payload of ['OFF', 'off', '"off"', 'false', 'OFF\n'])
      assert.deepEqual(said(dialect, 'a', payload)?.parameters, { state: 'off' }, payload);
    assert.deepEqual(said(dialect, 'a', 'overpower')?.parameters, { state: 'overpower' });
    assert.throws(() => said(dialect, 'a', ''), /the payload is empty/);
    assert.throws(() => said(dialect, 'a', '{"state":"OFF"'), /no JSON|not JSON/);
    const weight = opened('json', { address: 'a', paths: [{ parameter: 'weight', path: '' }] });
    assert.match(said(weight, 'a', 'empty')?.problem ?? '', /weight is "empty"/);
    const deeper = opened('json', { address: 'a', paths: [{ parameter: 'state', path: 'relay' }] });
    assert.throws(() => said(deeper, 'a', 'OFF'), /the payload is not JSON but "OFF"/);
  });
});

describe('every profile', () => {
  for (const profile of PROFILES) {
    const address = 'a/b';
    it(`${profile.name} is described for people`, () => {
      assert.ok(profile.title && profile.hint && profile.address.label && profile.address.example);
      assert.ok(profile.defaultTopic.includes('<a>'));
    });

    it(`${profile.name} never throws anything but a reason, nor yields a value that is not finite`, () => {
      const dialect = profile.open({ address, paths: [{ parameter: 'power', path: 'power' }], replyTo: 'k' });
      const topics = [
        ...dialect.topics.map((topic) => topic.replace('+', 'SENSOR')),
        'stat/a/b/RESULT',
        'stat/a/b/STATUS10',
      ];
      const odd = fc.constantFrom(
        'NaN',
        '1e999',
        '{"power":1e999}',
        '',
        '\0',
        '[]',
        'null',
        '{"Time":"x","ENERGY":{"Power":1e999}}',
      );
      const known = fc.record({
        Time: fc.string(),
        ENERGY: fc.anything(),
        power: fc.anything(),
        state: fc.anything(),
        method: fc.constant('NotifyStatus'),
        params: fc.dictionary(fc.constantFrom('ts', 'switch:0'), fc.anything()),
        result: fc.anything(),
      });
      const payload = fc.oneof(
        odd,
        fc.json(),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        fc.anything(),
        known,
        known.map((value) => {
          try {
            return JSON.stringify(value);
          } catch {
            return '';
          }
        }),
      );
      fc.assert(
        fc.property(fc.constantFrom(...topics), payload, fc.boolean(), (topic, body, retained) => {
          let heard: ReturnType<Dialect['read']>;
          try {
            heard = dialect.read({ topic, payload: body, retained });
          } catch (error) {
            assert.ok(
              error instanceof Error && !(error instanceof TypeError) && !(error instanceof RangeError),
              String(error),
            );
            return;
          }
          for (const value of Object.values(heard?.parameters ?? {})) {
            assert.ok(typeof value === 'string' || Number.isFinite(value), `${String(value)} in a value`);
          }
        }),
        { numRuns: 500 },
      );
    });
  }

  it('finds appliances by what they announce', () => {
    const tasmota =
      '{"t":"kettle","ft":"%prefix%/%topic%/","dn":"Kettle","mac":"0000","tp":["cmnd","stat","tele"],"ver":1}';
    const message = (topic: string, payload: string) => ({ topic, payload: Buffer.from(payload), retained: true });
    assert.deepEqual(discover(message('tasmota/discovery/0000/config', tasmota)), [
      { profile: 'tasmota', title: 'Kettle', settings: { address: 'kettle', fullTopic: '%prefix%/%topic%/' } },
    ]);
    const list =
      '[{"type":"Coordinator","friendly_name":"C"},{"type":"Router","friendly_name":"A/B","definition":null}]';
    assert.deepEqual(discover(message('zigbee2mqtt/bridge/devices', list)), [
      { profile: 'zigbee2mqtt', title: 'A/B', settings: { address: 'A/B' } },
    ]);
    assert.deepEqual(discover(message('shellyplugs-1/online', 'true'))[0]?.profile, 'shelly-gen2');
    assert.deepEqual(discover(message('other/online', 'true')), []);
  });
});

describe('what appliances announce', () => {
  it('is listened to by filters of its own, so that a broker sends again what it keeps', () => {
    for (const profile of PROFILES) {
      const read = [...profile.candidates('x'), ...profile.open({ address: 'x' }).topics];
      assert.deepEqual(
        read.filter((filter) => DISCOVERY_FILTERS.includes(filter)),
        [],
        profile.name,
      );
    }
  });
});
