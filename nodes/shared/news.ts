import type { EventEmitter } from 'node:events';

type Listener = (...values: never[]) => void;

/**
 * What happens elsewhere in Node-RED and concerns every node of a type, such as that a Deploy begins, or is through. They share
 * one listener for each event, however many they are.
 */
export class News<T> {
  readonly #events: EventEmitter;
  readonly #listeners: [string, Listener][];
  readonly #concerned = new Set<T>();

  /** @param does by event: what it means to each of them */
  constructor(events: EventEmitter, does: Record<string, (one: T, value: string) => void>) {
    this.#events = events;
    this.#listeners = Object.entries(does).map(([event, act]) => [
      event,
      (value: string) => {
        for (const one of this.#concerned) act(one, value);
      },
    ]);
  }

  /** @returns what ends it */
  tell(one: T): () => void {
    if (this.#concerned.size === 0) this.#listen('on');
    this.#concerned.add(one);
    return () => {
      this.#concerned.delete(one);
      if (this.#concerned.size === 0) this.#listen('off');
    };
  }

  #listen(how: 'on' | 'off'): void {
    for (const [event, listener] of this.#listeners) this.#events[how](event, listener as (value: string) => void);
  }
}
