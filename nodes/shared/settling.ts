import type { NodeAPI } from 'node-red';

/** A Deploy that gets stuck holds up nothing for longer, in milliseconds. */
export const LONGEST_HOLD_MS = 60_000;
/** What was held back waits for so long after a Deploy, in milliseconds: a node for MQTT drops it until it is connected. */
export const CONNECTING_MS = 1000;

/**
 * The same after a restart, in milliseconds: when power comes back, Node-RED may be there before its broker, and a node for MQTT
 * that found none tries again only after a while.
 */
export function reconnectingMs(RED: NodeAPI): number {
  // Not in the types of Node-RED, nor checked by it. Missing, its nodes for MQTT take 5 s.
  const { mqttReconnectTime } = RED.settings as { mqttReconnectTime?: unknown };
  return Math.min(Number(mqttReconnectTime) || 5000, LONGEST_HOLD_MS) + CONNECTING_MS;
}
