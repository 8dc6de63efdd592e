import type { Clock } from './appliance.js';
import type { Message } from './profile.js';
import { matchesFilter } from './transports/mqtt.js';

/** What comes with the third message, or the fourth, is soon enough. */
const WAIT_MS = 3000;
const MOST_TOPICS = 3;

/**
 * Notices that what the appliance says comes under topics that are made otherwise: by the wire, or in somebody's own recording.
 * It is told once, unless something is understood meanwhile. What does not name the appliance is others', who may share the
 * wire with one that says something every few minutes.
 */
export class Elsewhere {
  readonly #clock: Clock;
  readonly #tell: (problem: Error, topic: string) => void;
  readonly #address: string;
  #isOver = false;
  #stop: (() => void) | undefined;

  constructor(clock: Clock, address: string, tell: (problem: Error, topic: string) => void) {
    this.#clock = clock;
    this.#address = address.trim();
    this.#tell = tell;
  }

  /** A message was not understood. @param topics what the appliance is heard under */
  hear({ topic }: Message, topics: readonly string[]): void {
    if (this.#isOver || this.#stop || topics.length === 0) return;
    if (!`/${topic}/`.includes(`/${this.#address}/`)) return;
    if (topics.some((filter) => matchesFilter(filter, topic))) return;
    const expected = topics.slice(0, MOST_TOPICS).join(', ') + (topics.length > MOST_TOPICS ? ', …' : '');
    const problem = new Error(
      `this appliance is not heard under this topic but under ${expected}: check how its topics are ` +
        'made; this is said once, and what comes next may fit',
    );
    this.#stop = this.#clock.after(WAIT_MS, () => this.#tell(problem, topic));
  }

  /** Something was understood, or nothing is to be told any more. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stop?.();
  }
}
