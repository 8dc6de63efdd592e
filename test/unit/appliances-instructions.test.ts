import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectClient, type MqttClient } from 'mqtt';
import {
  type ApplianceListener,
  type Connection,
  connectAppliance,
  connectMqtt,
  type MqttSession,
  mqttTransport,
  type ProfileSettings,
} from '../../appliances/index.js';
import { type MosquittoBroker, startMosquitto } from '../support/broker.js';
import { leaveOut } from '../support/leave-out.js';

const DEAF: ApplianceListener = { reading() {}, event() {}, problem() {} };
const ECHO_MS = 300;

describe('an instruction to an appliance', () => {
  let broker: MosquittoBroker;
  let hub: MqttSession & { close(): Promise<void> };
  let device: MqttClient;
  let heard: string[];

  beforeEach(async function () {
    const started = await startMosquitto();
    if (!started) leaveOut(this, 'mosquitto is not installed');
    broker = started;
    heard = [];
    device = connectClient(broker.url, { reconnectPeriod: 50 });
    device.on('error', () => {});
    device.on('message', (topic, payload) => heard.push(`${topic} ${payload.toString()}`));
    await device.subscribeAsync('cmnd/#', { qos: 1 });
    hub = await connectMqtt(broker.url, { reconnectPeriod: 50 });
    await new Promise<void>((resolve) => hub.onState((state) => state === 'connected' && resolve()));
  });
  afterEach(async () => {
    await Promise.all([hub?.close(), device?.endAsync(true)]);
    await broker?.close();
  });

  const connect = (profile: string, settings: ProfileSettings): Promise<Connection> =>
    connectAppliance(
      { appliance: { id: 'k', name: 'Kettle' }, profile, settings, transport: mqttTransport(hub), echoMs: ECHO_MS },
      DEAF,
    );
  const comeBack = async () => {
    const { port } = broker;
    await broker.close();
    broker = (await startMosquitto(port)) as MosquittoBroker;
    while (!device.connected) await wait(20);
    await wait(500);
  };
  const plug = { address: 'plug' };
  const switched = () => heard.filter((line) => /^cmnd\/plug\/Power (ON|OFF|TOGGLE)$/.test(line));

  it('fails in time while the broker hangs, and is not carried out when it is back', async () => {
    const link = await connect('tasmota', plug);
    broker.hang();
    await assert.rejects(link.control({ instruction: 'on' }), /did not confirm cmnd\/plug\/Power within 0.3 s/);
    await comeBack();
    assert.deepEqual(switched(), []);
    await link.close();
  });

  it('fails in time, too, where the broker’s word is all there is, and says that it may still come', async () => {
    const command = { topic: 'cmnd/lamp', on: 'ON', off: 'OFF' };
    const link = await connect('json', { address: 'lamp', command });
    broker.hang();
    await assert.rejects(
      link.control({ instruction: 'on' }),
      /the broker did not take cmnd\/lamp within 0.3 s: it may still pass it on later/,
    );
    await link.close();
  });

  it('is not carried out later where the appliance says that it is so already', async () => {
    const command = { topic: 'cmnd/plug/Power', on: 'ON', off: 'OFF' };
    const settings: ProfileSettings = { address: 'lamp', paths: [{ parameter: 'state', path: '' }], command };
    let isOn = false;
    const link = await connectAppliance(
      {
        appliance: { id: 'k', name: 'Lamp' },
        profile: 'json',
        settings,
        transport: mqttTransport(hub),
        echoMs: ECHO_MS,
      },
      { ...DEAF, reading: () => (isOn = true) },
    );
    while (!isOn) {
      await device.publishAsync('lamp', 'ON');
      await wait(20);
    }
    broker.hang();
    await link.control({ instruction: 'on' });
    await comeBack();
    assert.deepEqual(switched(), []);
    await link.close();
  });

  it('does not keep its connection from closing while the broker hangs', async () => {
    const link = await connect('tasmota', plug);
    broker.hang();
    const failed = assert.rejects(link.control({ instruction: 'on' }), /was closed/);
    await wait(50);
    await link.close();
    await failed;
  });

  it('that is bound waits for the appliance itself: a stored "online" may be of before a power cut', async () => {
    await device.publishAsync('tele/plug/LWT', 'Online', { qos: 1, retain: true });
    const events: string[] = [];
    const link = await connectAppliance(
      {
        ...{ appliance: { id: 'k', name: 'Kettle' }, profile: 'tasmota', settings: plug },
        ...{ transport: mqttTransport(hub), control: { instruction: 'on' }, echoMs: ECHO_MS },
      },
      { ...DEAF, event: ({ event }) => events.push(event) },
    );
    while (events.length < 2) await wait(20);
    await wait(200);
    assert.deepEqual(switched(), []);
    const comeOnline = () => device.publishAsync('tele/plug/LWT', 'Online', { qos: 1, retain: true });
    await comeOnline();
    while (switched().length === 0) await wait(20);
    // The second time it is only asked, half a second later.
    const asked = () => heard.filter((line) => line === 'cmnd/plug/Status 8').length;
    const before = asked();
    await comeOnline();
    while (asked() === before) await wait(20);
    assert.deepEqual(switched(), ['cmnd/plug/Power ON']);
    assert.deepEqual(events, ['detected', 'connected']);
    await link.close();
  });

  it('is given up when those before it took so long that nobody expects it any more', async () => {
    const link = await connect('tasmota', plug);
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => link.control({ instruction: 'toggle' })));
    const reasons = all.map((one) => (one.status === 'rejected' ? String(one.reason) : 'done'));
    assert.ok(
      reasons.slice(0, 2).every((reason) => reason.includes('did not confirm')),
      reasons.join('\n'),
    );
    assert.match(reasons.at(-1) ?? '', /"toggle" was given up: instructions before it took more than 0.6 s/);
    assert.ok(switched().length <= 3, switched().join('\n'));
    await link.close();
  });

  it('is not taken for done by what another hub with the same flow was answered', async () => {
    let isAnswering = false;
    await device.subscribeAsync('shelly/rpc', { qos: 1 });
    device.on('message', (topic, payload) => {
      if (topic !== 'shelly/rpc' || !isAnswering) return;
      const { id, src } = JSON.parse(payload.toString()) as { id: number; src: string };
      device.publish(`${src}/rpc`, JSON.stringify({ id, src: 'shelly', dst: src, result: { output: true } }));
    });
    const [one, other] = await Promise.all([
      connect('shelly-gen2', { address: 'shelly' }),
      connect('shelly-gen2', { address: 'shelly' }),
    ]);
    await wait(50);
    const lost = one.control({ instruction: 'on' });
    await wait(50);
    isAnswering = true;
    await Promise.all([other.control({ instruction: 'on' }), assert.rejects(lost, /did not confirm shelly\/rpc/)]);
    await Promise.all([one.close(), other.close()]);
  });

  it('is not sent where a broker would end the connection for it', async () => {
    const states: string[] = [];
    hub.onState((state) => states.push(state));
    for (const address of ['+', 'plug/#', 'a+b']) {
      await assert.rejects(connect('tasmota', { address }), /is no appliance's address: there is no [+#] in one/);
      await assert.rejects(connect('auto', { address }), /is no appliance's address/);
    }
    const odd = await connect('tasmota', { address: 'plug', fullTopic: '%topic%/+/%prefix%/' });
    const command = { topic: 'cmnd/+', on: 'ON', off: 'OFF' };
    const lamp = await connect('json', { address: 'lamp', command });
    for (const link of [odd, lamp]) {
      await assert.rejects(link.control({ instruction: 'on' }), /is no MQTT topic that anything can be sent to/);
    }
    await wait(100);
    assert.deepEqual(states, ['connected']);
    await Promise.all([odd.close(), lamp.close()]);
  });
});
