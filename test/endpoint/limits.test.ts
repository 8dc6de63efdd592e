import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { KindredClient } from '../../matching/client/index.js';
import { MAX_ASKED, type ProblemCode, problemType, ROUTES } from '../../matching/schema/index.js';
import { openEndpoint } from '../../matching/server/index.js';
import { Buckets } from '../../matching/server/web/buckets.js';
import { DEFAULT_LIMITS, Limiter, networkOf } from '../../matching/server/web/limits.js';
import { newId } from '../../vocabulary/index.js';
import {
  Cleanup,
  coffee,
  hangUp,
  joinAs,
  type RunningEndpoint,
  serveHttp,
  startEndpoint,
  temporaryFolder,
  UNLIMITED,
  until,
} from './support.js';

const NOW = Date.UTC(2026, 10, 22, 8, 41, 7);
const MINUTE = 60_000;

describe('token buckets', () => {
  it('give so much at once, and as much again in each period', () => {
    const buckets = new Buckets(3, MINUTE);
    const taken = (now: number): number => {
      let count = 0;
      while (buckets.waitMs('a', now) === 0) {
        buckets.take('a', now);
        count++;
      }
      return count;
    };
    assert.equal(taken(NOW), 3);
    assert.equal(buckets.waitMs('a', NOW), MINUTE / 3);
    assert.equal(buckets.waitMs('b', NOW), 0);
    assert.equal(taken(NOW + MINUTE / 3), 1);
    assert.equal(taken(NOW + 10 * MINUTE), 3);
    // A clock that is set back neither fills one nor keeps it empty for as long as it was ahead.
    assert.equal(taken(NOW - 60 * MINUTE), 0);
    assert.equal(taken(NOW - 59 * MINUTE), 3);
  });

  it('remember so many callers and no more', () => {
    const buckets = new Buckets(1, MINUTE, 100);
    for (let caller = 0; caller < 1000; caller++) buckets.take(String(caller), NOW);
    assert.deepEqual(
      [buckets.count <= 100, buckets.has('899'), buckets.has('905'), buckets.has('999')],
      [true, false, true, true],
    );
  });

  it('are one for an address, and one for a household’s IPv6 network', () => {
    assert.equal(networkOf('::ffff:192.0.2.7'), '192.0.2.7');
    assert.equal(networkOf('192.0.2.7'), '192.0.2.7');
    for (const one of ['2001:db8:0:1::5', '2001:0DB8:0:1:aaaa::1', '2001:db8::1:0:0:0:9']) {
      assert.equal(networkOf(one), '2001:db8:0:1');
    }
    assert.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0');
    assert.equal(networkOf('::1'), '0:0:0:0');
  });
});

