import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere } from './user-directory.js';

/**
 * Keeps a data directory for this process: two would write over each other's flows. A claim that a process left behind
 * when it was killed counts for nothing.
 * @returns what gives it back
 * @throws Error that says who has it and what to do
 */
export async function claim(data: string): Promise<() => Promise<void>> {
  const path = join(data, 'in-use-by');
  const holder = Number(await readIfThere(path));
  if (holder > 0 && holder !== process.pid && isAlive(holder)) {
    throw new Error(
      `${data} is in use by another npm start (process ${holder}): end that one, or choose another folder with --data. ` +
        `Should process ${holder} be something else, remove ${path}.`,
    );
  }
  await writeFile(path, String(process.pid));
  return () => rm(path, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, but somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
