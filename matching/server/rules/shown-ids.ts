import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import { addKey, aesBlocks, BLOCK, IdBatch, type Words, wordsOf } from './id-batch.js';

/**
 * A permutation that everybody knows: AES with a key that is no secret. One for the whole process, because setting a cipher
 * up costs more than encrypting a whole answer.
 */
const PERMUTATION = createSecretKey(Buffer.alloc(BLOCK));
const forth = aesBlocks(PERMUTATION, createCipheriv);
const back = aesBlocks(PERMUTATION, createDecipheriv);

/**
 * The ids by which one user sees others. Each user has a random key of their own, and sees others' ids encrypted with it
 * (the cipher of Even and Mansour: the key added before and after a known permutation; Dunkelman, Keller and Shamir 2012 on
 * one key for both): random to look at, the same every time, different for every viewer, nothing to store for each pair,
 * gone with either account; with the key the endpoint can tell whose it is.
 */
export class ShownIds {
  readonly #key: Words;

  /** @param relationKey the viewer's, 16 bytes */
  constructor(relationKey: Uint8Array) {
    this.#key = wordsOf(relationKey);
  }

  of(userId: string): string {
    const ids = newShownIds(1);
    return ids.id(ids.add(wordsOfId(userId), this.#key));
  }

  /**
   * The user behind an id, if there is one: any 16 bytes decrypt to something. Who has never been shown an id cannot make
   * it up, so having it is the proof that the endpoint reported this person.
   */
  whose(shown: string): string {
    const bytes = Buffer.from(shown, 'base64url');
    // Written in the one way that the endpoint writes it.
    const isWhole = bytes.length === BLOCK && bytes.toString('base64url') === shown;
    const block = isWhole ? bytes : Buffer.alloc(BLOCK);
    const plain = masked(back.update(masked(block, this.#key)), this.#key);
    return plain.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }
}

/** The bytes of a user's id, as `IdBatch` takes them. */
export function wordsOfId(userId: string): Words {
  return wordsOf(Buffer.from(userId.replaceAll('-', ''), 'hex'));
}

/** Ids that users are shown by, each with a viewer's key, to be made together. */
export function newShownIds(room?: number): IdBatch {
  return new IdBatch(forth, room);
}

/** A block with a key added to it. */
function masked(block: Buffer, key: Words): Buffer {
  const blocks = new Int32Array(BLOCK / 4);
  Buffer.from(blocks.buffer).set(block);
  addKey(blocks, 0, key);
  return Buffer.from(blocks.buffer);
}
