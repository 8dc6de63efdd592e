import assert from 'node:assert/strict';
import type { Node } from 'node-red';

import { connectMqtt, type MqttSession } from '../../appliances/index.js';
import applianceConnect from '../../nodes/appliance-connect/appliance-connect.js';
import { migrations } from '../../nodes/appliance-connect/migrations.js';
import { readingText } from '../../nodes/appliance-connect/status.js';
import { migrate } from '../../nodes/shared/migrations.js';
import type { Reading } from '../../vocabulary/index.js';
import { startAedes, type TestBroker } from '../support/broker.js';
import { helper } from '../support/node-helper.js';

// The helper has no types for the runtime's own modules.
const mqttNodes = require(
  require.resolve('@node-red/nodes/core/network/10-mqtt.js', { paths: [require.resolve('node-red')] }),
) as (red: unknown) => void;
const catchNode = require(
  require.resolve('@node-red/nodes/core/common/25-catch.js', { paths: [require.resolve('node-red')] }),
) as (red: unknown) => void;

interface Message {
  topic?: string;
  payload: unknown;
  error?: { message: string };
}

/** What these tests use of the helper beyond what its neighbours use. */
interface Answer extends Promise<{ body: unknown }> {
  expect(status: number): Answer;
}
const more = helper as typeof helper & {
  setFlows(flows: object[], type: string): Promise<void>;
  request(): { get(path: string): Answer };
};

/** Until the condition holds. @throws Error when it does not within eight seconds */
async function eventually(condition: () => boolean): Promise<void> {
  for (let attempt = 0; !condition(); attempt++) {
    if (attempt === 1600) throw new Error('this never came true');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Collects what a helper node receives. */
class Inbox {
  readonly messages: Message[] = [];
  #check = () => {};
  constructor(id: string) {
    helper.getNode(id).on('input', (msg: unknown) => {
      this.messages.push(msg as Message);
      this.#check();
    });
  }
  until(condition: (messages: Message[]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#check = () => {
        if (condition(this.messages)) resolve();
      };
      this.#check();
    });
  }
}

const TOPIC = 'tele/kettle/SENSOR';
const sensor = (power: unknown) => JSON.stringify({ Time: '2026-11-22T08:41:07', ENERGY: { Power: power } });

