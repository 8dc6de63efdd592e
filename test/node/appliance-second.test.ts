import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { MqttClient } from 'mqtt';
import type { NodeAPI } from 'node-red';
import { connectMqtt, type MqttSession } from '../../appliances/index.js';
import applianceConnect from '../../nodes/appliance-connect/appliance-connect.js';
import type { Reading } from '../../vocabulary/index.js';
import { startMosquitto, type TestBroker } from '../support/broker.js';
import { leaveOut } from '../support/leave-out.js';
import { helper, inNodeRed, Seen } from '../support/node-helper.js';

const mqttNodes = createRequire(__filename)('@node-red/nodes/core/network/10-mqtt.js') as (RED: NodeAPI) => void;

/** A socket whose meter tells kilowatts, under a name that only the list of devices explains. */
const deviceOf = (name: string) => ({
  ...{ ieee_address: `0x${name}`, type: 'Router', friendly_name: name },
  definition: {
    exposes: [{ type: 'numeric', name: 'power', property: 'power_right', endpoint: 'right', access: 1, unit: 'kW' }],
  },
});

describe('a second appliance on a broker that is connected already', () => {
  let broker: TestBroker | undefined;
  let device: MqttSession & { close(): Promise<void> };
  inNodeRed();

  before(async function () {
    broker = await startMosquitto();
    if (!broker) leaveOut(this, 'mosquitto is not installed');
    device = await connectMqtt(broker.url);
    await new Promise<void>((resolve) => device.onState((state) => state === 'connected' && resolve()));
    const list = JSON.stringify(['first', 'second'].map(deviceOf));
    await device.publish('zigbee2mqtt/bridge/devices', list, { qos: 1, retain: true });
  });
  after(async () => {
    await device?.close();
    await broker?.close();
  });

  const home = (protocolVersion: string) => ({
    ...{ id: 'home', type: 'mqtt-broker', broker: '127.0.0.1', port: String(broker?.port), clientid: '' },
    ...{ autoConnect: true, usetls: false, protocolVersion, keepalive: '60', cleansession: true },
  });
  const appliance = (id: string, profile: string) => [
    {
      ...{ id, type: 'appliance-connect', z: 'tab', x: 1, y: 1, version: 1, name: id, profile, transport: 'mqtt' },
      ...{ broker: 'home', address: id, wires: [[`${id}-reads`], []] },
    },
    { id: `${id}-reads`, type: 'helper', z: 'tab', x: 1, y: 1 },
  ];
  /** Until it has read something that it is told again and again. */
  const reads = async (id: string): Promise<Reading> => {
    const seen = new Seen(`${id}-reads`);
    for (let times = 0; seen.messages.length === 0; times++) {
      if (times === 200) throw new Error(`${id} never reads anything`);
      await device.publish(`zigbee2mqtt/${id}`, '{"power_right":1.85}', { qos: 1, retain: false });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return seen.messages[0]?.payload as Reading;
  };

  for (const [protocolVersion, profile] of [
    ['4', 'zigbee2mqtt'],
    ['5', 'zigbee2mqtt'],
    ['4', 'auto'],
  ] as const) {
    it(`reads what the first one reads (MQTT ${protocolVersion}, ${profile})`, async () => {
      const tab = { id: 'tab', type: 'tab', label: 'test' };
      const before = [tab, home(protocolVersion), ...appliance('first', profile)];
      await helper.load([mqttNodes, applianceConnect], before);
      assert.deepEqual((await reads('first')).parameters, { power: 1850 });
      await helper.setFlows([...before, ...appliance('second', profile)], 'nodes');
      assert.deepEqual((await reads('second')).parameters, { power: 1850 });
      assert.deepEqual((await reads('first')).parameters, { power: 1850 });
    });
  }

  it('asks once for all that are deployed at the same time: a list is a megabyte or two', async () => {
    const before = [{ id: 'tab', type: 'tab', label: 'test' }, home('4'), ...appliance('first', 'zigbee2mqtt')];
    await helper.load([mqttNodes, applianceConnect], before);
    await reads('first');
    let lists = 0;
    (helper.getNode('home') as unknown as { client: MqttClient }).client.on('message', (topic) => {
      if (topic === 'zigbee2mqtt/bridge/devices') lists++;
    });
    const many = Array.from({ length: 10 }, (_, index) => appliance(`plug${index}`, 'zigbee2mqtt')).flat();
    await helper.setFlows([...before, ...many, ...appliance('second', 'zigbee2mqtt')], 'nodes');
    await reads('second');
    assert.equal(lists, 1);
  });
});
