import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KindredClient } from '../../matching/client/index.js';
import { ACCOUNT_ID, ensureAccount } from '../../scripts/household/account.js';
import { listen } from '../../scripts/household/listen.js';
import type { FlowNode } from '../../scripts/household/user-directory.js';
import { leaveOut } from '../support/leave-out.js';
import { freePort, NodeRed, Program, ROOT, until } from '../support/node-red.js';
import { haveCoffee, join as joinEndpoint } from '../support/node-red-household.js';

const START = join(ROOT, 'scripts', 'start.mjs');

/** npm start, in a process group of its own as in a terminal. */
function start(...args: string[]): Program {
  return new Program([START, ...args], { detached: true });
}

/** What one of the dashboard's cards keeps, over Node-RED's own interface; undefined while there is nothing. */
async function kept<T>(port: number, key: string): Promise<T | undefined> {
  const response = await fetch(`http://127.0.0.1:${port}/context/flow/household/${key}`);
  const { msg } = (await response.json()) as { msg: string };
  return msg === '(undefined)' ? undefined : (JSON.parse(msg) as T);
}

async function hasToken(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/credentials/kindred-account/${ACCOUNT_ID}`);
  const { has_token } = (await response.json()) as { has_token?: boolean };
  return has_token === true;
}

/** As Deploy does after somebody has left the endpoint in the account's dialog. */
async function dropToken(port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}/flows`;
  const headers = { 'Content-Type': 'application/json', 'Node-RED-API-Version': 'v2' };
  const { flows } = (await (await fetch(url, { headers })).json()) as { flows: FlowNode[] };
  const left = flows.map((node) => (node.id === ACCOUNT_ID ? { ...node, credentials: { token: '' } } : node));
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ flows: left }) });
  assert.ok(response.ok, await response.text());
}

/** No process is left in the group. */
async function groupIsGone({ pid }: Program): Promise<void> {
  await until('no process is left behind', () => {
    try {
      process.kill(-pid, 0);
      return false;
    } catch {
      return true;
    }
  });
}

async function running(program: Program): Promise<void> {
  await until('it says that it runs', () => program.output.includes('Kindred is running') || program.hasEnded);
  assert.ok(!program.hasEnded, program.output);
}

interface Found {
  people: { user: { name: string } }[];
}

