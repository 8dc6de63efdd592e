import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { outcomeOf } from '../../sharing/http.js';
import {
  destinationOf,
  type Outcome,
  type Reason,
  type Share,
  ShareQueue,
  TARGETS,
  testWebhook,
  type WebhookCredentials,
} from '../../sharing/index.js';
import { waitOf } from '../../sharing/wait.js';
import { coffee, cuttingProxy, offer, PlayedWorld, receiver } from '../support/sharing.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const NOW = Date.parse('2026-11-22T12:00:00Z');

function share(text = 'Time for coffee.'): Share {
  const { appliance: _, ...activity } = coffee();
  return { id: 'share-1', key: 'key-1', moment: 'started', text, activity, createdAt: NOW };
}

function send(url: string, what = share(), more: Partial<WebhookCredentials> = {}): Promise<Outcome<Reason>> {
  const credentials = { url, secret: SECRET, timeoutMs: 2000, ...more };
  return TARGETS.webhook.send(what, { signal: new AbortController().signal, credentials });
}

describe('the webhook target', () => {
  it('sends what the verifier of Standard Webhooks accepts', async () => {
    const hook = await receiver();
    const sent = share();
    assert.deepEqual(await send(hook.url, sent), { outcome: 'sent', remoteId: 'key-1' });
    const { headers, body } = hook.received[0] ?? assert.fail('nothing arrived');
    const event = new Webhook(SECRET).verify(body, headers) as Record<string, unknown>;
    assert.deepEqual(event, {
      type: 'activity.started',
      timestamp: '2026-11-22T12:00:00.000Z',
      data: { text: sent.text, activity: sent.activity },
    });
    assert.equal(headers['webhook-id'], 'key-1');
    assert.equal(headers['content-type'], 'application/json');
    assert.throws(() => new Webhook(`whsec_${Buffer.alloc(32, 8).toString('base64')}`).verify(body, headers));
    await hook.close();
  });

  it('sends a signed test event', async () => {
    const hook = await receiver();
    await testWebhook({ url: hook.url, secret: SECRET }, 'test-1', new AbortController().signal);
    const { headers, body } = hook.received[0] ?? assert.fail('nothing arrived');
    assert.equal((new Webhook(SECRET).verify(body, headers) as { type: string }).type, 'kindred.test');
    await hook.close();
  });

  it('hands on the link that the receiver answers with, if it is a web address', async () => {
    for (const [location, link] of [
      ['https://example.org/posts/7', { url: 'https://example.org/posts/7' }],
      ['javascript:alert(1)', {}],
      ['/posts/7', {}],
    ] as const) {
      const hook = await receiver((_request, response) => response.writeHead(201, { location }).end());
      assert.deepEqual(await send(hook.url), { outcome: 'sent', remoteId: 'key-1', ...link });
      await hook.close();
    }
  });

  it('follows no redirect', async () => {
    const other = await receiver();
    const hook = await receiver((_request, response) => response.writeHead(302, { location: other.url }).end());
    assert.equal((await send(hook.url)).outcome, 'failed');
    assert.equal(other.received.length, 0);
    await Promise.all([hook.close(), other.close()]);
  });

  it('calls a share sent when the status says so, whatever the answer looks like', async () => {
    const page = '<html>'.repeat(100_000);
    const hook = await receiver((_request, response) => void response.writeHead(200).end(page));
    assert.equal((await send(hook.url)).outcome, 'sent');
    await hook.close();
  });

  it('does not wait long for the rest of an answer that has said already what became of it', async () => {
    const trickling = await receiver((_request, response) => {
      response.writeHead(200).write('…');
      const timer = setInterval(() => response.write('…'), 50);
      response.on('close', () => clearInterval(timer));
    });
    const begun = performance.now();
    assert.equal((await send(trickling.url, share(), { timeoutMs: 20_000 })).outcome, 'sent');
    assert.ok(performance.now() - begun < 10_000);
    await trickling.close();
  });

  it('gives up on a receiver that hangs, before or within its answer', async () => {
    const silent = await receiver(() => {});
    assert.deepEqual(await send(silent.url, share(), { timeoutMs: 100 }), {
      outcome: 'unknown',
      reason: { key: 'timeout', values: { seconds: 0 } },
    });
    const halting = await receiver((_request, response) => void response.writeHead(500).write('…'));
    assert.equal((await send(halting.url, share(), { timeoutMs: 100 })).outcome, 'unknown');
    await Promise.all([silent.close(), halting.close()]);
  });

  it('knows that nothing arrived where nobody listens, and that something may have where the line was cut', async () => {
    const gone = await receiver();
    await gone.close();
    assert.deepEqual(await send(gone.url), { outcome: 'failed', permanent: 'no', reason: { key: 'refused' } });
    const impossible = await send(`http://${'a'.repeat(64)}.invalid/`);
    assert.deepEqual(impossible, { outcome: 'failed', permanent: 'no', reason: { key: 'unknown-host' } });
    const cutting = createServer((socket) => void socket.once('data', () => socket.destroy()));
    await new Promise<void>((resolve) => cutting.listen(0, '127.0.0.1', resolve));
    const { port } = cutting.address() as { port: number };
    assert.equal((await send(`http://127.0.0.1:${port}/`)).outcome, 'unknown');
    cutting.close();
  });

  it('refuses a message over 20 kB before anything is sent', async () => {
    const hook = await receiver();
    const outcome = await send(hook.url, share('x'.repeat(20_001)));
    assert.equal(outcome.outcome === 'failed' && outcome.permanent, 'item');
    assert.equal(hook.received.length, 0);
    await hook.close();
  });

  it('leaves out the oldest actions of a long evening until it fits, and no more of them', async () => {
    const hook = await receiver();
    const actions = Array.from({ length: 200 }, (_, count) => {
      const startedAt = new Date(NOW + count * 60_000).toISOString();
      return { action: 'raise-cup' as const, startedAt, endedAt: startedAt };
    });
    for (const [text, kept] of [
      ['Zum Wohl! 干杯', 'most'],
      ['x'.repeat(19_000), 'few'],
    ] as const) {
      const sent = share(text);
      sent.activity = { ...sent.activity, actions };
      assert.equal((await send(hook.url, sent)).outcome, 'sent');
      const { body } = hook.received.at(-1) ?? assert.fail('nothing arrived');
      const told = (JSON.parse(body) as { data: { activity: { actions: typeof actions } } }).data.activity.actions;
      assert.deepEqual(told, actions.slice(-told.length));
      assert.ok(kept === 'most' ? told.length > 150 && told.length < 200 : told.length > 0 && told.length < 10, kept);
      const oneMore = Buffer.byteLength(JSON.stringify(actions[0])) + 1;
      const bytes = Buffer.byteLength(body);
      assert.ok(bytes <= 20_000 && bytes + oneMore > 20_000, String(bytes));
      assert.equal(sent.activity.actions.length, 200);
    }
    await hook.close();
  });

  it('never says a secret, wherever it stood', async () => {
    const gone = await receiver();
    await gone.close();
    const urls = [gone.url, 'http://user:hunter2@127.0.0.1:1/hunter2?key=hunter2', 'http://hunter2.invalid/hunter2'];
    for (const url of urls) {
      const told = JSON.stringify(await send(url));
      assert.doesNotMatch(told, /hunter2|whsec_|127\.0\.0\.1/);
    }
  });

  it('says what is wrong with its settings', () => {
    const problem = (url: string, secret = SECRET) => TARGETS.webhook.problemWith({ url, secret });
    assert.equal(problem('https://example.org/hook'), undefined);
    assert.deepEqual(problem(''), { key: 'no-address' });
    assert.deepEqual(problem('ftp://example.org'), { key: 'address' });
    assert.deepEqual(problem('not an address'), { key: 'address' });
    assert.deepEqual(problem('https://example.org', ''), { key: 'no-secret' });
    for (const secret of ['hello', 'whsec_', 'whsec_c2hvcnQ=', 'whsec_%%%']) {
      assert.deepEqual(problem('https://example.org', secret), { key: 'secret' });
    }
  });
});

