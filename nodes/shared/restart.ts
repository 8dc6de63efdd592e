import type { NodeAPI } from 'node-red';

/**
 * Tells whether Node-RED is just being started, so that nobody has pressed Deploy and perhaps nobody is there.
 * To be called where a type is registered; what it returns, where one of its nodes is made.
 */
export function watchRestart(RED: NodeAPI): () => boolean {
  let isStarting = true;
  RED.events.once('flows:started', () => {
    isStarting = false;
  });
  return () => isStarting;
}
