import assert from 'node:assert/strict';
import { connectMqtt, type MqttSession } from '../../appliances/index.js';
import { startAedes, startMosquitto, type TestBroker } from '../support/broker.js';
import { NodeRed, until } from '../support/node-red.js';

describe('appliance-connect in a Node-RED that is restarted', function () {
  this.timeout(120_000);
  let broker: TestBroker;
  let plug: MqttSession & { close(): Promise<void> };
  let nodeRed: NodeRed;
  let heard: string[];

  before(async () => {
    broker = (await startMosquitto()) ?? (await startAedes());
    plug = await connectMqtt(broker.url);
    await new Promise<void>((resolve) => plug.onState((state) => state === 'connected' && resolve()));
    heard = [];
    plug.subscribe('cmnd/plug/+', ({ topic, payload }) => heard.push(`${topic} ${payload.toString()}`.trim()));
    nodeRed = await NodeRed.start();
  });
  after(async () => {
    await nodeRed?.stop();
    await plug?.close();
    await broker?.close();
  });

  const flows = () => [
    { id: 'tab', type: 'tab', label: 'restart' },
    {
      ...{ id: 'home', type: 'mqtt-broker', broker: '127.0.0.1', port: String(broker.port), clientid: '' },
      ...{ autoConnect: true, usetls: false, protocolVersion: '4', keepalive: '60', cleansession: true },
    },
    {
      ...{ id: 'plug', type: 'appliance-connect', z: 'tab', x: 100, y: 100, version: 1, name: 'Plug' },
      ...{ profile: 'tasmota', transport: 'mqtt', broker: 'home', address: 'plug', control: 'on', wires: [[], []] },
    },
  ];
  /** Reports, until it is asked something and told nothing more for a second. */
  async function report(): Promise<void> {
    await until('the plug is asked', async () => heard.some((line) => line.startsWith('cmnd/plug/Status')));
    await plug.publish('tele/plug/LWT', 'Online', { qos: 1, retain: false });
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  const switched = () => heard.filter((line) => line === 'cmnd/plug/Power ON').length;
  async function switchedOnce(): Promise<void> {
    await until('it is switched on', () => switched() > 0);
    assert.equal(switched(), 1);
  }

  it('switches on what was deployed, the first time, too, and nothing after the restart', async () => {
    await nodeRed.deploy(flows());
    await report();
    await switchedOnce();
    await nodeRed.kill();
    heard = [];
    await nodeRed.restart();
    await report();
    assert.equal(switched(), 0);
    heard = [];
    await nodeRed.deploy(flows());
    await report();
    await switchedOnce();
  });
});
