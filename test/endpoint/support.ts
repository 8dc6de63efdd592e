import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import threads, { type Worker } from 'node:worker_threads';
import { cellOf, KindredClient, type NewUser } from '../../matching/client/index.js';
import { type BuildOptions, buildEndpoint, type Limits, openStore, type Store } from '../../matching/server/index.js';
import type { Activity } from '../../vocabulary/index.js';
import { anActivity } from '../support/activity.js';

/** Everything a test must undo, undone after it. */
export class Cleanup {
  readonly #undo: (() => unknown)[] = [];

  add(undo: () => unknown): void {
    this.#undo.push(undo);
  }

  async run(): Promise<void> {
    for (const undo of this.#undo.splice(0).reverse()) await undo();
  }
}

export function temporaryFolder(cleanup: Cleanup): string {
  const folder = mkdtempSync(join(tmpdir(), 'kindred-endpoint-'));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Limits that limit nothing, for tests of some of them. */
export const UNLIMITED: Limits = {
  callsPerMinute: 0,
  joinsPerHour: 0,
  failuresPerMinute: 0,
  newActivitiesPerDay: 0,
  bytesPerDay: 0,
};

/** A plain server on a free port. Resolves to its address. */
export async function serveHttp(cleanup: Cleanup, listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.add(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The threads that are started from now on, so that a test can end one as a crash would. */
export function captureThreads(cleanup: Cleanup): Worker[] {
  const started: Worker[] = [];
  const Original = threads.Worker;
  class Captured extends Original {
    constructor(...args: ConstructorParameters<typeof Original>) {
      super(...args);
      started.push(this);
    }
  }
  threads.Worker = Captured;
  cleanup.add(() => {
    threads.Worker = Original;
  });
  return started;
}

/** An empty store, with whatever a test looks into it through. */
export type StoreOpener<Opened extends { store: Store } = { store: Store }> = (cleanup: Cleanup) => Promise<Opened>;

export interface RunningEndpoint {
  url: string;
  store: Store;
  /** Makes the endpoint's clock tell this time, or the real one again. */
  setClock(ms: number | undefined): void;
  failures: string[];
}

/** A store in a file of its own. */
export const openFile = async (cleanup: Cleanup): Promise<{ store: Store; file: string }> => {
  const file = join(temporaryFolder(cleanup), 'kindred.sqlite');
  const store = await openStore(`sqlite:${file}`);
  cleanup.add(() => store.close());
  return { store, file };
};

/** A real endpoint on a free port over a store of its own. */
export async function startEndpoint<Opened extends { store: Store } = { store: Store }>(
  cleanup: Cleanup,
  options: Partial<BuildOptions> = {},
  open: StoreOpener<Opened> = openFile as StoreOpener<never>,
): Promise<RunningEndpoint & Opened> {
  const opened = await open(cleanup);
  let time: number | undefined;
  const failures: string[] = [];
  const app = buildEndpoint({
    clock: () => time ?? Date.now(),
    onEvent: (event) => event.event === 'failed' && failures.push(event.problem),
    ...options,
    store: opened.store,
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  cleanup.add(() => app.close());
  const setClock = (ms: number | undefined): void => {
    time = ms;
  };
  return { ...opened, url: url + (options.prefix ?? ''), failures, setClock };
}

/** Sends a call and hangs up before there can be an answer. */
export function hangUp(url: string, method: string, path: string, token: string, body = ''): Promise<void> {
  const { hostname, port, pathname } = new URL(url);
  const head = [
    `${method} ${pathname.replace(/\/$/, '')}${path} HTTP/1.1`,
    `host: ${hostname}`,
    `authorization: Bearer ${token}`,
  ];
  if (body !== '') head.push('content-type: application/json', `content-length: ${Buffer.byteLength(body)}`);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.once('error', reject).once('close', () => resolve());
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.resetAndDestroy());
  });
}

export const VIENNA = cellOf(48.2082, 16.3738);

export interface Member {
  client: KindredClient;
  token: string;
  id: string;
}

/** Joins a discoverable user in Vienna. */
export async function joinAs(url: string, name: string, options: Partial<NewUser> = {}): Promise<Member> {
  const { user, token } = await new KindredClient({ url }).createUser({
    name,
    discoverable: true,
    cell: VIENNA,
    ...options,
  });
  return { client: new KindredClient({ url, token }), token, id: user.id };
}

/** A coffee that began a minute ago and goes on. */
export function coffee(changes: Partial<Activity> = {}): Activity {
  const power = { last: 1200, max: 1412 };
  return anActivity('coffee', { place: 'Kitchen', parameters: { power }, ...changes });
}

/** Resolves once `test` is true; gives up before the runner does, so that nothing is left turning. */
export async function until(test: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await test()); waited += 5) {
    if (waited > 60_000) throw new Error('what the test waits for does not come');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
