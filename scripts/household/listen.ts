import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** Answers until Node-RED does: whoever asks before is to ask again, and not to wait for ever. */
export function notYet(_request: IncomingMessage, response: ServerResponse): void {
  const headers = { 'Content-Type': 'text/plain', 'Retry-After': '1', Connection: 'close' };
  response.writeHead(503, headers).end('Not started');
}

/** @throws Error with `code` EADDRINUSE when the port is taken */
export async function listen(port: number): Promise<Server> {
  const server = createServer(notYet);
  server.setMaxListeners(0);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}
