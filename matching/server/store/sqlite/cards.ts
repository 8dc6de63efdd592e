import type { Database } from './database.js';

/** What everybody who may see a user is shown of them, and the bytes of their id. */
export interface Card {
  id: string;
  bytes: Uint8Array;
  name: string;
}

/** Cards kept at most; some 10 MB. */
const MOST = 50_000;

/** The cards of users, those seen lately in memory. */
export class Cards {
  readonly #known = new Map<number, Card>();

  constructor(private readonly db: Database) {}

  of(user: number): Card | undefined {
    const known = this.#known.get(user);
    if (known) return known;
    const row = this.db.get<{ id: string; name: string }>('SELECT id, name FROM user WHERE key = ?', user);
    if (!row) return undefined;
    const card = { ...row, bytes: Buffer.from(row.id.replaceAll('-', ''), 'hex') };
    if (this.#known.size >= MOST) this.#known.clear();
    this.#known.set(user, card);
    return card;
  }

  /** After a user changed or left; everybody's after a transaction was taken back. */
  forget(user?: number): void {
    if (user === undefined) this.#known.clear();
    else this.#known.delete(user);
  }
}
