import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Why a node may not have what it asks for; the folder's locales have the words. */
export class EndpointProblem extends Error {
  constructor(
    readonly code: 'path' | 'path-taken' | 'store-taken' | 'needs-node' | 'needs-invitation' | 'registration',
    readonly values: Record<string, string> = {},
  ) {
    super(code);
  }
}

const paths = new Set<string>();
const stores = new Set<string>();

/**
 * Takes a path and a store file for one node. Its folder must be there.
 * @returns what gives them back
 * @throws EndpointProblem when another node of this Node-RED has one of them
 */
export function claim(path: string, file: string): () => void {
  const store = join(realpathSync(dirname(file)), basename(file));
  if (paths.has(path)) throw new EndpointProblem('path-taken', { path });
  if (stores.has(store)) throw new EndpointProblem('store-taken', { store: file });
  paths.add(path);
  stores.add(store);
  return () => {
    paths.delete(path);
    stores.delete(store);
  };
}
