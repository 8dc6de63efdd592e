import type { Cipheriv, createSecretKey, Decipheriv } from 'node:crypto';
import { endianness } from 'node:os';

/** Bytes of an AES block, and of an id. */
export const BLOCK = 16;
/** Words of 32 bits in a block. */
const WORDS = 4;
/** Pairs of bytes from one id to the next when they are written, and of an id: 18 bytes are 24 characters, so that none shares one. */
const PAIRS = { between: 9, of: 8 };
/** Characters from one id to the next, and of an id, in base64url: those of the last two bytes, which are zero, are left away. */
const CHARACTERS = { between: 24, of: 22 };

/** Sixteen bytes as four numbers of 32 bits in this machine's order of bytes: a key is added in four steps instead of sixteen. */
export interface Words {
  readonly word0: number;
  readonly word1: number;
  readonly word2: number;
  readonly word3: number;
}

const NO_KEY: Words = { word0: 0, word1: 0, word2: 0, word3: 0 };
const IS_LITTLE = endianness() === 'LE';

/** @param bytes 16 of them */
export function wordsOf(bytes: Uint8Array): Words {
  const view = new DataView(bytes.buffer, bytes.byteOffset, BLOCK);
  const at = (byte: number): number => view.getInt32(byte, IS_LITTLE);
  return { word0: at(0), word1: at(4), word2: at(8), word3: at(12) };
}

/** A number of 32 bits as one of a block's words: its highest byte stands first on every machine. */
export function wordOf(number: number): number {
  if (!IS_LITTLE) return number | 0;
  return (number << 24) | ((number & 0xff00) << 8) | ((number >>> 8) & 0xff00) | (number >>> 24);
}

/** Encrypts or decrypts single blocks. */
export function aesBlocks<C extends Cipheriv | Decipheriv>(
  key: ReturnType<typeof createSecretKey>,
  create: (algorithm: string, key: ReturnType<typeof createSecretKey>, iv: null) => C,
): C {
  const cipher = create('aes-128-ecb', key, null);
  cipher.setAutoPadding(false);
  return cipher;
}

/**
 * Ids that are made together when the first of them is asked for. Encrypting and writing them takes a call each for all of
 * them, and those two calls cost as much as a hundred ids.
 */
export class IdBatch {
  #blocks: Int32Array;
  /** How many there are. */
  count = 0;
  /** The keys, each of the ids from a number on. */
  readonly #keys: { from: number; key: Words }[] = [];
  #text: string | undefined;

  /** @param room for so many, to begin with */
  constructor(
    private readonly cipher: Cipheriv,
    room = 64,
  ) {
    this.#blocks = new Int32Array(room * WORDS);
  }

  /** Whether the ids have been made, and no more can be added. */
  get isMade(): boolean {
    return this.#text !== undefined;
  }

  /** @param key that is added to the block before it is encrypted, and after @returns the id's number in here */
  add(block: Words, key: Words = NO_KEY): number {
    if (this.#text !== undefined) throw new Error('These ids have been made already');
    const number = this.count++;
    const at = number * WORDS;
    if (at >= this.#blocks.length) this.#grow();
    if (this.#keys.at(-1)?.key !== key) this.#keys.push({ from: number, key });
    this.#blocks[at] = block.word0;
    this.#blocks[at + 1] = block.word1;
    this.#blocks[at + 2] = block.word2;
    this.#blocks[at + 3] = block.word3;
    addKey(this.#blocks, at, key);
    return number;
  }

  id(number: number): string {
    this.#text ??= this.#made();
    return this.#text.slice(number * CHARACTERS.between, number * CHARACTERS.between + CHARACTERS.of);
  }

  #grow(): void {
    const grown = new Int32Array(this.#blocks.length * 2);
    grown.set(this.#blocks);
    this.#blocks = grown;
  }

  #made(): string {
    // A buffer of Node's begins where a word may.
    const { buffer, byteOffset } = this.cipher.update(new Uint8Array(this.#blocks.buffer, 0, this.count * BLOCK));
    const encrypted = new Int32Array(buffer, byteOffset, this.count * WORDS);
    this.#keys.forEach(({ from, key }, index) => {
      const to = (this.#keys[index + 1]?.from ?? this.count) * WORDS;
      for (let at = from * WORDS; at < to; at += WORDS) addKey(encrypted, at, key);
    });
    const pairs = new Uint16Array(buffer, byteOffset, this.count * PAIRS.of);
    const spread = new Uint16Array(this.count * PAIRS.between);
    for (let number = 0; number < this.count; number++) {
      for (let pair = 0; pair < PAIRS.of; pair++) {
        spread[number * PAIRS.between + pair] = pairs[number * PAIRS.of + pair] as number;
      }
    }
    return Buffer.from(spread.buffer).toString('base64url');
  }
}

/** @param at the first word of the block that a key is added to */
export function addKey(blocks: Int32Array, at: number, { word0, word1, word2, word3 }: Words): void {
  (blocks[at] as number) ^= word0;
  (blocks[at + 1] as number) ^= word1;
  (blocks[at + 2] as number) ^= word2;
  (blocks[at + 3] as number) ^= word3;
}
