import type { Database } from '../postgres/database.js';
import { ownerOf, type Table } from './tables.js';

type Row = Record<string, unknown>;

/** Rows in one statement at most. */
const SOME = 2000;

/**
 * Writes the rows of users behind one key up to another that are not there, or not like that, and removes others of theirs. What
 * is there is compared here: on the store's connections, where everything is looked up one by one, the server would go through
 * all of these rows for each of its own.
 * @returns how many were written or removed
 */
export async function copyRows(
  db: Database,
  table: Table,
  rows: Iterable<Row>,
  [behind, upTo]: readonly [number, number],
): Promise<number> {
  const { name, columns, key } = table;
  const names = columns.map(([column]) => column);
  const owner = ownerOf(table);
  const there = await db.all<Row>(
    `SELECT ${key.join(', ')} FROM ${name} WHERE ${owner} > $1 AND ${owner} <= $2`,
    ...[behind, upTo],
  );
  const others = new Map(there.map((row) => [keyOf(table, row), row]));
  let changed = 0;
  for (const some of inBatches(rows, SOME)) {
    for (const row of some) others.delete(keyOf(table, row));
    changed += await db.run(upsertOf(table), ...valuesOf(names, some));
  }
  for (const some of inBatches(others.values(), SOME)) {
    changed += await db.run(deleteOf(table), ...valuesOf(key, some));
  }
  return changed;
}

/** Some at a time, so that never all of them are held. */
export function* inBatches<T>(all: Iterable<T>, most: number): Generator<T[]> {
  let some: T[] = [];
  for (const one of all) {
    some.push(one);
    if (some.length < most) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

/** The same for a row that is read here as for the one that it became there. */
function keyOf({ key }: Table, row: Row): string {
  const parts = key.map((name) => row[name]);
  return parts.map((part) => (part instanceof Uint8Array ? Buffer.from(part).toString('hex') : String(part))).join();
}

/** Of each column, the values of all rows. */
function valuesOf(names: readonly string[], rows: readonly Row[]): unknown[][] {
  return names.map((name) => rows.map((row) => asValue(row[name])));
}

function deleteOf({ name, columns, key }: Table): string {
  const types = new Map(columns);
  const parameters = key.map((column, index) => `$${index + 1}::${types.get(column)}[]`).join(', ');
  const same = key.map((column) => `${name}.${column} = v.${column}`).join(' AND ');
  return `DELETE FROM ${name} USING unnest(${parameters}) AS v (${key.join(', ')}) WHERE ${same}`;
}

function upsertOf({ name, columns, key }: Table): string {
  const all = columns.map(([column]) => column);
  const rest = all.filter((column) => !key.includes(column));
  const parameters = columns.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ');
  const now = rest.map((column) => `${name}.${column}`).join(', ');
  const given = rest.map((column) => `excluded.${column}`).join(', ');
  return `INSERT INTO ${name} (${all.join(', ')})
    SELECT * FROM unnest(${parameters}) AS v (${all.join(', ')}) ORDER BY ${key.join(', ')}
    ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${rest.map((column) => `${column} = excluded.${column}`).join(', ')}
    WHERE (${now}) IS DISTINCT FROM (${given})`;
}

function asValue(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value) : (value ?? null);
}
