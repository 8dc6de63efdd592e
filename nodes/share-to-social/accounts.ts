import type { Node, NodeAPI } from 'node-red';

/** What a property for a list of ids holds: Node-RED makes a text of a list of one where it puts another id in its place. */
export function listOf<T>(value: T | readonly T[] | undefined): T[] {
  if (Array.isArray(value)) return [...value];
  return value ? [value as T] : [];
}

/**
 * The accounts' ids as they are for this node. Within a subflow every instance has accounts of its own, whose ids Node-RED puts
 * into a list of one alone. An account that is switched off has its id, too: what waits for it goes on waiting.
 * @param chosen the ids in the node's config
 */
export function accountsOf(RED: NodeAPI, node: Node, chosen: readonly string[]): string[] {
  const { _alias: alias } = node as { _alias?: string };
  if (alias === undefined) return [...chosen];
  const places = new Map<string, string>();
  RED.nodes.eachNode(({ id, z }) => void places.set(id, z));
  const isWithin = (id: string) => places.has(id) && places.get(id) === places.get(alias);
  return chosen.map((id) => (isWithin(id) ? `${node.z}-${id}` : id));
}
