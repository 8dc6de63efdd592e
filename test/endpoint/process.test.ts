import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { KindredClient } from '../../matching/client/index.js';
import { newId } from '../../vocabulary/index.js';
import { leaveOut } from '../support/leave-out.js';
import { Cleanup, joinAs, temporaryFolder } from './support.js';

const CLI = resolve(__dirname, '..', '..', 'matching', 'server', 'cli.js');

describe('kindred-endpoint', function () {
  this.timeout(60_000);
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  function start(args: string[], env: Record<string, string> = {}): ChildProcess {
    const child = spawn(process.execPath, [CLI, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    cleanup.add(async () => {
      if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await once(child, 'exit');
    });
    return child;
  }

  async function ended(child: ChildProcess): Promise<{ code: number | null; output: string }> {
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  }

  async function addressOf(child: ChildProcess): Promise<string> {
    let output = '';
    for await (const chunk of child.stdout as NonNullable<ChildProcess['stdout']>) {
      output += chunk;
      const [, address] = /Kindred endpoint at (\S+),/.exec(output) ?? [];
      if (address) return address;
    }
    throw new Error(`it did not start: ${output}`);
  }

  async function refuses(args: string[], reason: RegExp, env?: Record<string, string>): Promise<void> {
    const { code, output } = await ended(start(args, env));
    assert.match(output, reason);
    assert.doesNotMatch(output, /\n\s+at /, 'a stack is no message for a person');
    assert.equal(code, 1);
  }

  it('says what it is and what it takes', async () => {
    const help = await ended(start(['--help']));
    assert.equal(help.code, 0);
    for (const word of ['--port', '--host', '--store', '--registration', '--version'])
      assert.ok(help.output.includes(word));
    assert.match((await ended(start(['--version']))).output, /^\d+\.\d+\.\d+/);
  });

  it('says what is wrong, and what to do', async () => {
    const file = join(temporaryFolder(cleanup), 'kindred.sqlite');
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
    cleanup.add(() => taken.close());
    const { port } = taken.address() as AddressInfo;
    await refuses(
      ['--port', String(port), '--store', `sqlite:${file}`],
      /is taken by another program: choose another --port/,
    );
    await refuses(['--store', 'mysql:x'], /must be given as sqlite:FILE/);
    await refuses(['--port', '70000'], /--port must be a whole number from 0 to 65535/);
    await refuses(['--registration', 'maybe'], /open, invitation or closed/);
    await refuses(['--registration', 'invitation'], /KINDRED_INVITATION/, { KINDRED_INVITATION: '' });
    await refuses(['--joins-per-hour', 'many'], /--joins-per-hour must be a whole number from 0 to/);
    await refuses(['--colour', 'red'], /--colour/);
    const running = start(['--port', '0', '--store', `sqlite:${file}`]);
    await addressOf(running);
    await refuses(['--port', '0', '--store', `sqlite:${file}`], /in use by another Kindred endpoint/);
  });

  it('says so when Node is too old for its store', function () {
    const old = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => majorOf(path) < 22);
    if (!old) leaveOut(this, 'there is no Node older than 22 on this machine');
    assert.throws(
      () => execFileSync(old, [CLI], { stdio: 'pipe' }),
      ({ stderr }: { stderr: Buffer }) => /needs Node 22\.13 or newer; this is v/.test(String(stderr)),
    );
  });

  it('closes cleanly when it is told to, open streams and all', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const child = start(['--port', '0', '--store', `sqlite:${join(temporaryFolder(cleanup), 'kindred.sqlite')}`]);
      const url = await addressOf(child);
      const { token } = await joinAs(url, 'Anna');
      const stream = await fetch(`${url}/v1/events`, { headers: { authorization: `Bearer ${token}` } });
      const end = ended(child);
      child.kill(signal);
      assert.equal((await end).code, 0);
      await stream.body?.cancel().catch(() => {});
    }
  });

  it('ends with a line when its store has stopped, for a supervisor to start it again', async () => {
    const folder = temporaryFolder(cleanup);
    const preload = join(folder, 'thread.js');
    // Ends the store's thread as a crash would, once it has been open for a moment.
    writeFileSync(
      preload,
      `const threads = require('node:worker_threads');
      const { Worker } = threads;
      threads.Worker = class extends Worker {
        constructor(...args) {
          super(...args);
          this.once('message', () => setTimeout(() => this.terminate(), 300));
        }
      };`,
    );
    const args = ['--port', '0', '--store', `sqlite:${join(folder, 'kindred.sqlite')}`];
    const { code, output } = await ended(start(args, { NODE_OPTIONS: `--require ${preload}` }));
    assert.match(output, /kindred-endpoint: The store stopped by itself\. It ends here/);
    assert.equal(code, 1);
  });

  it('has everything it answered when it is killed under load, and nothing twice', async () => {
    const store = `sqlite:${join(temporaryFolder(cleanup), 'kindred.sqlite')}`;
    const tokens: string[] = [];
    const answered = new Set<string>();
    const sent = new Set<string>();
    for (let round = 0; round < 3; round++) {
      const child = start(['--port', '0', '--store', store, '--calls-per-minute', '0']);
      const url = await addressOf(child);
      if (tokens.length === 0) {
        for (let count = 0; count < 4; count++)
          tokens.push((await joinAs(url, `User ${count}`, { discoverable: count < 2 })).token);
      }
      await killUnderLoad(child, url, tokens, answered, sent);
    }
    const url = await addressOf(start(['--port', '0', '--store', store]));
    const stored = (await Promise.all(tokens.map((token) => everythingOf(new KindredClient({ url, token }))))).flat();
    const there = new Set(stored);
    assert.equal(there.size, stored.length, 'something is there twice');
    assert.deepEqual(
      [...answered].filter((id) => !there.has(id)),
      [],
      'something answered is lost',
    );
    assert.deepEqual(
      stored.filter((id) => !sent.has(id)),
      [],
    );
    assert.ok(answered.size > 300, `only ${answered.size} were answered: that was no load`);
  });

  async function everythingOf(client: KindredClient): Promise<string[]> {
    return (await client.exportMe()).activities.map(({ id }) => id);
  }

  /** Publishes over 32 connections, some things twice, and kills the process in the middle of it. */
  async function killUnderLoad(
    child: ChildProcess,
    url: string,
    tokens: string[],
    answered: Set<string>,
    sent: Set<string>,
  ): Promise<void> {
    const agent = new Agent({ keepAlive: true });
    const goal = answered.size + 150;
    let dead = false;
    const exit = once(child, 'exit').then(() => {
      dead = true;
    });
    const publishing = Array.from({ length: 32 }, async (_, index) => {
      while (!dead) {
        const id = newId();
        sent.add(id);
        const token = tokens[index % tokens.length] as string;
        for (let copy = 0; copy <= index % 2; copy++) {
          const status = await put(agent, url, id, token).catch(() => 0);
          if (status === 200 || status === 201) answered.add(id);
          else assert.equal(status, 0);
        }
        if (answered.size >= goal) child.kill('SIGKILL');
      }
    });
    await Promise.all([...publishing, exit]);
    agent.destroy();
  }
});

function put(agent: Agent, url: string, id: string, token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const outgoing = request(`${url}/v1/activities/${id}`, { method: 'PUT', agent, headers }, (response) => {
      response.on('error', reject).on('end', () => resolve(response.statusCode ?? 0));
      response.resume();
    });
    outgoing.on('error', reject);
    outgoing.end(
      JSON.stringify({ revision: 1, activity: 'coffee', state: 'started', startedAt: new Date().toISOString() }),
    );
  });
}

function majorOf(node: string): number {
  try {
    return Number(/^v(\d+)/.exec(execFileSync(node, ['--version'], { encoding: 'utf8' }))?.[1] ?? 99);
  } catch {
    return 99;
  }
}
