import assert from 'node:assert/strict';
import { request } from 'node:http';
import fc from 'fast-check';
import { problemCode, ROUTES } from '../../matching/schema/index.js';
import { newId } from '../../vocabulary/index.js';
import { Cleanup, joinAs, type RunningEndpoint, startEndpoint } from './support.js';

/** Sends what `fetch` would not let through. */
function send(url: string, method: string, path: string, headers: Record<string, string>, body: string) {
  return new Promise<{ status: number; type: string; text: string }>((resolve, reject) => {
    const target = new URL(url);
    const options = { hostname: target.hostname, port: target.port, method, path, headers };
    const outgoing = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Values that are nearly right, and values that are nothing of the kind. */
const scalar = fc.oneof(
  fc.constantFrom<unknown>(
    'coffee',
    'started',
    'accepted',
    'declined',
    '018f2f6e-7a1b-7c3d-9e4f-0123456789ab',
    'raise-cup',
    'minute',
    1,
    0,
    -1,
    1e308,
    null,
    true,
    '',
    '\0',
    '__proto__',
    '\ud800',
  ),
  fc.constantFrom(
    '2026-11-22T08:41:07Z',
    '9999-99-99T99:99:99Z',
    '0000-01-01T00:00:00Z',
    '861e15b47ffffff',
    '86fffffffffffff',
  ),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.double(),
);
const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 5 }), fc.jsonValue({ maxDepth: 3 }));
const keys = [
  'name',
  'discoverable',
  'cell',
  'invitation',
  'id',
  'revision',
  'activity',
  'state',
  'startedAt',
  'endedAt',
  'seconds',
  'actions',
  'parameters',
  'drink',
  'rating',
  'matchId',
  'userId',
  '__proto__',
  'constructor',
  'x',
];
const good = { revision: 1, activity: 'coffee', state: 'started', startedAt: '2026-11-22T08:41:07Z' };
const body = fc.oneof(
  fc.dictionary(fc.constantFrom(...keys), value).map((some) => JSON.stringify(some)),
  fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 2 }).map((some) => JSON.stringify({ ...good, ...some })),
  fc
    .tuple(fc.constantFrom('matchId', 'userId', 'invitation', 'state'), scalar)
    .map(([key, one]) => JSON.stringify({ [key]: one })),
  value.map((one) => JSON.stringify(one) ?? ''),
  fc.string({ maxLength: 200 }),
  fc.integer({ min: 1, max: 20_000 }).map((depth) => '['.repeat(depth)),
);
const query = fc
  .array(
    fc.tuple(
      fc.constantFrom('activity', 'action', 'window', 'at', 'radiusKm', 'among', 'limit', 'before', 'x', '__proto__'),
      value,
    ),
    { maxLength: 6 },
  )
  .map((pairs) =>
    pairs.map(([name, one]) => `${name}=${encodeURIComponent(String(JSON.stringify(one) ?? ''))}`).join('&'),
  );
const id = fc.oneof(
  fc.constant(newId()),
  fc.webPath(),
  fc.stringMatching(/^[\w-]{22}$/),
  fc.constantFrom('%00', '..%2f..', '%E0%A4%A', 'a'.repeat(500)),
);
const routes = Object.values(ROUTES).filter(
  (route) => route !== ROUTES.events && route !== ROUTES.deleteMe && route !== ROUTES.rotateToken,
);

describe('bad input', function () {
  this.timeout(120_000);
  const cleanup = new Cleanup();
  let endpoint: RunningEndpoint;
  let token: string;
  before(async () => {
    endpoint = await startEndpoint(cleanup);
    ({ token } = await joinAs(endpoint.url, 'Anna'));
  });
  after(() => cleanup.run());

  it('never gets a failure, and always a problem document when it is refused', async () => {
    const statuses = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...routes),
        id,
        query,
        body,
        fc.boolean(),
        async (route, at, search, text, json) => {
          const path = `${route.path.replace('{id}', at.replace(/[^\x21-\x7e]|#/g, ''))}?${search}`;
          const headers = {
            authorization: `Bearer ${token}`,
            'content-type': json ? 'application/json' : 'text/plain',
          };
          const bodied = route.method !== 'GET';
          const answer = await send(endpoint.url, route.method, path, headers, bodied ? text : '');
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
          assert.ok(answer.status < 500, `${answer.status} ${answer.text}`);
          if (answer.status >= 400) assert.ok(problemCode(JSON.parse(answer.text).type), answer.text);
          assert.doesNotMatch(answer.text, /node_modules|\.js:\d/);
        },
      ),
      { numRuns: 3000 },
    );
    assert.deepEqual(endpoint.failures, []);
    assert.ok((statuses.get(400) ?? 0) > 500 && (statuses.get(200) ?? 0) > 100, JSON.stringify([...statuses]));
  });
});
