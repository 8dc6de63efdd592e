import type { Doing, Due } from './day.js';
import { Histogram } from './histogram.js';

/** What is counted while a day is played. Times count from `begin` to `end`, errors and acknowledged activities always. */
export class Tally {
  readonly errors: Record<string, number> = {};
  acknowledged = 0;
  readonly #times = { publishes: new Histogram(), searches: new Histogram(), pushes: new Histogram() };
  readonly #late = new Histogram();
  /** When the publish was due that began what somebody does, by user and activity. */
  readonly #begun = new Map<string, number>();
  #isCounting = false;
  #from = 0;
  #seconds = 0;

  get isCounting(): boolean {
    return this.#isCounting;
  }

  begin(): void {
    this.#isCounting = true;
    this.#from = Date.now();
  }

  end(): void {
    this.#isCounting = false;
    this.#seconds = (Date.now() - this.#from) / 1000;
  }

  problem(what: string): void {
    this.errors[what] = (this.errors[what] ?? 0) + 1;
  }

  /** Somebody was told of somebody else: caused by whichever of the two came later. */
  told(to: number, of: number, activity: string): void {
    const begun = (user: number): number => this.#begun.get(keyOf({ user, activity })) ?? 0;
    const cause = Math.max(begun(to), begun(of));
    if (this.#isCounting && cause > 0) this.#times.pushes.add(Date.now() - cause);
  }

  /** @param dueAt epoch milliseconds */
  sent({ kind, doing }: Due, dueAt: number): void {
    if (kind === 'start') this.#begun.set(keyOf(doing), dueAt);
    if (kind === 'finish') this.#begun.delete(keyOf(doing));
    if (this.#isCounting) this.#late.add(Date.now() - dueAt);
  }

  /** @param status of HTTP, or why there is none @returns whether it was an answer of success */
  answered({ kind, doing }: Due, dueAt: number, status: number | string): boolean {
    const isGood = status === 200 || status === 201;
    if (!isGood) this.problem(`${kind === 'search' ? 'search' : 'publish'}: ${status}`);
    else if (this.#isCounting) this.#times[kind === 'search' ? 'searches' : 'publishes'].add(Date.now() - dueAt);
    // An end is stored, too, where the beginning was given up.
    if (isGood && kind !== 'search' && !doing.isAcknowledged) {
      doing.isAcknowledged = true;
      this.acknowledged++;
    }
    return isGood;
  }

  figures() {
    const summary = (histogram: Histogram) => ({
      perSecond: histogram.count / this.#seconds,
      ...{ p50Ms: histogram.at(0.5), p99Ms: histogram.at(0.99), mostMs: histogram.most, count: histogram.count },
    });
    return {
      measuredSeconds: this.#seconds,
      publishes: summary(this.#times.publishes),
      searches: summary(this.#times.searches),
      pushes: summary(this.#times.pushes),
      generatorLateP99Ms: this.#late.at(0.99),
      ...{ errors: this.errors, acknowledged: this.acknowledged },
    };
  }
}

function keyOf({ user, activity }: Pick<Doing, 'user' | 'activity'>): string {
  return `${user} ${activity}`;
}
