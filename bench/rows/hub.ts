import { connectAsync, type MqttClient } from 'mqtt';
import { startAedes, startMosquitto, type TestBroker } from '../../test/support/broker.js';
import { NodeRed, until } from '../../test/support/node-red.js';
import type { Row } from '../harness.js';

/**
 * Readings a round and side: batches, each closed by a marker that comes back. The sides take turns within a round, so that
 * what else the machine does falls on both.
 */
const TURNS = 4;
const BATCHES = 25;
const BATCH = 400;
const READINGS = TURNS * BATCHES * BATCH;
const UNDER_WAY = 12;
const IDS = { broker: 'bench-broker', tab: 'bench-tab' };

/**
 * A brew and its keep-warm every twenty minutes as a Shelly plug tells it once a second, over half a day that ends now.
 * Written out beforehand, so that the sender costs little.
 */
function telemetry(): string[] {
  const begin = Math.floor(Date.now() / 1000) - READINGS;
  return Array.from({ length: READINGS }, (_, index) => {
    const second = index % 1200;
    const apower = second < 300 ? 1400 + (index % 7) : second < 900 && second % 60 < 8 ? 1390 : 2;
    const status = { id: 0, aenergy: { total: 5000 + index / 4 }, apower, current: apower / 231, voltage: 231 };
    const params = { ts: begin + index, 'switch:0': status };
    return JSON.stringify({ src: 'plug', dst: 'plug/events', method: 'NotifyStatus', params });
  });
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

const mqttOut = (id: string, topic: string) => ({
  id,
  type: 'mqtt out',
  z: IDS.tab,
  topic,
  qos: '0',
  broker: IDS.broker,
  wires: [],
});

/**
 * What hobbyists wire by hand: parse, take the power, compare, and wait for it to stay low. The marker takes the same way and
 * leaves where the power is neither: the switch works off what waits there one message a turn of the event loop, and whatever
 * went beside it would come back long before the last reading.
 */
const handwired = [
  mqttIn('hand-in', 'hand/events/rpc', ['hand-json'], 'utf8'),
  { id: 'hand-json', type: 'json', z: IDS.tab, property: 'payload', action: 'obj', wires: [['hand-power']] },
  {
    id: 'hand-power',
    type: 'function',
    z: IDS.tab,
    func: 'msg.payload = msg.payload.params["switch:0"].apower;\nreturn msg;',
    outputs: 1,
    wires: [['hand-switch']],
  },
  {
    id: 'hand-switch',
    type: 'switch',
    z: IDS.tab,
    property: 'payload',
    propertyType: 'msg',
    rules: [{ t: 'gte', v: '10', vt: 'num' }, { t: 'lt', v: '5', vt: 'num' }, { t: 'else' }],
    outputs: 3,
    wires: [['hand-trigger'], ['hand-trigger'], ['hand-out']],
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
  mqttOut('hand-out', 'hand/done'),
];

/** A new appliance for each round: the half day of the round before is past, and would only be passed over. */
const ours = (round: number) => [
  {
    id: `ours-connect-${round}`,
    type: 'appliance-connect',
    z: IDS.tab,
    name: 'Coffee machine',
    transport: 'mqtt',
    profile: 'shelly-gen2',
    broker: IDS.broker,
    address: 'ours',
    wires: [[`ours-collect-${round}`], []],
  },
  {
    id: `ours-collect-${round}`,
    type: 'collect-parameters',
    z: IDS.tab,
    kind: 'coffee_filter',
    wires: [['ours-activity'], []],
  },
  mqttOut('ours-activity', 'ours/activity'),
];

/**
 * Answers as a Shelly does: while it is asked and says nothing, its answers are listened to as well. By its clock the
 * half day has not begun yet: what is told after an answer of now would be older than that, and only be passed over.
 */
async function answerAsPlug(plug: MqttClient): Promise<void> {
  plug.on('message', (_topic, call) => {
    const { id, src } = JSON.parse(call.toString());
    const status = { id: 0, output: true, apower: 2, voltage: 231, current: 0.01, aenergy: { total: 5000 } };
    const sys = { unixtime: Math.floor(Date.now() / 1000) - READINGS - 60 };
    plug.publish(`${src}/rpc`, JSON.stringify({ id, src: 'ours', dst: src, result: { sys, 'switch:0': status } }));
  });
  await plug.subscribeAsync('ours/rpc');
}

let red: NodeRed;
let mqtt: TestBroker;
let rounds = 0;

async function deploy(): Promise<void> {
  const tab = { id: IDS.tab, type: 'tab', label: 'bench' };
  await red.deploy([tab, broker(mqtt.port), ...handwired, ...ours(++rounds)], 'nodes');
}

/** A PUBLISH of quality of service 0 (MQTT 3.1.1, section 3.3), made beforehand so that the sender is never the slowest. */
function publishPacket(topic: string, payload: string): Buffer {
  const name = Buffer.from(topic);
  const size = Buffer.alloc(2);
  size.writeUInt16BE(name.length);
  const body = Buffer.concat([size, name, Buffer.from(payload)]);
  const length: number[] = [];
  for (let rest = body.length; length.length === 0 || rest > 0; rest >>= 7) {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
  }
  return Buffer.concat([Buffer.from([0x30, ...length]), body]);
}

/** What goes through after the readings of a batch, by more hops than ours have: so they have gone through, too. */
const MARKER = publishPacket('hand/events/rpc', JSON.stringify({ params: { 'switch:0': { apower: 'done' } } }));

/**
 * Seconds from the first publish until the marker behind the last one has come back.
 * A few batches are under way at a time, so that Node-RED always has work and the broker never has to drop any.
 */
async function secondsFor(side: 'ours' | 'hand', messages: string[]): Promise<number> {
  const packets = Array.from({ length: BATCHES }, (_, batch) => {
    const readings = messages.slice(batch * BATCH, (batch + 1) * BATCH);
    return Buffer.concat([...readings.map((message) => publishPacket(`${side}/events/rpc`, message)), MARKER]);
  });
  const client = await connectAsync(mqtt.url);
  await client.subscribeAsync(['hand/done', 'ours/activity']);
  let back = 0;
  let told = 0;
  let wake = () => {};
  client.on('message', (topic) => {
    if (topic === 'ours/activity') told += 1;
    else back += 1;
    wake();
  });
  const start = process.hrtime.bigint();
  for (let batch = 0; batch < BATCHES; batch++) {
    client.stream.write(packets[batch] as Buffer);
    while (back <= batch - UNDER_WAY) await new Promise<void>((resolve) => (wake = resolve));
  }
  while (back < BATCHES) await new Promise<void>((resolve) => (wake = resolve));
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  // Readings that are passed over cost little: what is told of them shows that they were not.
  if (side === 'ours') await until('an activity is told', () => told > 0);
  await client.endAsync();
  return seconds;
}

/** The two nodes that recognise an activity, beside the five that people wire for it, in one Node-RED. */
export const hubVersusHandwired: Row = {
  name: 'hub_vs_handwired',
  what: 'readings a second, appliance-connect + collect-parameters against mqtt in + json + function + switch + trigger',
  floor: { atLeast: 1.5 },
  rounds: 5,
  async prepare() {
    mqtt = (await startMosquitto()) ?? (await startAedes());
    const plug = await connectAsync(mqtt.url);
    await answerAsPlug(plug);
    red = await NodeRed.start();
    await deploy();
    return async () => {
      await red.stop();
      await plug.endAsync();
      await mqtt.close();
    };
  },
  async round(reversed) {
    await deploy();
    const messages = telemetry();
    const seconds = { ours: 0, hand: 0 };
    for (let turn = 0; turn < TURNS; turn++) {
      const part = messages.slice(turn * BATCHES * BATCH, (turn + 1) * BATCHES * BATCH);
      const isReversed = reversed === (turn % 2 === 0);
      for (const side of isReversed ? (['hand', 'ours'] as const) : (['ours', 'hand'] as const)) {
        seconds[side] += await secondsFor(side, part);
      }
    }
    const parts = { ours: READINGS / seconds.ours, neighbour: READINGS / seconds.hand };
    return { value: parts.ours / parts.neighbour, parts };
  },
};