describe('what a status means', () => {
  const meanings: [number[], string][] = [
    [[200, 201, 202, 204], 'sent'],
    [[301, 308, 401, 403, 404, 410], 'failed target'],
    [[302, 307, 425, 429, 503], 'failed no'],
    [[303, 408, 500, 502, 504], 'unknown'],
    [[400, 409, 413, 422], 'failed item'],
  ];
  for (const [statuses, meaning] of meanings) {
    it(`${statuses.join(', ')}: ${meaning}`, () => {
      for (const status of statuses) {
        const outcome = outcomeOf(status, {}, '', NOW);
        const told = outcome.outcome === 'failed' ? `failed ${outcome.permanent}` : outcome.outcome;
        assert.equal(told, meaning, String(status));
      }
    });
  }

  it('a 401 with an empty or an HTML body is a 401', () => {
    for (const body of ['', '<html>log in</html>']) {
      const outcome = outcomeOf(401, {}, body, NOW);
      assert.ok(outcome.outcome === 'failed' && outcome.permanent === 'target' && outcome.status === 401);
    }
  });
});

describe('how long to wait', () => {
  const forms: [string, Record<string, unknown>, string, number | undefined][] = [
    ['Retry-After in seconds', { 'retry-after': '30' }, '', 30_000],
    ['Retry-After as a date', { 'retry-after': 'Sun, 22 Nov 2026 12:00:45 GMT' }, '', 45_000],
    ['retry_after in seconds with decimals', {}, '{"retry_after":1.5}', 1500],
    ['parameters.retry_after', {}, '{"parameters":{"retry_after":7}}', 7000],
    ['retry_after_ms', {}, '{"retry_after_ms":2500}', 2500],
    ['X-RateLimit-Reset as an ISO date', { 'x-ratelimit-reset': '2026-11-22T12:05:00.000Z' }, '', 300_000],
    ['X-RateLimit-Reset in epoch seconds', { 'x-ratelimit-reset': String(NOW / 1000 + 60) }, '', 60_000],
    ['RateLimit-Reset in epoch seconds', { 'ratelimit-reset': String(NOW / 1000 + 20) }, '', 20_000],
    ['nothing', {}, '{"code":42901}', undefined],
    ['nonsense', { 'retry-after': 'soon' }, '<html>', undefined],
    ['the longer of two', { 'retry-after': '3' }, '{"retry_after_ms":2100}', 3000],
    ['never more than an hour', { 'retry-after': '999999' }, '', 3_600_000],
    ['never less than nothing', { 'retry-after': '-5' }, '', 0],
  ];
  for (const [name, headers, body, wait] of forms) {
    it(name, () => assert.equal(waitOf(429, headers, body, NOW), wait));
  }

  it('is not what a gateway says of its limits with every answer, but when the limit is what stopped us', () => {
    const gateway = { 'x-ratelimit-limit': '600', 'x-ratelimit-remaining': '599', 'x-ratelimit-reset': '3540' };
    const draft = { 'ratelimit-remaining': '12', 'ratelimit-reset': '3540' };
    const waits = (status: number, headers: object) => {
      const outcome = outcomeOf(status, { ...headers }, '', NOW);
      return outcome.outcome === 'sent' ? undefined : 'retryAfterMs' in outcome && outcome.retryAfterMs;
    };
    for (const headers of [gateway, draft, { 'x-ratelimit-reset': '3540' }]) {
      for (const status of [500, 502, 503, 504]) assert.ok(!waits(status, headers), String(status));
      assert.equal(waits(429, headers), 3_540_000);
      assert.equal(waits(502, { ...headers, 'retry-after': '7' }), 7000);
    }
    for (const name of ['x-ratelimit-remaining', 'ratelimit-remaining']) {
      assert.equal(waits(503, { [name]: '0', 'x-ratelimit-reset': '60' }), 60_000);
    }
  });
});

