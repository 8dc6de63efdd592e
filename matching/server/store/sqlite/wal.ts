import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { StoreFailure } from '../store.js';

/** The write-ahead log's format: sqlite.org/fileformat2.html, section 4. */
const HEADER = 32;
const FRAME_HEADER = 24;
const MAGIC = 0x377f0682;

type Sums = [number, number];

/**
 * Checks the log that a store was left with. SQLite reads it up to the first frame whose checksum is wrong, and takes what
 * is behind that for the torn end of a transaction that was never answered. Where whole transactions follow, it is none:
 * each is on disk before the next one begins, so they were answered, and SQLite would lose them without a word.
 * @throws StoreFailure when answered transactions are lost
 */
export function checkLog(file: string): void {
  const log = `${file}-wal`;
  if (!existsSync(log)) return;
  const descriptor = openSync(log, 'r');
  try {
    if (lostCommits(descriptor) < 2) return;
  } finally {
    closeSync(descriptor);
  }
  throw new StoreFailure(
    `${log} is damaged: what was answered last would be lost. Restore a backup; or, to go on with what can still be ` +
      `read, write one with "kindred-endpoint backup" and restore that`,
    'damaged',
  );
}

/** How many transactions end behind the first damaged frame. One may be torn: it was being written when the power went. */
function lostCommits(descriptor: number): number {
  const { size } = fstatSync(descriptor);
  const header = Buffer.alloc(HEADER);
  if (readSync(descriptor, header, 0, HEADER, 0) < HEADER) return 0;
  const pageSize = header.readUInt32BE(8);
  // The header is in one sector, written before any frame.
  if (!isHeader(header)) return size > HEADER ? 2 : 0;
  const isBig = (header.readUInt32BE(0) & 1) === 1;
  const salts = header.subarray(16, 24);
  const frame = Buffer.alloc(FRAME_HEADER + pageSize);
  let sums: Sums = [header.readUInt32BE(24), header.readUInt32BE(28)];
  let isWhole = true;
  let lost = 0;
  for (let at = HEADER; at + frame.length <= size; at += frame.length) {
    readSync(descriptor, frame, 0, frame.length, at);
    const isOfThisLog = frame.subarray(8, 16).equals(salts);
    if (isWhole) {
      sums = checksum(checksum(sums, frame.subarray(0, 8), isBig), frame.subarray(FRAME_HEADER), isBig);
      isWhole = isOfThisLog && sums[0] === frame.readUInt32BE(16) && sums[1] === frame.readUInt32BE(20);
    }
    // A frame that ends a transaction has the size of the database in it.
    if (!isWhole && isOfThisLog && frame.readUInt32BE(4) !== 0) lost++;
  }
  return lost;
}

function isHeader(header: Buffer): boolean {
  const magic = header.readUInt32BE(0);
  if ((magic & ~1) >>> 0 !== MAGIC) return false;
  const pageSize = header.readUInt32BE(8);
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) return false;
  const [first, second] = checksum([0, 0], header.subarray(0, 24), (magic & 1) === 1);
  return first === header.readUInt32BE(24) && second === header.readUInt32BE(28);
}

function checksum([first, second]: Sums, bytes: Buffer, isBig: boolean): Sums {
  for (let at = 0; at < bytes.length; at += 8) {
    first = (first + (isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + second) >>> 0;
    second = (second + (isBig ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + first) >>> 0;
  }
  return [first, second];
}
