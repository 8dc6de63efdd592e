import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type EndpointError, KindredClient } from '../../matching/client/index.js';
import { type ProblemCode, problemType, ROUTES } from '../../matching/schema/index.js';
import { newId } from '../../vocabulary/index.js';
import {
  Cleanup,
  coffee,
  joinAs,
  type Member,
  openFile,
  type RunningEndpoint,
  startEndpoint,
  VIENNA,
} from './support.js';

const json = { 'content-type': 'application/json' };

describe('endpoint over HTTP', () => {
  const cleanup = new Cleanup();
  let endpoint: RunningEndpoint;
  let anna: Member;
  let ben: Member;
  beforeEach(async () => {
    endpoint = await startEndpoint(cleanup, { extraActivities: ['knitting'] });
    anna = await joinAs(endpoint.url, 'Anna');
    ben = await joinAs(endpoint.url, 'Ben');
  });
  afterEach(() => cleanup.run());

  function send(path: string, init: RequestInit = {}, token?: string): Promise<Response> {
    const headers = { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(init.headers as object) };
    return fetch(endpoint.url + path, { ...init, headers });
  }

  async function assertProblem(response: Response, code: ProblemCode): Promise<Record<string, unknown>> {
    const problem = (await response.json()) as Record<string, unknown>;
    assert.equal(problem.type, problemType(code), JSON.stringify(problem));
    assert.equal(problem.status, response.status);
    assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
    return problem;
  }

  const publish = (body: unknown, id = newId()): Promise<Response> =>
    send(`/v1/activities/${id}`, { method: 'PUT', body: JSON.stringify(body), headers: json }, anna.token);
  const start = () => ({ revision: 1, activity: 'coffee', state: 'started', startedAt: new Date().toISOString() });

  it('joins, looks, changes, rotates the token, exports and leaves', async () => {
    const carl = await joinAs(endpoint.url, 'Carl', { discoverable: false });
    assert.deepEqual(await carl.client.me().then(({ name, discoverable, cell }) => ({ name, discoverable, cell })), {
      name: 'Carl',
      discoverable: false,
      cell: VIENNA,
    });
    assert.equal((await carl.client.updateMe({ name: 'Carla', discoverable: true, cell: null })).name, 'Carla');
    const { token } = await carl.client.rotateToken();
    await assert.rejects(carl.client.me(), { kind: 'unauthorised', status: 401 });
    const carla = new KindredClient({ url: endpoint.url, token });
    await carla.publish(coffee());
    const exported = await carla.exportMe();
    assert.equal(exported.activities.length, 1);
    assert.doesNotMatch(JSON.stringify(exported.activities), /Kitchen|kitchen|Coffee machine/);
    await carla.deleteMe();
    await assert.rejects(carla.me(), { kind: 'unauthorised' });
  });

  it('publishes, answers the people of the moment, and finds them again', async () => {
    await ben.client.publish(coffee());
    const published = await anna.client.publish(coffee());
    assert.equal(published.outcome, 'created');
    assert.equal(published.matches[0]?.user.name, 'Ben');
    for (const window of ['minute', 'quarter-hour', 'overlap'] as const) {
      const { people } = await anna.client.concurrentUsers({ activity: 'coffee', window, radiusKm: 10, limit: 5 });
      assert.equal(people[0]?.user.id, published.matches[0]?.user.id, window);
      assert.equal(people[0]?.matchId, published.matches[0]?.matchId);
    }
    assert.equal((await anna.client.activities({ limit: 1 })).activities[0]?.id, published.activity.id);
    assert.deepEqual((await anna.client.concurrentUsers({ activity: 'coffee', among: 'friends' })).people, []);
  });

  it('takes the operator’s own activities, and no others', async () => {
    assert.equal((await publish({ ...start(), activity: 'knitting' })).status, 201);
    const never = await assertProblem(await publish({ ...start(), activity: 'sleep' }), 'unknown-activity');
    assert.equal(never.detail, '"sleep" is not matched here, and no operator can add it');
    const { detail } = await assertProblem(await publish({ ...start(), activity: 'chess' }), 'unknown-activity');
    assert.equal(detail, '"chess" is not matched here; its operator can add it');
    await assertProblem(await send('/v1/concurrent-users?activity=constructor', {}, anna.token), 'unknown-activity');
  });

  it('needs a token wherever somebody is meant', async () => {
    for (const route of Object.values(ROUTES).filter(({ token }) => token)) {
      const body = BODIES[route.path] ?? start();
      const bodied = 'body' in route;
      const init = { method: route.method, ...(bodied ? { body: JSON.stringify(body), headers: json } : {}) };
      for (const token of ['wrong', 'A'.repeat(43)]) {
        const response = await send(`${route.path.replace('{id}', newId())}?${queryOf(route.path)}`, init, token);
        await assertProblem(response, 'unauthorised');
        assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer/);
      }
    }
  });

  it('says that what was sent is no token, and asks for one that is missing', async () => {
    const detailWith = async (headers: Record<string, string>): Promise<string> =>
      String((await assertProblem(await send('/v1/me', { headers }), 'unauthorised')).detail);
    for (const authorization of ['Bearer wrong', 'Basic YTpi', `Bearer  ${anna.token}`, anna.token, 'Bearer']) {
      assert.match(await detailWith({ authorization }), /^That is no token of this endpoint/, authorization);
    }
    assert.match(await detailWith({ authorization: `Bearer ${'A'.repeat(43)}` }), /^The token is not valid/);
    assert.match(await detailWith({}), /^Send the header "Authorization: Bearer"/);
  });

  it('names the property that is too much, where it can be shown, and those that are possible', async () => {
    const details = async (path: string, body: object, token?: string): Promise<unknown> => {
      const init = { method: 'POST', headers: json, body: JSON.stringify(body) };
      return (await assertProblem(await send(path, init, token), 'bad-request')).detail;
    };
    assert.equal(
      await details('/v1/users', { name: 'a', admin: true }),
      '"admin" is not known in the body: it can have name, discoverable, cell, invitation',
    );
    for (const odd of ['x'.repeat(41), 'a\u202eb', 'a\nb', '']) {
      const text = String(await details('/v1/users', { name: 'a', [odd]: 1 }));
      assert.match(text, /^Something in the body is not known: it can have name, /);
    }
    const [matchId, invitation] = ['x'.repeat(20), 'y'];
    assert.equal(
      await details('/v1/friend-requests', {}, anna.token),
      'The body must have at least 1 of matchId, userId, invitation',
    );
    assert.equal(
      await details('/v1/friend-requests', { matchId, invitation }, anna.token),
      'The body can have at most 1 of matchId, userId, invitation',
    );
  });

  it('says what is wrong with a request in words, and what would be right', async () => {
    const detail = async (path: string, init: RequestInit = {}, token = anna.token): Promise<unknown> =>
      (await assertProblem(await send(path, init, token), 'bad-request')).detail;
    const put = (body: object) =>
      detail(`/v1/activities/${newId()}`, { method: 'PUT', headers: json, body: JSON.stringify(body) });
    const patch = (body: object) => detail('/v1/me', { method: 'PATCH', headers: json, body: JSON.stringify(body) });
    const activity = { revision: 1, activity: 'coffee', state: 'started', startedAt: '2026-11-22T08:41:07Z' };
    assert.equal(await put({}), '"revision" is missing in the body');
    assert.equal(await put({ ...activity, revision: 'x' }), '"revision" must be a whole number');
    assert.equal(
      await put({ ...activity, state: 'start' }),
      '"state" must be one of started, ongoing, finished, discarded',
    );
    assert.match(
      String(await put({ ...activity, startedAt: 'yesterday' })),
      /^"startedAt" is not well formed \(ISO 8601 with a time zone, such as 2026-11-22T08:41:07Z/,
    );
    assert.equal(
      await put({ ...activity, actions: [{ startedAt: activity.startedAt }] }),
      '"action" is missing in "actions.0" in the body',
    );
    assert.equal(await patch({ discoverable: 'yes' }), '"discoverable" must be true or false');
    assert.match(String(await patch({ cell: 'x' })), /^"cell" is not well formed \(H3 cell of resolution 4, 5 or 6/);
    assert.equal(await patch({ name: '' }), '"name" is too short: it must have at least 1 character');
    assert.equal(await detail('/v1/me', { method: 'PATCH' }), 'The body must be a JSON object');
    const empty = await detail('/v1/me', { method: 'PATCH', headers: json, body: '' });
    assert.equal(empty, 'There is no body: send a JSON object');
    assert.equal(await detail('/v1/me', { method: 'PATCH', headers: json, body: '{' }), 'The body is no JSON');
    assert.equal(await detail('/v1/activities?limit=0'), '"limit" must be at least 1');
    assert.equal(await detail('/v1/concurrent-users'), '"activity" is missing in the query');
    assert.match(String(await detail('/v1/activities?page=2')), /^"page" is not known in the query: it can have /);
  });

  const BODIES: Record<string, object> = {
    [ROUTES.updateMe.path]: { name: 'X' },
    [ROUTES.requestFriend.path]: { userId: 'x' },
    [ROUTES.answerFriendRequest.path]: { state: 'accepted' },
  };
  const queryOf = (path: string): string =>
    path === ROUTES.concurrentUsers.path || path === ROUTES.ranks.path ? 'activity=coffee' : '';

  it('says what is wrong with a request, with a stable type', async () => {
    const post = (body: string, type = 'application/json'): Promise<Response> =>
      send('/v1/users', { method: 'POST', body, headers: { 'content-type': type } });
    for (const body of [
      '',
      '{',
      '[]',
      '{"name":""}',
      '{"name":5}',
      '{"name":"a","admin":true}',
      '{"name":"a\\u202eb"}',
      '{"name":"a","discoverable":"yes"}',
      '{"name":"a","cell":"8928308280fffff"}',
      '{"__proto__":{"name":"x"}}',
    ]) {
      await assertProblem(await post(body), 'bad-request');
    }
    await assertProblem(await post('{"name":"a","cell":"86fffffffffffff"}'), 'bad-cell');
    await assertProblem(await post('name=a', 'application/x-www-form-urlencoded'), 'unsupported-media-type');
    await assertProblem(await post(JSON.stringify({ name: 'x'.repeat(70_000) })), 'too-large');
    await assertProblem(await publish({ ...start(), endedAt: '2020-01-01T00:00:00Z' }), 'bad-time');
    await assertProblem(await publish({ ...start(), id: newId() }), 'bad-request');
    await assertProblem(await publish(start(), 'not-an-id'), 'bad-request');
    await assertProblem(await send('/v1/concurrent-users?activity=coffee&radiusKm=11', {}, anna.token), 'bad-request');
    await assertProblem(
      await send('/v1/concurrent-users?activity=coffee&at=2020-01-01T00:00:00Z', {}, anna.token),
      'bad-time',
    );
    const soon = new Date(Date.now() + 600_000).toISOString();
    assert.equal((await send(`/v1/concurrent-users?activity=coffee&at=${soon}`, {}, anna.token)).status, 200);
    await assertProblem(await send('/v1/events', { headers: { 'last-event-id': 'x' } }, anna.token), 'bad-request');
    await assertProblem(await send('/v1/nothing'), 'not-found');
    await assertProblem(await send('/v1/%E0%A4%A'), 'bad-request');
    const wrong = await send('/v1/me', { method: 'PUT' });
    await assertProblem(wrong, 'method-not-allowed');
    assert.equal(wrong.headers.get('allow'), 'GET, PATCH, DELETE');
    assert.equal((await send('/v1/events', { method: 'HEAD' }, anna.token)).status, 405);
    assert.deepEqual(endpoint.failures, []);
  });

  it('shows nothing to who does not show', async () => {
    await ben.client.publish(coffee());
    await anna.client.updateMe({ discoverable: false });
    await assert.rejects(anna.client.concurrentUsers({ activity: 'coffee' }), {
      kind: 'refused',
      type: problemType('not-discoverable'),
    });
    assert.deepEqual((await anna.client.publish(coffee())).matches, []);
    await anna.client.updateMe({ discoverable: true, cell: null });
    await assert.rejects(anna.client.concurrentUsers({ activity: 'coffee', radiusKm: 10 }), {
      type: problemType('no-cell'),
    });
  });

  it('takes another cell once in seven days, and says when', async () => {
    await assert.rejects(anna.client.updateMe({ cell: '861e126c7ffffff' }), (error: EndpointError) => {
      assert.equal(error.type, problemType('cell-changed-recently'));
      assert.ok((error.retryAfterSeconds ?? 0) > 604_000 && /Another cell is taken from \d{4}-/.test(error.message));
      return true;
    });
    const { cellChangeableFrom } = await anna.client.me();
    endpoint.setClock(Date.parse(cellChangeableFrom as string));
    assert.equal((await anna.client.updateMe({ cell: '861e126c7ffffff' })).cell, '861e126c7ffffff');
  });

  it('says it is well, documents itself, and sends careful headers', async () => {
    const health = await send('/healthz');
    assert.deepEqual(await health.json(), { status: 'ok', kindred: 'endpoint' });
    assert.equal(health.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(health.headers.get('cache-control'), 'no-store');
    type Operation = { responses: Record<string, { headers?: Record<string, unknown> }> };
    const document = (await (await send('/v1/openapi.json')).json()) as {
      openapi: string;
      paths: Record<string, Record<string, Operation>>;
    };
    assert.equal(document.openapi, '3.1.0');
    const limited = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.values(operations)
        .filter(({ responses }) => responses[429]?.headers?.['Retry-After'])
        .map(() => path),
    );
    assert.deepEqual(
      limited.sort(),
      Object.values(ROUTES)
        .map(({ path }) => path)
        .sort(),
    );
  });

  it('sends the same careful headers with every answer, and lets no page of somebody else read one', async () => {
    const careful = {
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    };
    const { hostname, port } = new URL(endpoint.url);
    const raw = (request: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect(Number(port), hostname).setEncoding('utf8').on('error', reject);
        socket.write(request);
        socket.once('data', (answer: string) => {
          socket.destroy();
          resolve(answer);
        });
      });
    const page = 'origin: https://page.example\r\nauthorization: Bearer';
    const request = (method: string, path: string, token = anna.token): string =>
      `${method} ${path} HTTP/1.1\r\nhost: ${hostname}\r\n${page} ${token}\r\n`;
    const body = JSON.stringify(start());
    const sent = `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const answers = await Promise.all([
      ...['/v1/me', '/v1/me/export', '/v1/events', '/v1/friends', '/healthz', '/v1/openapi.json', '/nowhere', '/%'].map(
        (path) => raw(`${request('GET', path)}\r\n`),
      ),
      raw(request('PUT', `/v1/activities/${newId()}`) + sent),
      raw(request('PUT', '/v1/activities/none') + sent),
      raw(`${request('GET', '/v1/me', 'none')}\r\n`),
      ...['OPTIONS', 'TRACE', 'DELETE'].map((method) => raw(`${request(method, '/v1/events')}\r\n`)),
      raw('no HTTP\r\n\r\n'),
    ]);
    const statuses = answers.map((answer) => answer.slice(9, 12));
    assert.deepEqual(statuses, [
      ...['200', '200', '200', '200', '200', '200', '404', '400', '201', '400', '401', '405', '405', '405', '400'],
    ]);
    for (const answer of answers) {
      const [head = ''] = answer.toLowerCase().split('\r\n\r\n');
      for (const [name, value] of Object.entries(careful)) {
        assert.ok(head.includes(`\r\n${name}: ${value.toLowerCase()}`), `${name} is missing in ${head}`);
      }
      assert.doesNotMatch(head, /access-control|set-cookie|x-powered-by|\nserver:/);
    }
  });

  it('answers 503 when the store is gone, and says nothing of why', async () => {
    await endpoint.store.close();
    const problem = await assertProblem(await send('/healthz'), 'unavailable');
    assert.equal(problem.detail, undefined);
    await assert.rejects(anna.client.publish(coffee()), { kind: 'busy', status: 503, retryAfterSeconds: 5 });
    assert.equal(endpoint.failures.length, 2);
  });

  it('answers bytes that are no HTTP', async () => {
    const { port, hostname } = new URL(endpoint.url);
    const socket = connect(Number(port), hostname);
    socket.end('\0\0\0 what is this\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += chunk;
    assert.match(text, /^HTTP\/1\.1 400 [\s\S]+bad-request/);
  });
});

describe('an activity that the operator has taken out of the list', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  it('can be taken back, and nothing else', async () => {
    const opened = await openFile(cleanup);
    const share = async () => opened;
    const before = await startEndpoint(cleanup, { extraActivities: ['chess'] }, share);
    const anna = await joinAs(before.url, 'Anna');
    const game = coffee({ activity: 'chess' });
    await anna.client.publish(game);
    const { url } = await startEndpoint(cleanup, {}, share);
    for (const type of ['application/json', 'application/json; charset=utf-8']) {
      const statuses = [];
      for (const state of ['ongoing', 'discarded']) {
        const { id, ...body } = { ...game, state, revision: 2 };
        const headers = { 'content-type': type, authorization: `Bearer ${anna.token}` };
        const answer = await fetch(`${url}/v1/activities/${id}`, {
          method: 'PUT',
          headers,
          body: JSON.stringify(body),
        });
        statuses.push(answer.status);
      }
      assert.deepEqual(statuses, [400, 200]);
    }
  });

  it('was never one of the words that are matched nowhere: nothing is kept under these', async () => {
    const { url } = await startEndpoint(cleanup);
    const anna = await joinAs(url, 'Anna');
    for (const type of ['application/json', 'application/json; charset=utf-8']) {
      const { id, ...body } = coffee({ activity: 'sleep', state: 'discarded' });
      const headers = { 'content-type': type, authorization: `Bearer ${anna.token}` };
      const given = { method: 'PUT', headers, body: JSON.stringify(body) };
      const answer = await fetch(`${url}/v1/activities/${id}`, given);
      const { type: problem } = (await answer.json()) as { type?: string };
      assert.deepEqual([answer.status, problem], [400, problemType('unknown-activity')]);
    }
    assert.deepEqual((await anna.client.exportMe()).activities, []);
  });
});

describe('registration', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  it('can be by invitation', async () => {
    const invitation = 'a-secret-of-the-club';
    const { url } = await startEndpoint(cleanup, { registration: 'invitation', invitation: `${invitation}\n` });
    const client = new KindredClient({ url });
    for (const wrong of [{}, { invitation: 'guess' }]) {
      await assert.rejects(client.createUser({ name: 'Eve', ...wrong }), { type: problemType('invitation-needed') });
    }
    for (const given of [invitation, ` ${invitation} `]) {
      assert.equal((await client.createUser({ name: 'Anna', invitation: given })).user.name, 'Anna');
    }
  });

  it('can be closed', async () => {
    const { url } = await startEndpoint(cleanup, { registration: 'closed' });
    await assert.rejects(new KindredClient({ url }).createUser({ name: 'Eve' }), {
      kind: 'refused',
      type: problemType('registration-closed'),
    });
  });
});
