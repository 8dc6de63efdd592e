import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EXTRA } from './day.js';
import type { FastClock } from './virtual.js';

/** Ticks of the processor's time in a second, as Linux counts them (sysconf(_SC_CLK_TCK)). */
const TICKS = 100;

export interface CityEndpoint {
  port: number;
  /** Seconds of processor time that it has used. */
  cpu(): number;
  /** Resident memory now, and the most so far, in MB. */
  memory(): { now: number; most: number };
  /** Everything it said on standard error. */
  complaints(): string;
  /** Resolves when it has ended cleanly. */
  stop(): Promise<void>;
}

const UNLIMITED_USERS = ['--calls-per-minute', '0', '--new-activities-per-day', '0', '--mebibytes-per-day', '0'];

/** Starts the program as it is installed, with a clock that runs faster than life. */
export async function startEndpoint(store: string, clock: FastClock): Promise<CityEndpoint> {
  const cli = join(__dirname, '..', '..', 'matching', 'server', 'cli.js');
  const args = ['--port', '0', '--store', store, '--activities', EXTRA.join(','), ...UNLIMITED_USERS];
  const env = { ...process.env, KINDRED_CITY_CLOCK: String(clock) };
  const child = spawn(process.execPath, ['--require', join(__dirname, 'clock.js'), cli, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (complaints.length < 10_000) complaints += chunk.toString();
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const port = await portOf(child, () => complaints);
  const status = (name: string): number =>
    Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1000;
  return {
    port,
    cpu() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / TICKS;
    },
    memory: () => ({ now: status('VmRSS'), most: status('VmHWM') }),
    complaints: () => complaints,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function portOf(child: ChildProcess, complaints: () => string): Promise<number> {
  let output = '';
  for await (const chunk of child.stdout as NonNullable<ChildProcess['stdout']>) {
    output += chunk;
    const [, port] = /Kindred endpoint at http:\/\/[^:]+:(\d+),/.exec(output) ?? [];
    if (port) return Number(port);
  }
  throw new Error(`the endpoint did not start: ${complaints()}`);
}

/** Seconds of processor time that the whole machine has used, all cores together. */
export function machineCpu(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (
    readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? ''
  )
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq) / TICKS;
}

/** MB on disk of a store in a file, with its log. */
export function diskOf(store: string): number {
  const file = store.replace(/^sqlite:/, '');
  return ['', '-wal'].reduce((sum, end) => sum + (existsSync(file + end) ? statSync(file + end).size : 0), 0) / 1e6;
}
