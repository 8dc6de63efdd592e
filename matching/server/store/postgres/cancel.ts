import { connect } from 'node:net';
import type { PoolClient } from 'pg';

/** CancelRequest (PostgreSQL documentation, message formats): its length, its code, then what the server gave for it. */
const LENGTH = 16;
const CODE = 80_877_102;
const CONNECT_MS = 5000;

/** What the driver knows of a connection and does not declare; both are null until it has been let in. */
interface Backend {
  host: string;
  port: number;
  processID?: number | null;
  secretKey?: number | null;
}

/**
 * Asks the server to end what a connection is doing. A server that waits for a lock or a standby does not notice that nobody
 * waits for its answer any more, and would keep the connection for as long: with a standby away, all that it has.
 *
 * A COMMIT that is ended as it waits is committed, and its standby may not have it. So whoever sent it must not take it for
 * done, and what is sent again has to be written again: a publish locks its user's row, so that its COMMIT waits, too.
 */
export function cancel(client: PoolClient): void {
  const { host, port, processID, secretKey } = client as unknown as Backend;
  if (typeof processID !== 'number' || typeof secretKey !== 'number') return;
  const request = Buffer.alloc(LENGTH);
  for (const [index, word] of [LENGTH, CODE, processID, secretKey].entries()) request.writeInt32BE(word, index * 4);
  const socket = connect(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port });
  socket.setTimeout(CONNECT_MS, () => socket.destroy());
  // A server that is away does nothing that could be ended.
  socket.on('error', () => {});
  socket.end(request);
}
