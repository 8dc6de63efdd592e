import type { Database } from '../postgres/database.js';
import { ownerOf, type Table } from './tables.js';

type Row = Record<string, unknown>;

/** Rows in one statement at most. */
const SOME = 2000;

/** Writes rows that are not there, or not like that. @returns how many */
export async function writeRows(db: Database, table: Table, rows: readonly Row[]): Promise<number> {
  let written = 0;
  for (let first = 0; first < rows.length; first += SOME) {
    const some = rows.slice(first, first + SOME);
    written += await db.run(upsertOf(table), ...table.columns.map(([name]) => some.map((row) => asValue(row[name]))));
  }
  return written;
}

/** Removes the rows of users behind one key up to another that are not among these. @returns how many */
export async function removeOthers(
  db: Database,
  table: Table,
  rows: readonly Row[],
  [behind, upTo]: readonly [number, number],
): Promise<number> {
  const types = new Map(table.columns);
  const parameters = table.key.map((name, index) => `$${index + 3}::${types.get(name)}[]`).join(', ');
  const same = table.key.map((name) => `v.${name} = ${table.name}.${name}`).join(' AND ');
  const sql = `DELETE FROM ${table.name} WHERE ${ownerOf(table)} > $1 AND ${ownerOf(table)} <= $2 AND NOT EXISTS
    (SELECT 1 FROM unnest(${parameters}) AS v (${table.key.join(', ')}) WHERE ${same})`;
  return await db.run(sql, behind, upTo, ...table.key.map((name) => rows.map((row) => asValue(row[name]))));
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
