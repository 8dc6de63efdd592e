import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { NodeAPI } from 'node-red';
import { connectMqtt } from '../../appliances/index.js';
import register from '../../nodes/appliance-connect/appliance-connect.js';
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
  async function listen(on = 'home'): Promise<{ appliances?: { title: string }[]; code?: string }> {
    return (await admin.request().get(`/kindred/appliances?broker=${on}`)).body;
  }
  const brokerNode = () => helper.getNode('home') as unknown as MqttBroker;

  it('is found on a broker that no other node uses, which is left alone again', async () => {
    await deploy(home(broker.port));
    for (let time = 0; time < 2; time++) {
      assert.deepEqual(
        (await listen()).appliances?.map(({ title }) => title),
        ['Cup'],
      );
      assert.deepEqual([brokerNode().connected, brokerNode().users], [false, {}]);
    }
  });

  it('is found where the only appliance has no address yet', async () => {
    await deploy(home(broker.port), appliance(''));
    assert.equal((await listen()).appliances?.length, 1);
  });

  it('leaves a broker connected that an appliance uses', async () => {
    await deploy(home(broker.port), appliance('kettle'));
    assert.equal((await listen()).appliances?.length, 1);
    assert.deepEqual([brokerNode().connected, Object.keys(brokerNode().users)], [true, ['kettle']]);
  });

  it('is refused, with what to do, when the broker is not there', async () => {
    await deploy(home(await freePort()));
    assert.equal((await listen()).code, 'not-connected');
    assert.deepEqual(brokerNode().users, {});
  });

  it('is refused where the broker is not deployed, and to whoever asks while four listen', async () => {
    await deploy(home(broker.port));
    assert.equal((await listen('elsewhere')).code, 'not-deployed');
    const answers = await Promise.all(Array.from({ length: 5 }, () => listen()));
    assert.deepEqual(
      answers.map(({ code, appliances }) => code ?? appliances?.length),
      [1, 1, 1, 1, 'busy'],
    );
  });

  it('does not count whoever could not even begin', async () => {
    await deploy(home(broker.port));
    const node = helper.getNode('home') as unknown as { register: () => void };
    const before = node.register;
    node.register = () => assert.fail();
    for (let time = 0; time < 5; time++) assert.equal((await listen()).code, 'failed');
    node.register = before;
    assert.equal((await listen()).appliances?.length, 1);
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
