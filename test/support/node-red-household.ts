import { connectMqtt, type MqttSession } from '../../appliances/index.js';
import { KindredClient } from '../../matching/client/index.js';
import { ACCOUNT_ID } from '../../scripts/household/account.js';
import { coffeeTape, type Tape } from '../../scripts/household/tapes.js';
import { AREA, type FlowNode, placedFlows } from '../../scripts/household/user-directory.js';
import { type Activity, newId } from '../../vocabulary/index.js';
import { startAedes, startMosquitto, type TestBroker } from './broker.js';
import { NodeRed, ROOT, until } from './node-red.js';

/** What comes out of the household's flow, each on a topic of its own: the node, its output, what the topic is called. */
const TAPS = [
  { node: 'coffee', output: 0, tap: 'activity' },
  { node: 'share', output: 0, tap: 'shared' },
  { node: 'find', output: 0, tap: 'people' },
  { node: 'watch', output: 0, tap: 'watched' },
  { node: 'catch', output: 0, tap: 'problem' },
] as const;
type Tap = (typeof TAPS)[number]['tap'];

/** Seconds of the coffee corner's recording: the brewer draws 2.5 kW from the first to the last of them. */
export const BREW = { tapeStarts: 29780.832, announced: 29905, ends: 30123.547 };

/** The shipped household in a real Node-RED, with a real broker, and everything that it sends on within reach. */
export class HouseholdUnderTest {
  readonly #taps = new Map<Tap, unknown[]>();
  #datedFrom = 0;

  private constructor(
    readonly nodeRed: NodeRed,
    readonly broker: TestBroker,
    readonly mqtt: MqttSession & { close(): Promise<void> },
    readonly tape: Tape,
  ) {
    mqtt.subscribe('tap/+', ({ topic, payload }) => {
      const tap = topic.slice('tap/'.length) as Tap;
      this.told(tap).push(JSON.parse(payload.toString('utf8')));
    });
  }

  static async start(): Promise<HouseholdUnderTest> {
    const broker = (await startMosquitto()) ?? (await startAedes());
    const mqtt = await connectMqtt(broker.url);
    const nodeRed = await NodeRed.start({ env: { KINDRED_MQTT_PORT: String(broker.port) } });
    return new HouseholdUnderTest(nodeRed, broker, mqtt, await coffeeTape());
  }

  get endpoint(): string {
    return `${this.nodeRed.url}/kindred`;
  }

  /** What a tap heard since the last deploy. */
  told<T = unknown>(tap: Tap): T[] {
    let heard = this.#taps.get(tap);
    if (!heard) {
      heard = [];
      this.#taps.set(tap, heard);
    }
    return heard as T[];
  }

  /** The activities that were told, each once, in its last revision. */
  activities(): Activity[] {
    return [...new Map(this.told<Activity>('activity').map((activity) => [activity.id, activity])).values()];
  }

  /**
   * Deploys the shipped flows anew, with appliances of their own, so that nothing is remembered from before, and a new
   * account of an endpoint. @returns the account's client @param endpoint this Node-RED's own, when missing
   */
  async deploy(prefix: string, endpoint = this.endpoint): Promise<KindredClient> {
    const flows = await this.#flows(prefix, endpoint);
    await this.nodeRed.deploy(flows);
    const { client, token } = await join(endpoint, 'Household');
    const withToken = flows.map((node) => (node.id === ACCOUNT_ID ? { ...node, credentials: { token } } : node));
    await this.nodeRed.deploy(withToken);
    await this.listening();
    // Somebody who watches is told of what happens from then on.
    await until('the flow watches', async () => (await this.nodeRed.statusOf(`${prefix}-watch`))?.fill === 'green');
    this.#taps.clear();
    this.#datedFrom = Date.now() - this.tape.lengthMs;
    return client;
  }

