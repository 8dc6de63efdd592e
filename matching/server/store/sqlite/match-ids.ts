import { type Cipheriv, createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { base64Of } from '../../rules/people.js';
import type { Database } from './database.js';

/** Bytes of an AES block. */
const BLOCK = 16;

/**
 * The ids of matches: the two activities and their topic, encrypted with a key of this store (one AES block, a permutation).
 * The same for both sides, nothing to store, and nobody can make one up: what it decrypts to is looked up.
 */
export class MatchIds {
  readonly #key: KeyObject;
  readonly #cipher: Cipheriv;

  /** @param db of the store */
  constructor(db: Pick<Database, 'get'>) {
    const { value } = db.get<{ value: Uint8Array }>("SELECT value FROM secret WHERE name = 'match'") as {
      value: Uint8Array;
    };
    this.#key = createSecretKey(value);
    this.#cipher = createCipheriv('aes-128-ecb', this.#key, null).setAutoPadding(false);
  }

  of(topic: number, mine: number, theirs: readonly number[]): string[] {
    if (theirs.length === 0) return [];
    const blocks = Buffer.allocUnsafe(theirs.length * BLOCK);
    for (const [index, other] of theirs.entries()) {
      const at = index * BLOCK;
      blocks.writeUIntBE(Math.max(mine, other), at, 6);
      blocks.writeUIntBE(Math.min(mine, other), at + 6, 6);
      blocks.writeUInt32BE(topic, at + 12);
    }
    return base64Of(this.#cipher.update(blocks));
  }

  /** Any text gives something; of what nobody was told there is no row. */
  read(id: string): { topic: number; activities: [number, number] } {
    const bytes = Buffer.alloc(BLOCK);
    bytes.write(id, 'base64url');
    const block = createDecipheriv('aes-128-ecb', this.#key, null).setAutoPadding(false).update(bytes);
    return { topic: block.readUInt32BE(12), activities: [block.readUIntBE(0, 6), block.readUIntBE(6, 6)] };
  }
}
