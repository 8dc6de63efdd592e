import type { MqttMessage, MqttSession, SessionState } from '../../appliances/index.js';
import { StoredCopies } from '../shared/stored-copies.js';

/** What this node uses of Node-RED's core `mqtt-broker` config node. */
export interface MqttBrokerNode {
  connected?: boolean;
  /** The `mqtt` package's client. */
  client?: { subscribe(filters: Record<string, SubscribeOptions | boolean>, options: SubscribeOptions): void };
  /** Who has subscribed to each filter. */
  subscriptions?: Record<string, Record<string, { options?: SubscribeOptions }>>;
  register(user: BrokerUser): void;
  deregister(user: BrokerUser, done: () => void, autoDisconnect?: boolean): void;
  subscribe(
    topic: string,
    options: { qos: number },
    callback: (topic: string, payload: Buffer, packet?: { retain?: boolean }) => void,
    ref: string,
  ): void;
  unsubscribe(topic: string, ref: string, removed: boolean): void;
  publish(
    message: { topic: string; payload: string; qos: number; retain: boolean },
    done: (error?: Error | string) => void,
  ): void;
}

interface SubscribeOptions {
  qos: number;
  /** Retain as Published (MQTT 5): what is said now keeps the mark that it was published with. */
  rap?: boolean;
  [more: string]: unknown;
}

interface BrokerUser {
  id: string;
  status(status: { text?: string }): void;
}

export function isMqttBroker(node: unknown): node is MqttBrokerNode {
  return typeof node === 'object' && node !== null && 'register' in node && 'subscribe' in node;
}

/**
 * A session over the core `mqtt-broker` node, which connects, reconnects and subscribes again by itself.
 * It tells its users' status; a stand-in for our node listens there, so that our node keeps its own status.
 */
export class BrokerSession implements MqttSession {
  readonly #broker: MqttBrokerNode;
  readonly #ref: string;
  readonly #user: BrokerUser;
  readonly #watchers = new Set<(state: SessionState) => void>();
  readonly #subscribed = new Set<string>();
  #stored = new StoredCopies();
  #state: SessionState;

  /** @param ref unique for each session, for example the node's id */
  constructor(broker: MqttBrokerNode, ref: string) {
    this.#broker = broker;
    this.#ref = ref;
    this.#state = broker.connected ? 'connected' : 'connecting';
    this.#user = { id: ref, status: ({ text }) => this.#heard(text) };
    broker.register(this.#user);
  }

  subscribe(filter: string, handler: (message: MqttMessage) => void): () => void {
    if (this.#subscribed.has(filter)) throw new Error(`${filter} is subscribed already`);
    this.#subscribed.add(filter);
    const isHeld = heldOptions(this.#broker, filter) !== undefined;
    this.#broker.subscribe(
      filter,
      { qos: 1 },
      (topic, payload, packet) => {
        const retain = packet?.retain === true;
        const retained = this.#isMarkedAsPublished(filter) ? this.#stored.has({ topic, payload, retain }) : retain;
        handler({ topic, payload, retained });
      },
      this.#ref,
    );
    if (isHeld && this.#broker.connected) askAgain(this.#broker, filter);
    return () => {
      if (this.#subscribed.delete(filter)) this.#broker.unsubscribe(filter, this.#ref, true);
    };
  }

  publish(topic: string, payload: string, { qos, retain }: { qos: 0 | 1; retain: boolean }): Promise<void> {
    // The broker node drops what it cannot send without a word.
    if (!this.#broker.connected) return Promise.reject(new Error('the MQTT broker is not connected'));
    return new Promise((resolve, reject) => {
      this.#broker.publish({ topic, payload, qos, retain }, (error) => {
        if (error) reject(error instanceof Error ? error : new Error(error));
        else resolve();
      });
    });
  }

  onState(handler: (state: SessionState) => void): () => void {
    this.#watchers.add(handler);
    handler(this.#state);
    return () => this.#watchers.delete(handler);
  }

  /** @param removed the node is gone for good: the broker may disconnect when nobody else uses it */
  close(removed: boolean): Promise<void> {
    this.#watchers.clear();
    for (const filter of this.#subscribed) this.#broker.unsubscribe(filter, this.#ref, true);
    this.#subscribed.clear();
    return new Promise((resolve) => this.#broker.deregister(this.#user, resolve, removed));
  }

  /** Another node that listens to the same may have wanted it so: the client has one subscription for all of them. */
  #isMarkedAsPublished(filter: string): boolean {
    return heldOptions(this.#broker, filter)?.rap === true;
  }

  #heard(text: string | undefined): void {
    const word = /common\.status\.(connected|connecting|disconnected)$/.exec(text ?? '')?.[1] as
      | SessionState
      | undefined;
    if (!word || word === this.#state) return;
    this.#state = word;
    // What the broker keeps comes first now, and whatever was known of its marks says nothing of that.
    if (word === 'connected') this.#stored = new StoredCopies();
    // The broker node says "connected" just before it subscribes; what is asked then must find the answer's way open.
    setImmediate(() => {
      if (this.#state !== word) return;
      for (const watcher of this.#watchers) watcher(word);
    });
  }
}

/** What the nodes that hold the filter want of it together; undefined when none does. */
function heldOptions(broker: MqttBrokerNode, filter: string): SubscribeOptions | undefined {
  const all = Object.values(broker.subscriptions?.[filter] ?? {}).flatMap(({ options }) => options ?? []);
  const [first] = all;
  if (!first) return undefined;
  const rap = all.some((one) => one.rap);
  return { ...first, qos: Math.max(...all.map(({ qos }) => qos)), ...(rap ? { rap } : {}) };
}

/** What is to be asked for again when this turn is over: a Deploy of many nodes asks once. */
const askedAgain = new WeakMap<MqttBrokerNode, Set<string>>();

/**
 * The broker node's client asks once for each filter, and whoever comes later would never be sent what the broker keeps under
 * it. It is asked for what all of them want, for the new subscription takes the place of the old one.
 */
function askAgain(broker: MqttBrokerNode, filter: string): void {
  const waiting = askedAgain.get(broker);
  if (waiting) {
    waiting.add(filter);
    return;
  }
  const filters = new Set([filter]);
  askedAgain.set(broker, filters);
  setImmediate(() => {
    askedAgain.delete(broker);
    for (const one of filters) {
      const held = heldOptions(broker, one);
      if (!held || !broker.connected) continue;
      const options = { ...held, rh: 0 };
      broker.client?.subscribe({ [one]: options, resubscribe: true }, options);
    }
  });
}
