import { createHash } from 'node:crypto';
import type { NodeMessage } from 'node-red';

/** So many topics are remembered; whoever makes up topics must not fill the memory. */
const MOST = 1000;

/** Whether `mqtt in` marked the message as one that was to be kept by the broker. */
export function isRetained(message: NodeMessage): boolean {
  return 'retain' in message && message.retain === true;
}

/**
 * Tells what a broker had stored, and delivers whenever a node subscribes or the broker is reached again, from what is said
 * now. `mqtt in` marks the one; with MQTT 5 it marks the other, too, where a device has all that it says retained, unless told
 * otherwise (Retain as Published). Where a topic brings unmarked messages as well, marks are meant. Else what is marked is
 * taken for a stored copy until it differs from the one before: the broker delivers the same copy again and again.
 */
export class StoredCopies {
  /** By topic: whether marks are meant there, or what the only marked message was so far. */
  readonly #topics = new Map<string, boolean | string>();

  has(message: NodeMessage): boolean {
    const topic = String(message.topic ?? '');
    const known = this.#topics.get(topic);
    if (!isRetained(message)) {
      if (known !== true) this.#note(topic, true);
      return false;
    }
    if (typeof known === 'boolean') return known;
    const digest = digestOf(message.payload);
    const isStored = known === undefined || known === digest;
    this.#note(topic, isStored && digest);
    return isStored;
  }

  #note(topic: string, known: boolean | string): void {
    const [oldest] = this.#topics.keys();
    if (oldest !== undefined && this.#topics.size >= MOST && !this.#topics.has(topic)) this.#topics.delete(oldest);
    this.#topics.set(topic, known);
  }
}

function digestOf(payload: unknown): string {
  const isPlain = typeof payload === 'string' || Buffer.isBuffer(payload);
  return createHash('sha256')
    .update(isPlain ? payload : textOf(payload))
    .digest('base64');
}

function textOf(payload: unknown): string {
  try {
    return JSON.stringify(payload) ?? '';
  } catch {
    return '';
  }
}
