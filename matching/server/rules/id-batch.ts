import type { Cipheriv, createSecretKey, Decipheriv } from 'node:crypto';

/** Bytes of an AES block, and of an id. */
export const BLOCK = 16;
/** Bytes from one id to the next when they are written: 18 are 24 characters, so that none shares one with another. */
const STRIDE = 18;
/** Characters from one id to the next, and of an id, in base64url: those of the last two bytes, which are zero, are left away. */
const CHARACTERS = { between: 24, of: 22 };

/** Sixteen bytes as four numbers of 32 bits, the first byte the highest: a key is added in four steps instead of sixteen. */
export type Words = readonly [number, number, number, number];

const NO_KEY: Words = [0, 0, 0, 0];

/** @param bytes 16 of them */
export function wordsOf(bytes: Uint8Array): Words {
  const view = new DataView(bytes.buffer, bytes.byteOffset, BLOCK);
  return [view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12)];
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
  #blocks: Buffer;
  #view: DataView;
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
    this.#blocks = Buffer.allocUnsafe(room * BLOCK);
    this.#view = viewOf(this.#blocks);
  }

  /** Whether the ids have been made, and no more can be added. */
  get isMade(): boolean {
    return this.#text !== undefined;
  }

  /** @param key that is added to the block before it is encrypted, and after @returns the id's number in here */
  add(block: Words, key: Words = NO_KEY): number {
    if (this.#text !== undefined) throw new Error('These ids have been made already');
    const number = this.count++;
    const at = number * BLOCK;
    if (at >= this.#blocks.length) this.#grow();
    if (this.#keys.at(-1)?.key !== key) this.#keys.push({ from: number, key });
    for (let word = 0; word < 4; word++) {
      this.#view.setInt32(at + 4 * word, (block[word] as number) ^ (key[word] as number));
    }
    return number;
  }

  id(number: number): string {
    this.#text ??= this.#made();
    return this.#text.slice(number * CHARACTERS.between, number * CHARACTERS.between + CHARACTERS.of);
  }

  #grow(): void {
    const grown = Buffer.allocUnsafe(this.#blocks.length * 2);
    this.#blocks.copy(grown);
    this.#blocks = grown;
    this.#view = viewOf(grown);
  }

  #made(): string {
    const encrypted = viewOf(this.cipher.update(this.#blocks.subarray(0, this.count * BLOCK)));
    const spread = Buffer.alloc(this.count * STRIDE);
    const view = viewOf(spread);
    this.#keys.forEach(({ from, key }, index) => {
      const to = this.#keys[index + 1]?.from ?? this.count;
      for (let number = from; number < to; number++) {
        for (let word = 0; word < 4; word++) {
          const plain = encrypted.getInt32(number * BLOCK + 4 * word) ^ (key[word] as number);
          view.setInt32(number * STRIDE + 4 * word, plain);
        }
      }
    });
    return spread.toString('base64url');
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}
