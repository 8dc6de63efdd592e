import type { Node, NodeAPI } from 'node-red';

/**
 * Tells the Catch nodes of each tab once of a problem with an account, by one of the nodes there that use it: what a config
 * node tells them itself, Node-RED hands over once for every node that uses it.
 */
export function tellEachTab({ nodes }: Pick<NodeAPI, 'nodes'>, account: Node, text: string): void {
  const tellers = new Map<string, Node>();
  nodes.eachNode(({ id, z, ...settings }) => {
    if (!z || tellers.has(z) || !Object.values(settings).flat().includes(account.id)) return;
    const node = nodes.getNode(id);
    if (node) tellers.set(z, node);
  });
  for (const node of tellers.values()) node.error(text, {});
  if (tellers.size === 0) account.error(text);
}
