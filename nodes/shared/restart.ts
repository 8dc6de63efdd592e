import type { NodeAPI } from 'node-red';

/**
 * Tells whether Node-RED is just being started, so that nobody has pressed Deploy and perhaps nobody is there.
 * To be called where a type is registered; what it returns, where one of its nodes is made.
 */
export function watchRestart(RED: NodeAPI): () => boolean {
  let isStarting = true;
  const noteRunning = (): void => {
    isStarting = false;
  };
  RED.events.once('flows:started', noteRunning);
  // Where the types came to a Node-RED that was running already, the first thing to be heard is a Deploy.
  RED.events.once('flows:stopping', noteRunning);
  return () => isStarting;
}
