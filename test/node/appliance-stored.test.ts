import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import type { NodeMessage } from 'node-red';
import { connectMqtt, type MqttSession } from '../../appliances/index.js';
import applianceConnect from '../../nodes/appliance-connect/appliance-connect.js';
import { StoredCopies } from '../../nodes/shared/stored-copies.js';
import type { Reading } from '../../vocabulary/index.js';
import { startMosquitto, type TestBroker } from '../support/broker.js';
import { leaveOut } from '../support/leave-out.js';
import { helper, inNodeRed, Seen } from '../support/node-helper.js';

const mqttNodes = require(
  require.resolve('@node-red/nodes/core/network/10-mqtt.js', { paths: [require.resolve('node-red')] }),
) as (red: unknown) => void;

const TOPIC = 'tele/kettle/SENSOR';
const HUB = 'kindred-test-hub';
const sensor = (power: number) => JSON.stringify({ Time: '2026-11-22T08:41:07', ENERGY: { Power: power } });

describe('what a broker keeps, by the wire', () => {
  let broker: TestBroker | undefined;
  let device: MqttSession & { close(): Promise<void> };
  inNodeRed();

  before(async function () {
    broker = await startMosquitto();
    if (!broker) leaveOut(this, 'mosquitto is not installed');
    device = await connectMqtt(broker.url);
    await connected(device);
  });
  after(async () => {
    await device?.close();
    await broker?.close();
  });

  const flow = (protocolVersion: string) => [
    { id: 'tab', type: 'tab' },
    {
      ...{ id: 'home', type: 'mqtt-broker', broker: '127.0.0.1', port: String(broker?.port), clientid: HUB },
      ...{ autoConnect: true, usetls: false, protocolVersion, keepalive: '60', cleansession: true },
    },
    {
      ...{
        id: 'in',
        type: 'mqtt in',
        z: 'tab',
        x: 1,
        y: 1,
        topic: TOPIC,
        qos: '1',
        datatype: 'auto-detect',
        broker: 'home',
      },
      ...{ rap: true, rh: 0, inputs: 0, wires: [['kettle', 'heard']] },
    },
    {
      ...{
        id: 'kettle',
        type: 'appliance-connect',
        z: 'tab',
        x: 1,
        y: 2,
        version: 1,
        name: 'Kettle',
        profile: 'tasmota',
      },
      ...{ transport: 'wire', address: 'kettle', wires: [['readings'], []] },
    },
    ...['heard', 'readings'].map((id) => ({ id, type: 'helper', z: 'tab', x: 1, y: 3 })),
  ];

  /** The kettle is reached by MQTT under the very topic of an `mqtt in`, which has the palette's default: as published. */
  const directly = (protocolVersion: string, qos: string) =>
    flow(protocolVersion).map((node) => {
      if (node.id === 'in') return { ...node, qos, wires: [['heard']] };
      const paths = [{ parameter: 'power', path: 'ENERGY.Power' }];
      const byMqtt = { profile: 'json', transport: 'mqtt', broker: 'home', address: TOPIC, paths };
      return node.id === 'kettle' ? { ...node, ...byMqtt } : node;
    });

  /** The hub loses its connection, as with any trouble of the network, and is back. */
  async function reconnect(heard: Seen): Promise<void> {
    const count = heard.messages.length;
    const other = await connectMqtt(broker?.url ?? '', { clientId: HUB, reconnectPeriod: 0 });
    await connected(other);
    await other.close();
    await heard.atLeast(count + 1);
  }

  for (const version of ['4', '5']) {
    it(`is no reading of now when the hub is back on the broker, over MQTT ${version}`, async () => {
      await device.publish(TOPIC, sensor(1800), { qos: 1, retain: true });
      helper.settings({ mqttReconnectTime: 50 });
      await helper.load([mqttNodes, applianceConnect] as never, flow(version));
      const [heard, readings] = [new Seen('heard'), new Seen('readings')];
      const told = () => readings.messages.map(({ payload }) => (payload as Reading).retained === true);
      await readings.atLeast(1);
      await reconnect(heard);
      await readings.atLeast(2);
      assert.deepEqual(told(), [true, true]);
      await device.publish(TOPIC, sensor(3), { qos: 1, retain: version === '5' });
      await readings.atLeast(3);
      assert.deepEqual(told(), [true, true, false]);
    });
  }

  for (const version of ['4', '5']) {
    it(`is told from what is said now where another node listens to it as published, over MQTT ${version}`, async () => {
      await device.publish(TOPIC, sensor(1800), { qos: 1, retain: true });
      helper.settings({ mqttReconnectTime: 50 });
      await helper.load([mqttNodes, applianceConnect] as never, directly(version, '2'));
      const [heard, readings] = [new Seen('heard'), new Seen('readings')];
      const last = () => {
        const { parameters, retained } = (readings.messages.at(-1)?.payload ?? {}) as Partial<Reading>;
        return [parameters?.power, retained === true];
      };
      const told = async (power: number, isStored: boolean) => {
        for (let times = 0; last().join() !== [power, isStored].join(); times++) {
          if (times === 100) assert.deepEqual(last(), [power, isStored]);
          await wait(20);
        }
      };
      await told(1800, true);
      for (const power of [3, 4]) {
        await device.publish(TOPIC, sensor(power), { qos: 1, retain: true });
        await told(power, false);
      }
      await reconnect(heard);
      await told(4, true);
    });
  }

  it('is asked for again as all want it who listen to it', async () => {
    const [tab, home, listener, kettle, ...rest] = directly('5', '0');
    const before = [tab, home, kettle, listener, ...rest];
    await helper.load([mqttNodes, applianceConnect] as never, before as never);
    await new Seen('readings').atLeast(1);
    await helper.setFlows([...before, { ...kettle, id: 'other' }] as never, 'nodes');
    await wait(100);
    const { client } = helper.getNode('home') as unknown as { client: { _resubscribeTopics: Record<string, object> } };
    const { qos, rap } = client._resubscribeTopics[TOPIC] as { qos: number; rap: boolean };
    assert.deepEqual({ qos, rap }, { qos: 1, rap: true });
  });

  it('is told apart by unmarked messages of the same topic, else by what it says', () => {
    const stored = new StoredCopies();
    const has = (topic: string, payload: unknown, retain: boolean) =>
      stored.has({ topic, payload, retain } as unknown as NodeMessage);
    assert.deepEqual(
      [has('a', 1, true), has('a', 2, false), has('a', 3, true), has('a', 4, true)],
      [...[true, false, true, true]],
    );
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    for (const [one, other] of [
      ['x', 'y'],
      [Buffer.from('x'), Buffer.from('y')],
      [{ power: 1 }, { power: 2 }],
      [undefined, 1],
      [circle, 1],
    ]) {
      const copies = [one, one, other, other, one];
      const topic = String(Math.random());
      assert.deepEqual(
        copies.map((payload) => has(topic, payload, true)),
        [true, true, false, false, false],
      );
    }
    for (let topic = 0; topic < 5000; topic++) has(`t${topic}`, 1, true);
    assert.equal(has('t4999', 1, true), true);
  });
});

function connected(session: MqttSession): Promise<void> {
  return new Promise((resolve) => void session.onState((state) => state === 'connected' && resolve()));
}
