import type { RouteName } from '../../schema/index.js';
import type { Counts } from '../store/store.js';

/** Upper bounds of the times' histogram, in seconds: what an answer takes on a small machine, and on a busy one. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** `none`: what is no call of this interface, such as an unknown path or bytes that are no HTTP. */
export type Operation = RouteName | 'none';

interface Times {
  /** How many took no longer than each bound, and longer than the one before it; at last, how many took longer than all. */
  counts: number[];
  sum: number;
}

/** What the endpoint is doing at this moment. */
export interface State {
  streams: number;
  /** Missing while the store does not answer. */
  store: Counts | undefined;
}

/** Counts and times of an endpoint since it was started: by operation and status, and never by user. */
export class Metrics {
  readonly #answers = new Map<Operation, Map<number, number>>();
  readonly #times = new Map<Operation, Times>();

  /** @param seconds none for a stream, which lasts as long as its reader likes */
  count(operation: Operation, status: number, seconds?: number): void {
    const statuses = this.#answers.get(operation) ?? new Map<number, number>();
    this.#answers.set(operation, statuses.set(status, (statuses.get(status) ?? 0) + 1));
    if (seconds === undefined) return;
    const times = this.#times.get(operation) ?? { counts: Array<number>(BOUNDS.length + 1).fill(0), sum: 0 };
    this.#times.set(operation, times);
    let at = 0;
    while (seconds > (BOUNDS[at] ?? Number.POSITIVE_INFINITY)) at++;
    times.counts[at] = (times.counts[at] ?? 0) + 1;
    times.sum += seconds;
  }

  /** Prometheus' text format, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/ */
  text(state: State): string {
    const { user, system } = process.cpuUsage();
    return [
      family('kindred_http_requests_total', 'counter', 'Answers by operation and status', this.#requests()),
      family('kindred_http_request_duration_seconds', 'histogram', 'From request to answer', this.#durations()),
      gauge('kindred_event_streams', 'Open streams of events', state.streams),
      gauge('kindred_store_up', 'Whether the store answers', state.store ? 1 : 0),
      ...(state.store
        ? [
            gauge('kindred_users', 'Accounts', state.store.users),
            gauge('kindred_live_activities', 'Activities that go on and can be found', state.store.live),
          ]
        : []),
      gauge('process_resident_memory_bytes', 'Resident memory', process.memoryUsage.rss()),
      gauge('process_start_time_seconds', 'Start, in seconds since 1970', Date.now() / 1000 - process.uptime()),
      family('process_cpu_seconds_total', 'counter', 'Processor time, of all threads', [['', (user + system) / 1e6]]),
    ].join('');
  }

  #requests(): Sample[] {
    return [...this.#answers].flatMap(([operation, statuses]) =>
      [...statuses].map(([status, count]): Sample => [`{operation="${operation}",status="${status}"}`, count]),
    );
  }

  #durations(): Sample[] {
    return [...this.#times].flatMap(([operation, { counts, sum }]) => {
      let total = 0;
      const buckets = [...BOUNDS, '+Inf'].map((bound, at): Sample => {
        total += counts[at] ?? 0;
        return [`_bucket{operation="${operation}",le="${bound}"}`, total];
      });
      return [
        ...buckets,
        [`_sum{operation="${operation}"}`, sum],
        [`_count{operation="${operation}"}`, total],
      ] as Sample[];
    });
  }
}

/** What stands behind the name, and the value. */
type Sample = [string, number];

function gauge(name: string, help: string, value: number): string {
  return family(name, 'gauge', help, [['', value]]);
}

function family(name: string, type: 'counter' | 'gauge' | 'histogram', help: string, samples: Sample[]): string {
  const lines = samples.map(([rest, value]) => `${name}${rest} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}
