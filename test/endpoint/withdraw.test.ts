import assert from 'node:assert/strict';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KindredClient } from '../../matching/client/index.js';
import { EndpointProcess } from './process-support.js';
import { asideOf, does, refuses, StoreCommands, withdrawIn } from './store-commands.js';
import { Cleanup, coffee, joinAs, type Member, until } from './support.js';

describe('kindred-endpoint withdraw', () => {
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

  it('says who had left or hidden since, and takes them out again when it is told to', async () => {
    const endpoint = await commands.serve();
    const [anna, ben, carl] = await Promise.all(['Anna', 'Ben', 'Carl'].map((name) => joinAs(endpoint.url, name)));
    assert.ok(anna && ben && carl);
    for (const { client } of [anna, ben, carl]) await client.publish(coffee());
    const { invitation } = await ben.client.invite();
    await anna.client.requestFriend({ invitation });
    await does(commands.backUp(), /3 users/);
    await ben.client.deleteMe();
    await carl.client.updateMe({ discoverable: false });
    await joinAs(endpoint.url, 'Late');
    const withdraw = commands.run(['withdraw', '--store', store, '--from', backup, '--as-in', `${file}.none`]);
    await refuses(withdraw, /in use by another Kindred endpoint: stop that one first/);
    await endpoint.end('SIGKILL');

    const { output } = await commands.restore();
    assert.match(output, /undone by the restore:\n {2}1 person left\n {2}1 person hid\nTo do it again/);
    const command = withdrawIn(output);
    const back = await commands.serve();
    const meAt = (url: string, { token }: { token: string }) =>
      fetch(`${url}/v1/me`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal((await meAt(back.url, ben)).status, 200);
    await back.end('SIGTERM');
    await does(
      commands.run(command),
      /^Done again in .*:\n {2}1 person who had left is deleted\n {2}1 person who had hidden is hidden\nStart/,
    );
    await does(commands.run(command), /^There was nothing to do again in .*\nStart the endpoint again\n$/);
    assert.ok(!readFileSync(file).includes('Ben'));

    const { url } = await commands.serve();
    assert.equal((await meAt(url, ben)).status, 401);
    assert.equal(((await (await meAt(url, carl)).json()) as { discoverable: boolean }).discoverable, false);
    const again = new KindredClient({ url, token: anna.token });
    assert.deepEqual((await again.friends()).friends, []);
    const { matches } = await again.exportMe();
    assert.deepEqual(matches, []);
    assert.equal((await again.activities()).activities.length, 1);
  });

  it('says what else was taken back since, and takes it back again', async () => {
    const endpoint = await commands.serve();
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
    await does(commands.backUp(), /4 users/);

    await anna.client.removeFriend(toBen);
    await anna.client.block(toDora);
    await ben.client.updateMe({ cell: null });
    await dora.client.publish({ ...discarded, state: 'discarded', revision: 2 });
    const { token } = await carl.client.rotateToken();
    await endpoint.end('SIGTERM');
    const { output } = await commands.restore();
    const [undone, done] = [/undone by the restore:\n((?: {2}\d.*\n)+)/, /Done again in .*:\n((?: {2}\d.*\n)+)/];
    assert.deepEqual(undone.exec(output)?.[1]?.trimEnd().split('\n'), [
      ...['  1 person took their cell away', '  1 block was set', '  1 friendship was ended'],
      ...['  1 activity was discarded', '  1 token was renewed'],
    ]);
    const command = withdrawIn(output);
    const { output: said } = await commands.run(command);
    assert.deepEqual(done.exec(said)?.[1]?.trimEnd().split('\n'), [
      ...['  1 cell is taken away', '  1 block is set', '  1 friendship is ended'],
      ...['  1 activity is discarded', '  1 token is renewed'],
    ]);
    await does(commands.run(command), /^There was nothing to do/);

    const { url } = await commands.serve();
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
    const endpoint = await commands.serve();
    const ben = await joinAs(endpoint.url, 'Ben');
    await does(commands.backUp(), /1 user/);
    // Nobody has joined in between.
    await ben.client.deleteMe();
    const newer = join(file, '..', 'newer.sqlite');
    await does(commands.run(['backup', '--store', store, '--to', newer]), /0 users/);
    await endpoint.end('SIGTERM');
    const { output } = await commands.restore();
    const aside = asideOf(output);
    const early = await commands.serve();
    const dora = await joinAs(early.url, 'Dora');
    await early.end('SIGTERM');

    const empty = join(file, '..', 'empty.sqlite');
    await (await EndpointProcess.serve(cleanup, ['--store', `sqlite:${empty}`])).end('SIGTERM');
    const strange = join(file, '..', 'strange.sqlite');
    const other = await EndpointProcess.serve(cleanup, ['--store', `sqlite:${strange}`]);
    for (const name of ['Emil', 'Fritz']) await joinAs(other.url, name);
    await other.end('SIGTERM');
    const withdraw = (of: string, asIn: string, from = backup) =>
      commands.run(['withdraw', '--store', of, '--from', from, '--as-in', asIn]);
    await refuses(withdraw(store, strange), /strange\.sqlite is not the store that came .*: it is of another endpoint/);
    await refuses(
      withdraw(`sqlite:${aside}`, file),
      /is not restored from a backup: --store must be what "kindred-endpoint re/,
    );
    await refuses(withdraw(store, empty), /empty\.sqlite is not the store that came after the backup/);
    await refuses(withdraw(store, aside, empty), /empty\.sqlite is not the backup that .*kindred\.sqlite was restored/);
    await refuses(withdraw(store, aside, newer), /newer\.sqlite is not the backup that .*kindred\.sqlite was restored/);
    await does(commands.run(withdrawIn(output)), / {2}1 person who had left is deleted\n/);
    const { url } = await commands.serve();
    assert.equal((await new KindredClient({ url, token: dora.token }).me()).name, 'Dora');
  });

  it('says that nobody knows who had left, where the store that was there does not', async () => {
    const endpoint = await commands.serve();
    await joinAs(endpoint.url, 'Anna');
    await does(commands.backUp(), /1 user/);
    await endpoint.end('SIGTERM');
    const damaged = readFileSync(file);
    damaged.fill(7, 4096, 3 * 4096);
    writeFileSync(file, damaged);
    const { output } = await commands.restore();
    assert.match(output, /Nothing here knows who: tell your users/);
    const aside = asideOf(output);
    const withdraw = (asIn: string, of = store, from = backup) =>
      commands.run(['withdraw', '--store', of, '--from', from, '--as-in', asIn]);
    await refuses(withdraw(aside), /is damaged/);
    await refuses(withdraw(`${file}.none`), /There is no file .*\.none/);
    await refuses(withdraw(file), /must be three different files/);
    await refuses(withdraw(backup), /must be three different files/);
    const link = join(file, '..', 'link.sqlite');
    symlinkSync(file, link);
    for (const of of [store, `sqlite:${link}`]) await refuses(withdraw(link, of), /must be three different files/);
    await refuses(withdraw(aside, store, link), /must be three different files/);
    await refuses(withdraw(aside, store, `${backup}.none`), /There is no file .*\.none/);
    await refuses(withdraw(aside, `sqlite:${file}.none`), /There is no store at .*\.none/);
    for (const given of [[], ['--from', backup], ['--as-in', aside], ['--from', backup, '--audit-log', aside]]) {
      await refuses(commands.run(['withdraw', '--store', store, ...given]), /give --from and --as-in, or --audit-log/);
    }
    await does(commands.run(['check', '--store', store]), /1 user/);
  });

  it('takes who has left and who has hidden out again by the audit log, where the store is lost', async () => {
    const log = join(file, '..', 'audit.log');
    const endpoint = await EndpointProcess.serve(cleanup, ['--store', store, '--audit-log', log]);
    const names = ['Anna', 'Ben', 'Carl', 'Dora'];
    const [anna, ben, carl, dora] = await Promise.all(names.map((name) => joinAs(endpoint.url, name)));
    assert.ok(anna && ben && carl && dora);
    await carl.client.updateMe({ name: 'Carla' });
    await does(commands.backUp(), /4 users/);
    const { token } = await ben.client.rotateToken();
    await new KindredClient({ url: endpoint.url, token }).deleteMe();
    await carl.client.updateMe({ discoverable: false });
    for (const discoverable of [false, true]) await dora.client.updateMe({ discoverable });
    // A line is not waited for by the answer that it tells of.
    await until(() => readFileSync(log, 'utf8').split('"updateMe"').length === 5);
    await endpoint.end('SIGKILL');
    for (const end of ['', '-wal', '-shm', '.lock']) rmSync(file + end, { force: true });
    // As `cat audit.log*` puts rotated ones together, the newest first.
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    writeFileSync(log, [lines.pop(), ...lines, '{"skipped":200,"lost":7}', 'null', '{"at"'].join('\n'));

    const { output } = await commands.restore();
    assert.match(
      output,
      /Nothing here knows who.*it knows who has left or hidden:\n {2}kindred-endpoint withdraw --store/s,
    );
    const withdraw = () => commands.run(['withdraw', '--store', store, '--audit-log', log]);
    await does(
      withdraw(),
      /^Done again in .*, as far as .*audit\.log tells it:\n {2}1 person who had left is deleted\n {2}1 person who had hidden is hidden\n2 lines of it could not be read\n7 lines were never written into it, as it says itself\nBlocks, cells, .* are as in the backup: tell your users\nStart/,
    );
    await does(
      withdraw(),
      /^As far as .* nobody in .* has left or hidden\n2 lines .*\n.*\nBlocks, .*tell your users\nStart/,
    );
    await refuses(commands.run(['withdraw', '--store', store, '--audit-log', `${log}.none`]), /no such file/);
    const { url } = await commands.serve();
    const as = (one: { token: string }): KindredClient => new KindredClient({ url, token: one.token });
    await assert.rejects(as(ben).me(), { kind: 'unauthorised' });
    const shown = await Promise.all([anna, carl, dora].map(async (one) => (await as(one).me()).discoverable));
    assert.deepEqual(shown, [true, false, true]);
  });

  it('leaves alone what people have changed since the restore, when an endpoint has run since', async () => {
    const first = await commands.serve();
    const names = ['Anna', 'Ben', 'Carl', 'Dora', 'Emil', 'Fritz', 'Gus', 'Hanna', 'Ida'];
    const people = new Map<string, Member>();
    for (const name of names) people.set(name, await joinAs(first.url, name));
    const at = (url: string, name: string, token = people.get(name)?.token): KindredClient =>
      new KindredClient({ url, ...(token ? { token } : {}) });
    const befriend = async (url: string, name: string): Promise<void> => {
      const { invitation } = await at(url, 'Anna').invite();
      await at(url, name).requestFriend({ invitation });
    };
    const idOf = async (url: string, name: string): Promise<string> => {
      const { friends } = await at(url, 'Anna').friends();
      return friends.find(({ user }) => user.name === name)?.user.id as string;
    };
    for (const name of ['Ben', 'Carl', 'Fritz']) await befriend(first.url, name);
    await does(commands.backUp(), /9 users/);
    const toCarl = await idOf(first.url, 'Carl');
    for (const name of ['Ben', 'Fritz']) await at(first.url, 'Anna').removeFriend(await idOf(first.url, name));
    await at(first.url, 'Anna').block(toCarl);
    const { token: ofDora } = await at(first.url, 'Dora').rotateToken();
    await at(first.url, 'Emil').rotateToken();
    await at(first.url, 'Gus').deleteMe();
    await at(first.url, 'Hanna').updateMe({ discoverable: false, cell: null });
    await first.end('SIGTERM');
    const { output } = await commands.restore();

    const early = await commands.serve();
    await at(early.url, 'Anna').removeFriend(await idOf(early.url, 'Fritz'));
    for (const name of ['Fritz', 'Ida']) await befriend(early.url, name);
    const { token: ofEmil } = await at(early.url, 'Emil').rotateToken();
    await early.end('SIGTERM');
    await does(commands.run(withdrawIn(output)), /./);

    const { url } = await commands.serve();
    const { friends } = await at(url, 'Anna').friends();
    assert.deepEqual(
      friends.map(({ user }) => user.name),
      ['Fritz', 'Ida'],
    );
    const { blocks } = await at(url, 'Anna').blocks();
    assert.deepEqual(
      blocks.map(({ id }) => id),
      [toCarl],
    );
    assert.equal((await at(url, 'Emil', ofEmil).me()).name, 'Emil');
    assert.equal((await at(url, 'Dora', ofDora).me()).name, 'Dora');
    for (const name of ['Dora', 'Gus']) await assert.rejects(at(url, name).me(), { kind: 'unauthorised' });
    const { discoverable, cell } = await at(url, 'Hanna').me();
    assert.deepEqual({ discoverable, cell }, { discoverable: false, cell: null });
  });

  it('knows people by the audit log though their token was renewed since the restore', async () => {
    const log = join(file, '..', 'audit.log');
    const first = await commands.serve('--audit-log', log);
    const [ben, carl, dora] = await Promise.all(['Ben', 'Carl', 'Dora'].map((name) => joinAs(first.url, name)));
    assert.ok(ben && carl && dora);
    const renewAt = async (url: string, { token }: { token: string }): Promise<{ token: string }> =>
      await new KindredClient({ url, token }).rotateToken();
    const as = (url: string, { token }: { token: string }): KindredClient => new KindredClient({ url, token });
    await does(commands.backUp(), /3 users/);
    await as(first.url, await renewAt(first.url, ben)).deleteMe();
    await as(first.url, await renewAt(first.url, carl)).updateMe({ discoverable: false });
    await dora.client.updateMe({ discoverable: false });
    await first.end('SIGTERM');
    for (const end of ['', '.lock']) rmSync(file + end);
    await does(commands.restore(), /no store there before/);

    const early = await commands.serve('--audit-log', log);
    const [newBen, newCarl] = [await renewAt(early.url, ben), await renewAt(early.url, carl)];
    await as(early.url, dora).updateMe({ discoverable: true });
    const late = await joinAs(early.url, 'Late');
    await early.end('SIGTERM');
    await does(commands.run(['withdraw', '--store', store, '--audit-log', log]), /./);

    const { url } = await commands.serve();
    await assert.rejects(as(url, newBen).me(), { kind: 'unauthorised' });
    const shown = await Promise.all([newCarl, dora, late].map(async (one) => (await as(url, one).me()).discoverable));
    assert.deepEqual(shown, [false, true, true]);
  });
});
