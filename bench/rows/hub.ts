import { connectAsync } from 'mqtt';
import { startAedes, type TestBroker } from '../../test/support/broker.js';
import { type RedServer, startRed } from '../../test/support/red-server.js';
import { type Row, ratio } from '../harness.js';

/** Readings a round and side. */
const READINGS = 40_000;
const IDS = { broker: 'bench-broker', tab: 'bench-tab' };

/** A brew and its keep-warm as a Tasmota plug tells it, over and over: heating, a pause, keep-warm pulses, standby. */
function telemetry(index: number): string {
  const second = index % 1200;
  const power = second < 300 ? 1400 + (index % 7) : second < 900 && second % 60 < 8 ? 1390 : 2;
  const time = new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString().slice(0, 19);
  const energy = { Total: 5 + index / 1e5, Power: power, Voltage: 231, Current: power / 231 };
  return JSON.stringify({ Time: time, ENERGY: energy });
}

const broker = (port: number) => ({
  id: IDS.broker,
  type: 'mqtt-broker',
  name: 'bench',
  broker: '127.0.0.1',
  port: String(port),
  protocolVersion: '4',
  keepalive: '60',
  cleansession: true,
});

const mqttIn = (id: string, topic: string, to: string[], datatype: string) => ({
  id,
  type: 'mqtt in',
  z: IDS.tab,
  topic,
  qos: '0',
  datatype,
  broker: IDS.broker,
  wires: [to],
});

/** Tells the bench that everything before it has gone through: it takes as many hops as a reading. */
const marker = (topic: string) => [
  mqttIn(`${topic}-marker`, `${topic}/marker`, [`${topic}-pass`], 'auto-detect'),
  {
    id: `${topic}-pass`,
    type: 'switch',
    z: IDS.tab,
    property: 'payload',
    rules: [{ t: 'nnull' }],
    outputs: 1,
    wires: [[`${topic}-out`]],
  },
  { id: `${topic}-out`, type: 'mqtt out', z: IDS.tab, topic: `${topic}/done`, qos: '0', broker: IDS.broker, wires: [] },
];

/** What hobbyists wire by hand: parse, take the power, compare, and wait for it to stay low. */
const handwired = [
  mqttIn('hand-in', 'tele/hand/SENSOR', ['hand-json'], 'utf8'),
  { id: 'hand-json', type: 'json', z: IDS.tab, property: 'payload', action: 'obj', wires: [['hand-power']] },
  {
    id: 'hand-power',
    type: 'function',
    z: IDS.tab,
    func: 'msg.payload = msg.payload.ENERGY.Power;\nreturn msg;',
    outputs: 1,
    wires: [['hand-switch']],
  },
  {
    id: 'hand-switch',
    type: 'switch',
    z: IDS.tab,
    property: 'payload',
    propertyType: 'msg',
    rules: [
      { t: 'gte', v: '10', vt: 'num' },
      { t: 'lt', v: '5', vt: 'num' },
    ],
    outputs: 2,
    wires: [['hand-trigger'], ['hand-trigger']],
  },
  {
    id: 'hand-trigger',
    type: 'trigger',
    z: IDS.tab,
    op1: '',
    op1type: 'nul',
    op2: 'finished',
    op2type: 'str',
    duration: '60',
    units: 's',
    extend: true,
    wires: [[]],
  },
  ...marker('hand'),
];

const ours = [
  {
    id: 'ours-connect',
    type: 'appliance-connect',
    z: IDS.tab,
    name: 'Coffee machine',
    transport: 'mqtt',
    profile: 'tasmota',
    broker: IDS.broker,
    address: 'ours',
    wires: [['ours-collect'], []],
  },
  { id: 'ours-collect', type: 'collect-parameters', z: IDS.tab, kind: 'coffee_filter', wires: [[], []] },
  ...marker('ours'),
];

let red: RedServer;
let mqtt: TestBroker;

/** Readings a second from the first publish until the marker behind the last one has come back. */
async function readingsPerSecond(side: 'ours' | 'hand'): Promise<number> {
  const client = await connectAsync(mqtt.url);
  await client.subscribeAsync(`${side}/done`);
  const done = new Promise<void>((resolve) => client.once('message', () => resolve()));
  const start = process.hrtime.bigint();
  for (let index = 0; index < READINGS; index++) {
    client.publish(`tele/${side}/SENSOR`, telemetry(index));
    if (index % 500 === 499) await new Promise(setImmediate);
  }
  client.publish(`${side}/marker`, 'done');
  await done;
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  await client.endAsync();
  return READINGS / seconds;
}

/** The two nodes that recognise an activity, beside the five that people wire for it, in one Node-RED. */
export const hubVersusHandwired: Row = {
  name: 'hub_vs_handwired',
  what: 'readings a second, appliance-connect + collect-parameters against mqtt in + json + function + switch + trigger',
  floor: { atLeast: 1.5 },
  rounds: 5,
  async prepare() {
    mqtt = await startAedes();
    red = await startRed();
    const tab = { id: IDS.tab, type: 'tab', label: 'bench' };
    await red.admin('POST', '/flows', { flows: [tab, broker(mqtt.port), ...handwired, ...ours] });
    return async () => {
      await red.stop();
      await mqtt.close();
    };
  },
  round: (reversed) =>
    ratio(
      reversed,
      () => readingsPerSecond('ours'),
      () => readingsPerSecond('hand'),
    ),
};
