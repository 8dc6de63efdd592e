import { type Cipheriv, createCipheriv, createDecipheriv, createSecretKey, type Decipheriv } from 'node:crypto';

/** Bytes of an AES block, and of an id. */
export const BLOCK = 16;
/** Characters of an id in base64url. */
const LENGTH = 22;

/**
 * A permutation that everybody knows: AES with a key that is no secret. One for the whole process, because setting a cipher
 * up costs more than encrypting a whole answer.
 */
const PERMUTATION = createSecretKey(Buffer.alloc(BLOCK));
const forth = aesBlocks(PERMUTATION, createCipheriv);
const back = aesBlocks(PERMUTATION, createDecipheriv);

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
 * The ids by which one user sees others. Each user has a random key of their own, and sees others' ids encrypted with it
 * (the cipher of Even and Mansour: the key added before and after a known permutation; Dunkelman, Keller and Shamir 2012 on
 * one key for both): random to look at, the same every time, different for every viewer, nothing to store for each pair,
 * gone with either account; with the key the endpoint can tell whose it is.
 */
export class ShownIds {
  /** @param relationKey the viewer's, 16 bytes */
  constructor(private readonly relationKey: Uint8Array) {}

  of(userId: string): string {
    const ids = newShownIds(1);
    return ids.id(ids.add(bytesOf(userId), this.relationKey));
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
    add(block, 0, this.relationKey);
    const plain = back.update(block);
    add(plain, 0, this.relationKey);
    return plain.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }
}

/** The bytes of an id, each as a character: a short text is smaller than a buffer. */
export function bytesOf(userId: string): string {
  return Buffer.from(userId.replaceAll('-', ''), 'hex').toString('latin1');
}

/** Ids that users are shown by, each with a viewer's key, to be made together. */
export function newShownIds(room?: number): IdBatch {
  return new IdBatch(forth, room);
}

/**
 * Ids that are made together when the first of them is asked for. Encrypting and writing them takes a call each for all of
 * them, and those two calls cost as much as a hundred ids.
 */
export class IdBatch {
  #blocks: Buffer;
  /** How many there are. */
  count = 0;
  /** What is added to the blocks before and after, from each of these blocks on. */
  readonly #keys: { from: number; key: Uint8Array }[] = [];
  #text: string | undefined;

  /** @param room for so many, to begin with */
  constructor(
    private readonly cipher: Cipheriv,
    room = 64,
  ) {
    this.#blocks = Buffer.allocUnsafe(room * BLOCK);
  }

  /** Whether the ids have been made, and no more can be added. */
  get isMade(): boolean {
    return this.#text !== undefined;
  }

  /** @param bytes 16 characters @returns the id's number in here */
  add(bytes: string, key: Uint8Array): number {
    const number = this.#reserve();
    if (this.#keys.at(-1)?.key !== key) this.#keys.push({ from: number, key });
    this.#blocks.write(bytes, number * BLOCK, 'latin1');
    return number;
  }

  /** @param words four times 32 bits, which are not changed before they are encrypted @returns the id's number in here */
  addWords(a: number, b: number, c: number, d: number): number {
    const number = this.#reserve();
    let at = number * BLOCK;
    for (const word of [a, b, c, d]) at = this.#blocks.writeInt32BE(word, at);
    return number;
  }

  id(number: number): string {
    this.#text ??= this.#made();
    return this.#text.slice(number * (LENGTH + 2), number * (LENGTH + 2) + LENGTH);
  }

  #reserve(): number {
    if (this.#text !== undefined) throw new Error('These ids have been made already');
    if ((this.count + 1) * BLOCK > this.#blocks.length) {
      const grown = Buffer.allocUnsafe(this.#blocks.length * 2);
      this.#blocks.copy(grown);
      this.#blocks = grown;
    }
    return this.count++;
  }

  #made(): string {
    this.#mask(this.#blocks);
    const blocks = this.cipher.update(this.#blocks.subarray(0, this.count * BLOCK));
    this.#mask(blocks);
    // Eighteen bytes are 24 characters; those of the last two bytes, which are zero, are left away.
    const padded = Buffer.alloc(this.count * (BLOCK + 2));
    for (let number = 0; number < this.count; number++) {
      const [from, to] = [number * BLOCK, number * (BLOCK + 2)];
      for (let byte = 0; byte < BLOCK; byte++) padded[to + byte] = blocks[from + byte] as number;
    }
    return padded.toString('base64url');
  }

  #mask(blocks: Buffer): void {
    this.#keys.forEach(({ from, key }, index) => {
      const to = this.#keys[index + 1]?.from ?? this.count;
      for (let number = from; number < to; number++) add(blocks, number * BLOCK, key);
    });
  }
}

/** Adds a key to one block, in place. */
function add(blocks: Buffer, at: number, key: Uint8Array): void {
  for (let byte = 0; byte < BLOCK; byte++) blocks[at + byte] = (blocks[at + byte] as number) ^ (key[byte] as number);
}
