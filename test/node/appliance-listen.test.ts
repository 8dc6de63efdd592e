import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { NodeAPI } from 'node-red';
import { connectMqtt } from '../../appliances/index.js';
import register from '../../nodes/appliance-connect/appliance-connect.js';
import { listen } from '../../nodes/appliance-connect/listen.js';
import { startAedes, type TestBroker } from '../support/broker.js';
import { helper, inNodeRed } from '../support/node-helper.js';
import { freePort } from '../support/node-red.js';

const mqttNodes = createRequire(__filename)('@node-red/nodes/core/network/10-mqtt.js') as (RED: NodeAPI) => void;

/** What these tests use of the helper beyond what others use. */
const admin = helper as unknown as { request(): { get(path: string): Promise<{ body: object }> } };

interface MqttBroker {
  connected: boolean;
  users: Record<string, unknown>;
}

describe('what the dialog of appliance-connect asks for', () => {
  let broker: TestBroker;
  inNodeRed();
  before(async () => {
    broker = await startAedes();
    const device = await connectMqtt(broker.url);
    await new Promise<void>((resolve) => device.onState((state) => state === 'connected' && resolve()));
    const announced = '{"t":"cup","ft":"%prefix%/%topic%/","dn":"Cup","mac":"00","tp":["cmnd","stat","tele"]}';
    await device.publish('tasmota/discovery/00/config', announced, { qos: 1, retain: true });
    await device.close();
  });
  after(() => broker.close());

  const home = (port: number) => ({
    ...{ id: 'home', type: 'mqtt-broker', broker: '127.0.0.1', port: String(port), clientid: '' },
    ...{ autoConnect: true, usetls: false, protocolVersion: '4', keepalive: '60', cleansession: true },
  });
  const appliance = (address: string) => ({
    ...{
      id: 'kettle',
      z: 'tab',
      x: 1,
      y: 1,
      type: 'appliance-connect',
      version: 1,
      name: 'Kettle',
      profile: 'tasmota',
    },
    ...{ transport: 'mqtt', broker: 'home', address, wires: [[], []] },
  });
  const deploy = (...nodes: object[]) =>
    helper.load([mqttNodes, register], [{ id: 'tab', type: 'tab', label: 'test' }, ...nodes]);
  async function ask(on = 'home'): Promise<{ appliances?: { title: string }[]; code?: string }> {
    return (await admin.request().get(`/kindred/appliances?broker=${on}`)).body;
  }
  /** For less long than who asks does. */
  const listened = (times: Parameters<typeof listen>[1] = { listenMs: 500 }) => listen(helper.getNode('home'), times);
  const brokerNode = () => helper.getNode('home') as unknown as MqttBroker;

  it('is found on a broker that no other node uses, which is left alone again', async () => {
    await deploy(home(broker.port));
    for (let time = 0; time < 2; time++) {
      assert.deepEqual(
        (await listened()).map(({ title }) => title),
        ['Cup'],
      );
      assert.deepEqual([brokerNode().connected, brokerNode().users], [false, {}]);
    }
  });

  it('is found where the only appliance has no address yet', async () => {
    await deploy(home(broker.port), appliance(''));
    assert.deepEqual(
      (await ask()).appliances?.map(({ title }) => title),
      ['Cup'],
    );
  });

  it('leaves a broker connected that an appliance uses', async () => {
    await deploy(home(broker.port), appliance('kettle'));
    assert.equal((await listened()).length, 1);
    assert.deepEqual([brokerNode().connected, Object.keys(brokerNode().users)], [true, ['kettle']]);
  });

  it('is refused, with what to do, when the broker is not there', async () => {
    await deploy(home(await freePort()));
    await assert.rejects(listened({ connectMs: 500 }), { code: 'not-connected' });
    assert.deepEqual(brokerNode().users, {});
  });

  it('is refused where the broker is not deployed, and to whoever asks while four listen', async () => {
    await deploy(home(broker.port));
    assert.equal((await ask('elsewhere')).code, 'not-deployed');
    const listening = Array.from({ length: 4 }, () => listened());
    assert.equal((await ask()).code, 'busy');
    for (const found of await Promise.all(listening)) assert.equal(found.length, 1);
  });

  it('does not count whoever could not even begin', async () => {
    await deploy(home(broker.port));
    const node = helper.getNode('home') as unknown as { register: () => void };
    const before = node.register;
    node.register = () => assert.fail();
    for (let time = 0; time < 5; time++) assert.equal((await ask()).code, 'failed');
    node.register = before;
    assert.equal((await listened()).length, 1);
  });

  it('is for everybody who may read flows', async () => {
    const asked: string[] = [];
    await helper.load(
      [
        (RED: NodeAPI) => {
          const needsPermission = (permission: string) => {
            asked.push(permission);
            return RED.auth.needsPermission(permission);
          };
          register(Object.create(RED, { auth: { value: { needsPermission } } }) as NodeAPI);
        },
      ],
      [],
    );
    assert.deepEqual(asked, ['flows.read', 'flows.read']);
  });
});
