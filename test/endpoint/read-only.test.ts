import assert from 'node:assert/strict';
import { chownSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { KindredClient } from '../../matching/client/index.js';
import type { EndpointEvent } from '../../matching/server/index.js';
import { assemble } from '../../matching/server/open.js';
import { moveStore, type Store, StoreFailure } from '../../matching/server/store/index.js';
import { Source } from '../../matching/server/store/move/source.js';
import { switchable } from '../../matching/server/store/read-only.js';
import { leaveOut } from '../support/leave-out.js';
import { EndpointProcess } from './process-support.js';
import { Cleanup, coffee, joinAs, openFile, startEndpoint, temporaryFolder, until } from './support.js';

describe('an endpoint whose store is moving', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  it('answers everything that changes nothing, writes nothing for it, and takes nothing new', async () => {
    const { url, file } = await startEndpoint(cleanup, {}, openFile);
    const [{ client, token }, ben] = [await joinAs(url, 'Anna'), await joinAs(url, 'Ben')];
    await ben.client.publish(coffee());
    await client.publish(coffee({ state: 'finished' }));
    writeFileSync(`${file}.read-only`, 'read-only\n');
    await until(() =>
      client.updateMe({ name: 'Anne' }).then(
        () => false,
        ({ status }) => status === 503,
      ),
    );
    const watching = new DatabaseSync(file, { readOnly: true });
    cleanup.add(() => watching.close());
    const version = () => Object.values(watching.prepare('PRAGMA data_version').get() ?? {})[0];
    const before = version();

    const [habits] = (await client.features({ activity: 'coffee' })).features;
    assert.equal(habits?.count, 1);
    const { ranks } = await client.ranks({ activity: 'coffee', measure: 'count', among: 'everyone' });
    assert.deepEqual([ranks[0]?.value, ranks[0]?.reason], [1, 'too-few']);
    assert.equal((await client.concurrentUsers({ activity: 'coffee', window: 'quarter-hour' })).people.length, 1);
    assert.equal((await client.exportMe()).matches.length, 1);
    await Promise.all([client.me(), client.activities(), client.friends(), client.friendRequests(), client.blocks()]);
    const stream = await fetch(`${url}/v1/events`, {
      headers: { authorization: `Bearer ${token}`, 'last-event-id': '0' },
    });
    assert.equal(stream.status, 200);
    await stream.body?.cancel();
    assert.equal(version(), before);

    const refused = { status: 503, retryAfterSeconds: 30 };
    await assert.rejects(client.publish(coffee()), refused);
    await assert.rejects(client.deleteMe(), refused);
    await assert.rejects(client.rotateToken(), refused);
    await assert.rejects(client.invite(), refused);
    await assert.rejects(new KindredClient({ url }).createUser({ name: 'Carl' }), refused);
  });

  it('says so to its operator, also when it is started again, and is not well until it takes everything again', async () => {
    const file = join(temporaryFolder(cleanup), 'kindred.sqlite');
    const marker = `${file}.read-only`;
    for (const [state, reason] of [
      [
        'read-only\n',
        /Nothing new is taken, because .*\.read-only is there: .*broken off, begin it again, or remove.* PostgreSQL .*stop this one/,
      ],
      ['moved\n', /Nothing new is taken, because .*\.read-only is there: .*was moved to PostgreSQL.*remove/],
    ] as const) {
      writeFileSync(marker, state);
      const problems: string[] = [];
      const onEvent = (event: EndpointEvent) => event.event === 'failed' && problems.push(event.problem);
      const { app, store, close } = await assemble({ store: `sqlite:${file}`, onEvent });
      cleanup.add(close);
      const health = async () => (await app.inject('/healthz')).statusCode;
      await until(() => problems.length > 0);
      assert.match(problems[0] as string, reason);
      assert.equal(await health(), 503);
      await assert.rejects(store.sweep({ now: Date.now(), retentionMs: 1e10 }), reason, 'the log says it again');
      rmSync(marker);
      await until(async () => (await health()) === 200);
      await close();
    }
  });

  it('says why it cannot answer whoever moves it', async () => {
    const { store, file } = await openFile(cleanup);
    mkdirSync(`${file}.read-only`);
    await until(() =>
      store.check().then(
        () => false,
        ({ message }) => /\.read-only cannot be read and written \(.*EISDIR/.test(message),
      ),
    );
  });

  it('may write what root asks it', async function () {
    if (process.getuid?.() !== 0) leaveOut(this, 'only root gives files to others');
    const { file } = await openFile(cleanup);
    for (const path of [file, `${file}.lock`]) chownSync(path, 65_534, 65_534);
    const source = new Source(file);
    cleanup.add(() => source.close());
    await source.stopWrites();
    assert.equal(readFileSync(source.marker, 'utf8'), 'read-only\n');
    assert.deepEqual([statSync(source.marker).uid, statSync(source.marker).gid], [65_534, 65_534]);
  });

  it('is as it was when the move fails', async () => {
    const { store, file } = await openFile(cleanup);
    for (const before of [undefined, 'moved\n']) {
      if (before !== undefined) writeFileSync(`${file}.read-only`, before);
      const source = new Source(file);
      await source.stopWrites();
      source.resumeWrites();
      source.close();
      assert.equal(contentOf(source.marker), before);
    }
    await until(() =>
      store.check().then(
        () => false,
        ({ message }) => /was moved/.test(message),
      ),
    );
  });

  it('stays moved once it is, whatever fails then', async () => {
    const { file } = await openFile(cleanup);
    const source = new Source(file);
    cleanup.add(() => source.close());
    await source.stopWrites();
    source.retire();
    source.resumeWrites();
    assert.equal(contentOf(source.marker), 'moved\n');
  });

  it('is not moved where it has taken something new meanwhile', async () => {
    const { file } = await openFile(cleanup);
    const source = new Source(file);
    cleanup.add(() => source.close());
    await source.stopWrites();
    rmSync(source.marker);
    assert.throws(() => source.retire(), /\.read-only was removed meanwhile.*: move once more/);
    assert.equal(contentOf(source.marker), undefined);
  });

  it('stays as a move that was killed has left it, where the next one does not come to PostgreSQL, which says so', async () => {
    const { file } = await openFile(cleanup);
    for (const before of ['read-only\n', 'moved\n']) {
      writeFileSync(`${file}.read-only`, before);
      await assert.rejects(
        moveStore(`sqlite:${file}`, `postgres://kindred@127.0.0.1:1/kindred`, () => {}),
        /away.*\. .*\.read-only is still there, and the old endpoint answers reads only$/,
      );
      assert.equal(contentOf(`${file}.read-only`), before);
    }
  });

  it('goes on when a move that was killed is begun again, and fails later', async () => {
    const { file } = await openFile(cleanup);
    for (const [before, after] of [
      ['read-only\n', undefined],
      ['moved\n', 'moved\n'],
    ]) {
      writeFileSync(`${file}.read-only`, String(before));
      const source = new Source(file);
      cleanup.add(() => source.close());
      source.takeOver();
      source.resumeWrites();
      assert.equal(contentOf(source.marker), after);
    }
  });

  it('is told truly of by a move that a signal ends', async () => {
    const { file } = await openFile(cleanup);
    // Takes connections, and never answers.
    let connected = 0;
    const silent = createServer((socket) => {
      connected++;
      cleanup.add(() => void socket.destroy());
    }).listen(0, '127.0.0.1');
    cleanup.add(() => void silent.close());
    await until(() => silent.listening);
    const { port } = silent.address() as { port: number };
    for (const [before, words] of [
      [undefined, /broken off by SIGTERM: the old endpoint goes on, and the same command begins it again/],
      ['read-only\n', /broken off by SIGTERM: .*\.read-only is still there, .*reads only.*: run the same command/],
      ['moved\n', /broken off by SIGTERM: .*\.read-only is still there, .*reads only.*: run the same command/],
    ] as const) {
      if (before !== undefined) writeFileSync(`${file}.read-only`, before);
      const begun = connected;
      const to = `postgres://kindred@127.0.0.1:${port}/kindred`;
      const moving = new EndpointProcess(cleanup, ['import', '--from', `sqlite:${file}`, '--to', to]);
      await until(() => connected > begun);
      assert.equal(await moving.end('SIGTERM'), 1);
      assert.match(moving.output, words);
      assert.equal(contentOf(`${file}.read-only`), before);
    }
  });
});

describe('a store that is asked to take nothing more', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  /** One whose checks end when they are told to. */
  function asked() {
    const marker = join(temporaryFolder(cleanup), 'kindred.sqlite.read-only');
    writeFileSync(marker, 'asked\n');
    const checks: { resolve: () => void; reject: (problem: Error) => void }[] = [];
    const check = () => new Promise<void>((resolve, reject) => checks.push({ resolve, reject }));
    const fake = { check, block: async () => {}, close: async () => {} } as unknown as Store;
    const store = switchable(fake, marker);
    cleanup.add(() => store.close());
    const takes = (): Promise<boolean> =>
      store.block({ credential: new Uint8Array(), now: 0, id: '' }).then(
        () => true,
        () => false,
      );
    return { marker, checks, store, takes };
  }

  it('never makes the file again that was taken back meanwhile', async () => {
    const { marker, checks } = asked();
    rmSync(marker);
    checks[0]?.resolve();
    await wait(20);
    assert.equal(contentOf(marker), undefined);
  });

  it('looks once, however long that takes, and leaves what the file says by then', async () => {
    const { marker, checks } = asked();
    await wait(1200);
    writeFileSync(marker, 'moved\n');
    for (const { resolve } of checks) resolve();
    await wait(20);
    assert.deepEqual([contentOf(marker), checks.length], ['moved\n', 1]);
  });

  it('answers for what it has taken until it was asked, and not until it was asked the time before', async () => {
    const { marker, checks, takes } = asked();
    rmSync(marker);
    await until(takes);
    writeFileSync(marker, 'asked\n');
    await until(() => checks.length === 2);
    checks[0]?.resolve();
    await wait(20);
    assert.equal(contentOf(marker), 'asked\n');
    checks[1]?.resolve();
    await until(() => contentOf(marker) === 'read-only\n');
  });

  it('tells what keeps it from writing as it is, and answers when that is over', async () => {
    const { marker, checks, store } = asked();
    checks[0]?.reject(new StoreFailure('The disk is full', 'full'));
    await wait(20);
    await assert.rejects(store.check(), { message: 'The disk is full', reason: 'full' });
    await until(() => checks.length === 2);
    checks[1]?.resolve();
    await until(() => contentOf(marker) === 'read-only\n');
    await assert.rejects(store.check(), /Nothing new is taken, because .*\.read-only is there/);
  });
});

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
