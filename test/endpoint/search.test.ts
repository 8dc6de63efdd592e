import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openStore } from '../../matching/server/index.js';
import { type Secrets, searchConformance } from './search-conformance.js';
import { temporaryFolder } from './support.js';

searchConformance('sqlite', async (cleanup) => {
  const file = join(temporaryFolder(cleanup), 'kindred.sqlite');
  const store = await openStore(`sqlite:${file}`);
  cleanup.add(() => store.close());
  return { store, secrets: async () => secretsIn(file) };
});

function secretsIn(file: string): Map<string, Secrets> {
  const db = new DatabaseSync(file, { readOnly: true });
  const rows = db.prepare('SELECT id, key, relation_key FROM user').all();
  db.close();
  return new Map(
    rows.map(({ id, key, relation_key }) => [
      id as string,
      { key: key as number, relationKey: relation_key as Uint8Array },
    ]),
  );
}
