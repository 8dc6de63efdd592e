import type { NodeMessage } from 'node-red';

/** So many topics are remembered; whoever makes up topics must not fill the memory. */
const MOST = 1000;

/** Whether `mqtt in` marked the message as one that was to be kept by the broker. */
export function isRetained(message: NodeMessage): boolean {
  return 'retain' in message && message.retain === true;
}

/**
 * Tells what a broker had stored, and delivers when a node subscribes, from what is said now. With MQTT 5 `mqtt in` marks both
 * unless told otherwise (Retain as Published), and some devices have all that they say retained: so only the first of a topic
 * is taken for a stored copy.
 */
export class StoredCopies {
  readonly #topics = new Set<string>();

  has(message: NodeMessage): boolean {
    const topic = String(message.topic ?? '');
    if (!isRetained(message) || this.#topics.has(topic) || this.#topics.size >= MOST) return false;
    this.#topics.add(topic);
    return true;
  }
}
