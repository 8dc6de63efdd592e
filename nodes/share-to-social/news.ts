import type { EventEmitter } from 'node:events';
import { REACHABLE } from '../kindred-account/kindred-account.js';
import type { Sharer } from './sharer.js';

/**
 * What happens elsewhere in Node-RED and concerns every share-to-social node: a deploy is through, also one of accounts
 * alone; the endpoint of an account is there again. They share two listeners, however many they are.
 */
export class News {
  readonly #events: EventEmitter;
  readonly #sharers = new Set<Sharer>();
  readonly #onDeployed = (): void => {
    for (const sharer of this.#sharers) sharer.look();
  };
  readonly #onReachable = (account: string): void => {
    for (const sharer of this.#sharers) sharer.wake(account);
  };

  constructor(events: EventEmitter) {
    this.#events = events;
  }

  /** @returns what ends it */
  tell(sharer: Sharer): () => void {
    if (this.#sharers.size === 0) this.#events.on('flows:started', this.#onDeployed).on(REACHABLE, this.#onReachable);
    this.#sharers.add(sharer);
    return () => {
      this.#sharers.delete(sharer);
      if (this.#sharers.size > 0) return;
      this.#events.off('flows:started', this.#onDeployed).off(REACHABLE, this.#onReachable);
    };
  }
}
