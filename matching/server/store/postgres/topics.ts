import type { Database } from './database.js';

/** The short keys of topics such as `coffee` and `coffee/raise-cup`. Few and for ever, so they are kept in memory. */
export class Topics {
  readonly #keys = new Map<string, number>();

  constructor(private readonly db: Database) {}

  /** Their keys, made where they are new. */
  async keysOf(names: Iterable<string>): Promise<ReadonlyMap<string, number>> {
    const missing = [...new Set(names)].filter((name) => !this.#keys.has(name));
    if (missing.length > 0) {
      await this.db.run(
        'INSERT INTO topic (name) SELECT * FROM unnest($1::text[]) AS v (name) ORDER BY name ON CONFLICT (name) DO NOTHING',
        missing,
      );
      await this.#read(missing);
    }
    return this.#keys;
  }

  async find(name: string): Promise<number | undefined> {
    if (!this.#keys.has(name)) await this.#read([name]);
    return this.#keys.get(name);
  }

  async #read(names: string[]): Promise<void> {
    const sql = 'SELECT key, name FROM topic WHERE name = ANY($1::text[])';
    for (const { key, name } of await this.db.all<{ key: number; name: string }>(sql, names)) this.#keys.set(name, key);
  }
}
