import type { Notification, PoolClient } from 'pg';
import { ask, type Servers } from './servers.js';

/** A connection that broke is made anew after so long. */
const AGAIN_MS = 5000;
/** What gathers in this time is sent together. */
const GATHER_MS = 3;

/**
 * Tells other processes that they have something in their inbox, over one connection of its own: LISTEN and NOTIFY, which not
 * every database that speaks PostgreSQL's SQL has. Everything is right without them, only later. A NOTIFY is never part of
 * a transaction that writes: it would make all of those commit one after the other.
 */
export class Hints {
  readonly #waiting = new Set<string>();
  #client: PoolClient | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sending: NodeJS.Timeout | undefined;
  #isSending = false;
  #closed = false;

  /** @param servers none for no hints at all */
  constructor(private readonly servers: Servers | undefined) {}

  /** Calls `onHint` whenever a process of this id is sent one. */
  listen(id: string, onHint: () => void): void {
    if (this.servers) void this.#connect(this.servers, id, onHint);
  }

  send(processes: readonly string[]): void {
    if (!this.#client) return;
    for (const id of processes) this.#waiting.add(id);
    this.#sending ??= setTimeout(() => void this.#flush(), GATHER_MS);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#sending);
    this.#client?.release(true);
    this.#client = undefined;
  }

  async #connect(servers: Servers, id: string, onHint: () => void): Promise<void> {
    let client: PoolClient | undefined;
    let isOver = false;
    // A connection that breaks as it is asked says so twice.
    const again = (): void => {
      if (isOver || this.#closed) return;
      isOver = true;
      client?.release(true);
      this.#client = undefined;
      this.#timer = setTimeout(() => void this.#connect(servers, id, onHint), AGAIN_MS);
      this.#timer.unref();
    };
    try {
      client = await servers.connect();
      if (this.#closed) return client.release(true);
      this.#client = client;
      client.once('error', again);
      client.on('notification', (_: Notification) => onHint());
      await ask(client, `LISTEN "${channelOf(id)}"`);
    } catch {
      again();
    }
  }

  async #flush(): Promise<void> {
    this.#sending = undefined;
    if (this.#isSending || !this.#client) return;
    this.#isSending = true;
    const channels = [...this.#waiting].map(channelOf);
    this.#waiting.clear();
    try {
      const text = "SELECT pg_notify(channel, '') FROM unnest($1::text[]) AS v (channel)";
      await ask(this.#client, { text, values: [channels] });
    } catch {
      // They look into their inbox all the same.
    }
    this.#isSending = false;
    if (this.#waiting.size > 0 && !this.#closed) this.#sending ??= setTimeout(() => void this.#flush(), GATHER_MS);
  }
}

function channelOf(id: string): string {
  return `kindred_${id}`;
}
