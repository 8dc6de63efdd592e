import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { problemOf } from './problem.js';

const NO_FILE: unknown[] = ['ENOENT', 'ENOTDIR'];

/**
 * A node's state as one JSON file under `<userDir>/kindred/`, so that it survives a restart and a power cut:
 * written beside, flushed, then renamed over. Writes are serialised; of several waiting ones only the last is done.
 */
export class StateFile<T> {
  readonly path: string;
  readonly #isKnown: (saved: unknown) => boolean;
  #next: { value: T } | undefined;
  #writing: Promise<void> | undefined;
  /** Why nothing may be saved: there is a file that can neither be used nor be set aside. */
  #lock: Error | undefined;

  /**
   * @param name file name without ending, for example `collect-<node id>`
   * @param isKnown whether a saved value is of a form that its reader understands
   */
  constructor(userDir: string, name: string, isKnown: (saved: unknown) => boolean = () => true) {
    this.path = join(userDir, 'kindred', `${name.replace(/[^\w.-]/g, '_')}.json`);
    this.#isKnown = isKnown;
  }

  /** A file is there that could neither be used nor be set aside: saving is refused, so that it is not overwritten. */
  get isLocked(): boolean {
    return this.#lock !== undefined;
  }

  /**
   * What was saved last, or undefined when there is nothing.
   * @throws Error when there is a file that cannot be used; it is set aside as `.damaged`, so nothing is overwritten
   */
  async load(): Promise<T | undefined> {
    try {
      const saved: unknown = JSON.parse(await readFile(this.path, 'utf8'));
      if (!this.#isKnown(saved)) throw new Error('it is of a form that this version does not know');
      return saved as T;
    } catch (error) {
      if (NO_FILE.includes((error as NodeJS.ErrnoException).code)) return undefined;
      throw await this.#setAside(problemOf(error));
    }
  }

  /** @returns what to tell about it */
  async #setAside(problem: string): Promise<Error> {
    const usual = `${this.path}.damaged`;
    const aside = existsSync(usual) ? `${usual}-${Date.now()}` : usual;
    try {
      await rename(this.path, aside);
      return new Error(`the saved state ${this.path} cannot be read (${problem}); it was set aside as ${aside}`);
    } catch (error) {
      this.#lock = new Error(
        `the saved state ${this.path} can neither be read (${problem}) nor be set aside (${problemOf(error)}), and is ` +
          'not overwritten: make the file readable or move it away, then deploy again',
      );
      return this.#lock;
    }
  }

  /** Resolves when this value, or a later one, is on disk. Rejects while the file is locked. */
  save(value: T): Promise<void> {
    if (this.#lock) return Promise.reject(this.#lock);
    this.#next = { value };
    this.#writing ??= this.#drain();
    return this.#writing;
  }

  /** Forgets the state, after the write that may be under way. What could not be read is left alone. */
  async remove(): Promise<void> {
    if (this.#lock) return;
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
