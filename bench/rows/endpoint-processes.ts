import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadReport, LoadTask } from './endpoint-load.js';
import { populate } from './endpoint-people.js';
import type { Variant } from './endpoint-server.js';

/** The server has one core to itself, and who asks it the other. */
const CORE = { server: '0', client: '1' };
const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0;
export const USERS = 20_000;

let folder: string | undefined;

/** Where everything of this run is, until it ends. */
export function benchFolder(): string {
  if (!folder) {
    const made = mkdtempSync(join(tmpdir(), 'kindred-bench-'));
    folder = made;
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  }
  return folder;
}

/** A store with the users of all publish rows, made once and copied for each server. */
export async function populated(copy: string): Promise<string> {
  const original = join(benchFolder(), 'users.sqlite');
  if (!existsSync(original)) await populate(original, USERS);
  copyFileSync(original, copy);
  return copy;
}

function start(core: string, script: string, args: string[]): ChildProcess {
  const command = [process.execPath, join(__dirname, script), ...args];
  const [program, ...rest] = canPin ? ['taskset', '-c', core, ...command] : command;
  return spawn(program as string, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

function said<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const left = (): void => reject(new Error('a process of the bench ended too early'));
    child.once('exit', left);
    child.once('message', (message: T & { problem?: string }) => {
      child.off('exit', left);
      if (message.problem) reject(new Error(message.problem));
      else resolve(message);
    });
  });
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

export interface BenchServer {
  port: number;
  pid: number;
  stop(): Promise<void>;
}

/** Starts one kind of server on the server's core, over its own copy of the users. */
export async function startServer(variant: Variant): Promise<BenchServer> {
  const file = await populated(join(benchFolder(), `${variant}-${process.hrtime.bigint()}.sqlite`));
  const child = start(CORE.server, 'endpoint-server.js', [variant, file]);
  const { port } = await said<{ port: number }>(child);
  return {
    port,
    pid: child.pid as number,
    async stop() {
      await end(child);
      for (const suffix of ['', '-wal', '-shm', '.lock']) rmSync(file + suffix, { force: true });
    },
  };
}

/** Whatever `work` starts runs on the server's core. */
export async function onServerCore<T>(work: () => Promise<T>): Promise<T> {
  if (!canPin) return await work();
  const pin = (cores: string): void => void execFileSync('taskset', ['-acp', cores, String(process.pid)]);
  const [, before = ''] = /list: (.+)/.exec(execFileSync('taskset', ['-cp', String(process.pid)]).toString()) ?? [];
  pin(CORE.server);
  try {
    return await work();
  } finally {
    pin(before);
  }
}

export interface LoadClient {
  run(task: LoadTask): Promise<LoadReport>;
  stop(): Promise<void>;
}

export function startClient(): LoadClient {
  const child = start(CORE.client, 'endpoint-load.js', []);
  return {
    async run(task) {
      child.send(task);
      return (await said<{ report: LoadReport }>(child)).report;
    },
    stop: () => end(child),
  };
}

/** Resident memory of a process, in KiB. */
export function residentKib(pid: number): number {
  const [, kib] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib);
}
