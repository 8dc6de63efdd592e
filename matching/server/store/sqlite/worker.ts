import { parentPort, workerData } from 'node:worker_threads';
import { Refusal } from '../../refusal.js';
import { StoreFailure, type StoreOptions } from '../store.js';
import { Database } from './database.js';
import { Engine } from './engine.js';
import { explain } from './file.js';
import { LogKeeper } from './log-keeper.js';
import { type Answer, type Operation, type Packed, packAnswer, type Reply, unpack } from './protocol.js';

/**
 * The thread that owns the file. It takes operations in batches and carries out each batch as one transaction: one wait for
 * the disk for all of them, and no answer before it.
 */
function main(): void {
  const port = parentPort;
  if (!port) return;
  const reply = (message: Reply): void => port.postMessage(message);
  const { file, options } = workerData as { file: string; options: StoreOptions };
  let database: Database;
  try {
    database = Database.open(file);
  } catch (error) {
    reply({ failed: messageOf(error), reason: error instanceof StoreFailure ? error.reason : undefined });
    return;
  }
  const engine = new Engine(database, options);
  const log = new LogKeeper(database);
  reply({ ready: true });
  port.on('message', (message: (Operation | Packed)[] | 'close') => {
    if (message === 'close') {
      database.close();
      reply({ closed: true });
      port.close();
      return;
    }
    const batch = message.map(unpack);
    const answers = carryOut(database, engine, batch, file).map((one, index) =>
      packAnswer(batch[index] as Operation, one),
    );
    log.after(batch, answers);
    const missing = database.missing();
    if (missing) leave(database, missing, () => reply({ answers }));
    reply({ answers });
  });
}

/**
 * One of the files was taken away while it is in use. Without its log, everything goes into the file itself, and may be
 * answered; without the file there is nothing that could be answered.
 * @throws StoreFailure which ends the thread
 */
function leave(database: Database, { path, isLog }: { path: string; isLog: boolean }, answer: () => void): never {
  const isSafe = isLog && new LogKeeper(database).empty();
  database.close();
  if (isSafe) answer();
  throw new StoreFailure(`${path} was taken away or replaced while it was in use`);
}

function carryOut(database: Database, engine: Engine, batch: Operation[], file: string): Answer[] {
  try {
    const answers = database.transaction(() => batch.map((operation) => answer(engine, operation)));
    engine.keep();
    return answers;
  } catch (error) {
    engine.forget();
    if (batch.length === 1) {
      if (!isOfSqlite(error)) return [{ failed: messageOf(error) }];
      database.failed();
      return [{ failed: explain(error, file).message }];
    }
    // One of them spoilt it for the others: each on its own.
    return batch.flatMap((operation) => carryOut(database, engine, [operation], file));
  }
}

/** A refusal is an answer: it comes before anything is written, so the others in the batch stand. */
function answer(engine: Engine, { name, call }: Operation): Answer {
  try {
    return { value: engine.operations[name](call as never) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, message, retryAfterSeconds } = error;
    return { refused: { code, message, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) } };
  }
}

function isOfSqlite(error: unknown): boolean {
  return (error as { errcode?: number } | undefined)?.errcode !== undefined;
}

function messageOf(error: unknown): string {
  if (error instanceof StoreFailure) return error.message;
  return error instanceof Error ? error.message : 'unknown reason';
}

main();
