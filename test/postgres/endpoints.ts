import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { UNLIMITED_USERS } from '../endpoint/process-support.js';
import type { Cleanup } from '../endpoint/support.js';

const CLI = join(__dirname, '..', '..', 'matching', 'server', 'cli.js');

/** An endpoint as a process of its own. */
export class EndpointProcess {
  output = '';

  private constructor(
    readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** @throws Error with what it said, when it ends before it listens */
  static async start(cleanup: Cleanup, store: string, args: string[] = []): Promise<EndpointProcess> {
    const all = [CLI, '--port', '0', '--store', store, ...UNLIMITED_USERS, '--joins-per-hour', '0', ...args];
    const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'pipe'] });
    cleanup.add(async () => {
      if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await once(child, 'exit');
    });
    let output = '';
    const url = await new Promise<string>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', (chunk) => {
          output += chunk;
          const [, address] = /Kindred endpoint at (\S+),/.exec(output) ?? [];
          if (address) resolve(address);
        });
      }
      child.once('exit', () => reject(new Error(`the endpoint did not start: ${output}`)));
    });
    const endpoint = new EndpointProcess(child, url);
    endpoint.output = output;
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (endpoint.output += chunk));
    return endpoint;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const left = once(this.child, 'exit');
    this.child.kill(signal);
    await left;
  }
}

/** A way to a port of the loopback that can lead to another one, as an address that moves with the primary does. */
export async function switchable(cleanup: Cleanup, target: number): Promise<{ port: number; lead(to: number): void }> {
  let to = target;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const onward = connect(to, '127.0.0.1');
    for (const one of [socket, onward]) {
      sockets.add(one.on('error', () => {}));
      one.on('close', () => {
        sockets.delete(one);
        socket.destroy();
        onward.destroy();
      });
    }
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  cleanup.add(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((done) => server.close(done));
  });
  const lead = (port: number): void => {
    to = port;
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, lead };
}
