import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder, with those that it is to be in. Step by step: Node's own `recursive` never ends below a folder like /proc,
 * which is there and says that it is not when one is to be made in it (Node 24).
 * @throws Error in words for a person, when there is none and none can be made
 */
export async function makeFolder(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  const above = dirname(folder);
  if (above !== folder) await makeFolder(above);
  try {
    await mkdir(folder);
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (await isFolder(folder)) return;
    throw new Error(`there is no folder ${folder}, and none can be made (${(error as NodeJS.ErrnoException).code})`);
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
