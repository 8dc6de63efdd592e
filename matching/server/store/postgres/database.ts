import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { Refusal } from '../../refusal.js';
import { StoreFailure } from '../store.js';
import { reasonOf, type Trouble, troubleOf } from './errors.js';
import { ANSWER_MS, ask, type Servers } from './servers.js';

/** What can be asked of the database: by itself, or as a part of a transaction. */
export interface Statements {
  all<T>(sql: string, ...values: unknown[]): Promise<T[]>;
  get<T>(sql: string, ...values: unknown[]): Promise<T | undefined>;
  /** @returns how many rows it concerned */
  run(sql: string, ...values: unknown[]): Promise<number>;
}

/** What a transaction may assume. */
export interface Manner {
  /** Doing it twice leaves the same as doing it once: then it is done again, too, when nobody knows whether it was committed. */
  idempotent?: boolean;
}

/** So often something is tried. Of connections as many can be stale as there are. */
const MOST_TRIES: Readonly<Record<Trouble, number>> = { conflict: 10, stale: 20, lost: 3, other: 1 };
/** An operator is told so often of a store that is away, however many find it so. */
const TELL_AGAIN_MS = 10_000;

/** Statements by their text, prepared once for each connection. The name follows from the text alone, whoever prepares it. */
const names = new Map<string, string>();

function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) {
    name = createHash('sha256').update(sql).digest('hex').slice(0, 24);
    names.set(sql, name);
  }
  return name;
}

class Connection implements Statements {
  constructor(
    private readonly client: PoolClient,
    private readonly answerMs: number,
  ) {}

  async all<T>(sql: string, ...values: unknown[]): Promise<T[]> {
    return (await this.#query(sql, values)).rows as T[];
  }

  async get<T>(sql: string, ...values: unknown[]): Promise<T | undefined> {
    return (await this.#query(sql, values)).rows[0] as T | undefined;
  }

  async run(sql: string, ...values: unknown[]): Promise<number> {
    return (await this.#query(sql, values)).rowCount ?? 0;
  }

  #query(text: string, values: unknown[]) {
    return ask(this.client, { name: nameOf(text), text, values }, this.answerMs);
  }
}

function closed(): StoreFailure {
  return new StoreFailure('The store is closed', 'away');
}

/** It may have been committed, or not. */
class Uncertain extends Error {
  constructor(override readonly cause: unknown) {
    super();
  }
}

/** Whether the connection on which it came is of no more use. */
function isBroken(error: unknown): boolean {
  return error instanceof Uncertain || ['lost', 'stale'].includes(troubleOf(error));
}

/** Everything that is asked of PostgreSQL goes through here: connections, transactions, and what to do when they fail. */
export class Database implements Statements {
  /** When it was told last that it is away, by the clock that nobody sets. */
  #toldAway = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(
    private readonly servers: Servers,
    private readonly secrets: readonly string[],
    /** How long an answer is waited for. */
    private readonly answerMs = ANSWER_MS,
  ) {}

  all<T>(sql: string, ...values: unknown[]): Promise<T[]> {
    return this.#use((client) => new Connection(client, this.answerMs).all<T>(sql, ...values), true);
  }

  get<T>(sql: string, ...values: unknown[]): Promise<T | undefined> {
    return this.#use((client) => new Connection(client, this.answerMs).get<T>(sql, ...values), true);
  }

  run(sql: string, ...values: unknown[]): Promise<number> {
    return this.#use((client) => new Connection(client, this.answerMs).run(sql, ...values), true);
  }

  /** Runs what may be no part of a transaction, and is waited for however long it takes. It may be run more than once. */
  async runAlone(sql: string): Promise<void> {
    await this.#use((client) => ask(client, sql, Number.POSITIVE_INFINITY), true);
  }

  /**
   * Runs `work` as one transaction: when this resolves, all of it is committed. Work may run more than once, and keeps to
   * itself until then.
   * @throws Refusal as `work` does, and when the store is away; StoreFailure
   */
  transaction<T>(work: (statements: Statements) => Promise<T>, { idempotent = false }: Manner = {}): Promise<T> {
    return this.#use(async (client) => {
      await ask(client, 'BEGIN', this.answerMs);
      try {
        const result = await work(new Connection(client, this.answerMs));
        await commit(client, this.answerMs);
        return result;
      } catch (error) {
        if (!isBroken(error)) await ask(client, 'ROLLBACK', this.answerMs);
        throw error;
      }
    }, idempotent);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.servers.end();
  }

  async #use<T>(work: (client: PoolClient) => Promise<T>, idempotent: boolean): Promise<T> {
    const begun = performance.now();
    for (let attempt = 1; ; attempt++) {
      if (this.#closed) throw closed();
      try {
        return await this.#once(work);
      } catch (error) {
        if (error instanceof Refusal || error instanceof StoreFailure) throw error;
        const cause = error instanceof Uncertain ? error.cause : error;
        const trouble = troubleOf(cause);
        const isSafe = idempotent || !(error instanceof Uncertain);
        const again = attempt < MOST_TRIES[trouble] && (trouble !== 'lost' || isSafe);
        // Whoever asks has waited long enough: a second try would stand in line behind the first.
        if (!again || performance.now() - begun >= this.answerMs) throw this.#failure(cause, trouble);
        await wait(Math.random() * 20 * attempt);
      }
    }
  }

  async #once<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.servers.connect();
    let broken = false;
    try {
      return await work(client);
    } catch (error) {
      broken = isBroken(error);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** The first to find the store away tells its operator; the others only that it is. */
  #failure(cause: unknown, trouble: Trouble): Error {
    if (this.#closed) return closed();
    const reason = reasonOf(cause, this.secrets);
    if (trouble === 'other' || trouble === 'stale') return new StoreFailure(`PostgreSQL refused: ${reason}`);
    if (trouble === 'conflict') return new Refusal('unavailable', 'Too many change the same: come back soon', 5);
    if (performance.now() - this.#toldAway < TELL_AGAIN_MS) return new Refusal('unavailable', '', 5);
    this.#toldAway = performance.now();
    return new StoreFailure(`PostgreSQL is away: ${reason}. It is tried again with every request`, 'away');
  }
}

/**
 * Commits, and is sure of it. A warning with a commit is no success: it says that the wait for the synchronous standby was
 * cut short (PostgreSQL, syncrep.c), so that the standby may not have what was committed.
 */
async function commit(client: PoolClient, answerMs: number): Promise<void> {
  let warning: string | undefined;
  const warned = ({ message }: { message?: string | undefined }): void => {
    warning = message ?? 'it was committed with a warning';
  };
  client.on('notice', warned);
  try {
    const { command } = await ask(client, 'COMMIT', answerMs);
    if (command !== 'COMMIT') throw new Error(`the transaction ended with ${command}`);
  } catch (error) {
    throw new Uncertain(error);
  } finally {
    client.off('notice', warned);
  }
  if (warning !== undefined) throw new Uncertain(new Error(`Connection terminated: ${warning}`));
}