describe('limits of an endpoint', () => {
  const cleanup = new Cleanup();
  let endpoint: RunningEndpoint;
  afterEach(() => cleanup.run());

  async function start(limits: object, options: object = {}): Promise<void> {
    const all = { ...UNLIMITED, ...limits };
    endpoint = await startEndpoint(cleanup, { limits: all, ...options });
    endpoint.setClock(NOW);
  }

  const get = (path: string, token: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(endpoint.url + path, { headers: { authorization: `Bearer ${token}`, ...headers } });
  const post = (address: string): Promise<Response> =>
    fetch(`${endpoint.url}/v1/users`, {
      method: 'POST',
      body: '{"name":"Anna"}',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
    });
  async function statuses(count: number, call: (index: number) => Promise<Response>): Promise<number[]> {
    const seen = [];
    for (let index = 0; index < count; index++) seen.push((await call(index)).status);
    return seen;
  }

  it('counts all calls of a user, says when to come back, and leaves others alone', async () => {
    await start({ callsPerMinute: 4 });
    const anna = await joinAs(endpoint.url, 'Anna');
    const ben = await joinAs(endpoint.url, 'Ben');
    for (let count = 0; count < 2; count++) {
      await anna.client.me();
      await anna.client.activities();
    }
    await assert.rejects(anna.client.friends(), {
      kind: 'busy',
      status: 429,
      type: problemType('too-many-requests' satisfies ProblemCode),
      retryAfterSeconds: 15,
    });
    const refused = await get('/v1/me', anna.token);
    assert.equal(refused.headers.get('retry-after'), '15');
    assert.match(refused.headers.get('content-type') ?? '', /^application\/problem\+json/);
    assert.equal((await ben.client.me()).name, 'Ben');
    endpoint.setClock(NOW + 15_000);
    assert.deepEqual(await statuses(2, () => get('/v1/me', anna.token)), [200, 429]);
  });

  it('counts what looks through everything of a user’s as many calls, the first one, too', async () => {
    await start({ callsPerMinute: 50 });
    const anna = await joinAs(endpoint.url, 'Anna');
    const call = (method: string, path: string, body?: string) => async (): Promise<Response> => {
      const authorization = `Bearer ${anna.token}`;
      const init = body ? { body, headers: { authorization, 'content-type': 'application/json' } } : {};
      const response = await fetch(endpoint.url + path, { method, headers: { authorization }, ...init });
      await response.text();
      return response;
    };
    const dear = [
      [call('PATCH', '/v1/me', '{"discoverable":true}'), 200],
      [call('PUT', '/v1/blocks/nobody'), 204],
      [call('GET', '/v1/me/export'), 200],
    ] as const;
    const stream = async (): Promise<Response> => {
      const abort = new AbortController();
      const headers = { authorization: `Bearer ${anna.token}`, 'last-event-id': '0' };
      const response = await fetch(`${endpoint.url}/v1/events`, { headers, signal: abort.signal });
      abort.abort();
      return response;
    };
    const fourTimes = (one: () => Promise<Response>) => async (): Promise<Response> => {
      for (let count = 1; count < 4; count++) await one();
      return await one();
    };
    for (const [minute, [one, status]] of [...dear, [fourTimes(stream), 200] as const].entries()) {
      endpoint.setClock(NOW + 2 * minute * MINUTE);
      assert.deepEqual(await statuses(2, one), [status, status]);
      assert.deepEqual(await statuses(11, () => get('/v1/me', anna.token)), [...Array(10).fill(200), 429]);
    }
  });

  it('lets nobody use up what somebody needs to hide, to block, to change the token and to leave', async () => {
    await start({ callsPerMinute: 60 });
    const anna = await joinAs(endpoint.url, 'Anna');
    // A flow of hers asks as often as it can, and takes what comes back as soon as it is there.
    const ask = (): Promise<Response> => get('/v1/me', anna.token);
    const useUp = async (): Promise<void> => {
      while ((await ask()).status === 200);
    };
    await useUp();
    await anna.client.block('nobody');
    const { headers } = await ask();
    assert.match(headers.get('ratelimit') ?? '', /"callsPerMinute";r=0;t=80/);
    assert.equal(headers.get('retry-after'), '21');
    await assert.rejects(anna.client.block('nobody'), { kind: 'busy', retryAfterSeconds: 20 });
    endpoint.setClock(NOW + 20_000);
    await useUp();
    await anna.client.updateMe({ discoverable: false });
    endpoint.setClock(NOW + 40_000);
    await useUp();
    await assert.rejects(anna.client.exportMe(), { kind: 'busy' });
    const { token } = await anna.client.rotateToken();
    assert.equal((await get('/v1/me', token)).status, 429);
    endpoint.setClock(NOW + 41_000);
    await new KindredClient({ url: endpoint.url, token }).deleteMe();
  });

  it('is not got round with a new token', async () => {
    await start({ callsPerMinute: 3 });
    const anna = await joinAs(endpoint.url, 'Anna');
    await anna.client.me();
    const { token } = await anna.client.rotateToken();
    assert.deepEqual(await statuses(2, () => get('/v1/me', token)), [200, 429]);
  });

  it('bounds tokens that are not valid, and still lets in whoever has been let in', async () => {
    await start({ failuresPerMinute: 3 });
    const anna = await joinAs(endpoint.url, 'Anna');
    await anna.client.me();
    const guess = (index: number): Promise<Response> => get('/v1/me', String.fromCharCode(65 + index).repeat(43));
    assert.deepEqual(await statuses(5, guess), [401, 401, 401, 429, 429]);
    assert.equal((await get('/v1/me', 'none')).status, 429);
    assert.equal((await anna.client.me()).name, 'Anna');
    endpoint.setClock(NOW + MINUTE);
    assert.equal((await guess(9)).status, 401);
  });

  it('counts the tokens of those who hang up before they are answered', async () => {
    await start({ failuresPerMinute: 3 }, { metrics: 'loopback' });
    const guess = (index: number): string => String.fromCharCode(65 + index).repeat(43);
    const body = JSON.stringify(coffee());
    for (let index = 0; index < 20; index += 2) {
      await hangUp(endpoint.url, 'GET', '/v1/me', guess(index));
      await hangUp(endpoint.url, 'PUT', `/v1/activities/${newId()}`, guess(index + 1), body);
    }
    // Whoever they were: those whose address is not known any more share one limit, as one address does.
    const answers = async (operations: string, status: string): Promise<number> => {
      const text = await (await fetch(`${endpoint.url}/metrics`)).text();
      const sample = new RegExp(`requests_total\\{operation="(?:${operations})",status="${status}"\\} (\\d+)`, 'g');
      return [...text.matchAll(sample)].reduce((sum, [, count]) => sum + Number(count), 0);
    };
    await until(async () => (await answers('me|publish', '\\d+')) === 20);
    assert.ok((await answers('me|publish', '429')) >= 20 - 2 * 3 - 1);
    // A connection that is gone has said nothing that was no HTTP.
    assert.equal(await answers('none', '\\d+'), 0);
  });

  it('counts streams off whose connections closed before their turn came', async () => {
    await start({ callsPerMinute: 1000, failuresPerMinute: 1000 });
    let answer = (): void => {};
    const checked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    endpoint.store.check = () => checked;
    const { hostname, port } = new URL(endpoint.url);
    const head = (path: string, token: string): string =>
      `GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${token}\r\n\r\n`;
    const guesses = Array.from({ length: 256 }, (_, index) => head('/v1/events', `${'A'.repeat(40)}${index + 100}`));
    const socket = connect(Number(port), hostname).on('error', () => {});
    socket.write(head('/healthz', '') + guesses.join(''));
    await until(async () => (await get('/v1/me', 'B'.repeat(43))).status === 429);
    socket.destroy();
    await until(async () => (await get('/v1/me', 'B'.repeat(43))).status === 401);
    answer();
  });

  it('bounds what comes before there is an answer to the first of it', async () => {
    await start({ callsPerMinute: 5, failuresPerMinute: 3 });
    const anna = await joinAs(endpoint.url, 'Anna');
    const atOnce = async (status: number, call: (index: number) => Promise<Response>): Promise<number> => {
      const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => call(index)));
      return answers.filter((answer) => answer.status === status).length;
    };
    assert.ok((await atOnce(200, () => get('/v1/me', anna.token))) <= 5);
    await atOnce(401, (index) => get('/v1/me', `${'A'.repeat(41)}${index + 10}`));
    assert.equal((await get('/v1/me', 'B'.repeat(43))).status, 429);
    endpoint.setClock(NOW + MINUTE);
    assert.equal(await atOnce(200, () => get('/v1/me', anna.token)), 5);
    assert.equal((await statuses(4, () => get('/v1/me', 'B'.repeat(43)))).filter((one) => one === 401).length, 3);
  });

  it('lets in all hubs behind one address that come back at once after a restart, and bounds how many are under way', () => {
    const limiter = new Limiter({ ...UNLIMITED, callsPerMinute: 5, failuresPerMinute: 3 }, () => NOW);
    const token = (index: number) => new Uint8Array(32).fill(index % 256).fill(Math.floor(index / 256), 0, 1);
    for (let hub = 0; hub < 256; hub++) limiter.call(token(hub), '192.0.2.1');
    assert.throws(() => limiter.call(token(256), '192.0.2.1'), /under way: come back in 1 s/);
    limiter.call(token(256), '192.0.2.2');
    for (let hub = 0; hub < 256; hub++) limiter.called(token(hub), '192.0.2.1', 200);
    limiter.call(token(257), '192.0.2.1');
  });

  it('counts a call off where it began, when its user asks from elsewhere meanwhile', () => {
    const limiter = new Limiter({ ...UNLIMITED, callsPerMinute: 10_000, failuresPerMinute: 3 }, () => NOW);
    const [home, away] = ['192.0.2.1', '192.0.2.2'];
    for (let hub = 0; hub < 256; hub++) {
      const user = new Uint8Array(32).fill(hub);
      for (let call = 0; call < 2; call++) limiter.call(user, home);
      limiter.called(user, home, 200);
      limiter.call(user, away);
      limiter.called(user, away, 200);
      limiter.called(user, home, 200);
    }
    limiter.call(new Uint8Array(32).fill(1, 0, 1), home);
  });

  it('remembers nothing of what is refused at once: made-up tokens make nobody’s day begin anew', () => {
    const limiter = new Limiter({ ...DEFAULT_LIMITS, callsPerMinute: 100_000 }, () => NOW);
    const [anna, address] = [new Uint8Array(32), '192.0.2.1'];
    limiter.publish(anna, address, 32 * 2 ** 20);
    limiter.called(anna, address, 201);
    let answered = 0;
    for (let guess = 0; guess < 30_000; guess++) {
      const credential = new Uint8Array(new Uint32Array(8).fill(guess + 1).buffer);
      try {
        limiter.publish(credential, '192.0.2.9', 100);
      } catch {
        continue;
      }
      answered++;
      limiter.called(credential, '192.0.2.9', 401);
    }
    assert.equal(answered, 60);
    assert.throws(() => limiter.publish(anna, address, 1), /in a day/);
  });

  it('counts no bytes of a publish that came too often', () => {
    const limiter = new Limiter({ ...DEFAULT_LIMITS, callsPerMinute: 1 }, () => NOW);
    const [credential, address, most] = [new Uint8Array(32), '192.0.2.1', 32 * 2 ** 20];
    limiter.publish(credential, address, most / 2);
    limiter.called(credential, address, 201);
    for (let tries = 0; tries < 3; tries++) {
      assert.throws(() => limiter.publish(credential, address, most / 2), /asks too often/);
    }
    limiter.keep(credential, most / 2);
    assert.throws(() => limiter.keep(credential, 1), /in a day/);
  });

  const DAY = 24 * 60 * MINUTE;
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  /** The first goes ahead of Fastify, the second does not. */
  const [PLAIN, OTHER] = ['application/json', 'application/json; charset=utf-8'];
  const publish = (token: string, type = PLAIN, changed: object = {}): Promise<Response> => {
    const { id, ...body } = { ...coffee(), startedAt: new Date(NOW).toISOString(), ...changed };
    const headers = { 'content-type': type, ...bearer(token) };
    return fetch(`${endpoint.url}/v1/activities/${id}`, { method: 'PUT', headers, body: JSON.stringify(body) });
  };

  it('bounds what a user publishes in a day by its size, on both ways', async () => {
    await start({ bytesPerDay: 2 ** 20 });
    // Of who shows, the store itself takes so many a day and no more.
    const anna = await joinAs(endpoint.url, 'Anna', { discoverable: false });
    const at = new Date(NOW).toISOString().replace('Z', '000000+00:00');
    const sip = { action: 'sip', startedAt: at, endedAt: at, confidence: 0.1234567890123456 };
    const actions = Array(200).fill(sip);
    let taken = 0;
    while ((await publish(anna.token, PLAIN, { actions })).status === 201) taken++;
    const bytes = taken * JSON.stringify(actions).length;
    assert.ok(bytes > 0.9 * 2 ** 20 && bytes < 2 ** 20, String(bytes));
    const refused = await publish(anna.token, OTHER, { actions });
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers.get('retry-after')) > 1);
    assert.equal((await get('/v1/me', anna.token)).status, 200);
    endpoint.setClock(NOW + DAY / 2);
    assert.equal((await publish(anna.token, PLAIN, { actions })).status, 201);
  });

  for (const type of [PLAIN, OTHER]) {
    it(`bounds how many activities a user begins in a day, and counts no changes: ${type}`, async () => {
      await start({ newActivitiesPerDay: 3 });
      const [anna, ben] = [await joinAs(endpoint.url, 'Anna'), await joinAs(endpoint.url, 'Ben')];
      const [id, others] = [newId(), [newId(), newId(), newId()]];
      const answers = [];
      for (const revision of [0, 1, 2, 2]) answers.push(await publish(anna.token, type, { id, revision }));
      for (const other of others) answers.push(await publish(anna.token, type, { id: other }));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [201, 200, 200, 200, 201, 201, 429],
      );
      const refused = answers.at(-1) as Response;
      assert.match(((await refused.json()) as { detail: string }).detail, /more activities than .* in a day/);
      assert.equal(refused.headers.get('retry-after'), String(DAY / 3000));
      assert.equal((await publish(ben.token, type)).status, 201);
      assert.equal((await get('/v1/me', anna.token)).status, 200);
      endpoint.setClock(NOW + DAY / 3);
      assert.equal((await publish(anna.token, type, { id: others[2] })).status, 201);
    });

    it(`lets what goes on be changed, ended and taken back when no more may begin that day: ${type}`, async () => {
      await start({ newActivitiesPerDay: 2 });
      const anna = await joinAs(endpoint.url, 'Anna');
      const [id, other] = [newId(), newId()];
      const endedAt = new Date(NOW).toISOString();
      const changes = [
        ...[{ id }, { id: other }, { id: newId() }, { id: newId(), state: 'finished', endedAt }],
        { id: newId(), state: 'discarded' },
        { id, state: 'ongoing', revision: 1 },
        { id, state: 'finished', revision: 2, endedAt },
        { id: other, state: 'discarded', revision: 1 },
      ];
      const seen = [];
      for (const change of changes) seen.push((await publish(anna.token, type, change)).status);
      assert.deepEqual(seen, [201, 201, 429, 429, 429, 200, 200, 200]);
    });

    it(`says with each publish what is left of the day, and of nothing that is not limited: ${type}`, async () => {
      await start({ callsPerMinute: 10, newActivitiesPerDay: 8, bytesPerDay: 2 ** 20 });
      const anna = await joinAs(endpoint.url, 'Anna');
      const limits = ({ headers }: Response) => [headers.get('ratelimit-policy'), headers.get('ratelimit')];
      await publish(anna.token, type);
      const [policy, left] = limits(await publish(anna.token, type));
      assert.equal(
        policy,
        `"callsPerMinute";q=10;w=60, "newActivitiesPerDay";q=8;w=86400, "bytesPerDay";q=${2 ** 20};qu="content-bytes";w=86400`,
      );
      const [, bytes] =
        /^"callsPerMinute";r=8;t=12, "newActivitiesPerDay";r=6;t=21600, "bytesPerDay";r=(\d+);t=\d+$/.exec(
          left ?? '',
        ) ?? assert.fail(String(left));
      assert.ok(Number(bytes) < 2 ** 20 - 200 && Number(bytes) > 2 ** 20 - 2000, bytes);
      assert.deepEqual(limits(await get('/v1/me', anna.token)), [
        '"callsPerMinute";q=10;w=60',
        '"callsPerMinute";r=7;t=18',
      ]);
      await start({ newActivitiesPerDay: 8 });
      const { token } = await joinAs(endpoint.url, 'Ben');
      assert.deepEqual(limits(await publish(token, type)), [
        '"newActivitiesPerDay";q=8;w=86400',
        '"newActivitiesPerDay";r=7;t=10800',
      ]);
      assert.deepEqual(limits(await get('/v1/me', token)), [null, null]);
    });
  }

  it('bounds joining by address, and believes no caller about theirs', async () => {
    await start({ joinsPerHour: 2 });
    assert.deepEqual(await statuses(3, (index) => post(`192.0.2.${index}`)), [201, 201, 429]);
    endpoint.setClock(NOW + 30 * MINUTE);
    assert.deepEqual(await statuses(2, () => post('192.0.2.1')), [201, 429]);
  });

  it('takes the address from one proxy, and not what a caller says of the way before it', async () => {
    await start({ joinsPerHour: 1 }, { behindProxy: true });
    assert.deepEqual(await statuses(3, (index) => post(`192.0.2.${index}`)), [201, 201, 201]);
    assert.deepEqual(await statuses(2, (index) => post(`198.51.100.${index}, 192.0.2.1`)), [429, 429]);
    // Some proxies write the port as well.
    assert.deepEqual(await statuses(2, (index) => post(`192.0.2.1:${50_000 + index}`)), [429, 429]);
    assert.deepEqual(await statuses(2, (index) => post(`[2001:db8::7]:${50_000 + index}`)), [201, 429]);
    assert.equal((await post('2001:db8::8')).status, 429);
  });

  it('covers every route, and says in each answer what is left and when to come back', async () => {
    await start({ callsPerMinute: 1, joinsPerHour: 2 }, { metrics: 'loopback' });
    const anna = await joinAs(endpoint.url, 'Anna');
    let now = NOW;
    for (const [name, route] of Object.entries(ROUTES)) {
      // Two minutes later everything is there again, what was owed, too, but a second joining.
      now += 2 * MINUTE;
      endpoint.setClock(now);
      const abort = new AbortController();
      const bodied = 'body' in route ? { body: '{"name":"Ben"}', headers: { 'content-type': 'application/json' } } : {};
      const url = endpoint.url + route.path.replace('{id}', newId());
      const call = async (): Promise<Response> => {
        const headers = { ...bearer(anna.token), ...bodied.headers };
        const response = await fetch(url, { method: route.method, ...bodied, headers, signal: abort.signal });
        if (name === 'rotateToken' && response.ok) anna.token = ((await response.json()) as { token: string }).token;
        return response;
      };
      if (name === 'deleteMe') continue;
      const first = await call();
      if (['updateMe', 'block', 'rotateToken'].includes(name)) assert.notEqual((await call()).status, 429, name);
      const second = await call();
      abort.abort();
      assert.notEqual(first.status, 429, name);
      assert.match(first.headers.get('ratelimit') ?? '', /^"\w+";r=\d+;t=\d+$/, name);
      assert.equal(second.status, 429, name);
      assert.match(second.headers.get('retry-after') ?? '', /^[1-9]\d*$/, name);
      assert.match(second.headers.get('ratelimit-policy') ?? '', /^"\w+";q=\d+;w=(60|3600)$/, name);
      assert.match(second.headers.get('ratelimit') ?? '', /^"\w+";r=0;t=[1-9]\d*$/, name);
    }
    endpoint.setClock(now + 2 * MINUTE);
    const leaving = () => fetch(`${endpoint.url}/v1/me`, { method: 'DELETE', headers: bearer(anna.token) });
    assert.deepEqual([(await get('/v1/me', anna.token)).status, (await leaving()).status], [200, 204]);
  });

  it('counts what is refused before anybody looks at the token', async () => {
    await start({ failuresPerMinute: 3 });
    const anna = await joinAs(endpoint.url, 'Anna');
    const odd = (index: number) => get('/v1/activities?limit=x', String.fromCharCode(65 + index).repeat(43));
    assert.deepEqual(await statuses(5, odd), [400, 400, 400, 429, 429]);
    // Also of a user who has not been let in before; once they have been, they count for themselves.
    endpoint.setClock(NOW + MINUTE);
    assert.equal((await get('/v1/me', anna.token)).status, 200);
    assert.deepEqual(await statuses(5, () => get('/v1/activities?limit=x', anna.token)), Array(5).fill(400));
  });

  it('counts streams and requests for friendship as it does everything else', async () => {
    await start({ callsPerMinute: 2 });
    const anna = await joinAs(endpoint.url, 'Anna');
    const abort = new AbortController();
    const stream = () => fetch(`${endpoint.url}/v1/events`, { headers: bearer(anna.token), signal: abort.signal });
    // It counts as five, and nobody has more than there are.
    assert.deepEqual(await statuses(2, stream), [200, 429]);
    abort.abort();
    const ben = await joinAs(endpoint.url, 'Ben');
    // Of a store's own limit, which is a 429 too.
    for (let count = 0; count < MAX_ASKED; count++) {
      endpoint.setClock(NOW + (count + 1) * MINUTE);
      await ben.client.requestFriend({ userId: `nobody-${count}` });
    }
    endpoint.setClock(NOW + 30 * MINUTE);
    const ask = () => ben.client.requestFriend({ userId: 'nobody' }).then(String, (error: Error) => error.message);
    assert.match(await ask(), /20 times a day/);
    assert.match(await ask(), /20 times a day/);
    assert.match(await ask(), /asks too often/);
  });

  it('has limits by default, and refuses what is none', async () => {
    const store = `sqlite:${join(temporaryFolder(cleanup), 'kindred.sqlite')}`;
    await assert.rejects(openEndpoint({ store, limits: { joinsPerHour: -1 } }), /joinsPerHour must be a whole number/);
    const opened = await openEndpoint({ store, limits: { joinsPerHour: 3 } });
    cleanup.add(() => opened.close());
    const url = await serveHttp(cleanup, (request, response) => void opened.handle(request, response));
    for (let count = 0; count < 3; count++) await joinAs(url, 'Anna');
    await assert.rejects(joinAs(url, 'Anna'), { kind: 'busy', status: 429 });
    const client = new KindredClient({ url, token: 'A'.repeat(43) });
    for (let count = 0; count < 60; count++) await assert.rejects(client.me(), { kind: 'unauthorised' });
    await assert.rejects(client.me(), { kind: 'busy' });
  });
});
