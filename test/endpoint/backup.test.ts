import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KindredClient } from '../../matching/client/index.js';
import { leaveOut } from '../support/leave-out.js';
import { Ledger } from './ledger.js';
import { EndpointProcess, runCli } from './process-support.js';
import { Cleanup, coffee, joinAs, temporaryFolder } from './support.js';

describe('kindred-endpoint backup and restore', () => {
  const cleanup = new Cleanup();
  let file: string;
  let backup: string;
  let store: string;
  beforeEach(() => {
    const folder = temporaryFolder(cleanup);
    [file, backup] = [join(folder, 'kindred.sqlite'), join(folder, 'backup.sqlite')];
    store = `sqlite:${file}`;
  });
  afterEach(() => cleanup.run());

  /** Whoever only reads the store leaves an empty log and its index. */
  const files = () =>
    readdirSync(join(file, '..'))
      .filter((name) => !/sqlite-(wal|shm)$/.test(name))
      .sort();
  const run = (args: string[], under?: string[]) => runCli(cleanup, args, under ? { under } : {});
  const serve = () => EndpointProcess.serve(cleanup, ['--store', store]);
  const backUp = (...more: string[]) => run(['backup', '--store', store, '--to', backup, ...more]);
  const restore = () => run(['restore', '--from', backup, '--store', store]);

  async function does(doing: Promise<{ code: number | string; output: string }>, words: RegExp): Promise<void> {
    const { code, output } = await doing;
    assert.match(output, words);
    assert.equal(code, 0);
  }

  async function refuses(doing: Promise<{ code: number | string; output: string }>, words: RegExp): Promise<void> {
    const { code, output } = await doing;
    assert.match(output, words);
    assert.doesNotMatch(output, /\n\s+at /, 'a stack is no message for a person');
    assert.equal(code, 1);
  }

  it('has everything in it that was answered before it began, under load', async () => {
    const endpoint = await serve();
    const ledger = new Ledger();
    await ledger.join(endpoint.url, 8);
    let before: Map<string, number> | undefined;
    let done = false;
    const loading = ledger.load(endpoint.url, () => done && ledger.acknowledged.size > (before?.size ?? 0) + 100);
    while (ledger.acknowledged.size < 500) await new Promise((resolve) => setTimeout(resolve, 5));
    before = new Map(ledger.acknowledged);
    await does(
      backUp(),
      /Backup of .*kindred\.sqlite at .*backup\.sqlite: 8 users, \d+ activities.* checked, and on disk/,
    );
    done = true;
    await loading;
    assert.deepEqual([...ledger.statuses.keys()].sort(), [200, 201]);
    await refuses(restore(), /in use by another Kindred endpoint: stop that one first/);
    assert.equal((await ledger.balance(endpoint.url)).lost.length, 0, 'the running endpoint was harmed');
    await endpoint.end('SIGTERM');
    await does(restore(), /Restored .*: 8 users, .*The store that was there is kept as .*before-restore-/);
    const restored = await serve();
    const { lost, doubled, invented } = await ledger.balance(restored.url, before);
    assert.deepEqual({ lost, doubled, invented }, { lost: [], doubled: [], invented: [] });
  });

  it('serves tokens, friends, blocks, matches and streams as before', async () => {
    const endpoint = await serve();
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
    await does(backUp(), /3 users, 3 activities/);
    // What comes later is not in it: a friend that is none any more, a new token, somebody new.
    await anna.client.removeFriend(idOf('Ben'));
    const { token: newToken } = await carl.client.rotateToken();
    const late = await joinAs(endpoint.url, 'Late');
    await late.client.publish(coffee());
    await endpoint.end('SIGKILL');
    await does(restore(), /Restored/);

    const { url } = await serve();
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
    const endpoint = await serve();
    const anna = await joinAs(endpoint.url, 'Anna');
    await does(backUp(), /1 user, 0 activities/);
    await anna.client.publish(coffee());
    await endpoint.end('SIGKILL');
    assert.ok(statSync(`${file}-wal`).size > 0, 'the log is what this is about');
    const { output } = await restore();
    const [, aside] = /kept as (\S+)\. Nobody/.exec(output) ?? [];
    await does(run(['check', '--store', `sqlite:${aside}`]), /is whole: 1 user, 1 activity/);
    await does(run(['check', '--store', store]), /is whole: 1 user, 0 activities/);
    // And back again.
    await does(run(['restore', '--from', aside as string, '--store', store]), /1 user, 1 activity/);
  });

  it('says who had left or hidden since, and takes them out again when it is told to', async () => {
    const endpoint = await serve();
    const [anna, ben, carl] = await Promise.all(['Anna', 'Ben', 'Carl'].map((name) => joinAs(endpoint.url, name)));
    assert.ok(anna && ben && carl);
    for (const { client } of [anna, ben, carl]) await client.publish(coffee());
    const { invitation } = await ben.client.invite();
    await anna.client.requestFriend({ invitation });
    await does(backUp(), /3 users/);
    await ben.client.deleteMe();
    await carl.client.updateMe({ discoverable: false });
    await joinAs(endpoint.url, 'Late');
    const withdraw = (aside: string, of = store) => run(['withdraw', '--store', of, '--as-in', aside]);
    await refuses(withdraw(backup), /in use by another Kindred endpoint: stop that one first/);
    await endpoint.end('SIGKILL');

    const { output } = await restore();
    assert.match(output, /1 person had left, 1 person had hidden: all that is undone now/);
    const [, command = ''] = /: kindred-endpoint (withdraw .+)\. Then start/.exec(output) ?? [];
    const back = await serve();
    const meAt = (url: string, { token }: { token: string }) =>
      fetch(`${url}/v1/me`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal((await meAt(back.url, ben)).status, 200);
    await back.end('SIGTERM');
    await does(run(command.split(' ')), /Done again: 1 person had left, 1 person had hidden\./);
    await does(run(command.split(' ')), /Nothing was to be taken back/);
    assert.ok(!readFileSync(file).includes('Ben'));

    const { url } = await serve();
    assert.equal((await meAt(url, ben)).status, 401);
    assert.equal(((await (await meAt(url, carl)).json()) as { discoverable: boolean }).discoverable, false);
    const again = new KindredClient({ url, token: anna.token });
    assert.deepEqual((await again.friends()).friends, []);
    const { matches } = await again.exportMe();
    assert.deepEqual(matches, []);
    assert.equal((await again.activities()).activities.length, 1);
  });

  it('says what else was taken back since, and takes it back again', async () => {
    const endpoint = await serve();
    const names = ['Anna', 'Ben', 'Carl', 'Dora'];
    const [anna, ben, carl, dora] = await Promise.all(names.map((name) => joinAs(endpoint.url, name)));
    assert.ok(anna && ben && carl && dora);
    for (const { client } of [ben, carl]) {
      const { invitation } = await anna.client.invite();
      await client.requestFriend({ invitation });
    }
    const [kept, discarded] = [coffee(), coffee()];
    for (const activity of [kept, discarded]) await dora.client.publish(activity);
    await anna.client.publish(coffee());
    const idOf = async (name: string): Promise<string> => {
      const { people } = await anna.client.concurrentUsers({ activity: 'coffee' });
      const found = [...people, ...(await anna.client.friends()).friends].find(({ user }) => user.name === name);
      return found?.user.id as string;
    };
    const [toBen, toDora] = [await idOf('Ben'), await idOf('Dora')];
    await does(backUp(), /4 users/);

    await anna.client.removeFriend(toBen);
    await anna.client.block(toDora);
    await ben.client.updateMe({ cell: null });
    await dora.client.publish({ ...discarded, state: 'discarded', revision: 2 });
    const { token } = await carl.client.rotateToken();
    await endpoint.end('SIGTERM');
    const { output } = await restore();
    const all =
      '1 person had taken their cell away, 1 block was set, 1 friendship was ended, 1 activity was discarded, 1 token was renewed';
    assert.match(output, new RegExp(`Since the backup was made ${all}: all that is undone now`));
    const [, command = ''] = /: kindred-endpoint (withdraw .+)\. Then start/.exec(output) ?? [];
    await does(run(command.split(' ')), new RegExp(`Done again: ${all}\\.`));
    await does(run(command.split(' ')), /Nothing was to be taken back/);

    const { url } = await serve();
    const as = (one: { token: string }): KindredClient => new KindredClient({ url, token: one.token });
    assert.deepEqual(
      (await as(anna).friends()).friends.map(({ user }) => user.name),
      ['Carl'],
    );
    assert.deepEqual(
      (await as(anna).blocks()).blocks.map(({ id }) => id),
      [toDora],
    );
    assert.deepEqual((await as(dora).concurrentUsers({ activity: 'coffee' })).people, []);
    assert.equal((await as(ben).me()).cell, null);
    assert.ok((await as({ token }).me()).cell);
    await assert.rejects(as(carl).me(), { kind: 'unauthorised' });
    assert.deepEqual(
      (await as(dora).activities()).activities.map(({ id }) => id),
      [kept.id],
    );
  });

  it('deletes nobody who came after the restore, and nothing where the two files are mixed up', async () => {
    const endpoint = await serve();
    const ben = await joinAs(endpoint.url, 'Ben');
    await does(backUp(), /1 user/);
    await ben.client.deleteMe();
    await endpoint.end('SIGTERM');
    const { output } = await restore();
    const [, command = '', aside = ''] =
      /: kindred-endpoint (withdraw .+ --as-in (\S+))\. Then start/.exec(output) ?? [];
    const early = await serve();
    const dora = await joinAs(early.url, 'Dora');
    await early.end('SIGTERM');

    const empty = join(file, '..', 'empty.sqlite');
    await (await EndpointProcess.serve(cleanup, ['--store', `sqlite:${empty}`])).end('SIGTERM');
    const strange = join(file, '..', 'strange.sqlite');
    const other = await EndpointProcess.serve(cleanup, ['--store', `sqlite:${strange}`]);
    for (const name of ['Emil', 'Fritz']) await joinAs(other.url, name);
    await other.end('SIGTERM');
    const withStrange = run(['withdraw', '--store', store, '--as-in', strange]);
    await refuses(
      withStrange,
      /strange\.sqlite is not the store that came after the backup: it is of another endpoint/,
    );
    const mixedUp = run(['withdraw', '--store', `sqlite:${aside}`, '--as-in', file]);
    await refuses(mixedUp, /has nobody from a backup: --store must be what "kindred-endpoint restore" has restored/);
    const withEmpty = run(['withdraw', '--store', store, '--as-in', empty]);
    await refuses(withEmpty, /empty\.sqlite is not the store that came after the backup/);

    await does(run(command.split(' ')), /Done again: 1 person had left\./);
    const { url } = await serve();
    assert.equal((await new KindredClient({ url, token: dora.token }).me()).name, 'Dora');
  });

  it('says that nobody knows who had left, where the store that was there does not', async () => {
    const endpoint = await serve();
    await joinAs(endpoint.url, 'Anna');
    await does(backUp(), /1 user/);
    await endpoint.end('SIGTERM');
    const damaged = readFileSync(file);
    damaged.fill(7, 4096, 3 * 4096);
    writeFileSync(file, damaged);
    const { output } = await restore();
    assert.match(output, /Nothing here knows who: tell your users/);
    const [, aside = ''] = /kept as (\S+)\. Whoever/.exec(output) ?? [];
    const withdraw = (asIn: string, of = store) => run(['withdraw', '--store', of, '--as-in', asIn]);
    await refuses(withdraw(aside), /is damaged/);
    await refuses(withdraw(`${file}.none`), /There is no file .*\.none/);
    await refuses(withdraw(file), /--as-in must be another file than the store/);
    await refuses(withdraw(backup, `sqlite:${file}.none`), /There is no store at .*\.none/);
    await refuses(run(['withdraw', '--store', store]), /give one of --as-in and --audit-log/);
    await does(run(['check', '--store', store]), /1 user/);
  });

  it('takes who has left and who has hidden out again by the audit log, where the store is lost', async () => {
    const log = join(file, '..', 'audit.log');
    const endpoint = await EndpointProcess.serve(cleanup, ['--store', store, '--audit-log', log]);
    const names = ['Anna', 'Ben', 'Carl', 'Dora'];
    const [anna, ben, carl, dora] = await Promise.all(names.map((name) => joinAs(endpoint.url, name)));
    assert.ok(anna && ben && carl && dora);
    await carl.client.updateMe({ name: 'Carla' });
    await does(backUp(), /4 users/);
    const { token } = await ben.client.rotateToken();
    await new KindredClient({ url: endpoint.url, token }).deleteMe();
    await carl.client.updateMe({ discoverable: false });
    for (const discoverable of [false, true]) await dora.client.updateMe({ discoverable });
    await endpoint.end('SIGKILL');
    for (const end of ['', '-wal', '-shm', '.lock']) rmSync(file + end, { force: true });
    // As `cat audit.log*` puts rotated ones together, the newest first.
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    writeFileSync(log, [lines.pop(), ...lines, 'null', '{"at"'].join('\n'));

    const { output } = await restore();
    assert.match(output, /Nothing here knows who.*it knows who has left or hidden: kindred-endpoint withdraw --store/);
    const withdraw = () => run(['withdraw', '--store', store, '--audit-log', log]);
    await does(withdraw(), /Done again: 1 person had left, 1 person had hidden\./);
    await does(withdraw(), /Nothing was to be taken back/);
    await refuses(run(['withdraw', '--store', store, '--audit-log', `${log}.none`]), /no such file/);
    const { url } = await serve();
    const as = (one: { token: string }): KindredClient => new KindredClient({ url, token: one.token });
    await assert.rejects(as(ben).me(), { kind: 'unauthorised' });
    const shown = await Promise.all([anna, carl, dora].map(async (one) => (await as(one).me()).discoverable));
    assert.deepEqual(shown, [true, false, true]);
  });

  it('never replaces a file unless told, and never the store itself', async () => {
    await (await serve()).end('SIGTERM');
    await does(backUp(), /0 users/);
    const first = readFileSync(backup);
    await refuses(backUp(), /is there already: choose another name, or add --overwrite/);
    assert.deepEqual(readFileSync(backup), first);
    await does(backUp('--overwrite'), /0 users/);
    await refuses(run(['backup', '--store', store, '--to', file, '--overwrite']), /another file than the store/);
    await refuses(run(['backup', '--store', store, '--to', join(file, '..')]), /is a folder: name a file in it/);
    await refuses(run(['restore', '--from', file, '--store', store]), /another file than the store/);
    assert.deepEqual(files(), ['backup.sqlite', 'kindred.sqlite', 'kindred.sqlite.lock']);
  });

  it('says what is missing or wrong', async () => {
    await refuses(backUp(), /There is no store at .*kindred\.sqlite/);
    await refuses(restore(), /There is no backup .*backup\.sqlite/);
    await refuses(run(['backup', '--store', store]), /--to is missing; kindred-endpoint backup --help says more/);
    await refuses(run(['backup', '--store', 'postgres://x', '--to', backup]), /backed up with its own tools: pg_dump/);
    await refuses(run(['backup', '--store', 'kindred.sqlite', '--to', backup]), /must be given as sqlite:FILE/);
    await refuses(
      run(['backwards']),
      /no command "backwards": it must be backup, restore, withdraw, check, import, or none/,
    );
    await (await serve()).end('SIGTERM');
    await refuses(run(['backup', '--store', store, '--to', '/nowhere/b.sqlite']), /no folder \/nowhere: make it first/);
    await does(run(['restore', '--help']), /Puts a backup in the place of the store/);
  });

  it('restores nothing that is no whole store of ours, and leaves the store as it is', async () => {
    await (await serve()).end('SIGTERM');
    await does(backUp(), /Backup/);
    const before = readFileSync(file);
    const good = readFileSync(backup);
    writeFileSync(backup, 'Dear all, this is no database, and it is long enough. '.repeat(100));
    await refuses(restore(), /is no SQLite database/);
    writeFileSync(backup, good.subarray(0, good.length / 2));
    await refuses(restore(), /is damaged/);
    assert.deepEqual(readFileSync(file), before);
    assert.deepEqual(files(), ['backup.sqlite', 'kindred.sqlite', 'kindred.sqlite.lock']);
  });

  it('leaves nothing behind under a name that could not be restored, and restores there the next time', async () => {
    await (await serve()).end('SIGTERM');
    await does(backUp(), /Backup/);
    const good = readFileSync(backup);
    writeFileSync(backup, good.subarray(0, good.length / 2));
    const before = files();
    const elsewhere = `sqlite:${join(file, '..', 'elsewhere.sqlite')}`;
    await refuses(run(['restore', '--from', backup, '--store', elsewhere]), /is damaged/);
    assert.deepEqual(files(), before);
    writeFileSync(backup, good);
    await does(run(['restore', '--from', backup, '--store', elsewhere]), /no store there before/);
    assert.deepEqual(files(), ['backup.sqlite', 'elsewhere.sqlite', 'elsewhere.sqlite.lock', ...before.slice(1)]);
  });

  it('lets nobody read a backup who may not read the store', async function () {
    if (process.platform === 'win32') leaveOut(this, 'Windows keeps no modes of files');
    await (await serve()).end('SIGTERM');
    for (const mode of [0o600, 0o640]) {
      chmodSync(file, mode);
      await does(backUp('--overwrite'), /Backup/);
      assert.equal(statSync(backup).mode & 0o777 & ~mode, 0);
    }
    chmodSync(backup, 0o644);
    await does(restore(), /Restored/);
    assert.equal(statSync(file).mode & 0o777, 0o640, 'the restored store has the permissions of the one before');
  });

  it('leaves nothing behind where there is no room', async function () {
    if (process.platform !== 'linux') leaveOut(this, 'the size of files is limited with prlimit, which is Linux’s');
    await (await serve()).end('SIGTERM');
    const limited = ['prlimit', '--fsize=20000'];
    await refuses(
      run(['backup', '--store', store, '--to', backup], limited),
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
