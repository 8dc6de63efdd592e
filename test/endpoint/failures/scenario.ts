import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Balance, Ledger } from '../ledger.js';
import { EndpointProcess, runCli } from '../process-support.js';
import { type Cleanup, temporaryFolder } from '../support.js';

/** What came of breaking something. */
export interface Outcome {
  balance: Balance;
  /** From the end of what was wrong until the first publish was answered again. */
  seconds: number;
  /** The line that the operator reads; without the folder. */
  sees: string;
  /** What the operator does about it. */
  cure: string;
  /**
   * Acknowledged, and gone with what was broken: since the backup that was restored, or behind the damage. The endpoint has
   * refused to go on before, and said so. Missing where nothing can be gone.
   */
  gone?: number;
}

export interface Scenario {
  /** What is killed or broken. */
  name: string;
  /** What the operator must be told. */
  sees: RegExp;
  /** Why it cannot be tried here; undefined when it can. */
  unavailable?(): string | undefined;
  run(place: Place): Promise<Outcome>;
}

/** A folder with a store, and what can be done there. */
export class Place {
  readonly folder: string;
  readonly file: string;
  readonly backup: string;

  constructor(
    readonly cleanup: Cleanup,
    folder?: string,
  ) {
    this.folder = folder ?? temporaryFolder(cleanup);
    this.file = join(this.folder, 'kindred.sqlite');
    this.backup = join(this.folder, 'backup.sqlite');
  }

  serve(starting?: { env?: Record<string, string>; under?: string[] }): Promise<EndpointProcess> {
    return EndpointProcess.serve(this.cleanup, ['--store', `sqlite:${this.file}`], starting);
  }

  /** Tries to start it. Returns what it says instead. */
  async refusal(under: string[] = []): Promise<string> {
    const args = ['--port', '0', '--store', `sqlite:${this.file}`];
    const { code, output } = await runCli(this.cleanup, args, { under });
    if (code !== 1) throw new Error(`it ended with ${code}: ${output}`);
    return this.line(output);
  }

  async command(name: 'backup' | 'restore', backup = this.backup): Promise<void> {
    const args = name === 'backup' ? ['--to', backup] : ['--from', backup];
    const { code, output } = await runCli(this.cleanup, [name, '--store', `sqlite:${this.file}`, ...args]);
    if (code !== 0) throw new Error(output);
  }

  /** What it said on standard error, as an operator may read it in a table: the first line of the kind, or the last one. */
  line(output: string, kind?: RegExp): string {
    const lines = output
      .split('\n')
      .filter((line) => line.startsWith('kindred-endpoint: '))
      .map((line) => line.replaceAll(`${this.folder}/`, ''));
    return (kind ? lines.find((line) => kind.test(line)) : lines.at(-1)) ?? '';
  }
}

/** Joins people and publishes until so many more are acknowledged. */
export async function publishMore(ledger: Ledger, url: string, count: number): Promise<void> {
  if (ledger.tokens.length === 0) await ledger.join(url, 8);
  const goal = ledger.acknowledged.size + count;
  await ledger.load(url, () => ledger.acknowledged.size >= goal);
}

/** Seconds from a moment until the endpoint has answered another publish. */
export async function secondsToGoOn(since: number, ledger: Ledger, url: string): Promise<number> {
  await publishMore(ledger, url, 1);
  return (performance.now() - since) / 1000;
}

export function canRun(command: string, ...args: string[]): boolean {
  return spawnSync(command, args).status === 0;
}
