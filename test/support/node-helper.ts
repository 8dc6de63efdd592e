import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Node, NodeAPI, NodeMessage, NodeStatus } from 'node-red';
import { type EndpointOptions, openEndpoint } from '../../matching/server/index.js';

/** What the tests use of node-red-node-test-helper, which has no types. Its `_` answers with the key alone. */
interface Helper {
  settings(settings: object): void;
  startServer(): Promise<void>;
  stopServer(): Promise<void>;
  url(): string;
  load(nodes: ((RED: NodeAPI) => void)[], flow: object[], credentials?: object): Promise<void>;
  /** Deploys while it runs, as the editor does: what is unchanged goes on. */
  setFlows(flow: object[], type: 'full' | 'flows' | 'nodes', credentials?: object): Promise<void>;
  unload(): Promise<void>;
  getNode(id: string): Node;
  log(): { args: unknown[][] };
  /** Node-RED's own web server and what serves on it. */
  _server: Server;
  _app: { get(path: string, handler: RequestListener): void };
  /** Express with the admin routes. */
  _httpAdmin: RequestListener;
}

export const helper: Helper = createRequire(__filename)('node-red-node-test-helper');

interface House {
  readonly dir: string;
  /** How long Node-RED's own MQTT nodes wait before they try again, as its settings say; in milliseconds. */
  reconnectsIn(ms: number): void;
}

/**
 * For a suite with nodes in the helper's Node-RED: it runs meanwhile, and every test has a user directory of its own.
 * @param close ends what else a test began, once its nodes are gone
 */
export function inNodeRed(close: () => unknown = () => {}): House {
  let dir = '';
  // After each start, whoever has something to tell waits for so long.
  const set = (mqttReconnectTime = 200): void => {
    helper.settings({
      ...{ userDir: dir, registerNodeSettings: () => {}, exportNodeSettings: () => ({}) },
      mqttReconnectTime,
    });
  };
  before(() => helper.startServer());
  after(() => helper.stopServer());
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kindred-nodes-'));
    set();
  });
  afterEach(async () => {
    await helper.unload();
    await close();
    rmSync(dir, { recursive: true, force: true });
  });
  return {
    get dir() {
      return dir;
    },
    reconnectsIn: set,
  };
}

/** What a node sent, said and failed with since it was looked at. */
export class Seen {
  readonly messages: NodeMessage[] = [];
  readonly #changed = new EventEmitter();

  /** @param id of a helper node */
  constructor(id: string) {
    helper.getNode(id).on('input', (message: NodeMessage) => {
      this.messages.push(message);
      this.#changed.emit('message');
    });
  }

  /** Until there are so many. */
  async atLeast(count: number): Promise<NodeMessage[]> {
    while (this.messages.length < count) await once(this.#changed, 'message');
    return this.messages;
  }
}

/** Until the node's status has had this text. */
export async function statusOf(id: string, text: string | RegExp): Promise<NodeStatus> {
  for (;;) {
    const node = helper.getNode(id) as (Node & { status: { args: [NodeStatus][] } }) | null;
    if (!node) throw new Error(`${id} is gone`);
    const found = node.status.args.map(([status]) => status).findLast((status) => isText(status.text ?? '', text));
    if (found) return found;
    await new Promise((done) => setTimeout(done, 10));
  }
}

function isText(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === 'string' ? text === wanted : wanted.test(text);
}

export async function listen(server: Server, port = 0): Promise<string> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A matching endpoint on a server of its own. */
export async function startEndpoint(dir: string, options: Partial<EndpointOptions> & { port?: number } = {}) {
  const { port, ...rest } = options;
  const endpoint = await openEndpoint({ store: `sqlite:${join(dir, 'alone.sqlite')}`, ...rest });
  const server = createServer((request, response) => void endpoint.handle(request, response));
  const url = await listen(server, port);
  return {
    url,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await endpoint.close();
    },
  };
}

/** A server that answers anything in one way. */
export async function startServer(answer: RequestListener) {
  const server = createServer(answer);
  const url = await listen(server);
  return {
    url,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
