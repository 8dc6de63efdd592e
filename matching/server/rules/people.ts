import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import { Refusal } from '../refusal.js';

/** How long a match is remembered. */
export const KEEP_MINUTES = 7 * 24 * 60;

/** Bytes of an AES block, and of an id. */
const BLOCK = 16;

/**
 * A permutation that everybody knows: AES with a key that is no secret. One for the whole process, because setting a cipher
 * up costs more than encrypting a whole answer.
 */
const PERMUTATION = createSecretKey(Buffer.alloc(BLOCK));
const forth = createCipheriv('aes-128-ecb', PERMUTATION, null).setAutoPadding(false);
const back = createDecipheriv('aes-128-ecb', PERMUTATION, null).setAutoPadding(false);

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
    return this.ofAll(bytesOf(userId))[0] as string;
  }

  /** @param userIds `bytesOf` each id, one behind the other */
  ofAll(userIds: string): string[] {
    return base64Of(this.#masked(forth.update(this.#masked(Buffer.from(userIds, 'latin1')))));
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
    const hex = this.#masked(back.update(this.#masked(block))).toString('hex');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  /** The key added to every block, in place. */
  #masked(blocks: Buffer): Buffer {
    const key = this.relationKey;
    for (let at = 0; at < blocks.length; at++) blocks[at] = (blocks[at] as number) ^ (key[at % BLOCK] as number);
    return blocks;
  }
}

/** The bytes of an id, each as a character: texts are put together faster than buffers. */
export function bytesOf(userId: string): string {
  return Buffer.from(userId.replaceAll('-', ''), 'hex').toString('latin1');
}

/** Each block in base64url. They are written in one go: a call for each costs as much as encrypting them all. */
export function base64Of(blocks: Buffer): string[] {
  // Eighteen bytes are 24 characters; those of the last two bytes, which are zero, are left away.
  const padded = Buffer.alloc((blocks.length / BLOCK) * (BLOCK + 2));
  const ids: string[] = [];
  for (let at = 0, to = 0; at < blocks.length; at += BLOCK, to += BLOCK + 2) {
    for (let byte = 0; byte < BLOCK; byte++) padded[to + byte] = blocks[at + byte] as number;
  }
  const text = padded.toString('base64url');
  for (let at = 0; at < text.length; at += 24) ids.push(text.slice(at, at + 22));
  return ids;
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
