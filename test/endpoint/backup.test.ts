import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { leaveOut } from '../support/leave-out.js';
import { Ledger } from './ledger.js';
import { asideOf, does, refuses, StoreCommands, wordsOf } from './store-commands.js';
import { Cleanup, coffee, joinAs } from './support.js';

const NODE = join(__dirname, '..', '..', '..', 'nodes', 'matching-endpoint');

/** What the node says about a store that is damaged: what to run, and what to move away beside the file. */
function adviceOnDamage(language: string): { command: string; beside: string[] } {
  const words = JSON.parse(readFileSync(join(NODE, 'locales', language, 'matching-endpoint.json'), 'utf8'));
  const said: string = words['matching-endpoint'].error['store-damaged'];
  const [, command = ''] = /npx kindred-endpoint (restore --from .+? --store ".+?")/.exec(said) ?? [];
  return {
    command: command.replace(/(?<=--from )\S+/, 'BACKUP'),
    beside: said.match(/(?<= )[-.](wal|lock)(?= )/g) ?? [],
  };
}

describe('kindred-endpoint backup and restore', () => {
  const cleanup = new Cleanup();
  let file: string;
  let backup: string;
  let store: string;
  let commands: StoreCommands;
  beforeEach(() => {
    commands = new StoreCommands(cleanup);
    ({ file, backup, store } = commands);
  });
  afterEach(() => cleanup.run());

  /** Whoever only reads the store leaves an empty log and its index. */
  const files = () =>
    readdirSync(join(file, '..'))
      .filter((name) => !/sqlite-(wal|shm)$/.test(name))
      .sort();

  it('has everything in it that was answered before it began, under load', async () => {
    const endpoint = await commands.serve();
    const ledger = new Ledger();
    await ledger.join(endpoint.url, 8);
    let before: Map<string, number> | undefined;
    let done = false;
    const loading = ledger.load(endpoint.url, () => done && ledger.acknowledged.size > (before?.size ?? 0) + 100);
    while (ledger.acknowledged.size < 500) await new Promise((resolve) => setTimeout(resolve, 5));
    before = new Map(ledger.acknowledged);
    await does(
      commands.backUp(),
      /Backup of .*kindred\.sqlite at .*backup\.sqlite: 8 users, \d+ activities.* checked, and on disk/,
    );
    done = true;
    await loading;
    assert.deepEqual([...ledger.statuses.keys()].sort(), [200, 201]);
    await refuses(commands.restore(), /in use by another Kindred endpoint: stop that one first/);
    assert.equal((await ledger.balance(endpoint.url)).lost.length, 0, 'the running endpoint was harmed');
    await endpoint.end('SIGTERM');
    await does(commands.restore(), /Restored .*: 8 users, .*\nThe store that was there is kept as .*before-restore-/);
    const restored = await commands.serve();
    const { lost, doubled, invented } = await ledger.balance(restored.url, before);
    assert.deepEqual({ lost, doubled, invented }, { lost: [], doubled: [], invented: [] });
  });

  it('serves tokens, friends, blocks, matches and streams as before', async () => {
    const endpoint = await commands.serve();
    const [anna, ben, carl] = [
      await joinAs(endpoint.url, 'Anna'),
      await joinAs(endpoint.url, 'Ben'),
      await joinAs(endpoint.url, 'Carl'),
    ];
    await ben.client.publish(coffee());
    await carl.client.publish(coffee());
    const { matches } = await anna.client.publish(coffee());
    const idOf = (name: string): string => matches.find(({ user }) => user.name === name)?.user.id as string;
    await anna.client.requestFriend({ userId: idOf('Ben') });
    const { received } = await ben.client.friendRequests();
    await ben.client.acceptFriendRequest(received[0]?.id as string);
    await anna.client.block(idOf('Carl'));
    const exportAll = async (url: string) =>
      await Promise.all(
        [anna, ben, carl].map(async ({ token }) => {
          const answer = await fetch(`${url}/v1/me/export`, { headers: { authorization: `Bearer ${token}` } });
          return { ...((await answer.json()) as object), exportedAt: '' };
        }),
      );
    const before = await exportAll(endpoint.url);
    const told = await lastEventOf(endpoint.url, ben.token);
    await does(commands.backUp(), /3 users, 3 activities/);
    // What comes later is not in it: a friend that is none any more, a new token, somebody new.
    await anna.client.removeFriend(idOf('Ben'));
    const { token: newToken } = await carl.client.rotateToken();
    const late = await joinAs(endpoint.url, 'Late');
    await late.client.publish(coffee());
    await endpoint.end('SIGKILL');
    await does(commands.restore(), /Restored/);

    const { url } = await commands.serve();
    assert.deepEqual(await exportAll(url), before);
    const meWith = (token: string) => fetch(`${url}/v1/me`, { headers: { authorization: `Bearer ${token}` } });
    assert.deepEqual([(await meWith(newToken)).status, (await meWith(late.token)).status], [401, 401]);
    // Anna and Carl block each other still: neither learns of the other's next activity; Ben is told of it.
    const again = await joinAs(url, 'Again');
    const found = await again.client.publish(coffee());
    assert.deepEqual(found.matches.map(({ user }) => user.name).sort(), ['Anna', 'Ben', 'Carl']);
    const next = await nextEventOf(url, ben.token, told);
    assert.match(next, /Again/, 'whoever resumes is told what is new, and nothing twice');
  });

  it('keeps what was there, with what only its log had', async () => {
    const endpoint = await commands.serve();
    const anna = await joinAs(endpoint.url, 'Anna');
    await does(commands.backUp(), /1 user, 0 activities/);
    await anna.client.publish(coffee());
    await endpoint.end('SIGKILL');
    assert.ok(statSync(`${file}-wal`).size > 0, 'the log is what this is about');
    const { output } = await commands.restore();
    assert.match(output, /\nNobody had taken anything back since the backup was made\nStart the endpoint again\n$/);
    const aside = asideOf(output);
    await does(commands.run(['check', '--store', `sqlite:${aside}`]), /is whole: 1 user, 1 activity/);
    await does(commands.run(['check', '--store', store]), /is whole: 1 user, 0 activities/);
    // And back again.
    await does(commands.run(['restore', '--from', aside, '--store', store]), /1 user, 1 activity/);
  });

  it('never replaces a file unless told, and never the store itself', async () => {
    await (await commands.serve()).end('SIGTERM');
    await does(commands.backUp(), /0 users/);
    const first = readFileSync(backup);
    await refuses(commands.backUp(), /is there already: choose another name, or add --overwrite/);
    assert.deepEqual(readFileSync(backup), first);
    await does(commands.backUp('--overwrite'), /0 users/);
    await refuses(
      commands.run(['backup', '--store', store, '--to', file, '--overwrite']),
      /another file than the store/,
    );
    await refuses(
      commands.run(['backup', '--store', store, '--to', join(file, '..')]),
      /is a folder: name a file in it/,
    );
    await refuses(commands.run(['restore', '--from', file, '--store', store]), /another file than the store/);
    assert.deepEqual(files(), ['backup.sqlite', 'kindred.sqlite', 'kindred.sqlite.lock']);
  });

  it('is the same by links: never the store itself, and put where the link leads', async () => {
    await (await commands.serve()).end('SIGTERM');
    await does(commands.backUp(), /0 users/);
    const [link, toBackup] = ['link.sqlite', 'link-to-backup.sqlite'].map((name) => join(file, '..', name));
    assert.ok(link && toBackup);
    symlinkSync(file, link);
    symlinkSync(backup, toBackup);
    for (const [from, to] of [
      [link, file],
      [file, link],
      [link, link],
    ]) {
      const restoring = commands.run(['restore', '--from', String(from), '--store', `sqlite:${to}`]);
      await refuses(restoring, /another file than the store/);
    }
    for (const end of ['', '.lock']) rmSync(file + end);
    await does(commands.run(['restore', '--from', toBackup, '--store', `sqlite:${link}`]), /no store there before/);
    assert.ok(lstatSync(link).isSymbolicLink());
    await does(commands.run(['check', '--store', store]), /is whole/);
  });

  it('says what is missing or wrong', async () => {
    await refuses(commands.backUp(), /There is no store at .*kindred\.sqlite/);
    await refuses(commands.restore(), /There is no backup .*backup\.sqlite/);
    await refuses(
      commands.run(['backup', '--store', store]),
      /--to is missing; kindred-endpoint backup --help says more/,
    );
    await refuses(
      commands.run(['backup', '--store', 'postgres://x', '--to', backup]),
      /backed up with its own tools: pg_dump/,
    );
    await refuses(
      commands.run(['backup', '--store', 'kindred.sqlite', '--to', backup]),
      /must be given as sqlite:FILE/,
    );
    await refuses(
      commands.run(['backwards']),
      /no command "backwards": it must be backup, restore, withdraw, check, import, or none/,
    );
    await (await commands.serve()).end('SIGTERM');
    await refuses(
      commands.run(['backup', '--store', store, '--to', '/nowhere/b.sqlite']),
      /no folder \/nowhere: make it first/,
    );
    await does(commands.run(['restore', '--help']), /Puts a backup in the place of the store/);
  });

  it('restores nothing that is no whole store of ours, and leaves the store as it is', async () => {
    await (await commands.serve()).end('SIGTERM');
    await does(commands.backUp(), /Backup/);
    const before = readFileSync(file);
    const good = readFileSync(backup);
    writeFileSync(backup, 'Dear all, this is no database, and it is long enough. '.repeat(100));
    await refuses(commands.restore(), /is no SQLite database/);
    writeFileSync(backup, good.subarray(0, good.length / 2));
    await refuses(commands.restore(), /is damaged/);
    assert.deepEqual(readFileSync(file), before);
    assert.deepEqual(files(), ['backup.sqlite', 'kindred.sqlite', 'kindred.sqlite.lock']);
  });

  it('leaves nothing behind under a name that could not be restored, and restores there the next time', async () => {
    await (await commands.serve()).end('SIGTERM');
    await does(commands.backUp(), /Backup/);
    const good = readFileSync(backup);
    writeFileSync(backup, good.subarray(0, good.length / 2));
    const before = files();
    const elsewhere = `sqlite:${join(file, '..', 'elsewhere.sqlite')}`;
    await refuses(commands.run(['restore', '--from', backup, '--store', elsewhere]), /is damaged/);
    assert.deepEqual(files(), before);
    writeFileSync(backup, good);
    await does(commands.run(['restore', '--from', backup, '--store', elsewhere]), /no store there before/);
    assert.deepEqual(files(), ['backup.sqlite', 'elsewhere.sqlite', 'elsewhere.sqlite.lock', ...before.slice(1)]);
  });

  it('lets nobody read a backup who may not read the store', async function () {
    if (process.platform === 'win32') leaveOut(this, 'Windows keeps no modes of files');
    await (await commands.serve()).end('SIGTERM');
    for (const mode of [0o600, 0o640]) {
      chmodSync(file, mode);
      await does(commands.backUp('--overwrite'), /Backup/);
      assert.equal(statSync(backup).mode & 0o777 & ~mode, 0);
    }
    chmodSync(backup, 0o644);
    await does(commands.restore(), /Restored/);
    assert.equal(statSync(file).mode & 0o777, 0o640, 'the restored store has the permissions of the one before');
  });

  it('goes on with a backup, or anew, as the node says of a damaged store', async () => {
    const [advice, ...others] = ['en-US', 'de', 'zh-CN'].map((language) => adviceOnDamage(language));
    for (const other of others) assert.deepEqual(other, advice);
    const endpoint = await commands.serve();
    await joinAs(endpoint.url, 'Anna');
    await does(commands.backUp(), /1 user/);
    await joinAs(endpoint.url, 'Ben');
    await endpoint.end('SIGKILL');
    const damage = async (): Promise<void> => {
      writeFileSync(`${file}-wal`, 'x'.repeat(32), { flag: 'r+' });
      await refuses(commands.run(['--port', '0', '--store', store]), /-wal is damaged/);
    };

    await damage();
    const command = advice?.command.replace('BACKUP', `"${backup}"`).replace('__store__', file) ?? '';
    await does(commands.run(wordsOf(command)), /Restored .*: 1 user/);
    const restored = await commands.serve();
    await joinAs(restored.url, 'Ben');
    await restored.end('SIGKILL');

    await damage();
    for (const part of ['', ...(advice?.beside ?? [])]) renameSync(file + part, `${file}.away${part}`);
    await commands.serve();
    await does(commands.run(['check', '--store', store]), /0 users, 0 activities/);
  });

  it('leaves nothing behind where there is no room', async function () {
    if (process.platform !== 'linux') leaveOut(this, 'the size of files is limited with prlimit, which is Linux’s');
    await (await commands.serve()).end('SIGTERM');
    const limited = ['prlimit', '--fsize=20000'];
    await refuses(
      commands.run(['backup', '--store', store, '--to', backup], limited),
      /no room for .*backup|could not be copied to .*backup/,
    );
    assert.ok(!existsSync(backup));
    assert.deepEqual(files(), ['kindred.sqlite', 'kindred.sqlite.lock']);
  });

  /** The number of the last event that somebody was told. */
  async function lastEventOf(url: string, token: string): Promise<number> {
    const text = await readStream(url, token, undefined, /id: (\d+)\n/);
    return Number(/id: (\d+)/.exec(text)?.[1]);
  }

  async function nextEventOf(url: string, token: string, after: number): Promise<string> {
    return await readStream(url, token, after, /data: .*\n\n/);
  }

  async function readStream(url: string, token: string, after: number | undefined, wanted: RegExp): Promise<string> {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(after === undefined ? {} : { 'last-event-id': `${after}` }),
    };
    const ending = new AbortController();
    const answer = await fetch(`${url}/v1/events`, { headers, signal: ending.signal });
    assert.equal(answer.status, 200);
    let text = '';
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      if (wanted.test(text)) break;
    }
    ending.abort();
    return text;
  }
});
