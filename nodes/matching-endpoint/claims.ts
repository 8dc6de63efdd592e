import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Why a node may not have what it asks for; the folder's locales have the words. */
export class EndpointProblem extends Error {
  constructor(
    readonly code:
      | 'path'
      | 'path-taken'
      | 'store-taken'
      | 'store'
      | 'store-password'
      | 'activities'
      | 'never-matched'
      | 'needs-node'
      | 'needs-invitation'
      | 'registration'
      | 'retention'
      | 'limits'
      | 'metrics'
      | 'needs-metrics-token'
      | 'audit',
    readonly values: Record<string, string> = {},
  ) {
    super(code);
  }
}

const paths = new Set<string>();
const stores = new Set<string>();

/**
 * Takes a path for one node, and a store that is a file; its folder must be there.
 * @returns what gives them back
 * @throws EndpointProblem when another node of this Node-RED has one of them
 */
export function claim(path: string, file: string | undefined): () => void {
  if (paths.has(path)) throw new EndpointProblem('path-taken', { path });
  const store = file === undefined ? undefined : join(realpathSync(dirname(file)), basename(file));
  if (store !== undefined) {
    if (stores.has(store)) throw new EndpointProblem('store-taken', { store: file as string });
    stores.add(store);
  }
  paths.add(path);
  return () => {
    paths.delete(path);
    if (store !== undefined) stores.delete(store);
  };
}
