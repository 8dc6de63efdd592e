import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** No write takes longer, in milliseconds. */
const LONGEST_WRITE = 60_000;

/**
 * Replaces the file by this text, whole: after a power cut it is the old one or the new one. Written beside under a name
 * that nobody else uses, flushed, then renamed over; then the folder is flushed, or the old one might come back.
 */
export async function writeDurably(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const beside = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    throw error;
  }
  await flush(folder);
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
