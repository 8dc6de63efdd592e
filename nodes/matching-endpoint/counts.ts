import type { Endpoint } from '../../matching/server/index.js';
import type { Scope } from '../shared/scope.js';

/** Soonest and latest time between two counts: what goes on ends by itself, and nobody says so. */
const SOONEST_MS = 1000;
const LATEST_MS = 60_000;
/** Counting may take no more than a hundredth of the store's time. */
const SHARE = 100;

/** Counts an endpoint's users and what goes on: after something happened, and from time to time. */
export class Counts {
  readonly #endpoint: Pick<Endpoint, 'counts'>;
  readonly #show: (counts: { users: number; live: number }) => void;
  readonly #showTrouble: () => void;
  readonly #scope: Scope;
  #timer: NodeJS.Timeout | undefined;
  /** By the clock that only goes forward, as all times here. */
  #due = 0;
  #counting = false;
  /** Something happened while it counted, which the count may have missed. */
  #missed = false;

  constructor(
    endpoint: Pick<Endpoint, 'counts'>,
    scope: Scope,
    show: (counts: { users: number; live: number }) => void,
    showTrouble: () => void,
  ) {
    this.#endpoint = endpoint;
    this.#scope = scope;
    this.#show = show;
    this.#showTrouble = showTrouble;
    scope.add(() => clearTimeout(this.#timer));
    this.changed();
  }

  /** Something happened: counts soon. */
  changed(): void {
    if (this.#counting) this.#missed = true;
    else this.#plan(Math.max(0, this.#due - performance.now()));
  }

  /** The store stopped or came back: counts at once, before it comes back or stops. */
  turned(): void {
    this.#due = 0;
    this.changed();
  }

  #plan(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#scope.signal.aborted) return;
    this.#timer = setTimeout(() => void this.#count(), ms);
  }

  async #count(): Promise<void> {
    this.#counting = true;
    this.#missed = false;
    const started = performance.now();
    try {
      const counts = await this.#endpoint.counts();
      if (!this.#scope.signal.aborted) this.#show(counts);
    } catch {
      // The endpoint itself says why.
      if (!this.#scope.signal.aborted) this.#showTrouble();
    }
    this.#counting = false;
    const restMs = Math.max(SOONEST_MS, SHARE * (performance.now() - started));
    this.#due = performance.now() + restMs;
    this.#plan(this.#missed ? Math.min(restMs, LATEST_MS) : LATEST_MS);
  }
}
