import { type Cipheriv, createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { aesBlocks, BLOCK, IdBatch, wordOf } from '../../rules/id-batch.js';
import type { Database } from './database.js';

const HIGH = 2 ** 32;

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
    this.#cipher = aesBlocks(this.#key, createCipheriv);
  }

  /** Ids to be made together. */
  batch(): IdBatch {
    return new IdBatch(this.#cipher);
  }

  of(topic: number, mine: number, theirs: number): string {
    const ids = this.batch();
    return ids.id(addMatch(ids, topic, mine, theirs));
  }

  /** Any text gives something; of what nobody was told there is no row. */
  read(id: string): { topic: number; activities: [number, number] } {
    const bytes = Buffer.alloc(BLOCK);
    bytes.write(id, 'base64url');
    const block = aesBlocks(this.#key, createDecipheriv).update(bytes);
    return { topic: block.readUInt32BE(12), activities: [block.readUIntBE(0, 6), block.readUIntBE(6, 6)] };
  }
}

/** Adds the id of a match to those of a `MatchIds.batch`: the newer activity and the older one, 48 bits each, and the topic. */
export function addMatch(ids: IdBatch, topic: number, mine: number, theirs: number): number {
  const [newer, older] = mine > theirs ? [mine, theirs] : [theirs, mine];
  return ids.add({
    word0: wordOf(Math.floor(newer / 2 ** 16)),
    word1: wordOf((newer % 2 ** 16) * 2 ** 16 + Math.floor(older / HIGH)),
    word2: wordOf(older),
    word3: wordOf(topic),
  });
}
