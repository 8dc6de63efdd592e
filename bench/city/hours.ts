import type { Due } from './day.js';
import { Histogram } from './histogram.js';
import { type Cores, coresBetween, type Usage } from './usage.js';

const HOUR_MS = 3_600_000;

/** What was due in one hour of the day. */
export interface HourFigures {
  /** 8 for what was due from 8:00 on. */
  hour: number;
  /** Real seconds in which it was played. */
  seconds: number;
  perSecond: number;
  publishes: { p50Ms: number; p99Ms: number };
  searches: { p50Ms: number; p99Ms: number };
  /** Requests without an answer of success. */
  failed: number;
  mostGoingOn: number;
  /** Of the endpoint, as the hour ended, in MB. */
  memoryMb: number;
  cores: Cores;
}

/** One hour after the other of a day that is played. */
export class Hours {
  readonly #hours: Hour[] = [];

  /**
   * @param begin the clock's time at which the playing begins, epoch milliseconds @param from the hour of the day it is then
   * @param usage what is used by now
   */
  constructor(
    private readonly begin: number,
    private readonly from: number,
    private readonly usage: () => Usage,
  ) {
    this.#hours.push(new Hour(from, Date.now(), usage()));
  }

  /** @param now the clock's time, epoch milliseconds */
  pass(now: number, goingOn: number): void {
    const last = this.#hours.length - 1;
    const hour = this.#hours[last] as Hour;
    hour.mostGoingOn = Math.max(hour.mostGoingOn, goingOn);
    if (this.#indexOf(now) <= last) return;
    const usage = this.usage();
    hour.end(Date.now(), usage);
    this.#hours.push(new Hour(Math.floor(this.from) + this.#hours.length, Date.now(), usage));
  }

  /** @param ms since it was due */
  answered(due: Due, ms: number, isGood: boolean): void {
    const hour = this.#hours[Math.max(0, this.#indexOf(due.at))];
    if (!isGood) hour?.fail();
    else hour?.add(due.kind === 'search' ? 'searches' : 'publishes', ms);
  }

  end(): void {
    this.#hours.at(-1)?.end(Date.now(), this.usage());
  }

  figures(): HourFigures[] {
    return this.#hours.flatMap((hour) => hour.figures() ?? []);
  }

  /** Counted from the hour in which the playing began. */
  #indexOf(at: number): number {
    return Math.floor((this.from % 1) + (at - this.begin) / HOUR_MS);
  }
}

class Hour {
  readonly #times = { publishes: new Histogram(), searches: new Histogram() };
  mostGoingOn = 0;
  #failed = 0;
  #ended: { at: number; usage: Usage } | undefined;

  constructor(
    private readonly hour: number,
    private readonly begun: number,
    private readonly before: Usage,
  ) {}

  add(what: 'publishes' | 'searches', ms: number): void {
    this.#times[what].add(ms);
  }

  fail(): void {
    this.#failed++;
  }

  end(at: number, usage: Usage): void {
    this.#ended = { at, usage };
  }

  figures(): HourFigures | undefined {
    if (!this.#ended) return undefined;
    const { at, usage } = this.#ended;
    const seconds = (at - this.begun) / 1000;
    const { publishes, searches } = this.#times;
    const times = (histogram: Histogram) => ({ p50Ms: histogram.at(0.5), p99Ms: histogram.at(0.99) });
    return {
      hour: Math.floor(this.hour) % 24,
      seconds,
      perSecond: (publishes.count + searches.count) / seconds,
      publishes: times(publishes),
      searches: times(searches),
      ...{ failed: this.#failed, mostGoingOn: this.mostGoingOn, memoryMb: usage.memory },
      cores: coresBetween(this.before, usage, seconds),
    };
  }
}
