import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Cleanup } from './support.js';

/** The program as it is installed. */
export const CLI = resolve(__dirname, '..', '..', 'matching', 'server', 'cli.js');

/** Options that let one user do what many do. */
export const UNLIMITED_USERS: readonly string[] = [
  ...['--calls-per-minute', '0'],
  ...['--new-activities-per-day', '0', '--mebibytes-per-day', '0'],
];

interface Starting {
  env?: Record<string, string>;
  /** A command that runs the program given behind it, such as `prlimit --fsize=1000`. */
  under?: string[];
}

/** `kindred-endpoint` as a process of its own, with everything it said. */
export class EndpointProcess {
  output = '';
  url = '';
  readonly child: ChildProcess;
  /** Resolves to its exit code, or the signal that ended it, when all it said has been read. */
  readonly ended: Promise<number | NodeJS.Signals>;
  #hasEnded = false;

  /** @param cleanup kills it in the end, if it still runs */
  constructor(cleanup: Pick<Cleanup, 'add'>, args: string[], { env = {}, under = [] }: Starting = {}) {
    const [program, ...rest] = [...under, process.execPath, CLI, ...args] as [string, ...string[]];
    this.child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk;
      });
    }
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      this.#hasEnded = true;
      return (code ?? signal) as number | NodeJS.Signals;
    });
    cleanup.add(() => this.end('SIGKILL'));
  }

  /** An endpoint that serves on a free port. @throws Error with what it said when it does not start */
  static async serve(cleanup: Pick<Cleanup, 'add'>, args: string[], starting?: Starting): Promise<EndpointProcess> {
    const endpoint = new EndpointProcess(cleanup, ['--port', '0', ...UNLIMITED_USERS, ...args], starting);
    while (endpoint.url === '') {
      const [, address] = /Kindred endpoint at (\S+),/.exec(endpoint.output) ?? [];
      if (address) endpoint.url = address;
      else if (endpoint.#hasEnded) throw new Error(`it did not start: ${endpoint.output}`);
      else await Promise.race([once(endpoint.child.stdout as Readable, 'data'), endpoint.ended]);
    }
    return endpoint;
  }

  /** Resolves once it has ended of this signal. */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    if (!this.#hasEnded) this.child.kill(signal);
    return await this.ended;
  }
}

/** Runs the program to its end, such as with `backup`. */
export async function runCli(cleanup: Pick<Cleanup, 'add'>, args: string[], starting?: Starting) {
  const run = new EndpointProcess(cleanup, args, starting);
  return { code: await run.ended, output: run.output };
}
