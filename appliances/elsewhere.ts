import type { Clock } from './appliance.js';
import type { Message } from './profile.js';
import { matchesFilter } from './transports/mqtt.js';

/** What comes with the third message, or the fourth, is soon enough. */
const WAIT_MS = 3000;
const MOST_TOPICS = 3;

/**
 * Notices that all that is delivered comes under others' topics: by the wire, or in somebody's own recording. It is told
 * once, unless something is understood meanwhile. A broker delivers only what was asked for.
 */
export class Elsewhere {
  readonly #clock: Clock;
  readonly #tell: (problem: Error, topic: string) => void;
  #isOver = false;
  #stop: (() => void) | undefined;

  constructor(clock: Clock, tell: (problem: Error, topic: string) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** A message was not understood. @param topics what the appliance is heard under */
  hear({ topic }: Message, topics: readonly string[]): void {
    if (this.#isOver || this.#stop || topics.length === 0) return;
    if (topics.some((filter) => matchesFilter(filter, topic))) return;
    const expected = topics.slice(0, MOST_TOPICS).join(', ') + (topics.length > MOST_TOPICS ? ', …' : '');
    const problem = new Error(
      `this appliance is not heard under this topic but under ${expected}: check its address, and how its topics are ` +
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
