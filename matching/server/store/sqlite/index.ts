import { resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { Refusal } from '../../refusal.js';
import { type OperationName, type Store, StoreFailure, type StoreOptions, storeOf } from '../store.js';
import { explain, loadSqlite } from './file.js';
import { type Answer, type Operation, pack, type Reply, unpackAnswer } from './protocol.js';

interface Waiting {
  operation: Operation;
  resolve: (value: never) => void;
  reject: (error: Error) => void;
}

/** Operations in one transaction at most. */
const MOST_AT_ONCE = 256;
/** Operations that wait at most: more than that and the disk is too slow for what comes in. */
const MOST_WAITING = 20_000;

/**
 * The embedded store: one SQLite file, written by a thread of its own, so that the main thread never waits for a disk.
 * While one batch is being written the next one gathers; when the store is idle an operation goes at once.
 * @throws StoreFailure when the file cannot be used, with the reason
 */
export async function openSqliteStore(file: string, options: StoreOptions = {}): Promise<Store> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 13)) {
    throw new StoreFailure(`The embedded store needs Node 22.13 or newer; this is ${process.version}`);
  }
  const batches = new Batches(resolve(file), options);
  await batches.opened;
  const operation = <Name extends OperationName>(name: Name): Store[Name] =>
    ((call?: unknown) => batches.add({ name, call })) as Store[Name];
  return storeOf(operation, { close: () => batches.close(), ended: batches.ended });
}

class Batches {
  readonly opened: Promise<void>;
  /** Resolves when the thread ends and was not told to. */
  readonly ended: Promise<StoreFailure>;
  #stopped: (problem: StoreFailure) => void = () => {};
  readonly #worker: Worker;
  #reader: DatabaseSync | undefined;
  readonly #waiting: Waiting[] = [];
  #underway: Waiting[] = [];
  #planned = false;
  #ended: StoreFailure | undefined;
  #closing: { promise: Promise<void>; done: () => void } | undefined;

  constructor(file: string, options: StoreOptions) {
    this.#worker = new Worker(require.resolve('./worker.js'), {
      workerData: { file, options },
      // Not the options this process was started with: a debugger's port, for one, is taken.
      execArgv: [],
    });
    this.opened = new Promise((ready, failed) => {
      let failure: Error = new StoreFailure('The store ended while it was opened');
      this.#worker.once('message', (reply: Reply) => {
        if ('ready' in reply) {
          try {
            this.#reader = readerOf(file);
            ready();
          } catch (error) {
            // Closed as usual, so that nothing is missed at the next start; refused when the file is free again.
            failure = explain(error, file);
            this.#worker.postMessage('close');
          }
        } else if ('failed' in reply) failed(new StoreFailure(reply.failed, reply.reason));
        else failed(new StoreFailure('The store did not open'));
      });
      this.#worker.once('error', failed);
      this.#worker.once('exit', () => failed(failure));
    });
    this.ended = new Promise((resolve) => {
      this.#stopped = resolve;
    });
    this.#worker.on('message', (reply: Reply) => this.#take(reply));
    this.#worker.on('error', (error) => this.#end(`The store stopped: ${error.message}`));
    this.#worker.on('exit', () => this.#end(this.#closing ? 'The store is closed' : 'The store stopped by itself'));
  }

  add(operation: Operation): Promise<never> {
    if (this.#ended) return Promise.reject(this.#ended);
    if (this.#closing) return Promise.reject(new StoreFailure('The store is closing'));
    if (this.#waiting.length >= MOST_WAITING) {
      return Promise.reject(new Refusal('unavailable', 'More comes in than can be stored: come back soon', 5));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operation, resolve, reject });
      this.#plan();
    });
  }

  close(): Promise<void> {
    if (this.#ended) return Promise.resolve();
    if (!this.#closing) {
      let done = (): void => {};
      const promise = new Promise<void>((resolve) => {
        done = resolve;
      });
      this.#closing = { promise, done };
      if (this.#underway.length === 0 && this.#waiting.length === 0) this.#closeWorker();
    }
    return this.#closing.promise;
  }

  /** Everything that arrives in the same turn of the event loop goes together. */
  #plan(): void {
    if (this.#planned || this.#underway.length > 0) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      this.#send();
    });
  }

  #send(): void {
    if (this.#ended || this.#underway.length > 0 || this.#waiting.length === 0) return;
    this.#underway = this.#waiting.splice(0, MOST_AT_ONCE);
    this.#worker.postMessage(this.#underway.map(({ operation }) => pack(operation)));
  }

  #take(reply: Reply): void {
    if (!('answers' in reply)) return;
    const batch = this.#underway;
    this.#underway = [];
    for (const [index, answer] of reply.answers.entries()) settle(batch[index] as Waiting, unpackAnswer(answer));
    if (this.#waiting.length > 0) this.#send();
    else if (this.#closing) this.#closeWorker();
  }

  #closeWorker(): void {
    this.#reader?.close();
    this.#reader = undefined;
    this.#worker.postMessage('close');
  }

  #end(reason: string): void {
    this.#ended ??= new StoreFailure(reason);
    this.#reader?.close();
    this.#reader = undefined;
    if (!this.#closing) this.#stopped(this.#ended);
    for (const { reject } of [...this.#underway.splice(0), ...this.#waiting.splice(0)]) reject(this.#ended);
    this.#closing?.done();
  }
}

/**
 * Reads the file, and nothing more, for as long as the store is open. A thread that is ended in the middle closes its file,
 * and SQLite takes the log away with the last one that may write; with somebody else there it stays, and is not missed.
 */
function readerOf(file: string): DatabaseSync {
  const { DatabaseSync } = loadSqlite();
  const reader = new DatabaseSync(file, { readOnly: true });
  try {
    reader.prepare('SELECT max(version) FROM migration').get();
    return reader;
  } catch (error) {
    reader.close();
    throw error;
  }
}

function settle({ resolve, reject }: Waiting, answer: Answer): void {
  if ('value' in answer) resolve(answer.value as never);
  else if ('refused' in answer) {
    const { code, message, retryAfterSeconds } = answer.refused;
    reject(new Refusal(code, message, retryAfterSeconds));
  } else reject(new StoreFailure(answer.failed));
}
