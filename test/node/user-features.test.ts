import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { KindredClient } from '../../matching/client/index.js';
import { activityOf, periodOf, QuestionProblem, type UserFeatures } from '../../nodes/user-features/question.js';
import register from '../../nodes/user-features/user-features.js';
import { type Activity, newId } from '../../vocabulary/index.js';
import { AccountNode } from '../support/account-node.js';
import { anActivity } from '../support/activity.js';
import { helper, startServer, statusOf } from '../support/node-helper.js';

const STATUS = 'user-features.status.';
const MINUTE = 60_000;

function finished(activity = 'coffee', more: Partial<Activity> = {}): Activity {
  const [startedAt, endedAt] = [10, 5].map((minutes) => new Date(Date.now() - minutes * MINUTE).toISOString()) as [
    string,
    string,
  ];
  return anActivity(activity, { state: 'finished', revision: 2, startedAt, endedAt, seconds: 300, ...more });
}

describe('user-features', () => {
  const home = new AccountNode({ register, node: { id: 'node', type: 'user-features' }, outputs: ['out'] });
  let anna: KindredClient;
  beforeEach(async () => {
    ({ client: anna, token: home.token } = await home.join('Anna', {}));
  });

  const out = () => home.out('out');
  const receive = (msg: { payload?: unknown; topic?: string; more?: boolean }): void => home.receive(msg);
  async function answer(): Promise<{ payload: UserFeatures; topic: string }> {
    return (await out().atLeast(1)).at(-1) as unknown as { payload: UserFeatures; topic: string };
  }

  describe('the question', () => {
    const config = { activity: '', period: 'week' };

    it('is about the activity of the node, of the message, or of its topic', () => {
      const payload = anActivity('tea');
      assert.equal(activityOf({ ...config, activity: 'run' }, { payload, topic: 'coffee' }), 'run');
      assert.equal(activityOf(config, { payload, topic: 'coffee' }), 'tea');
      for (const other of [7, 'now', null, undefined, []]) {
        assert.equal(activityOf(config, { payload: other, topic: 'coffee' }), 'coffee');
      }
    });

    it('is refused with words when it is none, whatever comes', () => {
      fc.assert(
        fc.property(fc.anything(), fc.anything(), (payload, topic) => {
          try {
            assert.match(activityOf(config, { payload, topic }), /^[a-z][a-z0-9-]{0,39}$/);
          } catch (error) {
            assert.ok(error instanceof QuestionProblem && JSON.stringify(error.values).length < 300);
          }
        }),
      );
      assert.throws(() => periodOf({ ...config, period: 'year' }), { code: 'config' });
    });
  });

  it('sends habits and ranks as plain JSON, and shows the place', async () => {
    await home.deploy({ activity: 'coffee', version: 1, period: 'week' });
    for (let index = 0; index < 6; index++) {
      const { client: other } = await home.join(`${index}`);
      for (let times = 0; times < index; times++) await other.publish(finished());
    }
    for (let times = 0; times < 2; times++) await anna.publish(finished('coffee', { drink: 'espresso' }));
    receive({ payload: 'anything', topic: 'x', more: true });
    const { payload, topic } = await answer();
    assert.equal(topic, 'coffee');
    assert.deepEqual([payload.activity, payload.period], ['coffee', 'week']);
    assert.equal(payload.habits.count, 2);
    assert.deepEqual(payload.habits.drink, { name: 'espresso', count: 2 });
    assert.deepEqual(
      payload.ranks.filter(({ measure }) => measure === 'count'),
      [
        { measure: 'count', among: 'friends', value: 2, reason: 'too-few' },
        { measure: 'count', among: 'everyone', value: 2, rank: 4, people: 6 },
      ],
    );
    assert.deepEqual(JSON.parse(JSON.stringify(payload)), payload);
    assert.equal((await statusOf('node', `${STATUS}place-week`)).fill, 'green');
    assert.equal((out().messages[0] as { more?: boolean }).more, true);
  });

  it('has nothing to show before anything was published, and habits alone for who is not visible', async () => {
    await home.deploy({ version: 1, activity: '', period: 'ever' }, { visibility: 'nobody' });
    receive({ payload: finished('tea') });
    const { payload } = await answer();
    assert.deepEqual([payload.habits.count, payload.ranks, payload.reason], [0, [], 'not-discoverable']);
    assert.equal((await statusOf('node', `${STATUS}nothing`)).fill, 'grey');
    await anna.publish(finished('tea'));
    receive({ topic: 'tea', payload: 1 });
    await out().atLeast(2);
    assert.equal((await statusOf('node', `${STATUS}count-ever`)).fill, 'green');
  });

  it('says what is wrong: with the message, the activity, the account, the endpoint', async () => {
    await home.deploy({ version: 1, activity: '', period: 'week' });
    receive({ payload: 'no activity', topic: 'Kitchen' });
    assert.equal(await home.problem(), 'user-features.error.message');
    await statusOf('node', `${STATUS}message`);
    receive({ payload: { activity: 'sleep' } });
    await home.caught.atLeast(2);
    await statusOf('node', `${STATUS}unknown`);
    await home.endpoint.close();
    receive({ payload: { activity: 'coffee' } });
    await home.caught.atLeast(3);
    assert.equal((await statusOf('node', `${STATUS}down`)).fill, 'yellow');
    assert.equal(out().messages.length, 0);
    await home.reopen();
  });

  it('says that there is no account, no token, or one that is not valid', async () => {
    await home.deploy({ account: '' });
    assert.equal((await statusOf('node', `${STATUS}no-account`)).fill, 'red');
    receive({ payload: { activity: 'coffee' } });
    assert.equal(await home.problem(), 'user-features.error.no-account');
    await helper.unload();
    await home.deploy({}, {}, {});
    await statusOf('node', `${STATUS}no-token`);
    receive({ payload: { activity: 'coffee' } });
    assert.equal(await home.problem(), 'kindred-account.error.no-token');
    await helper.unload();
    await home.deploy({}, {}, { token: 'A'.repeat(43) });
    receive({ payload: { activity: 'coffee' } });
    await statusOf('node', `${STATUS}token`);
    assert.doesNotMatch(await home.problem(), /AAAA/);
  });

  it('says so when an endpoint answers without the habits that were asked for', async () => {
    for (const features of [[], [{ activity: 'coffee', mood: 'good' }]]) {
      const other = await startServer((_request, response) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ asOf: new Date().toISOString(), timeZone: 'UTC', features }));
      });
      await home.deploy({ activity: 'coffee' }, { url: other.url });
      receive({ payload: 1 });
      await statusOf('node', `${STATUS}down`);
      const told = home.caught.messages as unknown as { error: { source: { id: string }; message: string } }[];
      const { message } = told.find(({ error }) => error.source.id === 'node')?.error ?? {};
      assert.equal(message, 'kindred-account.error.not-kindred');
      assert.equal(out().messages.length, 0);
      await helper.unload();
      other.close();
    }
  });

  it('is silent about what is under way when it is closed', async () => {
    let asked = (): void => {};
    const wasAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const silent = await startServer(() => asked());
    await home.deploy({ activity: 'coffee' }, { url: silent.url });
    receive({ payload: newId() });
    await wasAsked;
    await helper.unload();
    silent.close();
    assert.deepEqual([out().messages.length, home.caught.messages.length], [0, 0]);
  });
});
