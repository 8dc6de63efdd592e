import type { NodeAPI } from 'node-red';
import type { KindredAccountNode } from './kindred-account.js';

/** The account that a node's config names, as it is now; undefined when there is none. */
export function accountOf(RED: NodeAPI, id: string): KindredAccountNode | undefined {
  const node = RED.nodes.getNode(id) as KindredAccountNode | null;
  return node?.type === 'kindred-account' ? node : undefined;
}
