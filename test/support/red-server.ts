import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './node-red.js';
import { PACKAGE, readJson } from './package.js';

const READY_WITHIN_MS = 60_000;

/** A Node-RED process of our own on a free port of this machine. */
export interface RedServer {
  url: string;
  userDir: string;
  /** Everything it printed so far. */
  log(): string;
  /** Calls the admin interface. @throws Error with the answer's text when the status is not 2xx */
  admin<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface RedServerOptions {
  /** The folder whose node_modules has the node-red to run; this project's own when missing. */
  nodeRedFrom?: string;
  /** A user directory that is kept; a temporary one when missing. */
  userDir?: string;
  port?: number;
}

/** A user directory in which the working tree is installed like a package. */
export function linkedUserDir(): string {
  const userDir = mkdtempSync(join(tmpdir(), 'kindred-red-'));
  const link = join(userDir, 'node_modules', PACKAGE);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(ROOT, link, 'dir');
  const { version } = readJson<{ version: string }>(ROOT, 'package.json');
  writeFileSync(join(userDir, 'package.json'), JSON.stringify({ private: true, dependencies: { [PACKAGE]: version } }));
  return userDir;
}

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export async function startRed(options: RedServerOptions = {}): Promise<RedServer> {
  const userDir = options.userDir ?? linkedUserDir();
  const port = options.port ?? (await freePort());
  const settings = join(userDir, 'settings.js');
  writeFileSync(
    settings,
    `module.exports = ${JSON.stringify({
      uiHost: '127.0.0.1',
      telemetry: { enabled: false, updateNotification: false },
      editorTheme: { tours: false },
      credentialSecret: 'a secret of this test alone',
      logging: { console: { level: 'info' } },
      diagnostics: { enabled: false },
    })};`,
  );
  const red = join(options.nodeRedFrom ?? ROOT, 'node_modules', 'node-red', 'red.js');
  const child = spawn(process.execPath, [red, '--userDir', userDir, '--settings', settings, '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_V8_COVERAGE: '' },
  });
  const log = await untilReady(child);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    userDir,
    log,
    admin: (method, path, body) => admin(url, method, path, body),
    stop: async (signal = 'SIGTERM') => {
      await ended(child, signal);
      if (!options.userDir) rmSync(userDir, { recursive: true, force: true });
    },
  };
}

function untilReady(child: ChildProcess): Promise<() => string> {
  let text = '';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Node-RED was not ready in time:\n${text}`)), READY_WITHIN_MS);
    const take = (chunk: Buffer) => {
      text += chunk.toString();
      if (!/Started flows/.test(text)) return;
      clearTimeout(timer);
      resolve(() => text);
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`Node-RED ended with ${code}:\n${text}`));
    });
  });
}

async function admin<T>(url: string, method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', accept: 'application/json', 'Node-RED-API-Version': 'v2' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (text ? JSON.parse(text) : undefined) as T;
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}
