import type { News } from './news.js';
import type { Scope } from './scope.js';

/**
 * Says a node's first status once the Deploy that makes it is through: what a node says while it is made no Status node hears,
 * because Node-RED lists those only when every node is there.
 * @param deploys tells of each Deploy when it is through
 */
export function sayFirst(deploys: News<() => void>, scope: Scope, say: () => void): void {
  const end = deploys.tell(() => {
    end();
    say();
  });
  scope.add(end);
}
