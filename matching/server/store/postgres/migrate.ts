import { StoreFailure } from '../store.js';
import type { Database, Statements } from './database.js';
import { MIGRATIONS } from './migrations.js';

/** Two processes that create the same at once: one of them is told that it is there, in one way or another. */
const THERE_ALREADY = /already exists|duplicate key/;
const MOST_TRIES = 20;

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
  const statements = MIGRATIONS[version];
  if (!statements) return false;
  await db.transaction(async (tx) => {
    await tx.run('INSERT INTO migration (version, at) VALUES ($1, $2)', version + 1, Date.now());
    for (const sql of statements) await tx.run(sql);
  });
  return true;
}
