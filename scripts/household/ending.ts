/** What has to be ended, last begun first, once; also in the middle of a start. */
export class Ending {
  readonly #tasks: (() => Promise<void>)[] = [];
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  add(task: () => Promise<void>): void {
    // A start that is still under way when everything ends: what it has just begun ends at once.
    if (this.signal.aborted) void task().catch(() => {});
    else this.#tasks.push(task);
  }

  run(): Promise<void> {
    this.#running ??= this.#runAll();
    return this.#running;
  }

  async #runAll(): Promise<void> {
    this.#abort.abort();
    for (const task of this.#tasks.reverse()) await task();
  }
}