describe('appliance-connect', () => {
  let broker: TestBroker;
  let device: MqttSession & { close(): Promise<void> };

  before(async () => {
    broker = await startAedes();
    device = await connectMqtt(broker.url);
    await new Promise<void>((resolve) => device.onState((state) => state === 'connected' && resolve()));
    await helper.startServer();
  });
  after(async () => {
    await helper.stopServer();
    await device.close();
    await broker.close();
  });
  afterEach(() => helper.unload());

  const say = (topic: string, payload: string) => device.publish(topic, payload, { qos: 1, retain: false });

  const flow = (config: object) => [
    { id: 'tab', type: 'tab' },
    {
      id: 'home',
      type: 'mqtt-broker',
      broker: '127.0.0.1',
      port: String(broker.port),
      clientid: '',
      autoConnect: true,
      usetls: false,
      protocolVersion: '4',
      keepalive: '60',
      cleansession: true,
    },
    {
      id: 'kettle',
      type: 'appliance-connect',
      z: 'tab',
      x: 1,
      y: 5,
      version: 1,
      name: 'Kettle',
      profile: 'tasmota',
      transport: 'mqtt',
      broker: 'home',
      address: 'kettle',
      wires: [['readings'], ['events']],
      ...config,
    },
    { id: 'readings', type: 'helper', z: 'tab', x: 1, y: 1 },
    { id: 'events', type: 'helper', z: 'tab', x: 1, y: 2 },
    { id: 'catch', type: 'catch', z: 'tab', scope: null, x: 1, y: 4, wires: [['problems']] },
    { id: 'problems', type: 'helper', z: 'tab', x: 1, y: 3 },
  ];

  const load = async (config: object = {}) => {
    await helper.load([mqttNodes, catchNode, applianceConnect] as never, flow(config) as never);
    return {
      node: helper.getNode('kettle') as Node & { control(instruction: object): Promise<void> },
      readings: new Inbox('readings'),
      events: new Inbox('events'),
      problems: new Inbox('problems'),
    };
  };

  /** Resolves when the node's subscriptions stand: what was asked of the broker before is answered before. */
  const subscribed = async (subscriptions: number) => {
    await eventually(() => broker.subscriptions() === subscriptions);
  };
  const FILTERS = 3;

  it('turns messages into readings and events', async () => {
    const { readings, events } = await load();
    await subscribed(FILTERS);
    await say(TOPIC, sensor(1412));
    await readings.until(({ length }) => length === 1);
    const [message] = readings.messages;
    const reading = message?.payload as Reading;
    assert.equal(message?.topic, 'Kettle');
    assert.deepEqual(reading.appliance, { id: 'kettle', name: 'Kettle', profile: 'tasmota' });
    assert.deepEqual(reading.parameters, { power: 1412 });
    assert.deepEqual(
      events.messages.map(({ payload }) => (payload as { event: string }).event),
      ['detected', 'connected'],
    );
  });

  it('shows a wrong payload as status and catchable error, and the flow goes on', async () => {
    const { node, readings, problems } = await load();
    const statuses: { text?: string; fill?: string }[] = [];
    const original = node.status.bind(node);
    node.status = (status) => {
      statuses.push(status as { text?: string });
      original(status);
    };
    await subscribed(FILTERS);
    await say(TOPIC, 'no JSON');
    await problems.until(({ length }) => length === 1);
    assert.match(
      problems.messages[0]?.error?.message ?? '',
      /tele\/kettle\/SENSOR: the payload is not JSON but "no JSON"/,
    );
    await say(TOPIC, '{"Time":"2026-11-22T08:41:07","ENERGY":{"Power":NaN}}');
    await say(TOPIC, sensor('lots'));
    await say(TOPIC, 'x'.repeat(300_000));
    await problems.until(({ length }) => length === 4);
    await eventually(() => statuses.some(({ fill }) => fill === 'red'));
    await say(TOPIC, sensor(7));
    await readings.until(({ length }) => length === 1);
  });

  it('executes an instruction that arrives as a message, and says when it was not done', async () => {
    const { node, problems } = await load();
    await subscribed(FILTERS);
    const told: string[] = [];
    const undo = device.subscribe('cmnd/kettle/Power', ({ payload, retained }) => {
      if (payload.length === 0) return;
      told.push(`${payload.toString()} ${retained}`);
      say('stat/kettle/POWER', 'ON').catch(assert.ifError);
    });
    await subscribed(FILTERS + 1);
    await node.control({ instruction: 'on' });
    node.receive({ payload: 'start' });
    await problems.until(({ length }) => length === 1);
    assert.match(
      problems.messages[0]?.error?.message ?? '',
      /can't do "start": a plug gives power but presses no button/,
    );
    node.receive({ payload: { instruction: 'dance' } });
    await problems.until(({ length }) => length === 2);
    assert.match(problems.messages[1]?.error?.message ?? '', /"dance" is no control instruction/);
    assert.deepEqual(told, ['ON false']);
    undo();
    await subscribed(FILTERS);
  });

  it('refuses an instruction that a broker had stored: it would switch at each restart', async () => {
    const { node, readings, problems } = await load();
    await subscribed(FILTERS);
    const told: string[] = [];
    const undo = device.subscribe('cmnd/kettle/Power', ({ payload }) => told.push(payload.toString()));
    await subscribed(FILTERS + 1);
    node.receive({ payload: 'on', retain: true } as never);
    node.receive({ payload: { instruction: 'toggle' }, retain: true } as never);
    await problems.until(({ length }) => length === 2);
    assert.match(problems.messages[1]?.error?.message ?? '', /published with retain.*publish it without/);
    await say(TOPIC, sensor(1));
    await readings.until(({ length }) => length === 1);
    assert.deepEqual(
      told.filter((payload) => payload !== ''),
      [],
    );
    undo();
    await subscribed(FILTERS);
  });

  it('executes the bound instruction when the appliance is detected', async () => {
    const told: string[] = [];
    const undo = device.subscribe('cmnd/kettle/+', ({ topic, payload }) => {
      const setting = /(TelePeriod|PowerDelta)$/.exec(topic)?.[0];
      if (!setting) return;
      told.push(`${setting} ${payload.toString()}`);
      say('stat/kettle/RESULT', `{"${setting}":${payload.toString()}}`).catch(assert.ifError);
    });
    const { readings, problems } = await load({ control: 'collect', everySeconds: '20' });
    await subscribed(FILTERS + 1);
    await say('tele/kettle/LWT', 'Online');
    await eventually(() => told.length > 1);
    await say(TOPIC, sensor(3));
    await readings.until(({ length }) => length === 1);
    assert.deepEqual(told, ['TelePeriod 20', 'PowerDelta 105']);
    assert.deepEqual(problems.messages, []);
    undo();
    await subscribed(FILTERS);
  });

  it('switches nothing on because Node-RED was restarted, and says so; a Deploy does', async () => {
    const told: string[] = [];
    const undo = device.subscribe('cmnd/kettle/Power', ({ payload }) => {
      if (payload.length > 0) told.push(payload.toString());
    });
    for (const control of ['on', 'toggle']) {
      const { node, readings } = await load({ control });
      await subscribed(FILTERS + 1);
      await say('tele/kettle/LWT', 'Online');
      await say(TOPIC, sensor(3));
      await readings.until(({ length }) => length === 1);
      assert.deepEqual(told, []);
      assert.match(String((node.warn as unknown as { args: unknown[][] }).args), /warning\.restart/);
      await helper.unload();
      await subscribed(1);
    }
    await load({ control: 'collect' });
    await subscribed(FILTERS + 1);
    await more.setFlows(flow({ control: 'on' }) as never, 'nodes');
    await subscribed(FILTERS + 1);
    await say(TOPIC, sensor(3));
    await eventually(() => told.length > 0);
    assert.deepEqual(told, ['ON']);
    undo();
    await subscribed(FILTERS);
  });

  it('leaves one subscription of each topic after 20 redeploys', async () => {
    const { readings } = await load();
    await subscribed(FILTERS);
    for (let round = 0; round < 20; round++)
      await more.setFlows(flow({ address: 'kettle', everySeconds: round }) as never, 'nodes');
    await subscribed(FILTERS);
    const fresh = new Inbox('readings');
    await say(TOPIC, sensor(1));
    await fresh.until(({ length }) => length > 0);
    await say(TOPIC, sensor(2));
    await fresh.until((messages) => messages.some(({ payload }) => (payload as Reading).parameters.power === 2));
    assert.deepEqual(
      fresh.messages.map(({ payload }) => (payload as Reading).parameters.power),
      [1, 2],
    );
    assert.ok(readings.messages.length === 0 || readings.messages.length === 2);
  });

  it('plays a shipped recording', async () => {
    const { readings } = await load({
      transport: 'recording',
      recording: 'kettle-uk-house-5.csv',
      profile: 'auto',
      speed: 1000,
      loop: false,
    });
    await readings.until((messages) =>
      messages.some(({ payload }) => ((payload as Reading).parameters.power ?? 0) > 2000),
    );
  });

  it('takes readings and bare values from the wire', async () => {
    const { node, readings, problems } = await load({
      transport: 'wire',
      profile: 'json',
      paths: [{ parameter: 'temperature', path: 'cup.t', factor: '0.1', offset: '' }],
    });
    node.receive({ payload: { cup: { t: 605 } } });
    node.receive({ payload: { at: '2026-11-22T08:41:07Z', parameters: { power: 5 } } });
    await readings.until(({ length }) => length === 2);
    assert.deepEqual(
      readings.messages.map(({ payload }) => (payload as Reading).parameters),
      [{ temperature: 60.5 }, { power: 5 }],
    );
    node.receive({ payload: '<html>' });
    await problems.until(({ length }) => length === 1);
    assert.match(problems.messages[0]?.error?.message ?? '', /not JSON/);
  });

  it('tells nothing by the wire of what was chosen for MQTT', async () => {
    const { node, readings, problems } = await load({ transport: 'wire', profile: 'tasmota', control: 'collect' });
    node.receive({ topic: TOPIC, payload: sensor(1412) });
    await readings.until(({ length }) => length === 1);
    node.receive({ topic: TOPIC, payload: '<html>' });
    await problems.until(({ length }) => length > 0);
    assert.match(problems.messages[0]?.error?.message ?? '', /not JSON/);
  });

  it('says once that what comes by the wire does not tell what the appliance is, without what it says', async () => {
    const { node, readings, problems } = await load({ transport: 'wire', profile: 'auto', address: '' });
    node.receive({ topic: 'some/where', payload: { token: 'hunter2', drink: 'tea' } });
    for (const payload of ['secret', 250, [1], Buffer.from('secret')]) node.receive({ payload });
    await problems.until(({ length }) => length === 1);
    node.receive({ payload: 'secret' });
    node.receive({ topic: 'tele/kettle/SENSOR', payload: '{"Time":"2026-11-22T08:41:07","ENERGY":{"Power":1412}}' });
    await readings.until(({ length }) => length === 1);
    assert.equal(problems.messages.length, 1);
    const problem = problems.messages[0]?.error?.message ?? '';
    assert.match(
      problem,
      /some\/where: an object with token, drink does not tell what this appliance is: choose its profile/,
    );
    assert.ok(!/hunter2/.test(problem));
  });

  it('says what is missing in its settings', async () => {
    for (const [config, problem] of [
      [{ broker: '' }, /no-broker|broker/],
      [{ address: ' ' }, /no-address|topic/],
      [{ transport: 'wire', address: ' ' }, /no-address|topic/],
      [{ transport: 'recording', recording: '', file: '/a.jsonl', address: '' }, /no-address|topic/],
      [{ profile: 'toaster' }, /no profile "toaster"/],
      [{ transport: 'recording', recording: '', file: '/nowhere.csv' }, /no-file|there is no file \/nowhere\.csv/],
    ] as const) {
      const { node } = await load(config);
      await assert.rejects(node.control({ instruction: 'on' }), /not-open|not connected/);
      const errors = (node.error as unknown as { args: unknown[][] }).args.map(([text]) => String(text));
      assert.ok(
        errors.some((text) => problem.test(text)),
        errors.join('\n'),
      );
      await helper.unload();
    }
  });

  it('lists its profiles for the editor and finds appliances that announce themselves', async () => {
    // Announced long before: the broker sends it to whoever subscribes anew, and this connection has subscribed to it already.
    const announced = '{"t":"cup","ft":"%prefix%/%topic%/","dn":"Cup","mac":"00","tp":["cmnd","stat","tele"]}';
    await device.publish('tasmota/discovery/00/config', announced, { qos: 1, retain: true });
    await load();
    await subscribed(FILTERS);
    const profiles = await more.request().get('/kindred/appliance-profiles').expect(200);
    const known = (profiles.body as { profiles: { name: string; shortestInterval?: number }[] }).profiles;
    assert.equal(known.find(({ name }) => name === 'tasmota')?.shortestInterval, 10);
    const found = await more.request().get('/kindred/appliances?broker=home').expect(200);
    assert.deepEqual(found.body, {
      appliances: [{ profile: 'tasmota', title: 'Cup', settings: { address: 'cup', fullTopic: '%prefix%/%topic%/' } }],
    });
    await device.publish('tasmota/discovery/00/config', '', { qos: 1, retain: true });
    await more.request().get('/kindred/appliances?broker=none').expect(503);
  });

  it('brings a config without a version up to date, and keeps what is there', () => {
    const VERSION_0 = { transport: 'wire', name: 'Cup' };
    assert.deepEqual(migrate(VERSION_0, migrations), {
      version: 1,
      name: 'Cup',
      transport: 'wire',
      profile: 'auto',
      speed: 1,
      loop: true,
      control: '',
    });
  });

  it('shows a reading in a few characters', () => {
    const at = new Date(2026, 10, 22, 8, 1).toISOString();
    const appliance = { id: 'a', name: 'a', profile: 'json' };
    const german = (key: string) => (key === 'number.decimal' ? ',' : key);
    const text = (parameters: Reading['parameters']) => readingText({ appliance, at, parameters }, german);
    assert.equal(text({ power: 1412.123456 }), '1412,1 W · 8:01');
    assert.equal(text({ state: 'on' }), 'on · 8:01');
  });
});
