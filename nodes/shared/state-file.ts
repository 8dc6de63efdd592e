import { existsSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeLeftOvers, writeDurably } from './durable.js';
import { problemOf } from './problem.js';

const NO_FILE: unknown[] = ['ENOENT', 'ENOTDIR'];

/**
 * A node's state as one JSON file under `<userDir>/kindred/`, so that it survives a restart and a power cut:
 * written beside, flushed, then renamed over. Writes are serialised; of several waiting ones only the last is done.
 * What somebody else wrote meanwhile, such as a second Node-RED over the same user directory, is not overwritten.
 */
export class StateFile<T> {
  readonly path: string;
  readonly #isKnown: (saved: unknown) => boolean;
  #next: { value: T } | undefined;
  #writing: Promise<void> | undefined;
  /** Why nothing may be saved: there is a file that can neither be used nor be set aside, or that is somebody else's. */
  #lock: Error | undefined;
  /** What the file holds as far as this one knows, or undefined when there is none; unknown before the first look. */
  #onDisk: { text: string | undefined } | undefined;

  /**
   * @param name file name without ending, for example `collect-<node id>`
   * @param isKnown whether a saved value is of a form that its reader understands
   */
  constructor(userDir: string, name: string, isKnown: (saved: unknown) => boolean = () => true) {
    this.path = join(userDir, 'kindred', `${name.replace(/[^\w.-]/g, '_')}.json`);
    this.#isKnown = isKnown;
  }

  /** A file is there that may not be overwritten: saving is refused. */
  get isLocked(): boolean {
    return this.#lock !== undefined;
  }

  /**
   * What was saved last, or undefined when there is nothing.
   * @throws Error when there is a file that cannot be used. One that makes no sense is set aside as `.damaged`; one that
   *   cannot be read may be good, and stays: saving is refused then
   */
  async load(): Promise<T | undefined> {
    let text: string | undefined;
    await removeLeftOvers(this.path);
    try {
      text = await this.#read();
    } catch (error) {
      const isFile = (error as NodeJS.ErrnoException).code !== 'EISDIR';
      throw isFile ? this.#refuse(`cannot be read (${problemOf(error)})`) : await this.#setAside(problemOf(error));
    }
    this.#onDisk = { text };
    if (text === undefined) return undefined;
    try {
      const saved: unknown = JSON.parse(text);
      if (!this.#isKnown(saved)) throw new Error('it is of a form that this version does not know');
      return saved as T;
    } catch (error) {
      throw await this.#setAside(problemOf(error));
    }
  }

  /** The file's text, or undefined when there is none. */
  async #read(): Promise<string | undefined> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (error) {
      if (NO_FILE.includes((error as NodeJS.ErrnoException).code)) return undefined;
      throw error;
    }
  }

  /** @returns what to tell about it */
  async #setAside(problem: string): Promise<Error> {
    const usual = `${this.path}.damaged`;
    const aside = existsSync(usual) ? `${usual}-${Date.now()}` : usual;
    try {
      await rename(this.path, aside);
      this.#onDisk = { text: undefined };
      return new Error(`the saved state ${this.path} cannot be read (${problem}); it was set aside as ${aside}`);
    } catch (error) {
      return this.#refuse(`can neither be read (${problem}) nor be set aside (${problemOf(error)})`);
    }
  }

  /** Saves nothing from now on. @returns what to tell about it */
  #refuse(problem: string): Error {
    this.#lock = new Error(
      `the saved state ${this.path} ${problem}, and is not overwritten: make the file readable or move it away, then ` +
        'deploy again',
    );
    return this.#lock;
  }

  /** Resolves when this value, or a later one, is on disk. Rejects while the file is locked. */
  save(value: T): Promise<void> {
    if (this.#lock) return Promise.reject(this.#lock);
    this.#next = { value };
    this.#writing ??= this.#drain();
    return this.#writing;
  }

  /** Forgets the state, after the write that may be under way. What could not be read, or is somebody else's, is left alone. */
  async remove(): Promise<void> {
    this.#next = undefined;
    await this.#writing?.catch(() => {});
    if (!this.#lock) await this.#checkOwner().catch(() => {});
    if (!this.#lock) await rm(this.path, { force: true });
  }

  /** @throws Error when somebody else has written the file since this one last did, or looked; they go on with it */
  async #checkOwner(): Promise<void> {
    if (!this.#onDisk) return;
    const text = await this.#read();
    if (text === undefined || text === this.#onDisk.text) return;
    this.#lock = new Error(
      `the saved state ${this.path} was changed by somebody else, and is not overwritten: end the other Node-RED that ` +
        'uses this user directory, if there is one, then deploy again',
    );
    throw this.#lock;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#next) {
        const { value } = this.#next;
        this.#next = undefined;
        const text = JSON.stringify(value);
        await this.#checkOwner();
        await writeDurably(this.path, text);
        this.#onDisk = { text };
      }
    } finally {
      // In the same turn as the last look at what is waiting: a value that comes now starts a new round.
      this.#writing = undefined;
    }
  }
}
