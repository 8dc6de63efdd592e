import assert from 'node:assert/strict';
import {
  type Connection,
  type ConnectOptions,
  connectAppliance,
  connectMqtt,
  type MqttSession,
  mqttTransport,
} from '../../appliances/index.js';
import { Heard } from '../support/appliance.js';
import { startAedes, startMosquitto, type TestBroker } from '../support/broker.js';
import { leaveOut } from '../support/leave-out.js';

for (const [name, start] of [
  ['aedes', () => startAedes()],
  ['mosquitto', startMosquitto],
] as const) {
  describe(`an appliance on a real broker (${name})`, () => {
    let broker: TestBroker;
    let hub: MqttSession & { close(): Promise<void> };
    let device: MqttSession & { close(): Promise<void> };
    let connection: Connection | undefined;
    let heard: Heard;

    before(async function () {
      const started = await start();
      if (!started) leaveOut(this, `${name} is not installed`);
      broker = started;
    });
    after(() => broker?.close());
    beforeEach(async () => {
      hub = await connectMqtt(broker.url);
      device = await connectMqtt(broker.url);
      await Promise.all([hub, device].map(connected));
      heard = new Heard();
    });
    afterEach(async () => {
      await connection?.close();
      connection = undefined;
      await Promise.all([hub.close(), device.close()]);
    });

    const connect = async (profile: string, address: string, more: Partial<ConnectOptions> = {}) => {
      const options = {
        appliance: { id: 'n1', name: 'Kettle' },
        profile,
        settings: { address },
        transport: mqttTransport(hub),
      };
      connection = await connectAppliance({ ...options, ...more }, heard.listener);
      await roundTrip(hub);
      return connection;
    };
    const say = (topic: string, payload: string, retain = false) => device.publish(topic, payload, { qos: 1, retain });

    it('executes the bound instruction when the appliance is detected, and waits for its word', async () => {
      const seen: string[] = [];
      device.subscribe('cmnd/k1/+', ({ topic, payload, retained }) => {
        seen.push(`${topic} ${payload.toString()} ${retained}`);
        if (topic === 'cmnd/k1/Power' && payload.length > 0)
          say('stat/k1/RESULT', '{"POWER":"ON"}').catch(assert.ifError);
      });
      await roundTrip(device);
      await connect('tasmota', 'k1', { control: { instruction: 'on' } });
      await say('tele/k1/LWT', 'Online');
      await heard.until(({ readings }) => readings.some(({ parameters }) => parameters.state === 'on'));
      assert.ok(seen.includes('cmnd/k1/Power ON false'), seen.join('\n'));
      assert.deepEqual(
        heard.events.map(({ event }) => event),
        ['detected', 'connected'],
      );
      assert.deepEqual(heard.problems, []);
      await say('tele/k1/LWT', 'Offline');
      await heard.until(({ events }) => events.at(-1)?.event === 'disconnected');
    });

    it('says so when the appliance does not confirm, and when it can’t', async () => {
      const link = await connect('tasmota', 'k2', { echoMs: 150 });
      await assert.rejects(link.control({ instruction: 'on' }), /did not confirm cmnd\/k2\/Power within 0.15 s/);
      await assert.rejects(link.control({ instruction: 'start' }), {
        code: 'APPLIANCE_CANNOT',
        message: /presses no button/,
      });
    });

    it('marks stored readings, which are no sign of life', async () => {
      await say('tele/k3/SENSOR', '{"Time":"2026-11-20T10:00:00","ENERGY":{"Power":1800}}', true);
      await connect('tasmota', 'k3');
      await heard.until(({ readings }) => readings.length > 0);
      assert.equal(heard.readings[0]?.retained, true);
      assert.equal(heard.readings[0]?.at, new Date('2026-11-20T10:00:00').toISOString());
      assert.deepEqual(heard.events, []);
      await say('tele/k3/SENSOR', '', true);
    });

    it('refuses 10 MB, binary and nonsense with a reason, and goes on', async () => {
      await connect('tasmota', 'k4');
      await say('tele/k4/SENSOR', 'x'.repeat(10_000_000));
      await say('tele/k4/SENSOR', '\u0001\u0002');
      await say('tele/k4/SENSOR', '{"Time":"2026-11-22T08:41:07","ENERGY":{"Power":1e999}}');
      await say('tele/k4/SENSOR', '{"Time":"2026-11-22T08:41:07","ENERGY":{"Power":1412}}');
      await heard.until(({ readings }) => readings.length > 0);
      assert.deepEqual(heard.readings[0]?.parameters, { power: 1412 });
      assert.match(heard.problems.join('\n'), /10000000 bytes and was refused[\s\S]*not JSON[\s\S]*power is Infinity/);
    });

    it('finds out what an appliance is and listens to no more than it needs', async () => {
      const calls: string[] = [];
      device.subscribe('shellyplug-7/rpc', ({ payload }) => {
        const { id, src, method } = JSON.parse(payload.toString()) as { id: number; src: string; method: string };
        calls.push(method);
        say(
          `${src}/rpc`,
          JSON.stringify({ id, src: 'x', result: { 'switch:0': { output: true, apower: 900 } } }),
        ).catch(assert.ifError);
      });
      await roundTrip(device);
      await connect('auto', 'shellyplug-7');
      await say('shellyplug-7/online', 'true');
      await heard.until(({ readings }) => readings.length > 0);
      assert.equal(heard.readings[0]?.appliance.profile, 'shelly-gen2');
      assert.deepEqual(heard.readings[0]?.parameters, { power: 900, state: 'on' });
      assert.ok(calls.includes('Shelly.GetStatus'));
    });

    it('hears what the broker keeps also where another appliance has heard it before', async () => {
      const exposes = [{ name: 'power', property: 'power_right', endpoint: 'right', access: 1, unit: 'kW' }];
      const plug = { ieee_address: '0x2', type: 'Router', friendly_name: 'B', definition: { exposes } };
      await say('zigbee2mqtt/bridge/devices', JSON.stringify([plug]), true);
      const first = await connect('zigbee2mqtt', 'B');
      await connect('zigbee2mqtt', 'B');
      await say('zigbee2mqtt/B', '{"power_right":1.85}');
      await heard.until(({ readings }) => readings.length === 2);
      assert.deepEqual(
        heard.readings.map(({ parameters }) => parameters.power),
        [1850, 1850],
      );
      await first.close();
      await say('zigbee2mqtt/bridge/devices', '', true);
    });

    it('leaves nothing behind when it closes', async () => {
      const link = await connect('json', 'cup/weight', {
        settings: { address: 'cup/weight', paths: [{ parameter: 'weight', path: '' }] },
      });
      await say('cup/weight', '12');
      await heard.until(({ readings }) => readings.length > 0);
      await link.close();
      await say('cup/weight', '13');
      await roundTrip(hub);
      assert.equal(heard.readings.length, 1);
      await assert.rejects(link.control({ instruction: 'on' }), /closed/);
    });
  });
}

/** Resolves when the broker has done all that this session asked of it so far. */
async function roundTrip(session: MqttSession): Promise<void> {
  const topic = `probe/${Math.random()}`;
  await new Promise<void>((resolve, reject) => {
    const undo = session.subscribe(topic, () => {
      undo();
      resolve();
    });
    session.publish(topic, '1', { qos: 1, retain: false }).catch(reject);
  });
}

function connected(session: MqttSession): Promise<void> {
  return new Promise((resolve) => {
    session.onState((state) => {
      if (state === 'connected') resolve();
    });
  });
}
