import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { openFile } from './support.js';
import { tracesConformance } from './traces-conformance.js';

tracesConformance('sqlite', async (cleanup) => {
  const { store, file } = await openFile(cleanup);
  const rows = <T>(sql: string, ...values: SQLInputValue[]): T[] => {
    const db = new DatabaseSync(file, { readOnly: true });
    const found = db.prepare(sql).all(...values) as T[];
    db.close();
    return found;
  };
  const keyOf = async (id: string): Promise<number> =>
    rows<{ key: number }>('SELECT key FROM user WHERE id = ?', id)[0]?.key as number;
  return {
    store,
    keyOf,
    /** The file, its log and all. */
    everything: async () => {
      const folder = dirname(file);
      return Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
    },
    meetingsOf: async (key) =>
      rows<{ user: number; pairs: string }>('SELECT user, pairs FROM meeting')
        .flatMap(({ user, pairs }) =>
          pairs.split(',').flatMap((owner, at) => (at % 5 === 1 ? [[user, Number(owner)]] : [])),
        )
        .filter((both) => both.includes(key)).length,
    keptOf: async (id) => {
      const key = await keyOf(id);
      const requests = rows<{ id: Uint8Array }>('SELECT id FROM friend_request WHERE asker = ?', key);
      return [
        ...rows<object>('SELECT id, name, last_cell FROM user WHERE key = ?', key).flatMap(Object.values),
        ...rows<{ id: string }>('SELECT id FROM activity WHERE user = ?', key).map((row) => row.id),
        ...requests.map((row) => uuidOf(row.id)),
        ...rows<{ ref: string }>('SELECT ref FROM block WHERE user = ?', key).map(({ ref }) => ref),
      ];
    },
  };
});

function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
