import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { KindredClient } from '../../matching/client/index.js';
import type { AuditEntry, BuildOptions } from '../../matching/server/index.js';
import {
  Cleanup,
  coffee,
  hangUp,
  joinAs,
  type RunningEndpoint,
  type StoreOpener,
  startEndpoint,
  until,
  VIENNA,
} from './support.js';

const NOW = Date.UTC(2026, 10, 22, 8, 41, 7);
const TOKEN = 'a-token-of-the-operator';

/** Operators are told the same over every store. */
export function operatorsConformance(name: string, open: StoreOpener): void {
  describe(`metrics, ${name} store`, measuring(open));
  describe(`audit log, ${name} store`, auditing(open));
}

const measuring = (open: StoreOpener) => () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());
  const start = (options: Partial<BuildOptions> = {}) => startEndpoint(cleanup, options, open);

  /** Also what `fetch` would not send. */
  function get(
    url: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; type: string; text: string }> {
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(`${url}/metrics`, { headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        const { statusCode: status = 0, headers: answered } = response;
        response.on('end', () => resolve({ status, type: String(answered['content-type']), text }));
      });
      outgoing.on('error', reject).end();
    });
  }

  const sampleOf = (text: string, sample: string): number => {
    const line = text.split('\n').find((one) => one.startsWith(`${sample} `));
    assert.ok(line, `there is no ${sample} in\n${text}`);
    return Number(line.slice(sample.length + 1));
  };

  it('count and time what the endpoint does, in Prometheus’ format, and say nothing of anybody', async () => {
    const { url } = await start({ metrics: 'loopback' });
    const anna = await joinAs(url, 'Anna-Xanthippe');
    const ben = await joinAs(url, 'Ben');
    await anna.client.publish(coffee());
    await ben.client.publish(coffee());
    await assert.rejects(new KindredClient({ url, token: 'A'.repeat(43) }).me());
    const abort = new AbortController();
    cleanup.add(() => abort.abort());
    await fetch(`${url}/v1/events`, { headers: { authorization: `Bearer ${anna.token}` }, signal: abort.signal });
    await fetch(`${url}/v1/nothing`);
    const { status, type, text } = await get(url);
    assert.deepEqual([status, type], [200, 'text/plain; version=0.0.4; charset=utf-8']);
    assert.equal(sampleOf(text, 'kindred_http_requests_total{operation="publish",status="201"}'), 2);
    assert.equal(sampleOf(text, 'kindred_http_requests_total{operation="me",status="401"}'), 1);
    assert.equal(sampleOf(text, 'kindred_http_requests_total{operation="none",status="404"}'), 1);
    // Counted while it is open; how long it lasts says nothing.
    assert.equal(sampleOf(text, 'kindred_http_requests_total{operation="events",status="200"}'), 1);
    assert.ok(!text.includes('duration_seconds_count{operation="events"}'));
    assert.equal(sampleOf(text, 'kindred_http_request_duration_seconds_count{operation="publish"}'), 2);
    assert.equal(sampleOf(text, 'kindred_http_request_duration_seconds_bucket{operation="publish",le="+Inf"}'), 2);
    for (const operation of ['publish', 'createUser', 'me']) {
      assert.ok(sampleOf(text, `kindred_http_request_duration_seconds_sum{operation="${operation}"}`) > 0, operation);
    }
    const gauges = ['kindred_users', 'kindred_live_activities', 'kindred_event_streams', 'kindred_store_up'];
    assert.deepEqual(
      gauges.map((name) => sampleOf(text, name)),
      [2, 2, 1, 1],
    );
    for (const secret of ['Anna', anna.id, anna.token, VIENNA, 'coffee']) assert.ok(!text.includes(secret), secret);
    // Every line is a comment or a sample, every family has its type, and buckets only grow.
    for (const line of text.trimEnd().split('\n')) {
      assert.match(line, /^# (HELP|TYPE) \w+ .+$|^\w+(\{\w+="[\w.+]+"(,\w+="[\w.+]+")*\})? [\d.e+-]+$/);
    }
    const buckets = text
      .split('\n')
      .filter((line) => line.startsWith('kindred_http_request_duration_seconds_bucket{operation="publish"'));
    const counts = buckets.map((line) => Number(line.split(' ')[1]));
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
    );
  });

  it('count those who hang up before they are answered', async () => {
    const { url } = await start({ metrics: 'loopback' });
    const anna = await joinAs(url, 'Anna');
    const activity = coffee();
    await hangUp(url, 'GET', '/v1/me', anna.token);
    await hangUp(url, 'GET', '/v1/me', 'A'.repeat(43));
    await hangUp(url, 'PUT', `/v1/activities/${activity.id}`, anna.token, JSON.stringify(activity));
    const wanted = ['operation="me",status="200"', 'operation="me",status="401"', 'operation="publish",status="201"'];
    await until(async () => {
      const { text } = await get(url);
      return wanted.every((labels) => text.includes(`kindred_http_requests_total{${labels}} 1\n`));
    });
  });

  it('say that the store is away', async () => {
    const { url, store } = await start({ metrics: 'loopback' });
    await store.close();
    const { status, text } = await get(url);
    assert.deepEqual([status, sampleOf(text, 'kindred_store_up')], [200, 0]);
    assert.ok(!text.includes('kindred_users'));
  });

  it('are for nobody until the operator says so', async () => {
    const { url } = await start();
    assert.equal((await get(url)).status, 404);
  });

  it('are not for who comes through a proxy, or by a name that is not this machine’s', async () => {
    const { url } = await start({ metrics: 'loopback' });
    for (const header of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip', 'x-forwarded-proto']) {
      assert.equal((await get(url, { [header]: '127.0.0.1' })).status, 404, header);
    }
    for (const host of ['kindred.example', '192.0.2.1', 'localhost.example']) {
      assert.equal((await get(url, { host })).status, 404, host);
    }
    assert.equal((await get(url, { host: 'localhost:8080' })).status, 200);
    const behind = await start({ metrics: 'loopback', behindProxy: true });
    assert.equal((await get(behind.url)).status, 404);
  });

  it('are for who has the operator’s token, from anywhere, and a user’s token is none', async () => {
    const { url } = await start({ metrics: { token: TOKEN }, behindProxy: true });
    const anna = await joinAs(url, 'Anna');
    assert.equal((await get(url, { authorization: `Bearer ${TOKEN}`, 'x-forwarded-for': '192.0.2.1' })).status, 200);
    for (const authorization of ['', `Bearer ${anna.token}`, 'Bearer', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`]) {
      assert.equal((await get(url, { authorization })).status, 401, authorization);
    }
    assert.equal((await fetch(`${url}/v1/me`, { headers: { authorization: `Bearer ${TOKEN}` } })).status, 401);
  });
};

const auditing = (open: StoreOpener) => () => {
  const cleanup = new Cleanup();
  let endpoint: RunningEndpoint;
  let entries: AuditEntry[];
  afterEach(() => cleanup.run());
  async function start(options: object = {}): Promise<void> {
    entries = [];
    endpoint = await startEndpoint(cleanup, { ...options, audit: (entry) => entries.push(entry) }, open);
    endpoint.setClock(NOW);
  }

  it('says what matters for security, when and by whom, in words that lead to nobody', async () => {
    await start();
    const anna = await joinAs(endpoint.url, 'Anna-Xanthippe', { discoverable: false });
    const ben = await joinAs(endpoint.url, 'Ben-Balthasar');
    await anna.client.updateMe({ discoverable: true, name: 'Anna-Xenia' });
    const activity = coffee({ startedAt: new Date(NOW - 60_000).toISOString() });
    await anna.client.publish(activity);
    await ben.client.publish(coffee({ startedAt: activity.startedAt }));
    const [person] = (await anna.client.concurrentUsers({ activity: 'coffee' })).people;
    await anna.client.requestFriend({ userId: person?.user.id as string });
    const [asked] = (await ben.client.friendRequests()).received;
    await ben.client.acceptFriendRequest(asked?.id as string);
    const { invitation } = await anna.client.invite();
    await anna.client.exportMe();
    const { token } = await anna.client.rotateToken();
    await assert.rejects(anna.client.me());
    const again = new KindredClient({ url: endpoint.url, token });
    await again.block(person?.user.id as string);
    await again.deleteMe();
    await until(() => entries.at(-1)?.operation === 'deleteMe');
    assert.deepEqual(
      entries.map(({ operation, status }) => `${operation} ${status}`),
      [
        ...['createUser 201', 'createUser 201', 'updateMe 200', 'requestFriend 201', 'answerFriendRequest 200'],
        ...['invite 201', 'exportMe 200', 'rotateToken 200', 'me 401', 'block 204', 'deleteMe 204'],
      ],
    );
    const [joined, , changed] = entries;
    assert.deepEqual(changed, {
      at: new Date(NOW).toISOString(),
      operation: 'updateMe',
      status: 200,
      user: joined?.user,
      changed: ['discoverable', 'name'],
      discoverable: true,
      address: 'loopback',
    });
    assert.match(joined?.user ?? '', /^[0-9a-f]{16}$/);
    const rotated = entries.find(({ operation }) => operation === 'rotateToken');
    assert.deepEqual([rotated?.user, rotated?.next], [joined?.user, entries.at(-1)?.user]);
    const text = JSON.stringify(entries);
    const secrets = [anna.token, ben.token, token, invitation, 'Anna', 'Ben', anna.id, ben.id, person?.user.id, VIENNA];
    for (const secret of [...secrets, activity.id, 'coffee', '127.0.0.1'])
      assert.ok(!text.includes(secret as string), secret);
  });

  it('says what those did who hung up before they were answered', async () => {
    await start();
    const anna = await joinAs(endpoint.url, 'Anna');
    await hangUp(endpoint.url, 'GET', '/v1/me/export', anna.token);
    await until(() => entries.length === 2);
    await hangUp(endpoint.url, 'GET', '/v1/me', 'A'.repeat(43));
    await until(() => entries.length === 3);
    await hangUp(endpoint.url, 'DELETE', '/v1/me', anna.token);
    await until(() => entries.length === 4);
    assert.deepEqual(
      entries.map(({ operation, status }) => `${operation} ${status}`),
      ['createUser 201', 'exportMe 200', 'me 401', 'deleteMe 204'],
    );
    // Whose connection it was is not known any more, where it was gone before the request was read.
    for (const { address } of entries) assert.match(address, /^(?:loopback|unknown)$/);
    assert.equal(entries[3]?.user, entries[0]?.user);
  });

  it('bounds what is written of refusals, and counts the rest', async () => {
    await start();
    const anna = await joinAs(endpoint.url, 'Anna');
    for (let count = 0; count < 100; count++) await fetch(`${endpoint.url}/v1/me`);
    await anna.client.invite();
    await until(() => entries.at(-1)?.operation === 'invite');
    assert.equal(entries.length, 1 + 60 + 1);
    assert.equal(entries.at(-1)?.skipped, 40);
  });

  it('says nothing of what changed nothing: who has no account must not fill it', async () => {
    await start();
    const anna = await joinAs(endpoint.url, 'Anna');
    const send = async (path: string, init: RequestInit, token = 'A'.repeat(43)): Promise<number> =>
      (await fetch(endpoint.url + path, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } }))
        .status;
    const plain = { 'content-type': 'text/plain' };
    const json = { 'content-type': 'application/json' };
    const statuses = [
      await send('/v1/me', { method: 'DELETE', body: 'x', headers: plain }),
      await send('/v1/me', { method: 'PATCH', body: '{', headers: json }),
      await send('/v1/users', { method: 'POST', body: '{}', headers: json }),
      await send('/v1/me', { method: 'PATCH', body: '{"cell":"86ffffffffffff"}', headers: json }, anna.token),
      await send('/v1/friend-requests', { method: 'POST', body: '{"invitation":"x"}', headers: json }, anna.token),
    ];
    assert.deepEqual(statuses, [415, 400, 400, 400, 404]);
    await anna.client.invite();
    await until(() => entries.at(-1)?.operation === 'invite');
    assert.deepEqual(
      entries.map(({ operation }) => operation),
      ['createUser', 'invite'],
    );
  });

  it('goes on when whoever takes it fails', async () => {
    const audit = () => {
      throw new Error('no room');
    };
    endpoint = await startEndpoint(cleanup, { audit }, open);
    const anna = await joinAs(endpoint.url, 'Anna');
    await anna.client.invite();
    assert.deepEqual(endpoint.failures, []);
  });
};
