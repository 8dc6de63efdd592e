import { createWriteStream, type WriteStream } from 'node:fs';
import type { AuditEntry } from './options.js';

/** Bytes that wait for a slow disk at most; more lines are counted instead of kept. */
const MOST_WAITING = 1024 * 1024;

/** Writes the audit log, a line of JSON an entry. Nothing that goes wrong with it ends the endpoint or holds it up. */
export class AuditLog {
  #stream: WriteStream | typeof process.stdout;
  #lost = 0;

  /**
   * @param file `-` for standard output; made when it is not there, for its owner alone to read
   * @param report takes what goes wrong
   */
  constructor(
    private readonly file: string,
    private readonly report: (problem: string) => void,
  ) {
    this.#stream = this.#open();
  }

  write(entry: AuditEntry): void {
    if (this.#stream.writableLength > MOST_WAITING) {
      this.#lost++;
      return;
    }
    const skipped = (entry.skipped ?? 0) + this.#lost;
    this.#lost = 0;
    this.#stream.write(`${JSON.stringify(skipped > 0 ? { ...entry, skipped } : entry)}\n`);
  }

  /** Goes on in a new file of that name, after the old one was moved away. */
  reopen(): void {
    if (this.file === '-') return;
    this.#stream.end();
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
    if (this.file === '-') return process.stdout;
    const stream = createWriteStream(this.file, { flags: 'a', mode: 0o600 });
    stream.on('error', (error) => {
      this.report(`The audit log ${this.file} cannot be written: ${error.message}`);
    });
    return stream;
  }
}
