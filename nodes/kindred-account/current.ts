import type { NodeAPI } from 'node-red';
import type { Scope } from '../shared/scope.js';
import type { KindredAccountNode } from './kindred-account.js';
import { accountOf } from './lookup.js';

/**
 * Begins with an account, and again with each that takes its place while the scope is open: within a subflow, a Deploy of the
 * account that an instance gives leaves the nodes that use it as they are.
 * @param id of the account, as the node's config names it
 */
export function beginWithEach(
  RED: NodeAPI,
  { id, scope }: { id: string; scope: Scope },
  account: KindredAccountNode,
  begin: (account: KindredAccountNode) => void,
): void {
  begin(account);
  const goOn = (): void => {
    const next = accountOf(RED, id);
    if (next && next !== account && !scope.signal.aborted) beginWithEach(RED, { id, scope }, next, begin);
  };
  account.on('close', () => void RED.events.once('flows:started', goOn));
}
