import type { EventEmitter } from 'node:events';
import { REACHABLE } from '../kindred-account/kindred-account.js';
import type { Sharer } from './sharer.js';

/**
 * What happens elsewhere in Node-RED and concerns every share-to-social node: a deploy begins, or is through, also one of
 * accounts alone; the network of an account is there again. They share three listeners, however many they are.
 */
export class News {
  readonly #events: EventEmitter;
  readonly #sharers = new Set<Sharer>();
  readonly #onDeploying = (): void => {
    for (const sharer of this.#sharers) sharer.hold();
  };
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
    if (this.#sharers.size === 0) this.#listen('on');
    this.#sharers.add(sharer);
    return () => {
      this.#sharers.delete(sharer);
      if (this.#sharers.size === 0) this.#listen('off');
    };
  }

  #listen(how: 'on' | 'off'): void {
    this.#events[how]('flows:stopping', this.#onDeploying);
    this.#events[how]('flows:started', this.#onDeployed);
    this.#events[how](REACHABLE, this.#onReachable);
  }
}
