import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { settingsFor } from '../../scripts/household/settings.js';
import { type FlowNode, prepareUserDirectory } from '../../scripts/household/user-directory.js';

/** dist/test/support → the project's root */
export const ROOT = resolve(__dirname, '..', '..', '..');

/** Asks again and again until the answer is neither undefined nor false. @throws Error that says what did not happen */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  timeoutMs = 60_000,
): Promise<Exclude<T, undefined | null | false>> {
  const end = Date.now() + timeoutMs;
  let trouble: unknown;
  while (Date.now() < end) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null && answer !== false) {
        return answer as Exclude<T, undefined | null | false>;
      }
    } catch (error) {
      trouble = error;
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`within ${timeoutMs / 1000} s it did not happen: ${what}${trouble ? ` (${String(trouble)})` : ''}`);
}

/** Each process begins elsewhere, so that those that run side by side do not look at the same ports. */
let nextPort = 10_000 + ((process.pid * 89) % 20_000);

/**
 * A port of the loopback that nobody listens on. It is below those that the system gives to whoever asks for any, so that
 * none of them takes it before the caller does.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = nextPort;
    nextPort = port < 30_000 ? port + 1 : 10_000;
    const server = createServer();
    const isFree = await new Promise<boolean>((done) => {
      server.once('error', () => done(false));
      server.listen(port, '127.0.0.1', () => done(true));
    });
    if (!isFree) continue;
    await new Promise((done) => server.close(done));
    return port;
  }
}

/** A program of ours as a process of its own, with what it said. */
export class Program {
  output = '';
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | string>;

  /** @param detached gives it a process group of its own, as a terminal does */
  constructor(args: string[], { env = {}, detached = false }: { env?: NodeJS.ProcessEnv; detached?: boolean } = {}) {
    this.#child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString('utf8');
      });
    }
    this.#exit = new Promise((done) => {
      this.#child.on('error', (error) => done(error.message));
      this.#child.on('exit', (code, signal) => done(code ?? signal ?? 'gone'));
    });
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Its exit code, or the signal that ended it. */
  get exit(): Promise<number | string> {
    return this.#exit;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ctrl-C in a terminal reaches the whole process group. */
  interrupt(): void {
    process.kill(-this.pid, 'SIGINT');
  }

  /** Ends it in good order; by force after 15 s. */
  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const force = setTimeout(() => this.signal('SIGKILL'), 15_000);
    this.signal('SIGTERM');
    await this.#exit;
    clearTimeout(force);
  }
}

interface NodeRedOptions {
  flows?: FlowNode[];
  env?: NodeJS.ProcessEnv;
  /** Of Node-RED, where they are others than the household's. */
  settings?: Record<string, unknown>;
  /** A user directory in which something is installed already; without it, a fresh one with this package linked. */
  userDir?: string;
  /** The folder whose node_modules has the node-red to run; this project's own when missing. */
  nodeRedFrom?: string;
}

interface Start {
  userDir: string;
  port: number;
  env: NodeJS.ProcessEnv;
  nodeRedFrom: string;
}

/** A real Node-RED as a process of its own, on a free port of 127.0.0.1, with this package linked into its user directory. */
export class NodeRed {
  readonly #start: Start;
  #program: Program;

  private constructor(start: Start) {
    this.#start = start;
    this.#program = launch(start);
  }

  /** Starts one with flows, or none, and waits until its admin API answers. */
  static async start({
    flows = [],
    env = {},
    settings: others = {},
    userDir: given,
    nodeRedFrom = ROOT,
  }: NodeRedOptions = {}): Promise<NodeRed> {
    const userDir = given ?? (await mkdtemp(join(tmpdir(), 'kindred-node-red-')));
    const port = await freePort();
    const credentialSecret = given ? 'a secret of this test alone' : await prepareUserDirectory(userDir, ROOT);
    const household = settingsFor({ userDir, port, credentialSecret });
    const settings = {
      ...household,
      // After each start, whoever has something to tell waits for so long.
      mqttReconnectTime: 200,
      // No dialog of ours has an editor for code, and this one is there sooner.
      editorTheme: { ...household.editorTheme, codeEditor: { lib: 'ace' } },
      ...others,
    };
    await writeFile(join(userDir, 'settings.js'), `module.exports = ${JSON.stringify(settings)};`);
    await writeFile(join(userDir, 'flows.json'), JSON.stringify(flows));
    const own = { KINDRED_ENDPOINT: `http://127.0.0.1:${port}/kindred` };
    const nodeRed = new NodeRed({ userDir, port, nodeRedFrom, env: { ...own, ...env } });
    await nodeRed.ready();
    return nodeRed;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#start.port}`;
  }

  get userDir(): string {
    return this.#start.userDir;
  }

  get output(): string {
    return this.#program.output;
  }

  async ready(): Promise<void> {
    await until(
      'Node-RED answers',
      async () => {
        if (this.#program.hasEnded) return 'ended';
        return (await fetch(`${this.url}/flows`)).ok;
      },
      60_000,
    );
    if (this.#program.hasEnded) throw new Error(`Node-RED ended: ${this.output}`);
  }

  /** Asks the admin API. @throws Error with the answer's text when it is not a success */
  async admin<T>(
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json',
        'Node-RED-API-Version': 'v2',
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text) as T;
  }

  /** Replaces all flows, as the editor's Deploy does. Credentials go in as `credentials` of their node. */
  async deploy(flows: FlowNode[], type: 'full' | 'nodes' | 'flows' = 'full'): Promise<void> {
    await this.admin('POST', '/flows', { flows }, { 'Node-RED-Deployment-Type': type });
  }

  /** The status that a node shows in the editor now; undefined when it shows none within a second. */
  async statusOf(id: string): Promise<{ fill?: string; text?: string } | undefined> {
    const socket = new WebSocket(`${this.url.replace('http', 'ws')}/comms`);
    try {
      return await new Promise((done, fail) => {
        socket.onopen = () => socket.send(JSON.stringify({ subscribe: `status/${id}` }));
        socket.onerror = () => fail(new Error('the editor has no connection to Node-RED'));
        socket.onmessage = ({ data }) => {
          const messages = JSON.parse(String(data)) as { topic: string; data: { fill?: string; text?: string } }[];
          const status = [messages].flat().find(({ topic }) => topic === `status/${id}`);
          if (status) done(status.data);
        };
        setTimeout(() => done(undefined), 1000);
      });
    } finally {
      socket.close();
    }
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    this.#program.signal('SIGKILL');
    await this.#program.exit;
  }

  /** Starts it again on what is on disk. */
  async restart(): Promise<void> {
    await this.#program.stop();
    this.#program = launch(this.#start);
    await this.ready();
  }

  /** Ends it and removes its user directory. */
  async stop(): Promise<void> {
    await this.#program.stop();
    await rm(this.userDir, { recursive: true, force: true });
  }
}

function launch({ userDir, env, nodeRedFrom }: Start): Program {
  const red = join(nodeRedFrom, 'node_modules', 'node-red', 'red.js');
  return new Program([red, '--settings', join(userDir, 'settings.js'), '--userDir', userDir], { env });
}