describe('the queue with a webhook behind it', () => {
  /** A queue on the real clock that tries again after milliseconds. */
  function queueTo(url: () => string, world = new PlayedWorld()) {
    world.destinations.set(
      'hook',
      destinationOf(TARGETS.webhook, {
        id: 'hook',
        name: 'Hook',
        settings: '1',
        address: '1',
        credentials: () => ({ url: url(), secret: SECRET, timeoutMs: 2000 }),
        explain: ({ key }) => key,
      }),
    );
    const after = (ms: number, task: () => void) => {
      const timer = setTimeout(task, ms);
      return () => clearTimeout(timer);
    };
    Object.assign(world, { now: Date.now, after, backOff: { first: 20, longest: 50 } });
    return { queue: new ShareQueue(world), world };
  }

  async function until(world: PlayedWorld, event: string, count = 1): Promise<void> {
    while (world.told().filter((told) => told === event).length < count) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  it('a lost answer: the second copy has the same id, so the receiver knows it', async () => {
    const hook = await receiver();
    const proxy = await cuttingProxy(hook.port, 1);
    const { queue, world } = queueTo(() => proxy.url);
    await queue.accept([offer('hook')]);
    await until(world, 'sent');
    await queue.close();
    assert.equal(hook.received.length, 2);
    assert.equal(new Set(hook.received.map(({ headers }) => headers['webhook-id'])).size, 1);
    for (const { body, headers } of hook.received) new Webhook(SECRET).verify(body, headers);
    await Promise.all([proxy.close(), hook.close()]);
  });

  it('a receiver that is down and comes back, with a restart in between: everything arrives once and in order', async () => {
    const before = await receiver();
    await before.close();
    const first = queueTo(() => before.url);
    await first.queue.accept(['one', 'two', 'three'].map((text) => offer('hook', { text })));
    await until(first.world, 'retry');
    await first.queue.close();
    const hook = await receiver(undefined, before.port);
    const world = Object.assign(new PlayedWorld(), { disk: first.world.disk });
    const second = queueTo(() => hook.url, world);
    await until(world, 'sent', 3);
    await second.queue.close();
    const texts = hook.received.map(({ body }) => (JSON.parse(body) as { data: { text: string } }).data.text);
    assert.deepEqual(texts, ['one', 'two', 'three']);
    await hook.close();
  });

  it('429 and 503 are waited out', async () => {
    const hook = await receiver((_request, response, count) => {
      if (count === 1) response.writeHead(429, { 'retry-after': '0' }).end();
      else if (count === 2) response.writeHead(503).end('<html>back soon</html>');
      else response.writeHead(204).end();
    });
    const { queue, world } = queueTo(() => hook.url);
    await queue.accept([offer('hook')]);
    await until(world, 'sent');
    await queue.close();
    assert.equal(hook.received.length, 3);
    await hook.close();
  });
});
