import { handedOver } from './handed-over.js';

/** How long a node that closes waits, in milliseconds: Node-RED gives it 15 s, and whoever pressed Deploy less. */
const PATIENCE_MS = 2000;

/** What has been asked for and is not over yet. */
export class UnderWay {
  readonly #tasks = new Set<Promise<void>>();

  add(task: Promise<unknown>): void {
    const over = task.then(
      () => void this.#tasks.delete(over),
      () => void this.#tasks.delete(over),
    );
    this.#tasks.add(over);
  }

  /**
   * To be awaited by a node that closes, before anything that is needed for it. Resolves when all is over that was begun by
   * then, or was being handed over; in two seconds at the latest.
   */
  async end(): Promise<void> {
    await handedOver();
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS);
    });
    await Promise.race([Promise.all(this.#tasks), patience]);
    clearTimeout(timer);
  }
}
