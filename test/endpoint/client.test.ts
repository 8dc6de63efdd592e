import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { EndpointError, KindredClient } from '../../matching/client/index.js';
import { problemType } from '../../matching/schema/index.js';
import { Cleanup, coffee, serveHttp } from './support.js';

const TOKEN = 'SeCrEtToKeN-0123456789-abcdefghijklmnopqrstuv';

describe('client, when the endpoint is not what it should be', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  async function failure(listener: RequestListener, timeoutMs = 5000): Promise<EndpointError> {
    return await failureAt(await serveHttp(cleanup, listener), timeoutMs);
  }

  async function failureAt(url: string, timeoutMs = 5000): Promise<EndpointError> {
    const client = new KindredClient({ url, token: TOKEN, timeoutMs });
    const error = await client.publish(coffee()).then(
      () => assert.fail('it did not fail'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof EndpointError, inspect(error));
    assert.ok(!inspect(error, { depth: 10 }).includes(TOKEN), 'the token is in the error');
    return error;
  }

  function answering(
    status: number,
    type: string,
    body: string,
    headers: Record<string, string> = {},
  ): RequestListener {
    return (_request, response) => response.writeHead(status, { 'content-type': type, ...headers }).end(body);
  }

  const problem = (code: Parameters<typeof problemType>[0], detail: string): string =>
    JSON.stringify({ type: problemType(code), title: 'Title', status: 400, detail });

  it('tells that nobody is there, and that nothing arrived', async () => {
    const url = await serveHttp(cleanup, () => {});
    await cleanup.run();
    const { kind, mayHaveArrived, message } = await failureAt(url);
    assert.deepEqual([kind, mayHaveArrived], ['unreachable', false]);
    assert.match(message, /127\.0\.0\.1:\d+ \(ECONNREFUSED\)/);
  });

  it('tells that a connection broke off, after which it may have arrived', async () => {
    const { kind, mayHaveArrived } = await failure((request) => request.socket.destroy());
    assert.deepEqual([kind, mayHaveArrived], ['unreachable', true]);
  });

  it('tells that it hangs, before the answer and in the middle of it', async () => {
    const silent = await failure(() => {}, 100);
    assert.deepEqual([silent.kind, silent.mayHaveArrived], ['timeout', true]);
    assert.match(silent.message, /did not answer within 0\.1 s/);
    const halfway = await failure((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{');
    }, 100);
    assert.equal(halfway.kind, 'timeout');
  });

  it('tells that something else answers: a page, a redirect, no JSON, no HTTP, too much', async () => {
    const page = '<html><body>Welcome to nginx</body></html>';
    for (const listener of [
      answering(200, 'text/html', page),
      answering(404, 'text/html', page),
      answering(200, 'application/json', '{"half":'),
      answering(302, 'text/html', '', { location: 'http://127.0.0.1:9/' }),
      answering(404, 'application/json', '{"message":"Cannot PUT"}'),
      ((request) => request.socket.end('SSH-2.0-OpenSSH_9.2\r\n')) as RequestListener,
      answering(200, 'application/json', JSON.stringify('x'.repeat(33 * 1024 * 1024))),
    ]) {
      const { kind, message } = await failure(listener);
      assert.equal(kind, 'not-kindred', message);
      assert.doesNotMatch(message, /nginx/);
    }
  });

  it('tells a refusal by its problem document', async () => {
    const listener = answering(400, 'application/problem+json', problem('bad-time', 'endedAt is before startedAt'));
    const { kind, type, status, message, mayHaveArrived } = await failure(listener);
    assert.deepEqual([kind, type, status, mayHaveArrived], ['refused', problemType('bad-time'), 400, false]);
    assert.equal(message, 'endedAt is before startedAt');
  });

  it('tells a token that is not valid, a busy and a failing endpoint', async () => {
    const json = 'application/problem+json';
    assert.equal((await failure(answering(401, json, problem('unauthorised', 'no')))).kind, 'unauthorised');
    const busy = await failure(answering(503, 'text/html', 'later', { 'retry-after': '17' }));
    assert.deepEqual([busy.kind, busy.retryAfterSeconds], ['busy', 17]);
    assert.equal((await failure(answering(429, json, problem('too-many-requests', 'slow')))).kind, 'busy');
    const failing = await failure(answering(500, json, problem('internal', 'oops')));
    assert.deepEqual([failing.kind, failing.mayHaveArrived], ['server', true]);
    assert.equal((await failure(answering(502, 'text/html', '<html>'))).kind, 'server');
  });

  it('ends at once when it is aborted, with the reason given', async () => {
    const url = await serveHttp(cleanup, () => {});
    const abort = new AbortController();
    const client = new KindredClient({ url, token: TOKEN, signal: abort.signal });
    const calling = client.me();
    const reason = new Error('the node is closed');
    abort.abort(reason);
    await assert.rejects(calling, reason);
    await assert.rejects(client.me(), reason);
  });

  it('sends the token to the address it was made for, and to no other', async () => {
    let seen = 0;
    const other = await serveHttp(cleanup, (_request, response) => {
      seen++;
      response.end();
    });
    await failure(answering(307, 'text/plain', '', { location: other }));
    assert.equal(seen, 0);
  });
});
