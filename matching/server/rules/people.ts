import { type Cipheriv, createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import { Refusal } from '../refusal.js';

/** Bytes of an AES block, and of an id. */
const BLOCK = 16;

/**
 * The ids by which one user sees others. Each user has a random key of their own, and sees others' ids encrypted with it
 * (one AES block, a permutation): random to look at, the same every time, different for every viewer, nothing to store
 * for each pair, gone with either account; with the key the endpoint can tell whose it is.
 */
export class ShownIds {
  #cipher: Cipheriv | undefined;

  /** @param relationKey the viewer's, 16 bytes */
  constructor(private readonly relationKey: Uint8Array) {}

  of(userId: string): string {
    return this.ofAll([Buffer.from(userId.replaceAll('-', ''), 'hex')])[0] as string;
  }

  /** @param userIds the bytes of each id */
  ofAll(userIds: readonly Uint8Array[]): string[] {
    // One cipher for a whole answer: setting one up costs as much as a search, and from a key that is only bytes five times
    // that. Blocks are independent of each other.
    this.#cipher ??= createCipheriv('aes-128-ecb', createSecretKey(this.relationKey), null).setAutoPadding(false);
    const blocks = this.#cipher.update(Buffer.concat(userIds));
    return userIds.map((_, index) => blocks.toString('base64url', index * BLOCK, (index + 1) * BLOCK));
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
    const hex = createDecipheriv('aes-128-ecb', this.relationKey, null)
      .setAutoPadding(false)
      .update(block)
      .toString('hex');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }
}

const DAY_MS = 86_400_000;
/** A home does not move: another cell is taken once in seven days. Taking the cell away always works. */
const CELL_REST_MS = 7 * DAY_MS;

/** Who set their cell at this time or before can set another one. */
export function cellRestedSince(now: number): number {
  return now - CELL_REST_MS;
}

interface CellState {
  cell: string | null;
  /** The cell set last, also when it was taken away since, and when. */
  lastCell: string | null;
  cellSetAt: number | null;
}

/**
 * When another cell is taken again, or undefined when it is at once: also when the clock was ahead as the last one was taken,
 * because nobody knows when that really was.
 */
export function cellChangeableFrom({ cellSetAt }: CellState, now: number): number | undefined {
  const from = cellSetAt === null || cellSetAt > now + DAY_MS ? 0 : cellSetAt + CELL_REST_MS;
  return from > now ? from : undefined;
}

/** @throws Refusal cell-changed-recently */
export function changeCell(state: CellState, cell: string | null, now: number): CellState {
  if (cell === null) return { ...state, cell };
  if (cell === state.lastCell) return { ...state, cell };
  const from = cellChangeableFrom(state, now);
  if (from !== undefined) {
    const detail = `Another cell is taken from ${new Date(from).toISOString()} on`;
    throw new Refusal('cell-changed-recently', detail, Math.ceil((from - now) / 1000));
  }
  return { cell, lastCell: cell, cellSetAt: now };
}
