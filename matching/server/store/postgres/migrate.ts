import { setTimeout as wait } from 'node:timers/promises';
import { StoreFailure } from '../store.js';
import type { Database, Statements } from './database.js';
import { type LateIndex, MIGRATIONS } from './migrations.js';

/** Two processes that create the same at once: one of them is told that it is there, in one way or another. */
const THERE_ALREADY = /already exists|duplicate key/;
const MOST_TRIES = 20;
/** Whether another process, or what one that was killed has left running, is done with an index, is looked for so often. */
const LOOK_AGAIN_MS = 500;

/**
 * Brings the schema to what this Kindred needs. Any number of processes may do it at once: each step begins with a row that
 * only one of them can write, so that the others wait until it is committed and find it done.
 * @throws StoreFailure when it is newer than this Kindred, or may not be changed
 */
export async function migrate(db: Database, schema: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await prepare(db, schema);
      while (await step(db));
      return;
    } catch (error) {
      if (!(error instanceof StoreFailure && THERE_ALREADY.test(error.message)) || attempt >= MOST_TRIES) throw error;
    }
  }
}

async function prepare(db: Database, schema: string): Promise<void> {
  // Looked for first: only who may create one may say IF NOT EXISTS.
  const there = await db.get('SELECT 1 FROM information_schema.schemata WHERE schema_name = $1', schema);
  if (!there) await db.run(`CREATE SCHEMA "${schema}"`);
  const tables = await db.all<{ name: string }>(
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = $1',
    schema,
  );
  if (tables.some(({ name }) => name === 'migration')) return;
  if (tables.length > 0) throw new StoreFailure(`The schema "${schema}" is another program's: choose another one`);
  await db.run('CREATE TABLE migration (version INTEGER PRIMARY KEY, at BIGINT NOT NULL)');
}

const versionOf = async (db: Statements): Promise<number> =>
  (await db.get<{ version: number }>('SELECT coalesce(max(version), 0) AS version FROM migration'))?.version ?? 0;

/** Takes the next step, if there is one. */
async function step(db: Database): Promise<boolean> {
  const version = await versionOf(db);
  if (version > MIGRATIONS.length) {
    throw new StoreFailure('The PostgreSQL store was written by a newer Kindred: update this one');
  }
  const next = MIGRATIONS[version];
  if (!next) return false;
  if ('name' in next) {
    await addIndex(db, version, next);
    return true;
  }
  await db.transaction(async (tx) => {
    await tx.run('INSERT INTO migration (version, at) VALUES ($1, $2)', version + 1, Date.now());
    for (const sql of next) await tx.run(sql);
  });
  return true;
}

/**
 * Takes a step that is an index. It is built beside a transaction that holds the step before, so that one process does it at a
 * time. The others look from time to time, and do not wait in a statement: building waits for every statement that began
 * earlier, and would wait for theirs.
 */
async function addIndex(db: Database, version: number, index: LateIndex): Promise<void> {
  const isTaken = await db.transaction(async (tx) => {
    const mine = await tx.get('SELECT 1 FROM migration WHERE version = $1 FOR UPDATE SKIP LOCKED', version);
    if (!mine) return false;
    // Where a server ends transactions in which nothing happens, this one is to wait for the index all the same.
    await tx.run('SET LOCAL idle_in_transaction_session_timeout = 0');
    // Written before it is built: a transaction whose last statement was a SELECT would be waited for, too.
    const sql = 'INSERT INTO migration (version, at) VALUES ($1, $2) ON CONFLICT DO NOTHING';
    if ((await tx.run(sql, version + 1, Date.now())) > 0) await build(db, index);
    return true;
  });
  if (!isTaken) await wait(LOOK_AGAIN_MS);
}

/** Builds it while others read and write. One that was broken off is there and of no use: it is built anew. */
async function build(db: Database, { name, on }: LateIndex): Promise<void> {
  for (;;) {
    const found = await db.get<{ valid: boolean; building: boolean }>(
      `SELECT indisvalid AS valid, EXISTS (
         SELECT 1 FROM pg_stat_progress_create_index AS going WHERE going.index_relid = indexrelid) AS building
       FROM pg_index WHERE indexrelid = to_regclass($1)`,
      name,
    );
    if (found?.valid) return;
    if (found?.building) {
      await wait(LOOK_AGAIN_MS);
      continue;
    }
    if (found) await db.runAlone(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
    await db.runAlone(`CREATE INDEX CONCURRENTLY IF NOT EXISTS ${name} ON ${on}`);
  }
}
