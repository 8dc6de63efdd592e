import type { NodeAPI } from 'node-red';

/** Node-RED calls a node removed that is only switched off, by itself or with its tab: such a node is still in the flows. */
export function isInFlows(RED: NodeAPI, id: string): boolean {
  let isThere = false;
  RED.nodes.eachNode((node) => {
    isThere ||= node.id === id;
  });
  return isThere;
}
