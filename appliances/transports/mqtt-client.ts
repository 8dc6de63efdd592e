import type { IClientOptions, ISubscriptionMap, MqttClient } from 'mqtt';
import { type MqttMessage, type MqttSession, matchesFilter, type SessionState } from './mqtt.js';

/**
 * A session over the `mqtt` package, for whoever is not inside Node-RED. Reconnects by itself.
 * @param url for example `mqtt://127.0.0.1:1883`
 */
export async function connectMqtt(
  url: string,
  options: IClientOptions = {},
): Promise<MqttSession & { close(): Promise<void> }> {
  const { connect } = await import('mqtt');
  return new ClientSession(connect(url, { reconnectPeriod: 2000, ...options }));
}

class ClientSession implements MqttSession {
  readonly #client: MqttClient;
  readonly #handlers = new Map<string, Set<(message: MqttMessage) => void>>();
  readonly #watchers = new Set<(state: SessionState) => void>();
  #state: SessionState = 'connecting';

  constructor(client: MqttClient) {
    this.#client = client;
    client.on('connect', () => this.#changed('connected'));
    client.on('reconnect', () => this.#changed('connecting'));
    client.on('close', () => this.#changed('disconnected'));
    client.on('error', () => this.#changed('disconnected'));
    client.on('message', (topic, payload, packet) => {
      for (const [filter, handlers] of this.#handlers) {
        if (!matchesFilter(filter, topic)) continue;
        for (const handler of handlers) handler({ topic, payload, retained: packet.retain });
      }
    });
  }

  subscribe(filter: string, handler: (message: MqttMessage) => void): () => void {
    const handlers = this.#handlers.get(filter) ?? new Set();
    handlers.add(handler);
    this.#handlers.set(filter, handlers);
    // Asked again for a second handler, too, which the client would not do by itself: it wants the retained message.
    this.#client.subscribe({ [filter]: { qos: 1 }, resubscribe: true } as ISubscriptionMap);
    return () => {
      if (!handlers.delete(handler) || handlers.size > 0) return;
      this.#handlers.delete(filter);
      this.#client.unsubscribe(filter, () => {});
    };
  }

  async publish(topic: string, payload: string, options: { qos: 0 | 1; retain: boolean }): Promise<void> {
    if (!this.#client.connected) throw new Error('the MQTT broker is not connected');
    await this.#client.publishAsync(topic, payload, options);
  }

  onState(handler: (state: SessionState) => void): () => void {
    this.#watchers.add(handler);
    handler(this.#state);
    return () => this.#watchers.delete(handler);
  }

  async close(): Promise<void> {
    this.#watchers.clear();
    this.#handlers.clear();
    await this.#client.endAsync(true);
  }

  #changed(state: SessionState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const watcher of this.#watchers) watcher(state);
  }
}
