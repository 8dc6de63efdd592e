import { newId } from '../../vocabulary/index.js';
import { NAMES, random, zipf } from '../rows/endpoint-people.js';
import type { Leg } from './virtual.js';

/** 60 activities, coffee the commonest with 21 %: the known ones and, for the rest, ones that an operator adds. */
export const EXTRA = Array.from({ length: 60 - NAMES.length }, (_, index) => `hobby-${index + 1}`);
const ALL: readonly string[] = [...NAMES, ...EXTRA];

const HOUR_MS = 3_600_000;
const ACTIVITIES_A_DAY = 6;
const SEARCHES_A_DAY = 10;
const NEVER_ENDS = 0.01;
/** What nothing more is heard of is over after an hour, as for the endpoint. */
const SILENT_MS = HOUR_MS;
/** How much is begun in each hour of the day, 1 on average: quiet nights, and a morning in which everybody has a coffee. */
const HOURS = [
  ...[0.2, 0.2, 0.2, 0.2, 0.2, 0.3, 1, 3, 5, 3],
  ...[0.8, 0.7, 0.8, 0.8, 0.7, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.6, 0.3, 0.2],
];
const MEAN = HOURS.reduce((sum, weight) => sum + weight, 0) / HOURS.length;

/**
 * What a request costs the endpoint in an hour of the day, a bit more than 1 at night. The more goes on, the more there
 * is to go through: measured with 10⁶ users, 3,800 requests a second at night and 2,000 at eight in the morning.
 */
export function costAt(hour: number): number {
  return 1 + (HOURS[Math.floor(hour) % 24] as number) / 5;
}

/**
 * How fast a clock runs that shows some hours in so much time.
 * @param from hour of the day
 * @param even whether the endpoint has as much work at any time: then nights go by fast, and the morning slowly
 */
export function legsOf(from: number, hours: number, realMs: number, even: boolean): Leg[] {
  if (!even) return [[hours * HOUR_MS, (hours * HOUR_MS) / realMs]];
  const parts: { ms: number; work: number }[] = [];
  for (let at = from; at < from + hours; ) {
    const until = Math.min(Math.floor(at) + 1, from + hours);
    parts.push({ ms: (until - at) * HOUR_MS, work: (HOURS[Math.floor(at) % 24] as number) * costAt(at) });
    at = until;
  }
  const all = parts.reduce((sum, { ms, work }) => sum + ms * work, 0);
  return parts.map(({ ms, work }) => [ms, all / realMs / work]);
}

/** Something that somebody goes on doing. Times in epoch milliseconds of the fast clock. */
export interface Doing {
  id: string;
  user: number;
  /** Its number in the list of activities. */
  topic: number;
  activity: string;
  started: number;
  ends: number;
  /** Its hub never says that it is over. */
  silent: boolean;
  /** Its place in the list of what goes on. */
  index: number;
  /** Some state of it was answered with success. */
  isAcknowledged: boolean;
}

export type Due = { at: number; kind: 'start' | 'finish' | 'search'; doing: Doing };

/** What the people of a city do, one thing after the other in the order of time; the same in every run. */
export class Day {
  /** What goes on now. */
  readonly goesOn: Doing[] = [];
  readonly #chance = random(23);
  readonly #activity = zipf(
    ALL.map((_, index) => index),
    this.#chance,
  );
  readonly #ends = new Heap();
  #nextStart: number;
  #nextSearch: number;

  /** @param hour the hour of the day at `begin` */
  constructor(
    private readonly users: number,
    private readonly begin: number,
    private readonly hour: number,
  ) {
    this.#nextStart = begin + this.#gap(begin, ACTIVITIES_A_DAY);
    this.#nextSearch = begin + this.#gap(begin, SEARCHES_A_DAY);
  }

  /** The next thing that is due by now; undefined when there is none yet. */
  next(now: number): Due | undefined {
    const finish = this.#ends.first;
    const at = Math.min(this.#nextStart, this.#nextSearch, finish?.ends ?? Number.POSITIVE_INFINITY);
    if (at > now) return undefined;
    if (finish && at === finish.ends) {
      this.#ends.takeFirst();
      this.#take(finish);
      if (finish.silent) return this.next(now);
      return { at, kind: 'finish', doing: finish };
    }
    if (at === this.#nextStart) {
      this.#nextStart += this.#gap(at, ACTIVITIES_A_DAY);
      return { at, kind: 'start', doing: this.#start(at) };
    }
    this.#nextSearch += this.#gap(at, SEARCHES_A_DAY);
    const doing = this.goesOn[Math.floor(this.#chance() * this.goesOn.length)];
    // Who searches is in the middle of something: about strangers the others would learn nothing.
    return doing ? { at, kind: 'search', doing } : this.next(now);
  }

  #start(at: number): Doing {
    const topic = this.#activity();
    const user = Math.floor(this.#chance() * this.users);
    const lasts = this.#lasts();
    const silent = this.#chance() < NEVER_ENDS;
    const doing: Doing = {
      ...{ id: newId(at), user, topic, activity: ALL[topic] as string },
      ...{ started: at, ends: at + (silent ? SILENT_MS : lasts), silent, index: this.goesOn.length },
      isAcknowledged: false,
    };
    this.goesOn.push(doing);
    this.#ends.put(doing);
    return doing;
  }

  /** Log-normal around 8 minutes, 15 on average, 4 hours at most. */
  #lasts(): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.#chance())) * Math.cos(2 * Math.PI * this.#chance());
    return Math.min(4 * HOUR_MS, 480_000 * Math.exp(1.12 * normal));
  }

  #take(doing: Doing): void {
    const last = this.goesOn.pop() as Doing;
    if (last === doing) return;
    this.goesOn[doing.index] = last;
    last.index = doing.index;
  }

  /** Milliseconds until the next of so many a user and day, which come as they come (Poisson). */
  #gap(at: number, aDay: number): number {
    const hour = Math.floor(this.hour + (at - this.begin) / HOUR_MS) % 24;
    const perMs = (this.users * aDay * (HOURS[hour] as number)) / MEAN / 24 / HOUR_MS;
    return -Math.log(1 - this.#chance()) / perMs;
  }
}

/** What ends first comes first. */
class Heap {
  readonly #heap: Doing[] = [];

  get first(): Doing | undefined {
    return this.#heap[0];
  }

  put(doing: Doing): void {
    const heap = this.#heap;
    let at = heap.push(doing) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if ((heap[above] as Doing).ends <= doing.ends) break;
      heap[at] = heap[above] as Doing;
      at = above;
    }
    heap[at] = doing;
  }

  takeFirst(): void {
    const heap = this.#heap;
    const moved = heap.pop();
    if (!moved || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && (heap[below + 1] as Doing).ends < (heap[below] as Doing).ends) below++;
      if ((heap[below] as Doing).ends >= moved.ends) break;
      heap[at] = heap[below] as Doing;
      at = below;
    }
    heap[at] = moved;
  }
}
