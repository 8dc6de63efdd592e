import { existsSync, realpathSync } from 'node:fs';
import { homeOfUser, isCurrent, type Shown, shownIn } from '../../rules/live.js';
import { DAY_MINUTES, MINUTE_MS } from '../../rules/time.js';
import { parseAddress } from '../postgres/address.js';
import { Database } from '../postgres/database.js';
import { type LiveSpan, putLive } from '../postgres/live.js';
import { migrate } from '../postgres/migrate.js';
import { loadDriver, Servers } from '../postgres/servers.js';
import { StoreFailure } from '../store.js';
import { Source } from './source.js';
import { TABLES } from './tables.js';
import { copyRows, inBatches } from './target.js';

/** What goes over a whole table may take so long. */
const ANSWER_MS = 10 * 60_000;
/** What changed during one pass is copied by the next one, until there is little, or it does not become less. */
const LITTLE = 1000;
const MOST_PASSES = 6;

/** What was there in the end, by table: as many in the file as in PostgreSQL. */
export type Moved = Record<string, number>;

/**
 * Moves everything from a SQLite file into an empty PostgreSQL store. An endpoint on the file goes on all the while, and stops
 * taking anything new only for the last pass, which copies what has changed since the one before; it answers reads until
 * it is stopped. May be broken off, and begun again: what is there already is only compared.
 * @param tell takes a line for whoever waits
 * @throws StoreFailure in words for an operator; then the file is as it was, and its endpoint takes everything again, unless
 * all is in PostgreSQL by then, or a move that was killed had stopped it, and this one could not begin
 */
export async function moveToPostgres(file: string, rest: string, tell: (line: string) => void): Promise<Moved> {
  const address = parseAddress(rest);
  if (!existsSync(file)) throw new StoreFailure(`There is no file ${file}`);
  const source = new Source(realpathSync(file));
  const db = new Database(new Servers(loadDriver(), address, 4), address.secrets, ANSWER_MS);
  try {
    await begin(source, db, address.schema);
    await copyWhileRunning(source, db, tell);
    tell('nothing new is taken now; the last changes are copied');
    await source.stopWrites();
    return await finish(source, db, tell);
  } catch (error) {
    source.resumeWrites();
    throw error;
  } finally {
    source.close();
    await db.close();
  }
}

/** @throws StoreFailure when something else is there, or nobody knows */
async function begin(source: Source, db: Database, schema: string): Promise<void> {
  try {
    await migrate(db, schema);
    await refuseOthers(source, db);
  } catch (error) {
    throw source.sayingWhatStays(error);
  }
  source.takeOver();
  await db.run('INSERT INTO imported (source) VALUES ($1) ON CONFLICT (source) DO NOTHING', source.file);
}

/** @throws StoreFailure when there is anything but what a move of this file has left that was broken off */
async function refuseOthers(source: Source, db: Database): Promise<void> {
  const { file } = source;
  const imports = await db.all<{ source: string; finished: number | null }>('SELECT source, finished FROM imported');
  const done = imports.find(({ finished }) => finished !== null);
  if (done?.source === file && (await isThere(source, db))) throw new StoreFailure(whatIsThere(source));
  if (done) throw new StoreFailure('The PostgreSQL store is in use already');
  const other = imports.find(({ source }) => source !== file);
  if (other) throw new StoreFailure(`${other.source} is being moved into this PostgreSQL store: finish that first`);
  if (imports.length === 0 && (await db.get('SELECT 1 FROM users LIMIT 1'))) {
    throw new StoreFailure('There are users in the PostgreSQL store already: move into an empty one');
  }
}

/** Whether it was this file that was moved there, and not another one that has the same path elsewhere, as in containers. */
async function isThere(source: Source, db: Database): Promise<boolean> {
  let isEmpty = true;
  // Any of them: some may have left there since, and others come here.
  for (const some of inBatches(source.each<{ id: string }>('SELECT id FROM user'), 2000)) {
    const ids = some.map(({ id }) => id);
    if (await db.get('SELECT 1 FROM users WHERE id = ANY($1::uuid[]) LIMIT 1', ids)) return true;
    isEmpty = false;
  }
  return isEmpty && source.isRetired;
}

/** It says `moved` on disk before the store there may be opened: where it does not, somebody has gone back to it since. */
function whatIsThere({ file, marker, isRetired }: Source): string {
  if (isRetired) return `${file} is in this PostgreSQL store already: start endpoints on that`;
  return (
    `${file} was moved into this PostgreSQL store, and ${marker} was removed since: whatever the old endpoint has ` +
    'taken after that is not there. To keep it, move into an empty store, which is another database or another ?schema=NAME; ' +
    'or, without it, start endpoints on this one'
  );
}

