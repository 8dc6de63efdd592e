import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { FlowNode } from '../../scripts/household/user-directory.js';
import { ROOT } from './node-red.js';

const run = promisify(execFile);

export const PACKAGE = '@kindred-home/node-red-kindred';

export interface Manifest {
  name: string;
  license: string;
  keywords: string[];
  repository: { url: string };
  engines: { node: string };
  bin: Record<string, string>;
  dependencies: Record<string, string>;
  'node-red': { version: string; nodes: Record<string, string> };
}

export function readJson<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(...path), 'utf8')) as T;
}

/** Packs the package as it would be published, from what is built. @returns the tarball's path */
export async function pack(folder: string): Promise<string> {
  await run('npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder], { cwd: ROOT });
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  if (!tarball) throw new Error('npm pack made no tarball');
  return join(folder, tarball);
}

/** Installs packages for production into a folder, as a user's palette manager would; without the prefix npm may take one above it. */
export async function npmInstall(folder: string, ...packages: string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await run(
    'npm',
    ['install', '--prefix', folder, '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error', ...packages],
    {
      cwd: folder,
    },
  );
}

/** The example flows below a folder, by their path in the Import menu. */
export function examplesIn(folder: string): { name: string; flow: FlowNode[] }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((name) => ({ name, flow: readJson<FlowNode[]>(folder, name) }));
}

/** Every node of the flows in these folders of the project, once: flows that belong together have the same account and broker. */
export function nodesIn(...folders: string[]): FlowNode[] {
  const nodes = folders.flatMap((folder) => examplesIn(join(ROOT, folder)).flatMap(({ flow }) => flow));
  return [...new Map(nodes.map((node) => [node.id, node])).values()];
}
