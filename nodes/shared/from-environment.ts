import type { Node, NodeAPI } from 'node-red';

/**
 * What a dialog gives, or what stands in the environment where it is `${NAME}`, as in a deployed node.
 * @param id of the node that the dialog is open for, whose tab may have an environment of its own
 */
export function fromEnvironment(RED: NodeAPI, given: unknown, id: unknown): unknown {
  const name = typeof given === 'string' ? /^\$\{(\w+)\}$/.exec(given.trim())?.[1] : undefined;
  if (name === undefined) return given;
  const node = typeof id === 'string' ? RED.nodes.getNode(id) : null;
  return RED.util.evaluateNodeProperty(name, 'env', node as Node, {}) || given;
}
