import type { Command } from '../profile.js';
import type { Inbox, Transport, Way } from './transport.js';

export interface MqttMessage {
  topic: string;
  payload: Buffer;
  retained: boolean;
}

export type SessionState = 'connecting' | 'connected' | 'disconnected';

/**
 * A connection to a broker that somebody else opened, keeps alive and reconnects: in Node-RED its `mqtt-broker` node,
 * elsewhere the `mqtt` package. It subscribes again by itself after a reconnect.
 */
export interface MqttSession {
  /** QoS 1. What it returns ends the subscription. */
  subscribe(filter: string, handler: (message: MqttMessage) => void): () => void;
  /** Resolves when the broker has it or, with QoS 0, when it was sent. @throws Error when it is not connected or refuses */
  publish(topic: string, payload: string, options: { qos: 0 | 1; retain: boolean }): Promise<void>;
  /** Tells the state at once and whenever it changes. What it returns ends that. */
  onState(handler: (state: SessionState) => void): () => void;
}

const MAX_FILTERS = 32;

/** Reaches an appliance through a broker. */
export function mqttTransport(session: MqttSession): Transport {
  return {
    async open(inbox) {
      return new MqttWay(session, inbox);
    },
  };
}

class MqttWay implements Way {
  readonly #session: MqttSession;
  readonly #inbox: Inbox;
  readonly #listening = new Map<string, () => void>();
  readonly #stopState: () => void;

  constructor(session: MqttSession, inbox: Inbox) {
    this.#session = session;
    this.#inbox = inbox;
    this.#stopState = session.onState((state) => {
      if (state === 'connected') inbox.reachable(true);
      if (state === 'disconnected') inbox.reachable(false, 'the connection to the MQTT broker is lost');
    });
  }

  listen(filters: readonly string[]): void {
    if (filters.length > MAX_FILTERS)
      throw new Error(`${filters.length} topics are too many: use at most ${MAX_FILTERS}`);
    const wrong = filters.find((filter) => !isTopicFilter(filter));
    if (wrong !== undefined) throw new Error(`"${wrong.slice(0, 80)}" is no MQTT topic`);
    for (const [filter, undo] of this.#listening) {
      if (filters.includes(filter)) continue;
      this.#listening.delete(filter);
      undo();
    }
    for (const filter of filters) {
      if (!this.#listening.has(filter)) {
        this.#listening.set(
          filter,
          this.#session.subscribe(filter, (message) => this.#inbox.message(message)),
        );
      }
    }
  }

  async send({ topic, payload, echo }: Command): Promise<void> {
    // A broker ends the connection of whoever sends to many topics at once, and with it every appliance's.
    if (!isTopicFilter(topic) || /[+#]/.test(topic)) {
      throw new Error(`"${topic.slice(0, 80)}" is no MQTT topic that anything can be sent to`);
    }
    // Retained, a relay would act again after each reconnect. With QoS 1, what the broker did not confirm would be sent once
    // more when it is back, hours after it was said that the appliance did not do it.
    await this.#session.publish(topic, payload, { qos: echo ? 0 : 1, retain: false });
  }

  async close(): Promise<void> {
    this.#stopState();
    for (const undo of this.#listening.values()) undo();
    this.#listening.clear();
  }
}

/** True for a topic filter that a broker takes (MQTT 3.1.1, section 4.7). */
export function isTopicFilter(filter: string): boolean {
  return (
    filter !== '' &&
    Buffer.byteLength(filter) <= 65535 &&
    !filter.includes('\0') &&
    /^(?:(?:\+|[^+#/]*)(?:\/(?!$)|\/?$))*#?$/.test(filter)
  );
}

/** True when the filter takes the topic. */
export function matchesFilter(filter: string, topic: string): boolean {
  if (filter === topic) return true;
  const wanted = filter.split('/');
  const given = topic.split('/');
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true;
    if (index >= given.length || (level !== '+' && level !== given[index])) return false;
  }
  return wanted.length === given.length;
}
