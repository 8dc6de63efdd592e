import type { NodeAPI } from 'node-red';
import { AccountProblem } from './explain.js';
import type { KindredAccountNode } from './kindred-account.js';

/** True when something failed only because the account has no token yet. */
export function isTokenMissing(error: unknown): boolean {
  const problem = error instanceof Error && error.cause ? error.cause : error;
  return problem instanceof AccountProblem && problem.code === 'no-token';
}

/** The account that a node's config names; undefined when there is none. */
export function accountOf(RED: NodeAPI, id: string): KindredAccountNode | undefined {
  const node = RED.nodes.getNode(id) as KindredAccountNode | null;
  return node?.type === 'kindred-account' ? node : undefined;
}
