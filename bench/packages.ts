import { execFile } from 'node:child_process';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** dist/bench → the project's root */
export const ROOT = resolve(__dirname, '..', '..');
/** Where neighbours are installed; inside the clone and ignored by git. */
const NEIGHBOURS = join(ROOT, '.kindred', 'neighbours');

/**
 * Installs one package for production into a folder of its own, once, and returns that folder.
 * @param what a package name with version, or the path of a tarball
 * @throws Error when npm cannot get it
 */
export async function installed(name: string, what: string, { fresh = false } = {}): Promise<string> {
  const folder = join(NEIGHBOURS, name.replace(/\W+/g, '-'));
  if (!fresh && (await exists(join(folder, 'node_modules', name)))) return folder;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  await run('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error', what], { cwd: folder });
  return folder;
}

/** Packs the package as it would be published. @returns the tarball's path */
export async function packed(): Promise<string> {
  await mkdir(NEIGHBOURS, { recursive: true });
  const { stdout } = await run(
    'npm',
    ['pack', '--ignore-scripts', '--json', '--loglevel=error', '--pack-destination', NEIGHBOURS],
    {
      cwd: ROOT,
    },
  );
  return join(NEIGHBOURS, tarballName(stdout));
}

/** npm prints a list of packages, and from version 11 on an object by package name. */
function tarballName(output: string): string {
  const report = JSON.parse(output) as Record<string, { filename: string }>;
  const [first] = Object.values(report);
  if (!first) throw new Error('npm pack said nothing about what it packed');
  return first.filename;
}

/** Bytes of everything below a folder. */
export async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
