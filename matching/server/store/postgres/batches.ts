import { Refusal } from '../../refusal.js';
import { type PublishCall, type Published, StoreFailure } from '../store.js';

/** How publishes are gathered. */
export interface Grouping {
  /** Publishes in one transaction at most. */
  most: number;
  /** Transactions under way at a time: while one waits for the disk, another one is prepared. */
  atOnce: number;
}

/** Publishes that wait at most: more than that and the database is too slow for what comes in. */
const MOST_WAITING = 20_000;

interface Waiting {
  call: PublishCall;
  resolve: (published: Published) => void;
  reject: (error: unknown) => void;
}

/**
 * Gathers publishes: while some are being written the next ones gather; when nothing is under way, one goes at once. None is
 * answered before what it is a part of is committed.
 */
export class Batches {
  readonly #waiting: Waiting[] = [];
  #underway = 0;
  #planned = false;
  #closing: (() => void) | undefined;

  constructor(
    private readonly write: (calls: readonly PublishCall[]) => Promise<(Published | Refusal)[]>,
    private readonly grouping: Grouping,
  ) {}

  add(call: PublishCall): Promise<Published> {
    if (this.#closing) return Promise.reject(new StoreFailure('The store is closing'));
    if (this.#waiting.length >= MOST_WAITING) {
      return Promise.reject(new Refusal('unavailable', 'More comes in than can be stored: come back soon', 5));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, resolve, reject });
      this.#plan();
    });
  }

  /** Resolves when everything accepted is written. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#closing = resolve;
      this.#next();
    });
  }

  /** Everything that arrives in the same turn of the event loop goes together. */
  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      this.#next();
    });
  }

  #next(): void {
    while (this.#waiting.length > 0 && this.#underway < this.grouping.atOnce) {
      this.#underway++;
      const batch = this.#waiting.splice(0, this.grouping.most);
      void this.#carryOut(batch).finally(() => {
        this.#underway--;
        this.#next();
      });
    }
    if (this.#underway === 0 && this.#waiting.length === 0) this.#closing?.();
  }

  async #carryOut(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.write(batch.map(({ call }) => call));
      for (const [index, result] of results.entries()) {
        const { resolve, reject } = batch[index] as Waiting;
        if (result instanceof Refusal) reject(result);
        else resolve(result);
      }
    } catch (error) {
      // One of them may have spoilt it for the others: each on its own. When the store is away, none is any better alone.
      const isAway = error instanceof Refusal || (error instanceof StoreFailure && error.reason === 'away');
      if (batch.length > 1 && !isAway) for (const one of batch) await this.#carryOut([one]);
      else for (const { reject } of batch) reject(error);
    }
  }
}
