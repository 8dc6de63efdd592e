import assert from 'node:assert/strict';
import { EndpointError, KindredClient } from '../../matching/client/index.js';
import { problemCode } from '../../matching/schema/index.js';
import { Cleanup, coffee, joinAs, type Member, type RunningEndpoint, startEndpoint } from './support.js';

const MINUTE = 60_000;

function ago(minutes: number): string {
  return new Date(Date.now() - minutes * MINUTE).toISOString();
}

const drunk = (minutes = 20) =>
  coffee({ revision: 2, state: 'finished', startedAt: ago(minutes), endedAt: ago(minutes - 5), seconds: 300 });

describe('habits and ranks over HTTP', () => {
  const cleanup = new Cleanup();
  let endpoint: RunningEndpoint;
  let anna: Member;
  beforeEach(async () => {
    endpoint = await startEndpoint(cleanup);
    anna = await joinAs(endpoint.url, 'Anna');
  });
  afterEach(() => cleanup.run());

  async function refusal(path: string): Promise<{ status: number; code: string | undefined; detail: string }> {
    const headers = { authorization: `Bearer ${anna.token}` };
    const response = await fetch(`${endpoint.url}${path}`, { headers });
    const { type, detail } = (await response.json()) as { type: string; detail: string };
    return { status: response.status, code: problemCode(type), detail };
  }

  it('come to the client as its types say', async () => {
    await anna.client.publish(drunk());
    const { features, timeZone } = await anna.client.features({ activity: 'coffee' });
    const [habits] = features;
    assert.equal(timeZone, new Intl.DateTimeFormat().resolvedOptions().timeZone);
    assert.deepEqual([habits?.count, habits?.seconds?.mean, habits?.streak.current], [1, 300, 1]);
    assert.deepEqual(habits?.parameters.power, { count: 1, mean: 1200, spread: 0, unit: 'W' });
    for (let index = 0; index < 5; index++) {
      const { client } = await joinAs(endpoint.url, `Other ${index}`);
      await client.publish(drunk(10));
    }
    const { ranks } = await anna.client.ranks({ activity: 'coffee', measure: 'minutes', among: 'everyone' });
    assert.deepEqual(ranks, [{ measure: 'minutes', value: 5, among: 'everyone', rank: 1, people: 6 }]);
    const all = await anna.client.ranks({ activity: 'coffee', period: 'ever' });
    assert.equal(all.ranks.length, 9);
    assert.equal((await anna.client.exportMe()).features[0]?.count, 1);
  });

  it('say what is wrong with what is asked', async () => {
    const cases: [path: string, code: string, detail: RegExp][] = [
      ['/v1/features?activity=sleep', 'unknown-activity', /"sleep" is not matched here/],
      ['/v1/features?timeZone=Mars/Olympus', 'bad-time-zone', /"Mars\/Olympus" is no time zone.*Europe\/Vienna/],
      [
        '/v1/features?timeZone=%2B01:00',
        'bad-request',
        /^"timeZone" is not well formed \(.*an IANA name such as Europe\/Vienna/,
      ],
      ['/v1/ranks', 'bad-request', /activity/],
      ['/v1/ranks?activity=sleep', 'unknown-activity', /sleep/],
      ['/v1/ranks?activity=coffee&period=year', 'bad-request', /^"period" must be one of week, month, ever$/],
      ['/v1/ranks?activity=coffee&measure=joy', 'bad-request', /^"measure" must be one of count, minutes, streak$/],
      ['/v1/ranks?activity=coffee&among=enemies', 'bad-request', /^"among" must be one of friends, area, everyone$/],
      ['/v1/ranks?activity=coffee&timeZone=Nowhere', 'bad-time-zone', /Nowhere/],
    ];
    for (const [path, code, detail] of cases) {
      const got = await refusal(path);
      assert.deepEqual([got.status, got.code], [400, code], path);
      assert.match(got.detail, detail);
    }
    await anna.client.updateMe({ discoverable: false });
    assert.equal((await refusal('/v1/ranks?activity=coffee')).code, 'not-discoverable');
    assert.deepEqual((await anna.client.features()).features, []);
  });

  it('refuse an activity with a zone that does not exist, and keep the zone of one that has', async () => {
    const { id, appliance: _appliance, ...body } = drunk();
    const put = (timeZone: string) =>
      fetch(`${endpoint.url}/v1/activities/${id}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${anna.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          ...body,
          place: undefined,
          startedAt: '2026-07-01T12:00:00Z',
          endedAt: '2026-07-01T12:05:00Z',
          timeZone,
        }),
      });
    const refused = await put('Europe/Atlantis');
    assert.equal(refused.status, 400);
    assert.equal(problemCode(((await refused.json()) as { type: string }).type), 'bad-time-zone');
    assert.equal((await put('Asia/Kolkata')).status, 201);
    const [activity] = (await anna.client.activities()).activities;
    assert.deepEqual([activity?.timeZone, activity?.utcOffset], ['Asia/Kolkata', 330]);
    assert.equal((await anna.client.features({ activity: 'coffee' })).features[0]?.hours[17], 1);
  });
});

describe('the zone that the client sends', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  it('is left out when the endpoint does not know it', async () => {
    const endpoint = await startEndpoint(cleanup);
    const { client, token } = await joinAs(endpoint.url, 'Anna');
    const { resolvedOptions } = Intl.DateTimeFormat.prototype;
    const zoneIs = (timeZone: string): void => {
      Intl.DateTimeFormat.prototype.resolvedOptions = function (this: Intl.DateTimeFormat) {
        return { ...resolvedOptions.call(this), timeZone };
      };
    };
    cleanup.add(() => {
      Intl.DateTimeFormat.prototype.resolvedOptions = resolvedOptions;
    });
    const zonesOf = async () => (await client.activities()).activities.map(({ timeZone }) => timeZone);
    zoneIs('Europe/Vienna');
    await client.publish(drunk());
    assert.deepEqual(await zonesOf(), ['Europe/Vienna']);
    zoneIs('Moon/Tranquility');
    await client.publish(drunk());
    assert.deepEqual(await zonesOf(), [undefined, 'Europe/Vienna']);
    assert.equal((await client.features()).timeZone, 'UTC');
    for (const none of ['Etc/Unknown', '+01:00']) {
      zoneIs(none);
      assert.equal((await client.ranks({ activity: 'coffee' })).timeZone, 'UTC');
    }
    await assert.rejects(
      new KindredClient({ url: endpoint.url, token }).features({ timeZone: 'Moon/Tranquility' }),
      (error: Error) => error instanceof EndpointError && problemCode(error.type) === 'bad-time-zone',
    );
  });
});