  /** Resolves when the flow's own connection to the broker carries messages in both directions. */
  async listening(): Promise<void> {
    const pongs = this.told('pong' as Tap);
    const before = pongs.length;
    await until('the flow answers over MQTT', async () => {
      await this.mqtt.publish('ping', '1', { qos: 1, retain: false });
      return pongs.length > before;
    });
  }

  /** Publishes a part of the recorded brew as its devices did, all at once; from and until are its own seconds. */
  async publish(from: number, until: number): Promise<void> {
    for (const { afterMs, topic, payload } of this.tape.messages) {
      const second = BREW.tapeStarts + afterMs / 1000;
      if (second < from || second >= until) continue;
      const dated = new Date(this.#datedFrom + afterMs);
      await this.mqtt.publish(topic, payload(dated), { qos: 1, retain: false });
    }
  }

  async stop(): Promise<void> {
    await this.mqtt.close();
    await this.nodeRed.stop();
    await this.broker.close();
  }

  async #flows(prefix: string, endpoint: string): Promise<FlowNode[]> {
    const shipped = await placedFlows(ROOT);
    const text = JSON.stringify(shipped).replaceAll('"household-', `"${prefix}-`);
    const flows = (JSON.parse(text) as FlowNode[]).map((node) =>
      node.id === ACCOUNT_ID ? { ...node, url: endpoint } : node,
    );
    const wires = (id: string, output: number, to: string): void => {
      const node = flows.find((candidate) => candidate.id === id) as FlowNode & { wires: string[][] };
      node.wires[output] = [...(node.wires[output] ?? []), to];
    };
    for (const { node, output, tap } of TAPS) {
      const id = `tap-${tap}`;
      flows.push({ ...MQTT_OUT, id, topic: `tap/${tap}` });
      if (tap !== 'problem') wires(`${prefix}-${node}`, output, id);
    }
    // A caught error is an object beside the payload.
    flows.push({ ...CHANGE, id: 'tap-error', wires: [['tap-problem']] });
    wires(`${prefix}-catch`, 0, 'tap-error');
    flows.push(
      { ...MQTT_IN, id: 'ping', topic: 'ping', wires: [['pong']] },
      { ...MQTT_OUT, id: 'pong', topic: 'tap/pong' },
    );
    return flows;
  }
}

/** A new user of an endpoint, once it answers; visible, in the household's area. */
export async function join(endpoint: string, name: string): Promise<{ client: KindredClient; token: string }> {
  await until(`an endpoint at ${endpoint}`, async () => (await fetch(`${endpoint}/healthz`)).ok);
  const { token } = await new KindredClient({ url: endpoint }).createUser({ name, discoverable: true, cell: AREA });
  return { client: new KindredClient({ url: endpoint, token }), token };
}

/** Publishes as a neighbour who has been having a coffee for six minutes. */
export async function haveCoffee(client: KindredClient): Promise<void> {
  const startedAt = new Date(Date.now() - 360_000).toISOString();
  const appliance = { id: 'test', name: 'test', profile: 'json' };
  const activity: Activity = {
    ...{ id: newId(), revision: 1, activity: 'coffee', category: 'food-and-beverage', state: 'ongoing' },
    ...{ startedAt, seconds: 360, appliance, parameters: {}, actions: [] },
  };
  await client.publish(activity);
}

// A node without a position is taken for a config node.
const MQTT_OUT = {
  x: 0,
  y: 0,
  type: 'mqtt out',
  z: 'household',
  qos: '1',
  retain: 'false',
  broker: 'kindred-broker',
  wires: [],
};
const MQTT_IN = {
  x: 0,
  y: 0,
  type: 'mqtt in',
  z: 'household',
  qos: '1',
  datatype: 'utf8',
  broker: 'kindred-broker',
  inputs: 0,
};
const CHANGE = {
  x: 0,
  y: 0,
  type: 'change',
  z: 'household',
  rules: [{ t: 'move', p: 'error', pt: 'msg', to: 'payload', tot: 'msg' }],
};
