import type { ApplianceEvent, Clock } from '../../appliances/index.js';
import type { Reading } from '../../vocabulary/index.js';

/** A clock that moves only when it is told to. */
export class HandClock implements Clock {
  #now: number;
  #tasks: { at: number; task: () => void }[] = [];
  constructor(now: number) {
    this.#now = now;
  }
  now(): number {
    return this.#now;
  }
  after(ms: number, task: () => void): () => void {
    const entry = { at: this.#now + ms, task };
    this.#tasks.push(entry);
    return () => {
      this.#tasks = this.#tasks.filter((other) => other !== entry);
    };
  }
  /** As after a sleep, or when somebody sets it: it is elsewhere, and every timer still has to wait as long as before. */
  leap(ms: number): void {
    this.#now += ms;
    for (const entry of this.#tasks) entry.at += ms;
  }
  /** Goes on by `ms`, running what falls due, each at its time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = this.#tasks.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at);
      if (!next) break;
      this.#tasks = this.#tasks.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.task();
    }
    this.#now = end;
  }
}

/** What a listener heard, and a way to wait for more of it. */
export class Heard {
  readings: Reading[] = [];
  events: ApplianceEvent[] = [];
  problems: string[] = [];
  states: string[] = [];
  pauses: number[] = [];
  #check = () => {};
  readonly listener = {
    reading: (reading: Reading) => this.#add(() => this.readings.push(reading)),
    event: (event: ApplianceEvent) => this.#add(() => this.events.push(event)),
    problem: (problem: Error) => this.#add(() => this.problems.push(problem.message)),
    state: (state: string, until?: number) => {
      if (until !== undefined) this.pauses.push(until);
      this.#add(() => this.states.push(state));
    },
  };
  #add(push: () => void): void {
    push();
    this.#check();
  }
  until(condition: (heard: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#check = () => {
        if (condition(this)) resolve();
      };
      this.#check();
    });
  }
}
