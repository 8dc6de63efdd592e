import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import type { Window } from '../../schema/index.js';
import { DAY_MINUTES, type Interval, sharedSeconds, unitOf } from './time.js';

/** Newest people of a window that are put in order, and that all pages together reach: a search is no directory. */
export const MOST_CANDIDATES = 200;

/** Activities that began in one minute stand on a ring, by 24 bits of their ids. */
export const RING = 2 ** 24;

/**
 * What chance is for one viewer on one day. In a crowd everybody meets others, and everybody is met; who asks the same again
 * gets the same, and learns nobody new by repeating it.
 */
export interface Chance {
  /** Where on the ring of a minute this viewer begins to read. */
  turn: number;
  seed: number;
}

/** @param relationKey the viewer's, known to nobody @param minute of the window that is asked for */
export function chanceOf(relationKey: Uint8Array, minute: number): Chance {
  const day = Math.floor(minute / DAY_MINUTES);
  const view = new DataView(relationKey.buffer, relationKey.byteOffset, relationKey.byteLength);
  return { turn: mixed(view.getInt32(0) ^ day) % RING, seed: view.getInt32(4) ^ mixed(day) };
}

/** A person's lot, against others who are equally good company. 32 bits. */
export function lotOf({ seed }: Chance, user: number): number {
  return mixed(seed ^ mixed(user));
}

/** Spreads 32 bits (murmur3's finaliser). */
function mixed(bits: number): number {
  let hash = bits | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Tenths of the minutes that are asked about which somebody shares, counted in whole windows. */
export function tenthsShared(theirs: Interval, asked: Interval, window: Window): number {
  return Math.floor((10 * sharedSeconds(theirs, asked, window)) / Math.max(1, sharedSeconds(asked, asked, window)));
}

/** Where somebody stands in an answer. Nothing in it tells a stranger's time or place more exactly than the answer does. */
export interface Rank {
  isFriend: boolean;
  tenths: number;
  /** The window in which they began, counted from the epoch: the first one asked about, when that was before. */
  began: number;
  lot: number;
  user: number;
}

/** The window in which somebody began, clipped to the minutes that are asked about: before those, it is nobody's business. */
export function beganIn(minute: number, asked: Interval, window: Window): number {
  return Math.floor(Math.max(minute, asked.from) / unitOf(window));
}

/** Friends first, then who shares most of the time, then who began last, then by lot. */
export function compareRanks(a: Rank, b: Rank): number {
  return (
    Number(b.isFriend) - Number(a.isFriend) ||
    b.tenths - a.tenths ||
    b.began - a.began ||
    a.lot - b.lot ||
    a.user - b.user
  );
}

/** Where a page of an answer ends: the question's moment, and what there was then. */
export interface Bookmark {
  /** Epoch milliseconds. */
  asOf: number;
  /** The newest activity there was. */
  newest: number;
  rank: Rank;
}

const BYTES = 32;
const MARK = 0x4b;

/** A bookmark as its reader gets it: encrypted, because it tells when somebody began. */
export function writeBookmark(relationKey: Uint8Array, { asOf, newest, rank }: Bookmark): string {
  const bytes = Buffer.alloc(BYTES);
  bytes.writeUInt8(MARK, 0);
  bytes.writeUInt8(Number(rank.isFriend), 1);
  bytes.writeUIntBE(asOf, 2, 6);
  bytes.writeUIntBE(newest, 8, 6);
  bytes.writeUInt8(rank.tenths, 16);
  bytes.writeUInt8(MARK, 17);
  bytes.writeUInt32BE(rank.began, 18);
  bytes.writeUInt32BE(rank.lot, 22);
  bytes.writeUIntBE(rank.user, 26, 6);
  const cipher = createCipheriv('aes-128-ecb', createSecretKey(relationKey), null).setAutoPadding(false);
  return cipher.update(bytes).toString('base64url');
}

/** @returns undefined when it is none of this reader's */
export function readBookmark(relationKey: Uint8Array, text: string): Bookmark | undefined {
  const encrypted = Buffer.from(text, 'base64url');
  if (encrypted.length !== BYTES) return undefined;
  const decipher = createDecipheriv('aes-128-ecb', createSecretKey(relationKey), null).setAutoPadding(false);
  const bytes = decipher.update(encrypted);
  if (bytes.readUInt8(0) !== MARK || bytes.readUInt8(1) > 1 || bytes.readUInt16BE(14) !== 0) return undefined;
  if (bytes.readUInt8(16) > 10 || bytes.readUInt8(17) !== MARK) return undefined;
  return {
    asOf: bytes.readUIntBE(2, 6),
    newest: bytes.readUIntBE(8, 6),
    rank: {
      isFriend: bytes.readUInt8(1) === 1,
      tenths: bytes.readUInt8(16),
      began: bytes.readUInt32BE(18),
      lot: bytes.readUInt32BE(22),
      user: bytes.readUIntBE(26, 6),
    },
  };
}
