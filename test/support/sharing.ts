import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import {
  type Destination,
  type Moment,
  type Offer,
  QueueChanges,
  type QueueEvent,
  type QueueState,
  type QueueWorld,
} from '../../sharing/index.js';
import type { Activity } from '../../vocabulary/index.js';
import { anActivity } from './activity.js';

export function coffee(changes: Partial<Activity> = {}): Activity {
  const appliance = { id: 'kitchen-coffee', name: 'Coffee machine', profile: 'tasmota' };
  return anActivity('coffee', { startedAt: '2026-11-22T08:41:07.000Z', seconds: 0, appliance, ...changes });
}

export function offer(target: string, changes: Partial<Omit<Offer, 'destination'>> = {}): Offer {
  const moment: Moment = 'started';
  return {
    destination: { id: target },
    moment,
    activity: coffee(),
    text: 'Time for coffee.',
    ask: false,
    lastsMs: 1_800_000,
    dailyCap: 20,
    ...changes,
  };
}

/** A destination whose answers the test gives. */
export function destination(id: string, changes: Partial<Destination> = {}): Destination {
  return {
    id,
    name: id,
    network: 'webhook',
    idempotency: 'deduplicates',
    public: false,
    standing: false,
    settings: '1',
    address: '1',
    send: () => Promise.resolve({ outcome: 'sent' }),
    ...changes,
  };
}

/** A world with a clock that stands still until it is told, a disk in memory and no chance. */
export class PlayedWorld implements QueueWorld {
  time = Date.parse('2026-11-22T12:00:00Z');
  disk: string | undefined;
  diskFails = false;
  readonly events: QueueEvent[] = [];
  readonly destinations = new Map<string, Destination>();
  /** What is saved is saved as its changes, as nodes do. */
  readonly #changes = new QueueChanges();
  #saved: object = { version: 1, items: [], ledger: [] };
  #timers: { at: number; task: () => void }[] = [];

  load = (): Promise<unknown> => Promise.resolve(this.disk === undefined ? undefined : JSON.parse(this.disk));
  save = (state: QueueState): Promise<void> => {
    if (this.diskFails) return Promise.reject(new Error('no space left on the disk'));
    this.#saved = this.#changes.applied(this.#saved, [structuredClone(this.#changes.since(state) ?? {})]);
    this.disk = JSON.stringify(this.#saved);
    return Promise.resolve();
  };
  /** Those that the owner has taken off the list. */
  readonly takenOff = new Set<string>();
  isChosen = (id: string): boolean => !this.takenOff.has(id);
  destination = (id: string): Destination | undefined => this.destinations.get(id);
  now = (): number => this.time;
  random = (): number => 0.5;
  tell = (event: QueueEvent): void => {
    if (event.event !== 'changed') this.events.push(event);
  };
  words = (key: string, values: Record<string, string> = {}): string => [key, ...Object.values(values)].join(' ');
  after = (ms: number, task: () => void): (() => void) => {
    const timer = { at: this.time + ms, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  /** The clock goes on, and with it every timer on the way. @param ms milliseconds */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      await settle();
      const [next] = this.#timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at);
      if (!next) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.time = Math.max(this.time, next.at);
      next.task();
    }
    this.time = end;
    await settle();
  }

  /** What the queue told, by name. */
  told(): string[] {
    return this.events.map(({ event }) => event);
  }
}

/** Lets everything that is ready run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export interface Received {
  headers: Record<string, string>;
  body: string;
  path: string;
}

export interface TestReceiver {
  url: string;
  port: number;
  received: Received[];
  close(): Promise<void>;
}

type Answerer = (request: Received, response: ServerResponse, count: number) => void;

/** A real HTTP server; answers 204 unless told otherwise. */
export async function receiver(
  answer: Answerer = (_request, response) => void response.writeHead(204).end(),
  port = 0,
): Promise<TestReceiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const got = { headers: request.headers as Record<string, string>, body, path: request.url ?? '' };
      received.push(got);
      answer(got, response, received.length);
    });
  });
  await listening(server, port);
  const at = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${at}/hook`,
    port: at,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A proxy that delivers every request, and cuts the first answers off before the client sees them. */
export async function cuttingProxy(to: number, cuts: number): Promise<{ url: string; close(): Promise<void> }> {
  let left = cuts;
  const server = createTcpServer((client) => {
    const cut = left-- > 0;
    const upstream = connect(to, '127.0.0.1');
    client.pipe(upstream);
    upstream.on('data', (chunk) => (cut ? client.destroy() : client.write(chunk)));
    for (const socket of [client, upstream]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, close: () => new Promise((done) => server.close(() => done())) };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
}
