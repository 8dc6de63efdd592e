import { existsSync, type Stats } from 'node:fs';
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { appendDurably, removeLeftOvers, writeDurably } from './durable.js';
import { problemOf } from './problem.js';

const NO_FILE: unknown[] = ['ENOENT', 'ENOTDIR'];
/** Changes as long as this, in characters, are no reason to write the whole value anew. */
const FEW = 65_536;

/** How a value that is large is saved by what has changed in it. */
export interface Changes<T> {
  /** What has changed since the last call, for JSON; undefined when nothing has. */
  since(value: T): object | undefined;
  /** A value as it was saved, with the changes that were saved after it, in order. */
  applied(saved: unknown, changes: readonly unknown[]): unknown;
}

/** What a file holds as far as its writer knows. */
interface OnDisk {
  /** Undefined when there is none. */
  text: string | undefined;
  stats?: Stats;
}

/**
 * A node's state as one JSON file under `<userDir>/kindred/`, so that it survives a restart and a power cut:
 * written beside, flushed, then renamed over. Writes are serialised; of several waiting ones only the last is done.
 * What somebody else wrote meanwhile, such as a second Node-RED over the same user directory, is not overwritten.
 * Of a value with `changes` the first line is the whole, and each further line what has changed since; it is written
 * whole at the first save, after one that failed, and when the changes have become longer than the whole. A line ends
 * with its break, so that what a power cut leaves behind it, be it NUL bytes, is a line of its own.
 */
export class StateFile<T> {
  readonly path: string;
  readonly #isKnown: (saved: unknown) => boolean;
  #next: { value: T } | undefined;
  #writing: Promise<void> | undefined;
  /** Why nothing may be saved: there is a file that can neither be used nor be set aside, or that is somebody else's. */
  #lock: Error | undefined;
  /** Unknown before the first look. */
  #onDisk: OnDisk | undefined;
  readonly #changes: Changes<T> | undefined;
  /** How long the whole value was when it was last written; 0 when it has to be written anew. */
  #wholeLength = 0;

  /**
   * @param name file name without ending, for example `collect-<node id>`
   * @param isKnown whether a saved value is of a form that its reader understands
   * @param changes of this file alone
   */
  constructor(userDir: string, name: string, isKnown: (saved: unknown) => boolean = () => true, changes?: Changes<T>) {
    this.path = join(userDir, 'kindred', `${name.replace(/[^\w.-]/g, '_')}.json`);
    this.#isKnown = isKnown;
    this.#changes = changes;
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
      const saved = this.#parse(text);
      if (!this.#isKnown(saved)) throw new Error('it is of a form that this version does not know');
      return saved as T;
    } catch (error) {
      throw await this.#setAside(problemOf(error));
    }
  }

  #parse(text: string): unknown {
    if (!this.#changes) return JSON.parse(text);
    // Earlier versions began a line with its break, and left the last one without.
    const [whole = '', ...lines] = text.replace(/\n$/, '').split('\n');
    const changes = lines.flatMap((line, index) => {
      try {
        return [JSON.parse(line) as unknown];
      } catch (error) {
        // The last one may have been cut off, and then its save has never been through.
        if (index === lines.length - 1) return [];
        throw error;
      }
    });
    return this.#changes.applied(JSON.parse(whole), changes);
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
    const { text: known, stats: before } = this.#onDisk;
    const stats = await stat(this.path).catch(() => undefined);
    if (stats && before && isSame(stats, before)) return;
    // Not every system keeps to what it says of a file.
    const text = await this.#read();
    if (text === undefined) this.#wholeLength = 0;
    if (text === undefined || text === known) return;
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
        await this.#checkOwner();
        await this.#write(value);
      }
    } finally {
      // In the same turn as the last look at what is waiting: a value that comes now starts a new round.
      this.#writing = undefined;
    }
  }

  async #write(value: T): Promise<void> {
    const change = this.#changes?.since(value);
    const before = this.#onDisk?.text ?? '';
    const wholeLength = this.#wholeLength;
    // Until this write is through, nobody knows what has become of the changes in it.
    this.#wholeLength = 0;
    if (wholeLength > 0 && before.length - wholeLength < Math.max(wholeLength, FEW)) {
      if (change) await this.#append(before, `${JSON.stringify(change)}\n`);
      this.#wholeLength = wholeLength;
    } else {
      const text = `${JSON.stringify(value)}${this.#changes ? '\n' : ''}`;
      this.#onDisk = { text, stats: await writeDurably(this.path, text) };
      if (this.#changes) this.#wholeLength = text.length;
    }
  }

  async #append(before: string, line: string): Promise<void> {
    // If it fails, a part of it may be left behind.
    this.#onDisk = undefined;
    this.#onDisk = { text: before + line, stats: await appendDurably(this.path, line) };
  }
}

function isSame(one: Stats, other: Stats): boolean {
  return one.ino === other.ino && one.size === other.size && one.mtimeMs === other.mtimeMs;
}
