import { createHash } from 'node:crypto';
import { openStore } from '../../matching/server/index.js';
import type { SearchedStore, Secrets } from '../endpoint/search-conformance.js';
import { type OpenedStore, reopened } from '../endpoint/store-conformance.js';
import type { Cleanup } from '../endpoint/support.js';
import type { SearchedThrough } from '../endpoint/traces-conformance.js';
import { leaveOut } from '../support/leave-out.js';
import {
  endSharedPostgres,
  newSchema,
  type PostgresServer,
  sharedPostgres,
  whyNoPostgres,
} from '../support/postgres.js';

/** Starts the shared server for the suites of this file, or leaves them out where there is none. */
export function needsPostgres(): void {
  before(async function () {
    const reason = whyNoPostgres();
    if (reason) leaveOut(this, reason);
    await sharedPostgres();
  });
}

after(endSharedPostgres);

/** Everything that is kept in a schema, as text and as bytes. */
async function everythingIn(server: PostgresServer, schema: string): Promise<Buffer> {
  const tables = await server.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = '${schema}'`,
  );
  const bytes: Buffer[] = [];
  for (const { name } of tables) {
    for (const row of await server.query<Record<string, unknown>>(`SELECT * FROM "${schema}"."${name}"`)) {
      for (const value of Object.values(row)) bytes.push(...bytesOf(value));
    }
  }
  return Buffer.concat(bytes);
}

/** An id is looked for as it is written, and as its 16 bytes. */
function bytesOf(value: unknown): Buffer[] {
  if (Buffer.isBuffer(value)) return [value];
  const text = String(value);
  const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
  return [Buffer.from(text), ...(isId ? [Buffer.from(text.replaceAll('-', ''), 'hex')] : [])];
}

async function secretsIn(server: PostgresServer, schema: string): Promise<Map<string, Secrets>> {
  const sql = `SELECT id, key, relation_key FROM "${schema}".users`;
  const rows = await server.query<{ id: string; key: string; relation_key: Uint8Array }>(sql);
  return new Map(rows.map(({ id, key, relation_key }) => [id, { key: Number(key), relationKey: relation_key }]));
}

function lookingThrough(server: PostgresServer, schema: string): Omit<SearchedThrough, 'store' | 'everything'> {
  const column = async (what: string, from: string): Promise<string[]> =>
    (await server.query<{ it: string }>(`SELECT (${what})::text AS it FROM "${schema}".${from}`)).map(({ it }) => it);
  const keyOf = async (id: string): Promise<number> => Number((await column('key', `users WHERE id = '${id}'`))[0]);
  return {
    keyOf,
    meetingsOf: async (key) => {
      const sides = await column('count(*)', `match WHERE user_key = ${key} OR other = ${key}`);
      return Number(sides[0]) / 2;
    },
    keptOf: async (id) => {
      const key = await keyOf(id);
      return [
        ...(await Promise.all(['id', 'name', 'last_cell'].map((what) => column(what, `users WHERE key = ${key}`)))),
        await column('id', `activity WHERE user_key = ${key}`),
        await column('id', `friend_request WHERE asker = ${key}`),
        await column('ref', `block WHERE user_key = ${key}`),
      ].flat();
    },
  };
}

/** A store in a schema of its own. */
export const openPostgres = async (cleanup: Cleanup): Promise<OpenedStore & SearchedStore & SearchedThrough> => {
  const server = await sharedPostgres();
  const schema = newSchema();
  const address = server.address(schema);
  const store = await openStore(address);
  cleanup.add(() => server.query(`DROP SCHEMA "${schema}" CASCADE`));
  cleanup.add(() => store.close());
  return {
    store,
    reopen: () => reopened(cleanup, store, address),
    everything: () => everythingIn(server, schema),
    secrets: () => secretsIn(server, schema),
    ...lookingThrough(server, schema),
  };
};

export const digest = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest());