async function copyWhileRunning(source: Source, db: Database, tell: (line: string) => void): Promise<void> {
  let before = Number.POSITIVE_INFINITY;
  for (let pass = 1; pass <= MOST_PASSES; pass++) {
    const changed = await source.snapshot(() => copy(source, db));
    tell(`pass ${pass}: ${changed} rows were new, other or gone`);
    if (changed <= LITTLE || changed >= before) return;
    before = changed;
  }
}

/** One pass over everything. @returns how many rows were not the same */
async function copy(source: Source, db: Database): Promise<number> {
  let changed = 0;
  source.expandMatches();
  const topics = source.all<{ key: number; name: string }>('SELECT key, name FROM topic ORDER BY key');
  changed += await db.run(
    `INSERT INTO topic (key, name) SELECT * FROM unnest($1::int[], $2::text[]) AS v (key, name) ORDER BY key
     ON CONFLICT (key) DO NOTHING`,
    ...[topics.map(({ key }) => key), topics.map(({ name }) => name)],
  );
  for (let behind = 0; ; ) {
    const last = source.someUsersBehind(behind);
    // Behind the last one there may be some who have left since.
    const upTo = last ?? Number.MAX_SAFE_INTEGER;
    for (const table of TABLES) {
      changed += await copyRows(db, table, source.rowsOf(table, behind, upTo), [behind, upTo]);
    }
    if (last === undefined) return changed;
    behind = last;
  }
}

/** Copies what is left, makes what follows from it, and looks whether as much is there as was. */
async function finish(source: Source, db: Database, tell: (line: string) => void): Promise<Moved> {
  return await source.snapshot(async () => {
    tell(`last pass: ${await copy(source, db)} rows`);
    const entries = await fillIndex(source, db, Date.now());
    for (const [table, from] of [
      ['users', 'user'],
      ['topic', 'topic'],
      ['friend_request', 'friend_request'],
    ] as const) {
      await db.run(`ALTER TABLE ${table} ALTER COLUMN key RESTART WITH ${source.nextKeyOf(from)}`);
    }
    await db.get("SELECT setval('arrival', $1)", source.nextKeyOf('activity'));
    // Behind every number that the file has given, and gives while it answers reads: nothing is told twice or left out.
    await db.run('UPDATE users SET seq = $1', source.lastNumber(Date.now() + DAY_MINUTES * MINUTE_MS));
    const moved: Moved = {};
    for (const table of TABLES) {
      const there = await db.get<{ count: number }>(`SELECT count(*) AS count FROM ${table.name}`);
      const count = source.countOf(table);
      if (there?.count !== count) {
        throw new StoreFailure(`Of ${table.name} ${count} are in the file, and ${there?.count} came: move once more`);
      }
      moved[table.name] = count;
    }
    tell(`the match index has ${entries} entries`);
    // First: whatever happens now, nothing may be taken here and there.
    source.retire();
    await openForAll(db);
    return moved;
  });
}

/** From now on endpoints may open it. @throws StoreFailure also when that may be so, and nobody knows */
async function openForAll(db: Database): Promise<void> {
  try {
    await db.run('UPDATE imported SET finished = $1', Date.now());
  } catch (error) {
    throw new StoreFailure(
      `Everything is in PostgreSQL, and may not be marked as complete (${(error as Error).message}): run the same command ` +
        'once more, which finishes that, or says that it is done. The old endpoint answers reads only',
    );
  }
}

/** Who is found, from what is kept. */
async function fillIndex(source: Source, db: Database, now: number): Promise<number> {
  await db.run('DELETE FROM live');
  const rows = source.each<Found>(
    `SELECT activity.id, activity.key AS number, user, spans, closes, cell, shown_since
     FROM activity JOIN user ON user.key = activity.user WHERE discoverable = 1 AND closes > ?`,
    now - 2 * 86_400_000,
  );
  let entries = 0;
  for (const some of inBatches(spansOf(rows, now), 2000)) {
    await putLive(db, some);
    entries += some.length;
  }
  return entries;
}

interface Found extends Shown {
  id: string;
  number: number;
  user: number;
  spans: string;
  closes: number;
  cell: string | null;
}

/** What of these activities the index has. */
function* spansOf(rows: Iterable<Found>, now: number): Generator<LiveSpan> {
  for (const row of rows) {
    if (!isCurrent(row.closes, now)) continue;
    const { user, id, number } = row;
    for (const span of shownIn(row, row)) yield { user, id, number, span, home: homeOfUser(row) };
  }
}
