import type { NodeAPI } from 'node-red';
import type { News } from '../shared/news.js';
import type { Scope } from '../shared/scope.js';
import type { KindredAccountNode } from './kindred-account.js';
import { accountOf } from './lookup.js';

interface Beginning {
  /** Of the account, as the node's config names it. */
  id: string;
  scope: Scope;
  /** Tells of each Deploy when it is through. */
  deploys: News<() => void>;
}

/**
 * Begins with an account, and again with each that takes its place while the scope is open: within a subflow, a Deploy of the
 * account that an instance gives leaves the nodes that use it as they are.
 */
export function beginWithEach(
  RED: NodeAPI,
  { id, scope, deploys }: Beginning,
  begin: (account: KindredAccountNode) => void,
): void {
  let current: KindredAccountNode | undefined;
  const look = (): void => {
    const next = accountOf(RED, id);
    if (!next || next === current) return;
    current = next;
    begin(next);
  };
  look();
  scope.add(deploys.tell(look));
}