describe('npm start', () => {
  let folder: string;
  const programs: Program[] = [];

  function launch(...args: string[]): Program {
    const program = start(...args);
    programs.push(program);
    return program;
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kindred-start-'));
  });
  after(async () => {
    for (const program of programs) {
      if (!program.hasEnded) program.interrupt();
      await program.exit;
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it('shows an activity and a person without a keystroke, ends with Ctrl-C, and goes on with the same data', async () => {
    const port = await freePort();
    const data = join(folder, 'data');
    const args = ['--port', String(port), '--speed', '40', '--data', data];
    const first = launch(...args);
    await running(first);
    assert.match(first.output, /Made the folder .*data\.\n/);
    assert.match(first.output, new RegExp(`http://127\\.0\\.0\\.1:${port}/dashboard/household`));
    const found = await until('somebody is found', async () => {
      const answers = await kept<Record<string, Found>>(port, 'found');
      return answers?.coffee?.people[0];
    });
    assert.equal(found.user.name, 'Robin (recorded)');
    const rows = await until('a finished coffee', async () => {
      const all = await kept<{ id: string; activity: string; seconds: number }[]>(port, 'last');
      return all?.some(({ activity }) => activity === 'coffee') && all;
    });
    const coffee = rows.find(({ activity }) => activity === 'coffee');
    assert.ok(Math.abs((coffee?.seconds ?? 0) - 298) < 10, `${coffee?.seconds} s`);
    const { client: sam } = await joinEndpoint(`http://127.0.0.1:${port}/kindred`, 'Sam');
    await haveCoffee(sam);
    const robin = await until('Sam meets Robin', async () => {
      const { people } = await sam.concurrentUsers({ activity: 'coffee', window: 'overlap' });
      return people.find(({ user }) => user.name === 'Robin (recorded)');
    });
    await sam.requestFriend({ userId: robin.user.id });
    await until('Robin has said yes', async () => (await sam.friends()).friends.length > 0);
    assert.ok(await hasToken(port), 'the household has joined');
    await dropToken(port);

    first.interrupt();
    assert.equal(await first.exit, 0, first.output);
    await groupIsGone(first);

    const second = launch(...args);
    await running(second);
    assert.match(
      second.output,
      /this once (as slowly as it really did|at only)/,
      'no reading is dated before those of the first session',
    );
    const after = await until('the last activities', () => kept<{ id: string }[]>(port, 'last'));
    assert.ok(after.some(({ id }) => id === coffee?.id));
    const token = (await readFile(join(data, 'neighbour-token'), 'utf8')).trim();
    const neighbour = new KindredClient({ url: `http://127.0.0.1:${port}/kindred`, token });
    const me = await neighbour.me().catch((error: Error) => assert.fail(`${error.message}: ${second.output}`));
    assert.equal(me.name, 'Robin (recorded)');
    assert.ok(!(await hasToken(port)), 'whoever has left is back');
    const beside = launch('--port', String(await freePort()), '--data', data);
    assert.equal(await beside.exit, 1);
    assert.match(beside.output, /is in use by another npm start/);
    // To the one process, as whoever ends npm does.
    second.signal('SIGINT');
    assert.equal(await second.exit, 0, second.output);
    await groupIsGone(second);
  });

  it('makes no account here for whoever has put another address there before', async () => {
    const account = { id: ACCOUNT_ID, type: 'kindred-account', version: 1, url: 'https://club.example/kindred' };
    const nodeRed = await NodeRed.start({ flows: [account] });
    try {
      const toJoin = join(folder, 'to-join');
      await writeFile(toJoin, '');
      // Nobody answers there: a try to join would fail.
      await ensureAccount({ nodeRed: nodeRed.url, endpoint: 'http://127.0.0.1:1/kindred', toJoin });
      assert.ok(!existsSync(toJoin), 'it is up to the owner from now on');
    } finally {
      await nodeRed.stop();
    }
  });

  it('keeps nobody waiting who asks before Node-RED is there', async () => {
    const port = await freePort();
    const server = await listen(port);
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(10_000) });
      assert.deepEqual(
        [answer.status, answer.headers.get('retry-after'), await answer.text()],
        [503, '1', 'Not started'],
      );
    } finally {
      server.close();
    }
  });

  it('says which port is free when one is taken, and the next one too', async () => {
    const taken = [createServer(), createServer()] as const;
    const listenAt = (server: Server, port: number) =>
      new Promise<void>((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', done));
    try {
      await listenAt(taken[0], 0);
      const { port } = taken[0].address() as AddressInfo;
      // If somebody else has it, it is taken all the same.
      await listenAt(taken[1], port + 1).catch(() => {});
      const data = join(folder, 'a port that is taken');
      const program = launch('--port', String(port), '--speed', '30', '--data', data);
      assert.equal(await program.exit, 1);
      const advice = `Port ${port} is taken.*npm start -- --speed 30 --data "${data}" --port (\\d+)`;
      const [, other] = new RegExp(advice).exec(program.output) ?? [];
      assert.ok(!existsSync(data), 'a folder was made for nothing');
      assert.ok(Number(other) > 0 && Number(other) !== port + 1, program.output);
      const free = createServer();
      await listenAt(free, Number(other));
      free.close();
    } finally {
      for (const server of taken) server.close();
    }
  });

  it('says what is wrong with an option or with its folder', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const speed = launch('--speed', 'fast');
    const unknown = launch('--sped', '3');
    const ports = [launch('--port', 'abc'), launch('--port', '80000', '--speed', '10')];
    const occupied = ['', 'below'].map((name) => launch('--data', join(file, name)));
    const programs = [speed, unknown, ...ports, ...occupied];
    for (const { exit } of programs) assert.equal(await exit, 1);
    assert.match(speed.output, /--speed is "fast": use a number/);
    for (const { output } of ports) assert.match(output, /--port is .*npm start -- --port 1881/);
    assert.match(unknown.output, /--sped.*--help/s);
    for (const { output } of occupied) assert.match(output, /cannot be used as a folder.*--data/);
  });

  it('says so where a folder takes no other', async function () {
    if (process.platform !== 'linux') leaveOut(this, 'only Linux has a /proc that takes no folder');
    const missing = join(folder, 'missing');
    const mistyped = launch('--data', join(missing, 'data'));
    assert.equal(await mistyped.exit, 1);
    assert.match(mistyped.output, /cannot be used as a folder \(there is no folder .*missing\).*--data/);
    assert.ok(!existsSync(missing), 'nothing was made of it');
    const program = launch('--data', '/proc/kindred/data');
    assert.equal(await program.exit, 1);
    assert.match(program.output, /\/proc\/kindred\/data cannot be used as a folder.*--data/);
  });

  it('explains its options without installing or starting anything', async () => {
    const program = launch('--help');
    assert.equal(await program.exit, 0);
    for (const option of ['--port', '--speed', '--data']) assert.ok(program.output.includes(option));
  });
});
