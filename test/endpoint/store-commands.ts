import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { EndpointProcess, runCli } from './process-support.js';
import { type Cleanup, temporaryFolder } from './support.js';

type Ended = Promise<{ code: number | string; output: string }>;

/** The commands that work on a store and its backup, in a folder of their own. */
export class StoreCommands {
  readonly file: string;
  readonly backup: string;
  /** The file, as the commands want it. */
  readonly store: string;

  constructor(private readonly cleanup: Cleanup) {
    const folder = join(temporaryFolder(cleanup), "Anna's stores");
    mkdirSync(folder);
    this.file = join(folder, 'kindred.sqlite');
    this.backup = join(folder, 'backup.sqlite');
    this.store = `sqlite:${this.file}`;
  }

  run(args: string[], under?: string[]): Ended {
    return runCli(this.cleanup, args, under ? { under } : {});
  }

  serve(...more: string[]): Promise<EndpointProcess> {
    return EndpointProcess.serve(this.cleanup, ['--store', this.store, ...more]);
  }

  backUp(...more: string[]): Ended {
    return this.run(['backup', '--store', this.store, '--to', this.backup, ...more]);
  }

  restore(): Ended {
    return this.run(['restore', '--from', this.backup, '--store', this.store]);
  }
}

export async function does(doing: Ended, words: RegExp): Promise<void> {
  const { code, output } = await doing;
  assert.match(output, words);
  assert.equal(code, 0);
}

export async function refuses(doing: Ended, words: RegExp): Promise<void> {
  const { code, output } = await doing;
  assert.match(output, words);
  assert.doesNotMatch(output, /\n\s+at /, 'a stack is no message for a person');
  assert.equal(code, 1);
}

/** Where the store that was there is kept, as `restore` says it. */
export function asideOf(output: string): string {
  const [, aside] = / is kept as (.+)$/m.exec(output) ?? [];
  assert.ok(aside, output);
  return aside;
}

/** The arguments that do again what was taken back, as `restore` says them. */
export function withdrawIn(output: string): string[] {
  const [, command] = /^ {2}kindred-endpoint (withdraw .+)$/m.exec(output) ?? [];
  assert.ok(command, output);
  return wordsOf(command);
}

/** The arguments of a command line, as a shell takes them. */
export function wordsOf(command: string): string[] {
  const words = execFileSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' });
  return words.trimEnd().split('\n');
}
