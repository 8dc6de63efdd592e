import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { KindredClient, Person } from '../../matching/client/index.js';
import register from '../../nodes/find-concurrent-users/find-concurrent-users.js';
import { type FindConfig, QuestionProblem, questionOf } from '../../nodes/find-concurrent-users/question.js';
import { AccountNode } from '../support/account-node.js';
import { anActivity } from '../support/activity.js';
import { helper, startServer, statusOf } from '../support/node-helper.js';

const CONFIG: FindConfig = { activity: '', action: '', window: 'overlap', radiusKm: '', among: 'everyone', limit: 20 };
const STATUS = 'find-concurrent-users.status.';

describe('find-concurrent-users', () => {
  const node = { id: 'find', type: 'find-concurrent-users', version: 1, mode: 'ask', ...CONFIG };
  const home = new AccountNode({ register, node, outputs: ['out'] });
  let anna: KindredClient;
  beforeEach(async () => {
    ({ client: anna, token: home.token } = await home.join('Anna', {}));
  });

  const out = () => home.out('out');
  const joined = async (name: string): Promise<KindredClient> => (await home.join(name)).client;
  const names = (): string[] =>
    out().messages.flatMap(({ payload }) => (payload as Person[]).map(({ user }) => user.name));
  const ask = (payload: unknown): void => home.receive({ payload });

  describe('the question', () => {
    it('is about the moment an activity or action began', () => {
      const activity = anActivity('coffee', { startedAt: '2026-11-22T08:41:07Z' });
      const at = '2026-11-22T08:41:07.000Z';
      const rest = { window: 'overlap', among: 'everyone', limit: 20 };
      assert.deepEqual(questionOf(CONFIG, { payload: activity }), { activity: 'coffee', at, ...rest });
      const action = { action: 'sip', activity: 'coffee', activityId: activity.id, startedAt: activity.startedAt };
      assert.deepEqual(questionOf(CONFIG, { payload: action }), { activity: 'coffee', action: 'sip', at, ...rest });
      assert.deepEqual(questionOf(CONFIG, { payload: { activity: 'tea' } }), { activity: 'tea', ...rest });
      const { id: activityId, state, startedAt } = activity;
      const shared = { topic: 'coffee', payload: { activityId, target: 't', moment: 'activity', state, startedAt } };
      assert.deepEqual(questionOf(CONFIG, shared), { activity: 'coffee', at, ...rest });
      assert.deepEqual(questionOf(CONFIG, { topic: 'coffee' }), { activity: 'coffee', ...rest });
      assert.equal(questionOf(CONFIG, { payload: { ...activity, state: 'discarded' } }), undefined);
    });

    it('is about the newest own action of the kind that is wanted, and none where the list has none', () => {
      const [at, later] = ['2026-11-22T08:42:00.000Z', '2026-11-22T08:43:00.000Z'];
      const sips = [
        { action: 'sip', startedAt: at },
        { action: 'stir', startedAt: later },
      ];
      const rest = { window: 'overlap', among: 'everyone', limit: 20 };
      const config = { ...CONFIG, action: 'sip' };
      const payload = { activity: 'coffee', startedAt: '2026-11-22T08:41:00.000Z', actions: sips };
      assert.deepEqual(questionOf(config, { payload }), { activity: 'coffee', action: 'sip', at, ...rest });
      assert.equal(questionOf({ ...CONFIG, action: 'pour' }, { payload }), undefined);
      assert.equal(questionOf(config, { payload: { ...payload, actions: [null, 'sip'] } }), undefined);
    });

    it('can be all in the config', () => {
      const config = { ...CONFIG, activity: 'tea', action: 'stir', window: 'minute', radiusKm: '25', among: 'friends' };
      const wanted = { activity: 'tea', action: 'stir', window: 'minute', radiusKm: 25, among: 'friends', limit: 50 };
      assert.deepEqual(questionOf({ ...config, limit: 900 }, { payload: 'any' }), wanted);
    });

    it('is refused with words when it is none, whatever comes', () => {
      for (const payload of [undefined, null, 7, 'coffee', [], {}, { activity: 'Coffee Time' }, { activity: 3 }]) {
        assert.throws(() => questionOf(CONFIG, { payload }), { code: 'message' });
      }
      assert.throws(() => questionOf(CONFIG, { payload: { activity: 'coffee', action: 'jump' } }), { code: 'action' });
      assert.throws(() => questionOf({ ...CONFIG, radiusKm: 11 }, { payload: { activity: 'tea' } }), {
        code: 'config',
      });
      const ask = (payload: unknown): void => {
        try {
          questionOf(CONFIG, { payload });
        } catch (error) {
          assert.ok(error instanceof QuestionProblem);
          assert.ok(JSON.stringify(error.values).length < 2000);
        }
      };
      fc.assert(fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), ask));
      fc.assert(fc.property(fc.record({ activity: fc.constant('tea'), at: fc.anything() }), ask));
    });
  });

  it('answers an activity with the people of the moment, and with nobody', async () => {
    await home.deploy();
    ask(anActivity());
    const [nobody] = await out().atLeast(1);
    assert.deepEqual([nobody?.payload, nobody?.reason], [[], 'nothing-of-yours']);
    assert.equal((await statusOf('find', `${STATUS}nothing-of-yours`)).fill, 'grey');
    // Begun since the account shows her, as its settings say.
    const own = anActivity('coffee', { startedAt: new Date().toISOString() });
    await anna.publish(own);
    ask(own);
    assert.equal((await out().atLeast(2))[1]?.reason, undefined);
    await statusOf('find', `${STATUS}nobody`);
    const berta = await joined('Berta');
    await berta.publish(anActivity());
    ask(own);
    const message = (await out().atLeast(3))[2];
    const [person] = (message?.payload ?? []) as Person[];
    assert.equal(person?.user.name, 'Berta');
    assert.deepEqual([message?.topic, message?.truncated, typeof message?.asOf], ['coffee', false, 'string']);
    await statusOf('find', `${STATUS}person`);
    ask({ activity: 'tea' });
    assert.deepEqual((await out().atLeast(4))[3]?.payload, []);
  });

  it('asks nothing about a share that was told days later', async () => {
    await home.deploy();
    const startedAt = new Date(Date.now() - 2 * 86_400_000).toISOString();
    const share = { activityId: anActivity().id, target: 'account', moment: 'activity', state: 'finished', startedAt };
    home.receive({ topic: 'coffee', payload: share });
    ask(anActivity());
    const [answer] = await out().atLeast(1);
    assert.deepEqual([answer?.payload, home.caught.messages], [[], []]);
  });

  it('says what it expects when a message is none', async () => {
    await home.deploy();
    ask('coffee please');
    assert.equal(await home.problem(), 'find-concurrent-users.error.message');
    assert.equal((await statusOf('find', `${STATUS}message`)).fill, 'red');
    ask({ activity: 'tea' });
    await out().atLeast(1);
  });

  it('says that who does not show does not see', async () => {
    await home.deploy({}, { visibility: 'nobody' });
    ask({ activity: 'coffee' });
    assert.equal(await home.problem(), 'find-concurrent-users.error.not-visible');
    await statusOf('find', `${STATUS}not-visible`);
  });

  it('says that a distance needs an area', async () => {
    await home.deploy({ radiusKm: '25' });
    ask({ activity: 'coffee' });
    assert.equal(await home.problem(), 'find-concurrent-users.error.no-area');
  });

  it('says that there is no account yet, and asks for the token again when the endpoint does not know it', async () => {
    for (const [credentials, error, status] of [
      [{}, 'no-token', 'no-token'],
      [{ token: 'x'.repeat(43) }, 'unauthorised', 'token'],
    ] as const) {
      await home.deploy({}, {}, credentials);
      if (error === 'no-token') await statusOf('find', STATUS + status);
      ask({ activity: 'coffee' });
      assert.equal(await home.problem(), `kindred-account.error.${error}`);
      await statusOf('find', STATUS + status);
      assert.doesNotMatch(JSON.stringify(helper.log().args), /xxxx/);
      await helper.unload();
    }
  });

  it('says when no account is chosen', async () => {
    await home.deploy({ account: '' });
    await statusOf('find', `${STATUS}no-account`);
    ask({ activity: 'coffee' });
    assert.equal(await home.problem(), 'find-concurrent-users.error.no-account');
  });

  it('says when the endpoint is down, or is none, and goes on', async () => {
    const html = await startServer((_request, response) => response.end('<h1>hello</h1>'));
    await home.deploy({}, { url: html.url });
    ask({ activity: 'coffee' });
    assert.equal(await home.problem(), 'kindred-account.error.not-kindred');
    html.close();
    ask({ activity: 'coffee' });
    assert.equal(await home.problem(2), 'kindred-account.error.unreachable');
    await statusOf('find', `${STATUS}down`);
  });

  it('closes while an endpoint hangs', async () => {
    const hanging = await startServer(() => {});
    await home.deploy({}, { url: hanging.url });
    ask({ activity: 'coffee' });
    await helper.unload();
    hanging.close();
    assert.deepEqual(home.caught.messages, []);
  });

  describe('watching', () => {
    const watch = { mode: 'watch', activity: 'coffee' };
    const bookmark = () => join(home.dir, 'kindred', 'find-find.json');

    it('tells of somebody as they come, of the chosen activity alone', async () => {
      await home.deploy(watch);
      await statusOf('find', `${STATUS}watching`);
      await anna.publish(anActivity('tea'));
      await anna.publish(anActivity());
      const berta = await joined('Berta');
      await berta.publish(anActivity('tea'));
      await berta.publish(anActivity());
      const [message] = await out().atLeast(1);
      const [person] = (message?.payload ?? []) as Person[];
      assert.deepEqual([person?.user.name, person?.activity, message?.topic], ['Berta', 'coffee', 'coffee']);
    });

    it('tells of whole activities also where an earlier version let an action be chosen', async () => {
      await home.deploy({ ...watch, action: 'sip' });
      await statusOf('find', `${STATUS}watching`);
      await anna.publish(anActivity());
      await (await joined('Berta')).publish(anActivity());
      await out().atLeast(1);
      assert.deepEqual(names(), ['Berta']);
    });

    it('neither loses nor doubles anybody over a restart', async () => {
      await home.deploy(watch);
      await statusOf('find', `${STATUS}watching`);
      await anna.publish(anActivity());
      await (await joined('Berta')).publish(anActivity());
      await out().atLeast(1);
      assert.deepEqual(names(), ['Berta']);
      await helper.unload();
      assert.ok(!readFileSync(bookmark(), 'utf8').includes(home.token));
      await (await joined('Carla')).publish(anActivity());
      await home.deploy(watch);
      await (await joined('Dora')).publish(anActivity());
      await out().atLeast(2);
      assert.deepEqual(names(), ['Carla', 'Dora']);
    });

    it('goes on where it left off with another address and another token of the same account', async () => {
      await anna.publish(anActivity());
      await home.deploy(watch);
      await statusOf('find', `${STATUS}watching`);
      await helper.unload();
      await (await joined('Berta')).publish(anActivity());
      home.token = (await anna.rotateToken()).token;
      await home.deploy(watch, { url: home.endpoint.url.replace('127.0.0.1', 'localhost') });
      await out().atLeast(1);
      assert.deepEqual(names(), ['Berta']);
    });

    it('begins anew with another account', async () => {
      const { client: carla, token } = await home.join('Carla');
      await carla.publish(anActivity());
      await anna.publish(anActivity());
      await home.deploy(watch);
      await statusOf('find', `${STATUS}watching`);
      await helper.unload();
      home.token = token;
      await (await joined('Berta')).publish(anActivity());
      await home.deploy(watch);
      await statusOf('find', `${STATUS}watching`);
      await (await joined('Dora')).publish(anActivity());
      await out().atLeast(1);
      assert.deepEqual(names(), ['Dora']);
    });

    it('loses nobody over a restart before the first one came', async () => {
      await anna.publish(anActivity());
      await home.deploy(watch);
      await statusOf('find', `${STATUS}watching`);
      await helper.unload();
      await (await joined('Berta')).publish(anActivity());
      await home.deploy(watch);
      await out().atLeast(1);
      assert.deepEqual(names(), ['Berta']);
    });

    it('begins anew after it asked for a while: who came meanwhile came to nobody who watches', async () => {
      await anna.publish(anActivity());
      await home.deploy(watch);
      await statusOf('find', `${STATUS}watching`);
      await helper.unload();
      assert.ok(existsSync(bookmark()));
      await home.deploy();
      await (await joined('Berta')).publish(anActivity());
      await helper.unload();
      await home.deploy(watch);
      await statusOf('find', `${STATUS}watching`);
      await (await joined('Carla')).publish(anActivity());
      await out().atLeast(1);
      assert.deepEqual(names(), ['Carla']);
    });

    it('takes its bookmark with it when it is deleted', async () => {
      await anna.publish(anActivity());
      await home.deploy(watch);
      await statusOf('find', `${STATUS}watching`);
      await (await joined('Berta')).publish(anActivity());
      await out().atLeast(1);
      while (!existsSync(bookmark())) await new Promise((done) => setTimeout(done, 5));
      await (helper.getNode('find') as unknown as { close(removed: boolean): Promise<void> }).close(true);
      assert.ok(!existsSync(bookmark()));
    });

    it('comes back when the endpoint does', async () => {
      await home.deploy(watch);
      await statusOf('find', `${STATUS}watching`);
      await anna.publish(anActivity());
      await (await joined('Berta')).publish(anActivity());
      await out().atLeast(1);
      await home.endpoint.close();
      await statusOf('find', `${STATUS}down-retry`);
      assert.equal(await home.problem(), 'kindred-account.error.unreachable');
      await home.reopen();
      await (await joined('Carla')).publish(anActivity());
      await out().atLeast(2);
      assert.deepEqual(names(), ['Berta', 'Carla']);
    });

    it('begins anew when its bookmark is damaged, and says so', async () => {
      await home.deploy(watch);
      await statusOf('find', `${STATUS}watching`);
      await anna.publish(anActivity());
      await (await joined('Berta')).publish(anActivity());
      await out().atLeast(1);
      await helper.unload();
      writeFileSync(bookmark(), '{"half');
      await home.deploy(watch);
      await statusOf('find', `${STATUS}watching`);
      assert.equal(await home.problem(), 'find-concurrent-users.error.unread');
      await (await joined('Carla')).publish(anActivity());
      await out().atLeast(1);
      assert.deepEqual(names(), ['Carla']);
    });

    it('says once that where it is cannot be saved, and tells of people all the same', async () => {
      const inTheWay = join(home.dir, 'kindred');
      writeFileSync(inTheWay, '');
      await home.deploy(watch);
      await statusOf('find', `${STATUS}watching`);
      await anna.publish(anActivity());
      for (const name of ['Berta', 'Carla']) await (await joined(name)).publish(anActivity());
      await out().atLeast(2);
      assert.equal(await home.problem(), 'find-concurrent-users.error.unsaved');
      rmSync(inTheWay);
      await (await joined('Dora')).publish(anActivity());
      while (!existsSync(bookmark())) await new Promise((done) => setTimeout(done, 5));
      assert.equal(home.caught.messages.length, 1);
    });

    it('says that nobody can come while its account is visible to nobody', async () => {
      await home.deploy(watch, { visibility: 'nobody' });
      assert.equal((await statusOf('find', `${STATUS}not-visible`)).fill, 'grey');
      assert.deepEqual(home.caught.messages, []);
    });

    it('says when there is no token, or it is not valid any more', async () => {
      for (const [credentials, status] of [
        [{}, 'no-token'],
        [{ token: 'y'.repeat(43) }, 'token'],
      ] as const) {
        await home.deploy(watch, {}, credentials);
        assert.equal((await statusOf('find', STATUS + status)).fill, 'red');
        assert.match(await home.problem(), /^kindred-account\.error\.(no-token|unauthorised)$/);
        await helper.unload();
      }
    });
  });
});
