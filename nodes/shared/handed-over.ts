/**
 * To be awaited by a node that closes, before anything that it needs to take a message: Node-RED finds the node that a message
 * is for at once, and delivers it with `setImmediate`. What it was handing over by then has arrived when this resolves, and
 * nothing comes after it.
 */
export function handedOver(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
