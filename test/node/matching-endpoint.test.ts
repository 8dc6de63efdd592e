import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { KindredClient } from '../../matching/client/index.js';
import { openEndpoint } from '../../matching/server/index.js';
import { serves } from '../../nodes/matching-endpoint/front-door.js';
import register from '../../nodes/matching-endpoint/matching-endpoint.js';
import { placeOf } from '../../nodes/matching-endpoint/place.js';
import { Cleanup, captureThreads } from '../endpoint/support.js';
import { anActivity } from '../support/activity.js';
import { leaveOut } from '../support/leave-out.js';
import { helper, inNodeRed, Seen, statusOf } from '../support/node-helper.js';

const OPEN = /^matching-endpoint\.status\.counts$/;

function endpoint(more: object = {}): object {
  return { id: 'endpoint', z: 'tab', type: 'matching-endpoint', version: 3, path: '/kindred', ...DEFAULTS, ...more };
}
const DEFAULTS = {
  ...{ store: '', registration: 'open', retentionDays: 365, activities: '', wires: [['out']] },
  ...{ metrics: 'nobody', audit: 'off', auditFile: '' },
  ...{ callsPerMinute: 300, joinsPerHour: 60, newActivitiesPerDay: 2000, mebibytesPerDay: 32 },
};

describe('matching-endpoint', () => {
  const house = inNodeRed();
  before(() => {
    helper._app.get('/beside', (_request, response) => response.end('express'));
    helper._app.get('/kindred/account/beside', (_request, response) => response.end('express'));
  });

  async function deploy(nodes: object[] = [endpoint()], credentials: object = {}): Promise<Seen> {
    const flow = [{ id: 'tab', type: 'tab', label: 'test' }, { id: 'out', z: 'tab', type: 'helper' }, ...nodes];
    await helper.load([register], flow, credentials);
    return new Seen('out');
  }

  const opened = () => statusOf('endpoint', OPEN);
  const get = async (path: string) => await (await fetch(helper.url() + path)).text();
  const client = (token?: string) => new KindredClient({ url: `${helper.url()}/kindred`, ...(token ? { token } : {}) });

  async function joined(name: string): Promise<KindredClient> {
    const { token } = await client().createUser({ name, discoverable: true });
    return client(token);
  }

  it('takes what an endpoint serves, and nothing else', () => {
    for (const target of [
      '/kindred',
      '/kindred/',
      '/kindred?a=1',
      '/kindred/v1/me',
      '/kindred/healthz?x',
      '/kindred/v1',
    ]) {
      assert.ok(serves('/kindred', target), target);
    }
    for (const target of [
      '/',
      '/kindredx',
      '/kindredx/v1/me',
      '/kindred/v10',
      '/kindred/account/test',
      '/x/kindred/v1',
    ]) {
      assert.ok(!serves('/kindred', target), target);
    }
  });

  it('answers ahead of Express, and leaves everything else to it', async () => {
    await deploy();
    await opened();
    assert.deepEqual(JSON.parse(await get('/kindred/healthz')), { status: 'ok', kindred: 'endpoint' });
    assert.equal(await get('/beside'), 'express');
    assert.equal(await get('/kindred/account/beside'), 'express');
    assert.equal((await fetch(`${helper.url()}/nothing`)).status, 404);
  });

  it('tells what happens, and neither who nor a token', async () => {
    const seen = await deploy();
    await opened();
    const { token: anna } = await client().createUser({ name: 'Anna', discoverable: true });
    const berta = await joined('Berta');
    await client(anna).publish(anActivity());
    const { matches } = await berta.publish(anActivity());
    assert.deepEqual(
      matches.map(({ user }) => user.name),
      ['Anna'],
    );
    const messages = await seen.atLeast(5);
    assert.deepEqual(messages.map(({ topic }) => topic).sort(), [
      'joined',
      'joined',
      'matched',
      'published',
      'published',
    ]);
    const told = JSON.stringify(messages.map(({ payload }) => payload)) + JSON.stringify(helper.log().args);
    assert.ok(!told.includes(anna) && !told.includes('Anna'), told);
  });

  it('leaves one listener after 20 redeploys, and none of its own after the last', async () => {
    const before = helper._server.rawListeners('request');
    for (let round = 0; round < 20; round++) {
      await deploy();
      await opened();
      assert.equal(helper._server.listenerCount('request'), 1);
      await helper.unload();
      assert.deepEqual(helper._server.rawListeners('request'), before);
    }
    assert.equal((await fetch(`${helper.url()}/kindred/healthz`)).status, 404);
  });

  it('stands aside for somebody who has put a listener of their own before it', async () => {
    const original = helper._server.rawListeners('request') as RequestListener[];
    await deploy();
    await opened();
    // What socket.io does when it attaches itself.
    const behind = helper._server.rawListeners('request') as RequestListener[];
    helper._server.removeAllListeners('request');
    helper._server.on('request', (request, response) => {
      for (const listener of behind) listener.call(helper._server, request, response);
    });
    try {
      await helper.unload();
      assert.equal(await get('/beside'), 'express');
      assert.equal((await fetch(`${helper.url()}/kindred/healthz`)).status, 404);
      await deploy();
      await opened();
      assert.equal((await fetch(`${helper.url()}/kindred/healthz`)).status, 200);
      assert.equal(helper._server.listenerCount('request'), 1);
    } finally {
      await helper.unload();
      helper._server.removeAllListeners('request');
      for (const listener of original) helper._server.on('request', listener);
    }
  });

  it('goes on with its users and their activities after a restart', async () => {
    await deploy();
    await opened();
    const anna = await joined('Anna');
    await anna.publish(anActivity('tea'));
    await helper.unload();
    await deploy();
    await opened();
    assert.equal((await anna.me()).name, 'Anna');
    assert.deepEqual(
      (await anna.activities()).activities.map(({ activity }) => activity),
      ['tea'],
    );
  });

  it('ends open streams when it closes', async () => {
    await deploy();
    await opened();
    const anna = await joined('Anna');
    const states: string[] = [];
    const stop = new AbortController();
    const stream = new EventEmitter();
    const opening = once(stream, 'open');
    const breaking = once(stream, 'waiting');
    const watching = anna.watch({
      signal: stop.signal,
      onEvent: () => {},
      onState: ({ state }) => {
        states.push(state);
        stream.emit(state);
      },
    });
    await opening;
    await helper.unload();
    await breaking;
    stop.abort();
    await watching;
    assert.deepEqual(states.slice(0, 3), ['connecting', 'open', 'waiting']);
  });

  it('refuses a path or a store that another endpoint has, and the first one goes on', async () => {
    for (const [second, code] of [
      [{ store: 'other.sqlite' }, 'path-taken'],
      [{ path: '/other' }, 'store-taken'],
    ] as const) {
      await deploy([endpoint(), endpoint({ id: 'second', ...second })]);
      await opened();
      assert.equal((await statusOf('second', `matching-endpoint.status.${code}`)).fill, 'red');
      assert.match(JSON.stringify(helper.log().args), new RegExp(`matching-endpoint.error.${code}`));
      assert.equal((await fetch(`${helper.url()}/kindred/healthz`)).status, 200);
      await helper.unload();
    }
  });

  it('says when its store is damaged, and leaves the file alone', async () => {
    const file = join(house.dir, 'notes.sqlite');
    writeFileSync(file, 'These are notes and no database at all. '.repeat(100));
    await deploy([endpoint({ store: 'notes.sqlite' })]);
    await statusOf('endpoint', 'matching-endpoint.status.store-damaged');
    assert.match(readFileSync(file, 'utf8'), /^These are notes/);
    assert.equal((await fetch(`${helper.url()}/kindred/healthz`)).status, 404);
  });

  it('says what is wrong where its store is to be, and does not go on opening', async () => {
    writeFileSync(join(house.dir, 'notes.txt'), 'notes');
    mkdirSync(join(house.dir, 'folder'));
    const places = ['notes.txt/club.sqlite', 'folder'];
    if (process.platform === 'linux') {
      execFileSync('mkfifo', [join(house.dir, 'pipe')]);
      places.push('/proc/kindred/club.sqlite', '/proc/kindred/deeper/club.sqlite', 'pipe', '/dev/null');
    }
    for (const store of places) {
      await deploy([endpoint({ store })]);
      assert.equal((await statusOf('endpoint', 'matching-endpoint.status.failed')).fill, 'red', store);
      assert.match(JSON.stringify(helper.log().args), /matching-endpoint\.error\.failed/);
      await helper.unload();
    }
  });

  it('has no audit log where none can be, and says so', async function () {
    if (process.platform !== 'linux') leaveOut(this, 'there is /proc on Linux alone');
    await deploy([endpoint({ audit: 'file', auditFile: '/proc/kindred/audit.log' })]);
    await opened();
    await joined('Anna');
    assert.match(JSON.stringify(helper.log().args), /audit log \/proc\/kindred\/audit\.log cannot be written/);
  });

  it('tries again while the disk is full', async function () {
    const folder = join(house.dir, 'small');
    mkdirSync(folder);
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', folder]);
    if (mount.status !== 0) leaveOut(this, 'only root may mount a small disk');
    try {
      writeFileSync(join(folder, 'much'), Buffer.alloc(400 * 1024));
      await deploy([endpoint({ store: 'small/club.sqlite' })]);
      assert.equal((await statusOf('endpoint', 'matching-endpoint.status.stopped')).fill, 'red');
    } finally {
      await helper.unload();
      execFileSync('umount', [folder]);
    }
  });

  it('says when its store is in use elsewhere', async () => {
    mkdirSync(join(house.dir, 'kindred'));
    const elsewhere = await openEndpoint({ store: `sqlite:${join(house.dir, 'kindred', 'endpoint.sqlite')}` });
    await deploy();
    await statusOf('endpoint', 'matching-endpoint.status.store-taken');
    await elsewhere.close();
  });

  it('takes a file, or a PostgreSQL, and no address of anything else', async () => {
    const usual = '/u/kindred/endpoint.sqlite';
    assert.equal(placeOf(' ', '/u').file, usual);
    assert.equal(placeOf('sqlite:kindred/endpoint.sqlite', '/u').file, usual);
    assert.equal(placeOf('a:b/c.sqlite', '/u').file, '/u/a:b/c.sqlite', 'a drive of Windows is one letter');
    for (const wrong of [
      ...['mysql://x', 'mysql:x', 'postgress://me:secret@db/x', 'POSTGRES://db/x', 'git+ssh://x', 'sqlite:'],
      ...['postgres:x', 'sqlite:mysql://x'],
    ]) {
      assert.throws(() => placeOf(wrong, '/u'), { code: 'store' }, wrong);
    }
    await deploy([endpoint({ store: 'postgress://me:secret@db/x' })]);
    assert.equal((await statusOf('endpoint', 'matching-endpoint.status.store')).fill, 'red');
    assert.deepEqual(readdirSync(house.dir), []);
    assert.ok(!JSON.stringify(helper.log().args).includes('secret'));
  });

  it('says which of the activities that its operator added can never be one', async () => {
    await deploy([endpoint({ activities: 'chess, deep-sleep' })]);
    assert.equal((await statusOf('endpoint', 'matching-endpoint.status.never-matched')).fill, 'red');
    await helper.unload();
    await deploy([endpoint({ activities: 'chess, Räder' })]);
    await statusOf('endpoint', 'matching-endpoint.status.activities');
  });

  it('takes people by invitation, once there is one', async () => {
    await deploy([endpoint({ registration: 'invitation' })]);
    await statusOf('endpoint', 'matching-endpoint.status.needs-invitation');
    await helper.unload();
    const invitation = 'come-and-have-a-coffee';
    await deploy([endpoint({ registration: 'invitation' })], { endpoint: { invitation } });
    await opened();
    await assert.rejects(client().createUser({ name: 'Anna' }), { kind: 'refused' });
    assert.equal((await client().createUser({ name: 'Anna', invitation })).user.name, 'Anna');
    assert.ok(!JSON.stringify(helper.log().args).includes(invitation));
  });

  it('matches the activities that its operator added, and takes a config of its first days', async () => {
    const old = { id: 'endpoint', z: 'tab', type: 'matching-endpoint', activities: 'chess, sauna', wires: [[]] };
    await deploy([old]);
    await opened();
    const anna = await joined('Anna');
    assert.equal((await anna.publish(anActivity('chess', { category: 'entertainment' }))).outcome, 'created');
    await assert.rejects(anna.publish(anActivity('sleep')), { kind: 'refused' });
  });

  it('takes as much of everybody as its operator allows', async () => {
    await deploy([endpoint({ newActivitiesPerDay: ' 2 ', mebibytesPerDay: 0, joinsPerHour: 1 })]);
    await opened();
    const anna = await joined('Anna');
    await assert.rejects(joined('Berta'), { status: 429 });
    for (const activity of ['tea', 'coffee']) await anna.publish(anActivity(activity));
    await assert.rejects(anna.publish(anActivity('run')), { status: 429 });
  });

  it('tells callers behind a proxy apart when it is told of one, and believes nobody’s address otherwise', async () => {
    const me = (address: string, token: string) =>
      fetch(`${helper.url()}/kindred/v1/me`, {
        headers: { authorization: `Bearer ${token}`, 'x-forwarded-for': address },
      });
    const join = (address: string) =>
      fetch(`${helper.url()}/kindred/v1/users`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
        body: JSON.stringify({ name: 'Anna' }),
      });
    const addresses = ['192.0.2.1', '192.0.2.2'] as const;
    for (const [behindProxy, second] of [
      [undefined, 429],
      [false, 429],
      [true, 201],
    ] as const) {
      await helper.unload();
      await deploy([endpoint({ joinsPerHour: 1, behindProxy })]);
      await opened();
      assert.deepEqual([(await join(addresses[0])).status, (await join(addresses[1])).status], [201, second]);
    }
    const { token } = (await (await join('192.0.2.3')).json()) as { token: string };
    const wrong = await Promise.all(Array.from({ length: 60 }, () => me(addresses[0], 'x'.repeat(43))));
    assert.ok(wrong.every(({ status }) => status === 401));
    assert.equal((await me(addresses[1], token)).status, 200);
  });

  it('does not guess at limits', async () => {
    for (const wrong of [{ callsPerMinute: '' }, { mebibytesPerDay: -1 }, { newActivitiesPerDay: 'many' }]) {
      await deploy([endpoint(wrong)]);
      assert.equal((await statusOf('endpoint', 'matching-endpoint.status.limits')).fill, 'red');
      await helper.unload();
    }
  });

  it('does not guess at how long activities are kept', async () => {
    for (const retentionDays of ['90 days', 1, 3651, 2.5]) {
      await deploy([endpoint({ retentionDays })]);
      assert.equal((await statusOf('endpoint', 'matching-endpoint.status.retention')).fill, 'red');
      await helper.unload();
    }
    await deploy([endpoint({ retentionDays: '90' })]);
    await opened();
  });

  it('keeps activities for a year where a flow says nothing of how long', async () => {
    for (const retentionDays of [undefined, null, '', ' ']) {
      await deploy([endpoint({ retentionDays })]);
      await opened();
      await helper.unload();
    }
  });

  it('shows that its store has stopped, and opens it again', async () => {
    const cleanup = new Cleanup();
    const threads = captureThreads(cleanup);
    const seen = await deploy();
    await opened();
    await threads[0]?.terminate();
    await cleanup.run();
    assert.equal((await statusOf('endpoint', 'matching-endpoint.status.stopped')).fill, 'red');
    const [failed, recovered] = await seen.atLeast(2);
    assert.deepEqual([failed?.topic, recovered?.topic], ['failed', 'recovered']);
    const problem = 'The store stopped by itself: it is opened again';
    assert.deepEqual(failed?.payload, { event: 'failed', problem, away: true });
    await opened();
    assert.equal(JSON.parse(await get('/kindred/healthz')).status, 'ok');
    assert.match(JSON.stringify(helper.log().args), /The store stopped by itself: it is opened again/);
  });

  describe('metrics', () => {
    const ask = (token?: string) =>
      fetch(`${helper.url()}/kindred/metrics`, { headers: token ? { authorization: `Bearer ${token}` } : {} });

    it('are for nobody until somebody says so, also in a config of its first days', async () => {
      const old = { id: 'endpoint', z: 'tab', type: 'matching-endpoint', version: 1, path: '/kindred', wires: [[]] };
      for (const node of [
        endpoint(),
        { ...old, store: '', registration: 'open', retentionDays: 365, activities: '' },
      ]) {
        await deploy([node]);
        await opened();
        assert.equal((await ask()).status, 404);
        await helper.unload();
      }
    });

    it('are for this machine', async () => {
      await deploy([endpoint({ metrics: 'loopback' })]);
      await opened();
      await joined('Anna');
      const answer = await ask();
      assert.equal(answer.status, 200);
      assert.match(await answer.text(), /^kindred_users 1$/m);
      const through = await fetch(`${helper.url()}/kindred/metrics`, { headers: { 'x-forwarded-for': '192.0.2.1' } });
      assert.equal(through.status, 404);
    });

    it('are for whoever has the token, once there is one', async () => {
      await deploy([endpoint({ metrics: 'token' })], { endpoint: { metricsToken: 'too short' } });
      assert.equal((await statusOf('endpoint', 'matching-endpoint.status.needs-metrics-token')).fill, 'red');
      await helper.unload();
      const metricsToken = 'for-the-prometheus-server';
      await deploy([endpoint({ metrics: 'token' })], { endpoint: { metricsToken } });
      await opened();
      assert.equal((await ask()).status, 401);
      assert.equal((await ask('for-the-prometheus-serves')).status, 401);
      assert.equal((await ask(metricsToken)).status, 200);
      assert.ok(!JSON.stringify(helper.log().args).includes(metricsToken));
    });

    it('are for nobody when it is not clear for whom', async () => {
      await deploy([endpoint({ metrics: 'everybody' })]);
      await statusOf('endpoint', 'matching-endpoint.status.metrics');
      assert.equal((await ask()).status, 404);
    });
  });

  describe('audit log', () => {
    const usual = () => join(house.dir, 'kindred', 'audit.log');
    const linesOf = (file: string): Record<string, unknown>[] =>
      readFileSync(file, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);

    it('is not written until somebody says so', async () => {
      await deploy();
      await opened();
      await joined('Anna');
      await helper.unload();
      assert.ok(!existsSync(usual()));
    });

    it('is a file in the user directory, which goes on after a restart', async () => {
      for (const name of ['Anna-Xanthippe', 'Ben']) {
        await deploy([endpoint({ audit: 'file' })]);
        await opened();
        await joined(name);
        await helper.unload();
      }
      assert.deepEqual(
        linesOf(usual()).map(({ operation, status, address }) => [operation, status, address]),
        Array(2).fill(['createUser', 201, 'loopback']),
      );
      assert.ok(!readFileSync(usual(), 'utf8').includes('Anna'));
      assert.equal(statSync(usual()).mode & 0o777, 0o600);
    });

    it('is where its owner wants it', async () => {
      await deploy([endpoint({ audit: 'file', auditFile: 'logs/who joined.jsonl' })]);
      await opened();
      await joined('Anna');
      await helper.unload();
      assert.equal(linesOf(join(house.dir, 'logs', 'who joined.jsonl')).length, 1);
      assert.ok(!existsSync(usual()));
    });

    it('goes to Node-RED’s own log', async () => {
      await deploy([endpoint({ audit: 'log' })]);
      await opened();
      await joined('Anna-Xanthippe');
      const said = helper.log().args.map(([entry]) => String((entry as { msg?: unknown }).msg));
      const line = said.find((one) => one.startsWith('{"at":'));
      assert.equal(JSON.parse(line ?? '{}').operation, 'createUser');
      assert.ok(!String(line).includes('Anna'));
      assert.ok(!existsSync(usual()));
    });

    it('says when it cannot be written, and the endpoint goes on', async () => {
      mkdirSync(usual(), { recursive: true });
      await deploy([endpoint({ audit: 'file' })]);
      await opened();
      await joined('Anna');
      assert.match(JSON.stringify(helper.log().args), /audit log .*audit\.log cannot be written/);
    });

    it('is not guessed at', async () => {
      await deploy([endpoint({ audit: 'paper' })]);
      await statusOf('endpoint', 'matching-endpoint.status.audit');
    });
  });

  it('counts who is there', async () => {
    await deploy();
    await opened();
    await joined('Anna');
    assert.equal((await statusOf('endpoint', 'matching-endpoint.status.counts')).fill, 'green');
  });
});
