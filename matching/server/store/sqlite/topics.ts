import type { Database } from './database.js';

/** The short keys of topics such as `coffee` and `coffee/raise-cup`. Few and for ever, so they are kept in memory. */
export class Topics {
  readonly #keys = new Map<string, number>();
  readonly #names = new Map<number, string>();

  constructor(private readonly db: Database) {}

  /** The key, made when it is new. */
  keyOf(name: string): number {
    const known = this.find(name);
    if (known !== undefined) return known;
    this.db.run('INSERT INTO topic (name) VALUES (?)', name);
    return this.find(name) as number;
  }

  find(name: string): number | undefined {
    const known =
      this.#keys.get(name) ?? this.db.get<{ key: number }>('SELECT key FROM topic WHERE name = ?', name)?.key;
    if (known !== undefined) this.#keys.set(name, known);
    return known;
  }

  nameOf(key: number): string {
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = this.db.get<{ name: string }>('SELECT name FROM topic WHERE key = ?', key)?.name ?? '';
    this.#names.set(key, name);
    return name;
  }

  /** Of whole activities, and not of their actions. */
  keys(): number[] {
    return this.db.all<{ key: number }>("SELECT key FROM topic WHERE name NOT LIKE '%/%'").map(({ key }) => key);
  }

  /** After a transaction was taken back: what it made may not be there. */
  forget(): void {
    this.#keys.clear();
    this.#names.clear();
  }
}
