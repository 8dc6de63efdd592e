import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { mock } from 'node:test';
import type { NodeAPI } from 'node-red';
import { cellOf, KindredClient } from '../../matching/client/index.js';
import { problemType } from '../../matching/schema/index.js';
import registerFind from '../../nodes/find-concurrent-users/find-concurrent-users.js';
import { AmbiguousPlace, parseCoordinates } from '../../nodes/kindred-account/area.js';
import register, { type KindredAccountNode, REACHABLE } from '../../nodes/kindred-account/kindred-account.js';
import registerFeatures from '../../nodes/user-features/user-features.js';
import { newId } from '../../vocabulary/index.js';
import { helper, inNodeRed, listen, Seen, startEndpoint, startServer, statusOf } from '../support/node-helper.js';

const MUNICH = cellOf(48.137, 11.575);

describe('kindred-account', () => {
  let adminServer: Server | undefined;
  const undo: (() => void | Promise<void>)[] = [];

  const house = inNodeRed(async () => {
    for (const one of undo.splice(0).reverse()) await one();
    adminServer?.close();
    adminServer = undefined;
  });

  async function deploy(config: object = {}, token?: string): Promise<KindredAccountNode> {
    const node = {
      id: 'account',
      type: 'kindred-account',
      version: 1,
      name: '',
      visibility: 'nobody',
      cell: '',
      ...config,
    };
    await helper.load([register], [node], token ? { account: { token } } : {});
    return helper.getNode('account') as KindredAccountNode;
  }

  /** What the dialog's buttons do. */
  async function press(button: string, body: object): Promise<{ status: number; answer: Record<string, unknown> }> {
    if (!adminServer) {
      adminServer = createServer(helper._httpAdmin);
      await listen(adminServer);
    }
    const { port } = adminServer.address() as { port: number };
    const response = await fetch(`http://127.0.0.1:${port}/kindred/account/${button}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify(body),
    });
    return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
  }

  async function endpoint(options: Parameters<typeof startEndpoint>[1] = {}) {
    const running = await startEndpoint(house.dir, options);
    undo.push(running.close);
    return running;
  }

  async function joined(url: string, name = 'Anna'): Promise<{ client: KindredClient; token: string }> {
    const { token } = await new KindredClient({ url }).createUser({ name });
    return { token, client: new KindredClient({ url, token }) };
  }

  describe('coordinates', () => {
    it('are understood as people write them', () => {
      for (const text of [
        '48.137, 11.575',
        '48.137 11.575',
        ' 48.137;11.575 ',
        '48,137; 11,575',
        '48,137 11,575',
        // As an input method for Chinese types them.
        '48.137，11.575',
        '48,137；11,575',
        'geo:48.137,11.575',
        '48.137° N, 11.575° E',
        '48.137N 11.575E',
        '48°8\'13.2"N 11°34\'30"E',
        '11.575 E, 48.137 N',
        '11°34\'30"E 48°8\'13.2"N',
      ]) {
        const { latitude, longitude } = parseCoordinates(text);
        assert.ok(Math.abs(latitude - 48.137) < 1e-6 && Math.abs(longitude - 11.575) < 1e-6, `${text}: ${latitude}`);
      }
      // The second minus is that of print.
      for (const text of ['-33.9, 18.4', '\u221233.9, 18.4']) {
        assert.deepEqual(parseCoordinates(text), { latitude: -33.9, longitude: 18.4 });
      }
      assert.deepEqual(parseCoordinates('33.9 S, 70.5 W'), { latitude: -33.9, longitude: -70.5 });
    });

    it('are asked for again where a comma can mean either', () => {
      for (const text of ['48,137', '48，137', ' -33,868 ', '48,11', '0,5']) {
        assert.throws(() => parseCoordinates(text), AmbiguousPlace, text);
      }
      for (const text of ['48, 11', '48 11', '48; 11', 'geo:48,11']) {
        assert.deepEqual(parseCoordinates(text), { latitude: 48, longitude: 11 }, text);
      }
    });

    it('are refused when they are none', () => {
      for (const text of [
        '',
        'Munich',
        '48.137',
        '91, 0',
        '0, 181',
        '1, 2, 3',
        'NaN, 0',
        '48.137, eleven',
        '1e400, 2',
        '48,1 11.5',
        '48,137,11,575',
        '48,137 N',
        '48.137 E, 11.575',
        '48.137 N, 11.575 S',
      ]) {
        assert.throws(() => parseCoordinates(text), RangeError, text);
      }
    });
  });

  it('makes an area of coordinates, and gives nothing finer back', async () => {
    await deploy();
    const { status, answer } = await press('area', { coordinates: '48.137, 11.575' });
    assert.equal(status, 200);
    assert.deepEqual(answer, { cell: MUNICH, squareKilometres: 36 });
    assert.deepEqual((await press('area', { cell: MUNICH })).answer, answer);
    const problemOf = async (coordinates: string) => (await press('area', { coordinates })).answer.problem;
    assert.equal(await problemOf('48,137'), 'kindred-account.error.ambiguous-place');
    for (const body of [{}, { coordinates: 'here' }, { cell: 'x' }, { cell: 7 }, { coordinates: { a: 1 } }]) {
      const refused = await press('area', body);
      assert.equal(refused.status, 422);
      assert.match(String(refused.answer.problem), /^kindred-account\.error\.(coordinates|cell)$/);
    }
  });

  it('creates an account, and tests it', async () => {
    const { url } = await endpoint();
    await deploy({ url });
    const { answer } = await press('create', { url, name: ' Anna ', visibility: 'everyone', cell: MUNICH });
    assert.equal(answer.name, 'Anna');
    const me = await new KindredClient({ url, token: String(answer.token) }).me();
    assert.deepEqual([me.name, me.discoverable, me.cell], ['Anna', true, MUNICH]);
    assert.deepEqual((await press('test', { url, token: answer.token })).answer, { name: 'Anna' });
  });

  it('tests with the saved token, which never leaves the hub, and sends it to its own address only', async () => {
    const { url } = await endpoint();
    const { token } = await joined(url);
    await deploy({ url }, token);
    const own = await press('test', { id: 'account', url });
    assert.deepEqual(own.answer, { name: 'Anna' });
    assert.deepEqual((await press('test', { id: 'account', url: `${url}/` })).answer, own.answer);
    assert.equal(
      (await press('test', { id: 'account', url: 'not an address' })).answer.problem,
      'kindred-account.error.address',
    );
    process.env.KINDRED_TEST_ENDPOINT = url;
    undo.push(() => void delete process.env.KINDRED_TEST_ENDPOINT);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Node-RED's own notation for an environment variable
    const named = await press('test', { id: 'account', url: '${KINDRED_TEST_ENDPOINT}' });
    process.env.KINDRED_TEST_TOKEN = token;
    undo.push(() => void delete process.env.KINDRED_TEST_TOKEN);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as above
    const fromEnvironment = await press('test', { url, token: '${KINDRED_TEST_TOKEN}' });
    assert.deepEqual(fromEnvironment.answer, own.answer);
    assert.deepEqual(named.answer, { name: 'Anna' });
    const asked: (string | undefined)[] = [];
    const thief = await startServer((request, response) => {
      asked.push(request.headers.authorization);
      response.end();
    });
    undo.push(thief.close);
    const { answer } = await press('test', { id: 'account', url: thief.url });
    assert.deepEqual(answer, { problem: 'kindred-account.error.not-kindred' });
    const other = await startServer((request, response) => {
      asked.push(request.headers.authorization);
      response.writeHead(401, { 'content-type': 'application/problem+json' });
      response.end('{"type":"https://kindred-home.github.io/problems/unauthorised","title":"?","status":401}');
    });
    undo.push(other.close);
    const there = await press('test', { id: 'account', url: other.url });
    assert.deepEqual(asked, [undefined, undefined]);
    assert.deepEqual(there.answer, { problem: 'kindred-account.error.token-elsewhere' });
    assert.ok(!JSON.stringify(helper.log().args).includes(token));
  });

  it('tests with a saved token also where the account does not run, and where a space stands before it', async () => {
    const { url } = await endpoint();
    const { token } = await joined(url);
    const [KINDRED_TEST_ENDPOINT, KINDRED_TEST_TOKEN] = [url, token];
    Object.assign(process.env, { KINDRED_TEST_ENDPOINT, KINDRED_TEST_TOKEN });
    undo.push(() => {
      delete process.env.KINDRED_TEST_ENDPOINT;
      delete process.env.KINDRED_TEST_TOKEN;
    });
    for (const [config, saved] of [
      [{ url }, ` ${token}`],
      [{ url, d: true }, ` ${token}`],
      [{ url: `\${KINDRED_TEST_ENDPOINT}`, d: true }, `\${KINDRED_TEST_TOKEN}`],
    ] as const) {
      const node = await deploy(config, saved);
      assert.equal(Boolean(node), !('d' in config));
      assert.deepEqual((await press('test', { id: 'account', url })).answer, { name: 'Anna' });
      await helper.unload();
      adminServer?.close();
      adminServer = undefined;
    }
    const asked: (string | undefined)[] = [];
    const thief = await startServer((request, response) => {
      asked.push(request.headers.authorization);
      response.end();
    });
    undo.push(thief.close);
    await deploy({ url, d: true }, token);
    const { answer } = await press('test', { id: 'account', url: thief.url });
    assert.deepEqual([answer, asked], [{ problem: 'kindred-account.error.not-kindred' }, [undefined]]);
  });

  it('exports and leaves with the saved token, at its own address only, whatever else is sent', async () => {
    const { url } = await endpoint();
    const { client, token } = await joined(url);
    await deploy({ url }, token);
    const elsewhere = await endpoint({ store: `sqlite:${house.dir}/elsewhere.sqlite` });
    for (const button of ['test', 'export', 'leave']) {
      for (const token of [undefined, null, 5]) {
        const { answer } = await press(button, { id: 'account', url: elsewhere.url, token });
        assert.deepEqual(answer, { problem: 'kindred-account.error.token-elsewhere' }, `${button} ${token}`);
      }
    }
    const { answer } = await press('export', { id: 'account', url });
    assert.equal((answer.user as { name: string }).name, 'Anna');
    assert.deepEqual((await press('leave', { id: 'account', url })).answer, {});
    await assert.rejects(client.me(), { kind: 'unauthorised' });
  });

  it('goes on where its endpoint has moved to, once that is deployed', async () => {
    const before = await startEndpoint(house.dir);
    const { token } = await joined(before.url);
    await (await deploy({ url: before.url }, token)).client();
    await before.close();
    const { url } = await endpoint();
    const { answer } = await press('test', { id: 'account', url });
    assert.deepEqual(answer, { problem: 'kindred-account.error.token-elsewhere' });
    await helper.unload();
    const node = await deploy({ url }, token);
    assert.equal((await (await node.client()).me()).name, 'Anna');
  });

  it('says what is wrong with an endpoint', async () => {
    const html = await startServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<h1>It works</h1>');
    });
    const gone = await startServer(() => {});
    gone.close();
    const closed = await endpoint({ registration: 'closed' });
    undo.push(html.close);
    await deploy();
    const create = async (url: unknown, more = {}) =>
      (await press('create', { url, name: 'Anna', ...more })).answer.problem;
    const test = async (url: unknown, token?: unknown) => (await press('test', { url, token })).answer.problem;
    assert.equal(await create(html.url), 'kindred-account.error.not-kindred');
    assert.equal(await create(gone.url), 'kindred-account.error.unreachable');
    assert.equal(await create(closed.url), 'kindred-account.error.closed');
    assert.equal(await create('ftp://here'), 'kindred-account.error.address');
    assert.equal(await create(undefined), 'kindred-account.error.address');
    assert.equal(await create(closed.url, { name: '' }), 'kindred-account.error.name');
    assert.equal(await test(closed.url), 'kindred-account.error.no-token-yet');
    assert.equal(await test(closed.url, 'x'.repeat(43)), 'kindred-account.error.unauthorised');
  });

  it('says so when an endpoint hangs', async () => {
    const hanging = await startServer(() => {});
    undo.push(hanging.close);
    await deploy();
    const { answer } = await press('test', { url: hanging.url, token: 'some-token' });
    assert.deepEqual(answer, { problem: 'kindred-account.error.timeout' });
  });

  it('asks for an invitation where one is needed', async () => {
    const { url } = await endpoint({ registration: 'invitation', invitation: 'come-and-have-a-coffee' });
    await deploy();
    assert.deepEqual((await press('create', { url, name: 'Anna' })).answer, {
      problem: 'kindred-account.error.invitation',
    });
    const { answer } = await press('create', { url, name: 'Anna', invitation: 'come-and-have-a-coffee' });
    assert.equal(answer.name, 'Anna');
  });

  it('brings name, visibility and area to the endpoint on deploy', async () => {
    const { url } = await endpoint();
    const { client, token } = await joined(url);
    const node = await deploy({ url, name: 'Anna B.', visibility: 'everyone', cell: MUNICH }, token);
    await node.client();
    const me = await client.me();
    assert.deepEqual([me.name, me.discoverable, me.cell], ['Anna B.', true, MUNICH]);
  });

  it('hides at once although the name is refused, and says why', async () => {
    const { url } = await endpoint();
    const { client, token } = await joined(url);
    await client.updateMe({ discoverable: true });
    // A cook is a person and a pan, and a joiner that nobody sees between them.
    const node = await deploy({ url, name: 'Anna \u{1F469}\u200D\u{1F373}', visibility: 'nobody' }, token);
    await node.client();
    const me = await client.me();
    assert.deepEqual([me.discoverable, me.name], [false, 'Anna']);
    assert.match(JSON.stringify(helper.log().args), /kindred-account\.error\.settings/);
  });

  it('hides at once although the area may not be changed yet, and says why', async () => {
    const { url } = await endpoint();
    const { client, token } = await joined(url);
    await client.updateMe({ discoverable: true, cell: MUNICH });
    const node = await deploy({ url, visibility: 'nobody', cell: cellOf(52.5, 13.4) }, token);
    await node.client();
    const me = await client.me();
    assert.deepEqual([me.discoverable, me.cell], [false, MUNICH]);
    const warned = JSON.stringify(helper.log().args);
    assert.match(warned, /kindred-account\.error\.area-refused/);
    assert.ok(!warned.includes(token));
  });

  it('tells an area again when it may be changed, and complains of it once', async () => {
    const cells: unknown[] = [];
    const me = { id: newId(), name: 'Anna', discoverable: false, cell: null, createdAt: new Date().toISOString() };
    const server = await startServer((request, response) => {
      const answer = (status: number, type: string, body: object) =>
        response.writeHead(status, { 'content-type': `application/${type}` }).end(JSON.stringify(body));
      if (request.method === 'GET') return answer(200, 'json', me);
      cells.push(request.method);
      const refusal = { type: problemType('cell-changed-recently'), title: 'later', retryAfterSeconds: 0 };
      if (cells.length < 3) return answer(409, 'problem+json', refusal);
      return answer(200, 'json', { ...me, cell: MUNICH });
    });
    undo.push(server.close);
    await deploy({ url: server.url, cell: MUNICH }, 'A'.repeat(43));
    while (cells.length < 3) await new Promise((done) => setTimeout(done, 20));
    const complaints = helper.log().args.filter((one) => JSON.stringify(one).includes('area-refused'));
    assert.equal(complaints.length, 1);
  });

  describe('told to Catch nodes', () => {
    /** Deploys the account with nodes that use it, and gives what the Catch node of their tab gets. */
    async function caughtOf(account: object, token: string): Promise<Seen> {
      const flow = [
        { id: 'tab', type: 'tab', label: 'test' },
        { id: 'account', type: 'kindred-account', version: 1, name: 'Anna', cell: '', ...account },
        ...['first', 'second'].map((id) => ({ id, z: 'tab', x: 1, y: 1, type: 'user-features', account: 'account' })),
        { id: 'watching', z: 'tab', x: 1, y: 1, type: 'find-concurrent-users', account: 'account', mode: 'watch' },
        { id: 'catching', z: 'tab', x: 1, y: 1, type: 'catch', scope: null, wires: [['caught']] },
        { id: 'caught', z: 'tab', type: 'helper' },
      ];
      await helper.load([register, registerFeatures, registerFind], flow, { account: { token } });
      return new Seen('caught');
    }
    const told = (seen: Seen): { source: string; message: string }[] =>
      seen.messages.map((message) => {
        const { error } = message as unknown as { error: { source: { id: string }; message: string } };
        return { source: error.source.id, message: error.message };
      });

    it('settings that are refused are told once, however many nodes use the account', async () => {
      const { url } = await endpoint();
      const { client, token } = await joined(url);
      await client.updateMe({ discoverable: true, cell: MUNICH });
      const seen = await caughtOf({ url, cell: cellOf(52.5, 13.4) }, token);
      await seen.atLeast(1);
      await statusOf('watching', 'find-concurrent-users.status.not-visible');
      assert.deepEqual(told(seen), [{ source: 'first', message: 'kindred-account.error.area-refused' }]);
    });

    it('a token that is not known is told by each node that meets it, and not by the account besides', async () => {
      const { url } = await endpoint();
      const seen = await caughtOf({ url }, 'A'.repeat(43));
      await seen.atLeast(1);
      helper.getNode('first').receive({ payload: { activity: 'coffee' } });
      await seen.atLeast(2);
      const message = 'kindred-account.error.unauthorised';
      assert.deepEqual(told(seen), [
        { source: 'watching', message },
        { source: 'first', message },
      ]);
      assert.match(JSON.stringify(helper.log().args), /kindred-account\.error\.settings/);
    });
  });

  it('tries again until the endpoint is back', async () => {
    const first = await startEndpoint(house.dir);
    const { client, token } = await joined(first.url);
    await first.close();
    await deploy({ url: first.url, visibility: 'everyone' }, token);
    await endpoint({ port: Number(new URL(first.url).port) });
    while (!(await client.me()).discoverable) await new Promise((done) => setTimeout(done, 20));
  });

  it('brings everything back with a Test, once an endpoint knows the token again', async () => {
    const me = { id: newId(), name: 'Anna', cell: null, createdAt: new Date().toISOString() };
    const told: string[] = [];
    let isAway = true;
    const moody = await startServer((request, response) => {
      if (isAway) {
        const problem = { type: problemType('unauthorised'), title: 'A valid token is needed', status: 401 };
        return response.writeHead(401, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
      }
      if (request.url === '/v1/events') {
        return response.writeHead(200, { 'content-type': 'text/event-stream' }).write('id: 7\n\n');
      }
      if (request.method === 'PATCH') told.push(String(request.url));
      const json = JSON.stringify({ ...me, discoverable: told.length > 0 });
      return response.writeHead(200, { 'content-type': 'application/json' }).end(json);
    });
    undo.push(moody.close);
    const flow = [
      {
        id: 'account',
        type: 'kindred-account',
        version: 1,
        name: '',
        url: moody.url,
        visibility: 'everyone',
        cell: '',
      },
      { id: 'watching', type: 'find-concurrent-users', account: 'account', mode: 'watch' },
    ];
    const reached: unknown[] = [];
    const listen = (RED: NodeAPI): void => void RED.events.on(REACHABLE, (id) => reached.push(id));
    await helper.load([register, registerFind, listen], flow, { account: { token: 'A'.repeat(43) } });
    assert.equal((await statusOf('watching', 'find-concurrent-users.status.token')).fill, 'red');
    isAway = false;
    assert.deepEqual((await press('test', { id: 'account', url: moody.url })).answer, { name: 'Anna' });
    await statusOf('watching', 'find-concurrent-users.status.watching');
    while (told.length === 0) await new Promise((done) => setTimeout(done, 5));
    assert.ok(reached.includes('account'));
  });

  it('has no client without a token, and says what to do', async () => {
    const node = await deploy({ url: 'http://127.0.0.1:9' });
    await assert.rejects(node.client(), { message: 'kindred-account.error.no-token' });
  });

  it('stops trying when it closes', async () => {
    // It would try again every half a second.
    const soon = mock.method(Math, 'random', () => 0);
    undo.push(() => soon.mock.restore());
    const calls: string[] = [];
    const server = createServer((request, response) => {
      calls.push(String(request.url));
      response.writeHead(503).end();
    });
    const url = await listen(server);
    undo.push(() => void server.close());
    const node = await deploy({ url }, 'some-token');
    await node.client();
    const again = once(server, 'request');
    await again;
    await helper.unload();
    const count = calls.length;
    await new Promise((done) => setTimeout(done, 1000));
    assert.equal(calls.length, count);
  });
});
