import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * A node's state as one JSON file under `<userDir>/kindred/`, so that it survives a restart and a power cut:
 * written beside, flushed, then renamed over. Writes are serialised; of several waiting ones only the last is done.
 */
export class StateFile<T> {
  readonly path: string;
  #next: { value: T } | undefined;
  #writing: Promise<void> | undefined;

  /** @param name file name without ending, for example `collect-<node id>` */
  constructor(userDir: string, name: string) {
    this.path = join(userDir, 'kindred', `${name.replace(/[^\w.-]/g, '_')}.json`);
  }

  /**
   * What was saved last, or undefined when there is nothing.
   * @throws Error when there is a file that cannot be read; it is set aside as `.damaged`, so nothing is overwritten
   */
  async load(): Promise<T | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    try {
      return JSON.parse(text) as T;
    } catch {
      await rename(this.path, `${this.path}.damaged`);
      throw new Error(`the saved state ${this.path} is damaged; it was set aside as ${this.path}.damaged`);
    }
  }

  /** Resolves when this value, or a later one, is on disk. */
  save(value: T): Promise<void> {
    this.#next = { value };
    this.#writing ??= this.#drain();
    return this.#writing;
  }

  /** Forgets the state, after the write that may be under way. */
  async remove(): Promise<void> {
    this.#next = undefined;
    await this.#writing?.catch(() => {});
    await rm(this.path, { force: true });
  }

  async #drain(): Promise<void> {
    try {
      while (this.#next) {
        const { value } = this.#next;
        this.#next = undefined;
        await writeDurably(this.path, JSON.stringify(value));
      }
    } finally {
      // In the same turn as the last look at what is waiting: a value that comes now starts a new round.
      this.#writing = undefined;
    }
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
