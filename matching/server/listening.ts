import { once } from 'node:events';
import { createServer } from 'node:net';

export interface ListenAt {
  port: number;
  host: string;
}

/** Listens there for a moment: before anything is written, an address that cannot be had is found. @throws Error in words for an operator */
export async function tryListening(at: ListenAt): Promise<void> {
  const probe = createServer();
  try {
    probe.listen({ ...at, exclusive: true });
    await once(probe, 'listening');
  } catch (error) {
    throw explainListening(error as NodeJS.ErrnoException, at);
  }
  probe.close();
  await once(probe, 'close');
}

export function explainListening(error: NodeJS.ErrnoException, { port, host }: ListenAt): Error {
  const where = `${host}:${port}`;
  if (error.code === 'EADDRINUSE') return new Error(`${where} is taken by another program: choose another --port`);
  if (error.code === 'EACCES') return new Error(`${where} may not be used by you: choose a --port above 1023`);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new Error(`${host} is no address of this machine: choose another --host`);
  }
  return error;
}
