import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { EndpointError, KindredClient } from '../../matching/client/index.js';
import { newId } from '../../vocabulary/index.js';
import { Cleanup, coffee, serveHttp } from './support.js';

const AT = '2026-11-22T08:41:00Z';
const person = (id: string, more: object = {}) => ({
  ...{ user: { id, name: 'Anna' }, activity: 'coffee', window: 'minute' },
  ...{ overlapSeconds: 60, nearby: true, relation: 'stranger', ...more },
});

describe('client, when the endpoint is newer than it is', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  const clientOf = async (listener: RequestListener): Promise<KindredClient> =>
    new KindredClient({ url: await serveHttp(cleanup, listener), token: 'x'.repeat(43) });
  const json =
    (status: number, body?: unknown): RequestListener =>
    (_request, response) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const failureOf = (calling: Promise<unknown>): Promise<EndpointError> =>
    calling.then(
      () => assert.fail('it was taken'),
      (thrown: unknown) => {
        assert.ok(thrown instanceof EndpointError, String(thrown));
        return thrown;
      },
    );

  it('takes of a list what it understands', async () => {
    const people = [
      person('1'),
      { group: ['2', '3'] },
      person('4', { user: null }),
      null,
      person('5', { mood: 'good' }),
    ];
    const client = await clientOf(json(200, { asOf: AT, truncated: false, people }));
    const answer = await client.concurrentUsers({ activity: 'coffee' });
    assert.deepEqual(answer.people, [person('1'), person('5')]);
  });

  it('takes no list of which it understands nothing, nor figures of which one is none', async () => {
    const people = await clientOf(json(200, { asOf: AT, truncated: false, people: [{ group: ['2', '3'] }] }));
    assert.equal((await failureOf(people.concurrentUsers({ activity: 'coffee' }))).kind, 'not-kindred');
    const none = { count: 0, minutes: 0, streak: 0 };
    const habits = {
      ...{ activity: 'coffee', count: 0, perWeek: 0, usualHours: [], hours: Array(24).fill(0), parameters: {} },
      ...{ streak: { current: 0, longest: 0 }, periods: { week: none, month: none, ever: none } },
    };
    const features = (hours: unknown[]) => ({ asOf: AT, timeZone: 'UTC', features: [{ ...habits, hours }] });
    assert.equal((await (await clientOf(json(200, features(habits.hours)))).features()).features.length, 1);
    const odd = await clientOf(json(200, features(habits.hours.with(7, 'many'))));
    assert.equal((await failureOf(odd.features())).kind, 'not-kindred');
  });

  it('takes any success whose answer is of the shape that was asked for', async () => {
    const id = newId();
    const { id: _id, ...said } = coffee();
    const answer = { outcome: 'updated', activity: { ...said, id }, matches: [], friendRequests: 0 };
    for (const status of [200, 201, 202, 203]) {
      const { outcome } = await (await clientOf(json(status, answer))).publish(coffee({ id }));
      assert.equal(outcome, 'updated');
    }
    for (const status of [202, 302]) {
      const other = await failureOf((await clientOf(json(status, { accepted: true }))).publish(coffee()));
      assert.equal(other.kind, 'not-kindred');
    }
    assert.equal((await failureOf((await clientOf(json(302, answer))).publish(coffee()))).kind, 'not-kindred');
  });

  it('takes nothing as an answer only where nothing was to come: any web server says 200', async () => {
    await (await clientOf((_request, response) => response.writeHead(204).end())).deleteMe();
    for (const answer of [json(200, {}), ((_request, response) => response.end()) as RequestListener]) {
      assert.equal((await failureOf((await clientOf(answer)).deleteMe())).kind, 'not-kindred');
    }
  });

  it('says how to fetch an export that is larger than it takes', async () => {
    const client = await clientOf((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const piece = Buffer.alloc(1024 * 1024, 'x');
      for (let count = 0; count < 33; count++) response.write(piece);
      response.end();
    });
    const { kind, message } = await failureOf(client.exportMe());
    assert.equal(kind, 'too-large');
    assert.match(message, /larger than the 32 MiB/);
    assert.match(message, /curl .*-o export\.json http:\/\/127\.0\.0\.1:\d+\/v1\/me\/export/);
    assert.equal((await failureOf(client.friends())).kind, 'not-kindred');
  });
});
