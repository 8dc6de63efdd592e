import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import RED from 'node-red';
import { notYet } from './listen.js';
import type { settingsFor } from './settings.js';

/** An Express application, called as what it is: a function that answers, or passes on; the last one answers 404. */
type Layer = (request: IncomingMessage, response: ServerResponse, next?: () => void) => void;

/**
 * Node-RED within this process, so that nothing of it can outlive us.
 * @returns what stops it; it cannot be started again
 */
export async function startNodeRed(
  server: Server,
  settings: ReturnType<typeof settingsFor>,
): Promise<() => Promise<void>> {
  RED.init(server, settings as unknown as Parameters<typeof RED.init>[1]);
  const admin = RED.httpAdmin as unknown as Layer;
  const flows = RED.httpNode as unknown as Layer;
  server.off('request', notYet);
  server.on('request', (request, response) => admin(request, response, () => flows(request, response)));
  await RED.start();
  return () => RED.stop();
}
