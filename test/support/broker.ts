import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './node-red.js';

export interface TestBroker {
  port: number;
  url: string;
  /** How many subscriptions its clients hold now; -1 when this broker does not tell. */
  subscriptions(): number;
  /** Ends the broker and everybody's connection. */
  close(): Promise<void>;
}

/** An aedes broker on a free loopback port, or on `port` to come back where one was. */
export async function startAedes(port = 0): Promise<TestBroker> {
  const { Aedes } = await import('aedes');
  const aedes = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  let subscriptions = 0;
  aedes.on('subscribe', (list) => {
    subscriptions += list.length;
  });
  aedes.on('unsubscribe', (list) => {
    subscriptions -= list.length;
  });
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    aedes.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: given } = server.address() as AddressInfo;
  return {
    port: given,
    url: `mqtt://127.0.0.1:${given}`,
    subscriptions: () => subscriptions,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

const MOSQUITTO = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/opt/homebrew/sbin/mosquitto'];

/** A broker that can hang, as one on a machine that is out of memory does: its connections stay, and it says nothing. */
export interface MosquittoBroker extends TestBroker {
  hang(): void;
}

/** Debian's mosquitto on a free loopback port, or on `given` to come back where one was; undefined when it is not installed. */
export async function startMosquitto(given?: number): Promise<MosquittoBroker | undefined> {
  const binary = MOSQUITTO.find((path) => existsSync(path));
  if (!binary) return undefined;
  const port = given ?? (await freePort());
  const folder = await mkdtemp(join(tmpdir(), 'kindred-mosquitto-'));
  const config = join(folder, 'mosquitto.conf');
  await writeFile(config, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
  const child = spawn(binary, ['-c', config], { stdio: 'ignore' });
  await untilListening(port, child);
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    subscriptions: () => -1,
    hang: () => child.kill('SIGSTOP'),
    close: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      // One that hangs hears of nothing else.
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function untilListening(port: number, child: ChildProcess): Promise<void> {
  const { connect } = await import('node:net');
  for (let attempt = 0; attempt < 100; attempt++) {
    if (child.exitCode !== null) throw new Error('mosquitto ended at once');
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.end());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('mosquitto did not listen');
}
