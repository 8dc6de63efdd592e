import assert from 'node:assert/strict';
import {
  type Connection,
  connectAppliance,
  connectMqtt,
  type MqttSession,
  mqttTransport,
} from '../../appliances/index.js';
import type { Reading } from '../../vocabulary/index.js';
import { startAedes, startMosquitto, type TestBroker } from '../support/broker.js';

describe('what an appliance is, found out on a broker that keeps what was there before', () => {
  let broker: TestBroker;
  let session: MqttSession & { close(): Promise<void> };
  let link: Connection | undefined;
  let readings: Reading[];
  let problems: string[];
  let subscribed: string[];

  beforeEach(async () => {
    broker = (await startMosquitto()) ?? (await startAedes());
    session = await connectMqtt(broker.url);
    await new Promise<void>((resolve) => session.onState((state) => state === 'connected' && resolve()));
    [readings, problems, subscribed] = [[], [], []];
  });
  afterEach(async () => {
    await link?.close();
    await session.close();
    await broker.close();
  });

  const say = (topic: string, payload: unknown, retain = false) =>
    session.publish(topic, typeof payload === 'string' ? payload : JSON.stringify(payload), { qos: 1, retain });
  const until = async (condition: () => boolean) => {
    for (let tries = 0; !condition(); tries++) {
      if (tries === 400) throw new Error(`never: ${JSON.stringify({ readings, problems })}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const connect = async () => {
    const counting: MqttSession = {
      ...{ publish: (...all) => session.publish(...all), onState: (handler) => session.onState(handler) },
      subscribe(filter, handler) {
        subscribed.push(filter);
        const undo = session.subscribe(filter, handler);
        return () => {
          subscribed.splice(subscribed.indexOf(filter), 1);
          undo();
        };
      },
    };
    const [appliance, settings] = [{ id: 'k', name: 'Kettle' }, { address: 'kettle' }];
    const options = { appliance, profile: 'auto', settings, transport: mqttTransport(counting) };
    link = await connectAppliance(options, {
      reading: (reading) => readings.push(reading),
      event() {},
      problem: ({ message }) => problems.push(message),
    });
  };
  const sensor = (power: number) => ({ Time: '2026-11-22T08:41:07', ENERGY: { Power: power } });
  const profiles = () => readings.map(({ appliance, retained }) => `${appliance.profile}${retained ? ' stored' : ''}`);

  for (const [name, topic, payload] of [
    ['a Zigbee plug', 'zigbee2mqtt/kettle', { state: 'ON', power: 5 }],
    ['any JSON', 'kettle', { power: 5 }],
    ['a Tasmota with the other FullTopic', 'kettle/tele/SENSOR', sensor(5)],
  ] as const) {
    it(`is what speaks now, not ${name} that is gone and was stored`, async () => {
      await say(topic, payload, true);
      await connect();
      await until(() => readings.length === 1);
      await say('tele/kettle/LWT', 'Online');
      await say('tele/kettle/SENSOR', sensor(1800));
      await until(() => readings.length === 2);
      assert.match(profiles().join(), / stored,tasmota$/);
      assert.deepEqual(readings[1]?.parameters, { power: 1800 });
      assert.deepEqual(problems, []);
      assert.deepEqual(subscribed.sort(), ['stat/kettle/+', 'tasmota/discovery/+/config', 'tele/kettle/+']);
    });
  }

  it('stays what it was once it has spoken itself, and listens to no more', async () => {
    await say('zigbee2mqtt/kettle', { power: 5 }, true);
    await connect();
    await until(() => readings.length === 1);
    await say('zigbee2mqtt/kettle/availability', 'online');
    await say('zigbee2mqtt/kettle', { power: 6 });
    await until(() => readings.length === 2);
    await say('tele/kettle/SENSOR', sensor(1800));
    await say('zigbee2mqtt/kettle', { power: 7 });
    await until(() => readings.length === 3);
    assert.deepEqual(profiles(), ['zigbee2mqtt stored', 'zigbee2mqtt', 'zigbee2mqtt']);
    assert.ok(
      subscribed.every((filter) => filter.startsWith('zigbee2mqtt/')),
      subscribed.join(),
    );
  });
});
