import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { leaveOut } from '../support/leave-out.js';
import { CLI, EndpointProcess } from './process-support.js';
import { Cleanup, coffee, joinAs, temporaryFolder, until } from './support.js';

describe('kindred-endpoint', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  const start = (args: string[], env: Record<string, string> = {}) => new EndpointProcess(cleanup, args, { env });
  const serve = (args: string[]) => EndpointProcess.serve(cleanup, args);

  async function ended(endpoint: EndpointProcess): Promise<{ code: number | string; output: string }> {
    return { code: await endpoint.ended, output: endpoint.output };
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
    for (const word of ['--port', '--host', '--store', '--registration', '--from FILE --as-in FILE', '--version'])
      assert.ok(help.output.includes(word));
    assert.match((await ended(start(['--version']))).output, /^\d+\.\d+\.\d+/);
  });

  it('waits for room on a disk that is full when it starts', async function () {
    const folder = temporaryFolder(cleanup);
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder]);
    if (mount.status !== 0) leaveOut(this, 'only root may mount a small disk');
    cleanup.add(() => void execFileSync('umount', ['-l', folder]));
    const args = ['--port', '0', '--store', `sqlite:${join(folder, 'kindred.sqlite')}`];
    await (await serve(args)).end('SIGTERM');
    const filler = join(folder, 'filler');
    assert.throws(() => {
      for (;;) appendFileSync(filler, Buffer.alloc(4096));
    }, /ENOSPC/);
    const waiting = start(args);
    const saysThatItWaits = /The disk that .* is full: .*It starts as soon as that has passed/;
    await until(() => saysThatItWaits.test(waiting.output));
    assert.equal(await waiting.end('SIGTERM'), 0);
    const started = start(args);
    await until(() => saysThatItWaits.test(started.output));
    rmSync(filler);
    await until(() => started.output.includes('Kindred endpoint at'));
  });

  it('waits for a PostgreSQL that is away when it starts', async () => {
    const log = join(temporaryFolder(cleanup), 'audit.log');
    const store = 'postgres://kindred@127.0.0.1:1/kindred';
    const waiting = start(['--port', '0', '--store', store, '--audit-log', log]);
    await until(() => /PostgreSQL is away: .*It starts as soon as that has passed/.test(waiting.output));
    // As logrotate does.
    renameSync(log, `${log}.1`);
    waiting.child.kill('SIGHUP');
    await until(() => existsSync(log));
    assert.equal(await waiting.end('SIGTERM'), 0);
  });

  it('takes activities as people write a list', async () => {
    const store = `sqlite:${join(temporaryFolder(cleanup), 'kindred.sqlite')}`;
    const endpoint = await serve(['--store', store, '--activities', 'chess, sauna']);
    const { client } = await joinAs(endpoint.url, 'Anna');
    await client.publish(coffee({ activity: 'sauna' }));
  });

  it('says what is wrong, and what to do', async () => {
    const file = join(temporaryFolder(cleanup), 'kindred.sqlite');
    for (const wrong of [
      'mysql:x',
      'mysql://x',
      'postgress://me:secret@db/x',
      'kindred.sqlite',
      'postgres:x',
      'sqlite:',
    ]) {
      const { code, output } = await ended(start(['--port', '0', '--store', wrong]));
      assert.equal(code, 1);
      assert.match(output, /given as .*postgres:\/\/USER@HOST.*PGPASSWORD/, wrong);
      assert.doesNotMatch(output, /secret|PASSWORD@|\n\s+at /);
    }
    await refuses(
      ['import', '--from', 'mysql:x', '--to', 'postgres://h/d'],
      /--from sqlite:FILE --to postgres:\/\/USER@HOST.*PGPASSWORD/,
    );
    await refuses(
      ['--port', '0', '--prefix', 'kindred', '--store', `sqlite:${file}`],
      /"kindred" is no path for the endpoint: use something like \/kindred/,
    );
    await refuses(['--port', '70000'], /--port must be a whole number from 0 to 65535/);
    await refuses(['--registration', 'maybe'], /open, invitation or closed/);
    await refuses(['--registration', 'invitation'], /KINDRED_INVITATION/, { KINDRED_INVITATION: '' });
    for (const limit of ['--joins-per-hour', '--new-activities-per-day', '--mebibytes-per-day']) {
      await refuses([limit, 'many'], new RegExp(`${limit} must be a whole number from 0 to`));
    }
    await refuses(['--colour', 'red'], /there is no option --colour: kindred-endpoint --help/);
    await refuses(['--port'], /--port.*missing.*: kindred-endpoint --help/);
    await refuses(['--port', '0', 'kindred.sqlite'], /"kindred\.sqlite" belongs to no option: kindred-endpoint --help/);
    await refuses(['backup', '--form', 'x'], /there is no option --form: kindred-endpoint backup --help/);
    await refuses(['import', '--form', 'x'], /there is no option --form: kindred-endpoint --help/);
    await serve(['--store', `sqlite:${file}`]);
    await refuses(['--port', '0', '--store', `sqlite:${file}`], /in use by another Kindred endpoint/);
  });

  it('takes limits for a minute and for a day, each by itself', async () => {
    const store = `sqlite:${join(temporaryFolder(cleanup), 'kindred.sqlite')}`;
    const limits = ['--calls-per-minute', '0', '--new-activities-per-day', '5', '--mebibytes-per-day', '3'];
    const { url } = await serve(['--store', store, ...limits]);
    const { token } = await joinAs(url, 'Anna');
    const { id, ...body } = coffee();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(`${url}/v1/activities/${id}`, { method: 'PUT', headers, body: JSON.stringify(body) });
    assert.equal(
      answer.headers.get('ratelimit-policy'),
      `"newActivitiesPerDay";q=5;w=86400, "bytesPerDay";q=${3 * 2 ** 20};qu="content-bytes";w=86400`,
    );
  });

  it('writes nothing when it cannot listen', async () => {
    const folder = temporaryFolder(cleanup);
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
    cleanup.add(() => taken.close());
    const { port } = taken.address() as AddressInfo;
    const files = ['--store', `sqlite:${join(folder, 'kindred.sqlite')}`, '--audit-log', join(folder, 'audit.log')];
    await refuses(['--port', String(port), ...files], /is taken by another program: choose another --port/);
    await refuses(['--port', '0', '--host', '192.0.2.1', ...files], /is no address of this machine: choose another/);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('writes an audit log and answers /metrics, when it is asked to', async () => {
    const folder = temporaryFolder(cleanup);
    const file = join(folder, 'audit.log');
    const store = `sqlite:${join(folder, 'kindred.sqlite')}`;
    const endpoint = await serve(['--store', store, '--audit-log', file]);
    const { url } = endpoint;
    const { token } = await joinAs(url, 'Anna');
    assert.match(await (await fetch(`${url}/metrics`)).text(), /kindred_users 1\n/);
    assert.equal(await endpoint.end('SIGTERM'), 0);
    const text = readFileSync(file, 'utf8');
    assert.equal(JSON.parse(text.split('\n')[0] as string).operation, 'createUser');
    assert.ok(!text.includes(token) && !text.includes('Anna'));
    await refuses(['--metrics', 'all'], /--metrics must be loopback or nobody/);
    await refuses(['--metrics', 'loopback', '--behind-proxy'], /set KINDRED_METRICS_TOKEN/);
    const shortToken = { KINDRED_METRICS_TOKEN: 'short' };
    await refuses(['--port', '0', '--store', store], /must be 16 to 200 letters/, shortToken);
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
      const endpoint = await serve(['--store', `sqlite:${join(temporaryFolder(cleanup), 'kindred.sqlite')}`]);
      const { token } = await joinAs(endpoint.url, 'Anna');
      const stream = await fetch(`${endpoint.url}/v1/events`, { headers: { authorization: `Bearer ${token}` } });
      assert.equal(await endpoint.end(signal), 0);
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
});

function majorOf(node: string): number {
  try {
    return Number(/^v(\d+)/.exec(execFileSync(node, ['--version'], { encoding: 'utf8' }))?.[1] ?? 99);
  } catch {
    return 99;
  }
}
