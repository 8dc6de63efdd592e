import { createWriteStream, type WriteStream } from 'node:fs';
import type { AuditEntry } from './options.js';

/** Bytes that wait for a slow disk at most; more lines are counted instead of kept. */
const MOST_WAITING = 1024 * 1024;

/** A file that could not be written is opened again this much later at the earliest, in milliseconds. */
const OPEN_AGAIN_MS = 10_000;

/** Writes the audit log, a line of JSON an entry. Nothing that goes wrong with it ends the endpoint or holds it up. */
export class AuditLog {
  #stream: WriteStream | typeof process.stdout;
  #lost = 0;
  /** When it failed, by the clock that only goes forward; undefined while it is fine. */
  #failedAt: number | undefined;

  /**
   * @param file `-` for standard output; made when it is not there, for its owner alone to read
   * @param report takes what goes wrong
   */
  constructor(
    private readonly file: string,
    private readonly report: (problem: string) => void,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#stream = this.#open();
  }

  write(entry: AuditEntry): void {
    if (this.#failedAt !== undefined && this.now() - this.#failedAt >= OPEN_AGAIN_MS) this.reopen();
    if (this.#failedAt !== undefined || this.#stream.writableLength > MOST_WAITING) {
      this.#lost++;
      return;
    }
    const lost = this.#lost;
    this.#lost = 0;
    this.#stream.write(`${JSON.stringify(lost > 0 ? { ...entry, lost } : entry)}\n`);
  }

  /** Goes on in a new file of that name, after the old one was moved away or could not be written. */
  reopen(): void {
    if (this.#stream !== process.stdout) this.#stream.end();
    this.#stream = this.#open();
  }

  /** Resolves when everything is written. */
  close(): Promise<void> {
    const stream = this.#stream;
    if (stream === process.stdout || stream.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      stream.once('close', resolve);
      stream.end();
    });
  }

  #open(): WriteStream | typeof process.stdout {
    this.#failedAt = undefined;
    const isOutput = this.file === '-';
    const stream = isOutput ? process.stdout : createWriteStream(this.file, { flags: 'a', mode: 0o600 });
    // Standard output stays the same stream, and whoever reads it may be gone: nobody listening would end the process.
    if (stream === this.#stream) return stream;
    stream.on('error', (error) => {
      if (stream !== this.#stream) return;
      this.#failedAt = this.now();
      this.#lost++;
      const name = isOutput ? 'on standard output' : this.file;
      this.report(`The audit log ${name} cannot be written: ${error.message}`);
    });
    return stream;
  }
}
