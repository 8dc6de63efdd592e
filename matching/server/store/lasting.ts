import { setTimeout as wait } from 'node:timers/promises';
import { Refusal } from '../refusal.js';
import { type OperationName, type Store, storeOf } from './store.js';

/** Until the first try, and at most between two of them. */
const FIRST_WAIT_MS = 1000;
const MOST_WAIT_MS = 60_000;

interface Lasting {
  open: () => Promise<Store>;
  /** It stopped by itself, and is tried again. */
  onStopped: (problem: Error) => void;
  /** It cannot be opened again yet, for a reason that has not been told. */
  onStill: (problem: Error) => void;
  onReopened: () => void;
}

/**
 * A store that is opened again when it stops by itself, with growing pauses. While it is away every call is refused as
 * `unavailable`: what was under way may be on disk or not, and is answered once it is asked again.
 * @throws StoreFailure when it cannot be opened the first time
 */
export async function openLasting(lasting: Lasting): Promise<Store> {
  const store = await lasting.open();
  const lastingStore = new LastingStore(store, lasting);
  const operation = <Name extends OperationName>(name: Name): Store[Name] =>
    ((call: never) => lastingStore.call(name, call)) as Store[Name];
  // A store that several processes share never stops by itself: its feed stays the same.
  const { feed } = store;
  // Never: it comes back.
  const ended = new Promise<never>(() => {});
  return storeOf(operation, { close: () => lastingStore.close(), ended, ...(feed ? { feed } : {}) });
}

class LastingStore {
  readonly #closing = new AbortController();
  #store: Store;
  #isAway = false;
  #reopening: Promise<void> = Promise.resolve();

  constructor(
    store: Store,
    private readonly lasting: Lasting,
  ) {
    this.#store = store;
    this.#follow();
  }

  async call(name: OperationName, call: never): Promise<unknown> {
    if (this.#isAway) throw new Refusal('unavailable');
    try {
      return await (this.#store[name] as (call: never) => Promise<unknown>)(call);
    } catch (error) {
      throw this.#isAway ? new Refusal('unavailable') : error;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#reopening;
    if (!this.#isAway) await this.#store.close();
  }

  #follow(): void {
    void this.#store.ended.then((problem) => {
      this.#isAway = true;
      // It carries out nothing more; what it has beside its thread, such as a timer, ends here.
      void this.#store.close().catch(() => {});
      this.lasting.onStopped(problem);
      this.#reopening = this.#reopen(problem.message);
    });
  }

  async #reopen(told: string): Promise<void> {
    const { signal } = this.#closing;
    let last = told;
    for (let waitMs = FIRST_WAIT_MS; this.#isAway; waitMs = Math.min(2 * waitMs, MOST_WAIT_MS)) {
      await wait(waitMs, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      await this.lasting.open().then(
        (opened) => {
          this.#store = opened;
          this.#isAway = false;
        },
        (problem: Error) => {
          if (problem.message !== last) this.lasting.onStill(problem);
          last = problem.message;
        },
      );
    }
    this.#follow();
    this.lasting.onReopened();
  }
}
