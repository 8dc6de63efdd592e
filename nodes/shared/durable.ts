import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** No write takes longer, in milliseconds. */
const LONGEST_WRITE = 60_000;

/**
 * Replaces the file by this text, whole: after a power cut it is the old one or the new one. Written beside under a name
 * that nobody else uses, flushed, then renamed over; then the folder is flushed, or the old one might come back.
 * @returns what the system says of the file
 */
export async function writeDurably(path: string, text: string): Promise<Stats> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const beside = `${path}.${randomBytes(6).toString('hex')}.new`;
  let written: Stats;
  try {
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
      written = await file.stat();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    throw error;
  }
  await flush(folder);
  return written;
}

/**
 * Adds the text at the end of a file that is there: after a power cut all of it is there, a part of it, or nothing.
 * @returns what the system says of the file then
 */
export async function appendDurably(path: string, text: string): Promise<Stats> {
  const file = await open(path, constants.O_WRONLY | constants.O_APPEND);
  try {
    const { size } = await file.stat();
    try {
      await file.appendFile(text);
      await file.sync();
    } catch (error) {
      await file.truncate(size).catch(() => {});
      throw error;
    }
    return await file.stat();
  } finally {
    await file.close();
  }
}

/** Removes what a process that was ended in the middle of a write has left beside the file. Never rejects. */
export async function removeLeftOvers(path: string): Promise<void> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(`${basename(path)}.`) && one.endsWith('.new'))) {
    const beside = join(folder, name);
    const written = await stat(beside).catch(() => undefined);
    // A second Node-RED may be writing one just now.
    if (written && Date.now() - written.mtimeMs > LONGEST_WRITE) await rm(beside, { force: true }).catch(() => {});
  }
}

async function flush(folder: string): Promise<void> {
  // Not every system lets a folder be opened; there it keeps names by itself.
  const opened = await open(folder, 'r').catch(() => undefined);
  await opened?.sync().catch(() => {});
  await opened?.close();
}
