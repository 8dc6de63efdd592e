import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What Node's http does when a connection closes: among it, it gives back the parser, which no other call does. */
const HTTP_CLOSES = 'bound socketOnClose';

/**
 * Takes a connection away from Node's http, before anything is sent. For an answer that lasts for hours the request, the
 * response and above all the parser are 12 KiB that nothing needs any more. Whoever takes it answers, and reads, by themselves.
 * @returns undefined when the connection is gone, or another request stands behind this one already. Then it is closed without
 *   a word: what was asked before this one is answered, and neither this one nor what stands behind it.
 */
export function takeOver(response: ServerResponse): Socket | undefined {
  const { socket } = response;
  if (!socket || socket.destroyed) return undefined;
  // For http the answer is finished: it lets go of the request and the response, and puts the next one in their place, of
  // which nothing may be sent.
  socket.cork();
  response.emit('finish');
  if ((socket as { _httpMessage?: unknown })._httpMessage) {
    socket.destroy();
    return undefined;
  }
  socket.setTimeout(0).uncork();
  // Should another Node give it another name, the parser stays until the connection closes, and nothing else is different.
  const closing = socket.listeners('close') as (() => void)[];
  socket.removeAllListeners();
  for (const listener of closing) {
    if (listener.name === HTTP_CLOSES) listener.call(socket);
    else socket.on('close', listener);
  }
  return socket;
}

/**
 * Resolves when a response may be sent: one that was asked for behind another one has no connection until that is answered. Where
 * the connection closes before, which such a response is not told, it resolves, too.
 */
export async function turnOf(response: ServerResponse): Promise<void> {
  const { socket: connection } = response.req;
  if (response.socket || response.destroyed || connection.destroyed) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      response.off('socket', end);
      connection.off('close', end);
      resolve();
    };
    response.once('socket', end);
    // Any number may stand behind each other.
    connection.setMaxListeners(0).once('close', end);
  });
}
