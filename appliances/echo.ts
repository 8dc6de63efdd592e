import type { Clock } from './appliance.js';
import type { Command, Heard } from './profile.js';

interface Wait {
  isDone: NonNullable<Command['echo']>;
  settle(problem?: Error): void;
}

/** Commands that wait for the appliance's own word or, where it has none, for the broker's. */
export class EchoWaits {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #waits = new Set<Wait>();

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /** Begins to wait; begin before sending, for an echo may be fast. */
  begin({ echo, topic }: Command): { done: Promise<void>; settle(problem?: Error): void } {
    let settled: (problem?: Error) => void = () => {};
    const done = new Promise<void>((resolve, reject) => {
      settled = (problem) => (problem ? reject(problem) : resolve());
    });
    const wait: Wait = {
      isDone: echo ?? (() => false),
      settle: (problem) => {
        stopTimer();
        this.#waits.delete(wait);
        settled(problem);
      },
    };
    const seconds = this.#limitMs / 1000;
    const late = echo
      ? `the appliance did not confirm ${topic} within ${seconds} s: it may be off, away or under another topic`
      : `the broker did not take ${topic} within ${seconds} s: it may still pass it on later`;
    const stopTimer = this.#clock.after(this.#limitMs, () => wait.settle(new Error(late)));
    this.#waits.add(wait);
    return { done, settle: wait.settle };
  }

  /** Ends every wait that this message answers. */
  hear(heard: Heard): void {
    for (const wait of [...this.#waits]) {
      const done = wait.isDone(heard);
      if (done) wait.settle(done === true ? undefined : done);
    }
  }

  giveUp(problem: Error): void {
    for (const wait of [...this.#waits]) wait.settle(problem);
  }
}
