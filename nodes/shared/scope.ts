/**
 * Everything a node has to undo when it closes: timers, listeners, connections.
 * One scope a node instance, so that a redeploy leaves nothing behind.
 */
export class Scope {
  readonly #undo: (() => void | Promise<void>)[] = [];
  readonly #abort = new AbortController();

  /** Aborted when the scope closes: give it to every request and wait. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Runs `undo` when the scope closes, last registered first; at once when it is closed already. */
  add(undo: () => void | Promise<void>): void {
    if (this.#abort.signal.aborted)
      void Promise.resolve()
        .then(undo)
        .catch(() => {});
    else this.#undo.push(undo);
  }

  /** A timer that ends with the scope. @param ms milliseconds */
  every(ms: number, task: () => void): void {
    const timer = setInterval(task, ms);
    this.add(() => clearInterval(timer));
  }

  /** Closes everything, even when one of them fails; never rejects. */
  async close(): Promise<void> {
    this.#abort.abort();
    for (const undo of this.#undo.splice(0).reverse()) {
      try {
        await undo();
      } catch {
        // Closing goes on: what could not be undone must not keep the rest open.
      }
    }
  }
}
