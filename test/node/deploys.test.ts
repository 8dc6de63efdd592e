import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { Node, NodeAPI, NodeDef, NodeMessage, NodeStatus } from 'node-red';
import { KindredClient } from '../../matching/client/index.js';
import registerCollect from '../../nodes/collect-parameters/collect-parameters.js';
import registerFind from '../../nodes/find-concurrent-users/find-concurrent-users.js';
import registerFriends from '../../nodes/friend-request/friend-request.js';
import registerKindred from '../../nodes/kindred-account/kindred-account.js';
import registerAccount from '../../nodes/share-account/share-account.js';
import registerShare from '../../nodes/share-to-social/share-to-social.js';
import registerFeatures from '../../nodes/user-features/user-features.js';
import { newId } from '../../vocabulary/index.js';
import { anActivity } from '../support/activity.js';
import { helper, inNodeRed, startEndpoint, statusOf } from '../support/node-helper.js';
import { coffee, receiver, type TestReceiver } from '../support/sharing.js';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const CREDENTIALS = { hook: { secret }, other: { secret } };
const PLACE = { z: 'tab', x: 1, y: 1 };

const fresh = () => coffee({ id: newId(), startedAt: new Date().toISOString() });

/** Until it holds; the test's own time limit ends the waiting. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolved) => setTimeout(resolved, 5));
}

/**
 * Node-RED routes a message at once and delivers it a turn of the event loop later; a Deploy takes nodes down in between.
 * What it had routed reaches a node that is closing; what it has no node for, it drops without a word.
 */
describe('in the middle of a Deploy', () => {
  let hook: TestReceiver;
  /** What the nodes of type `ear` heard. */
  let drafts: NodeMessage[];
  let caught: NodeMessage[];
  /** What came to the nodes of type `connecting`, and of it what came when they were connected. */
  let handedOn: NodeMessage[];
  let published: NodeMessage[];
  /** By id of a node of type `last-moment`: what it sends as the next Deploy begins. */
  let lastWords: Record<string, unknown>;
  /** What happens within the next Deploy that takes `lingering` down, when all is down that it takes down. */
  let within: () => void;

  /** Whatever else a test has opened. */
  let alsoClose: () => unknown;

  const house = inNodeRed(async () => {
    await hook.close();
    await alsoClose();
  });
  beforeEach(async () => {
    hook = await receiver();
    [drafts, caught, handedOn, published, lastWords, within] = [[], [], [], [], {}, () => {}];
    alsoClose = () => {};
  });

  function registerOthers(RED: NodeAPI): void {
    RED.nodes.registerType('last-moment', function LastMoment(this: Node, def: NodeDef) {
      RED.nodes.createNode(this, def);
      const send = (): void => {
        if (this.id in lastWords) this.send({ payload: lastWords[this.id] });
        delete lastWords[this.id];
      };
      RED.events.on('flows:stopping', send);
      this.on('close', () => void RED.events.off('flows:stopping', send));
    });
    RED.nodes.registerType('lingering', function Lingering(this: Node, def: NodeDef) {
      RED.nodes.createNode(this, def);
      this.on('close', (_removed: boolean, done: () => void) => {
        setTimeout(() => {
          within();
          within = () => {};
          setTimeout(done, 100);
        }, 50);
      });
    });
    RED.nodes.registerType('ear', function Ear(this: Node, def: NodeDef) {
      RED.nodes.createNode(this, def);
      this.on('input', (message) => void (this.id === 'drafts' ? drafts : caught).push(message));
    });
    // As a node for MQTT does until its broker has answered.
    RED.nodes.registerType('connecting', function Connecting(this: Node, def: NodeDef & { takesMs?: number }) {
      RED.nodes.createNode(this, def);
      const connectedAt = Date.now() + (def.takesMs ?? 500);
      this.on('input', (message) => {
        handedOn.push(message);
        if (Date.now() >= connectedAt) published.push(message);
      });
    });
  }

  const flow = (changes: Record<string, object>) =>
    [
      { id: 'tab', type: 'tab', label: 'test' },
      { id: 'hook', type: 'share-account', version: 1, name: 'Hook', network: 'webhook', url: hook.url },
      { id: 'other', type: 'share-account', version: 1, name: 'Other', network: 'webhook', url: hook.url },
      { id: 'to-share', ...PLACE, type: 'last-moment', wires: [['share']] },
      { id: 'to-collect', ...PLACE, type: 'last-moment', wires: [['collect']] },
      {
        ...{ id: 'collect', ...PLACE, type: 'collect-parameters', version: 1, kind: 'kettle', activity: '' },
        ...{
          recogniser: 'none',
          parameters: [],
          everySeconds: 0,
          instruction: '',
          wires: [['share', 'connecting'], []],
        },
      },
      {
        ...{ id: 'share', ...PLACE, type: 'share-to-social', version: 1, accounts: [], shareAccounts: ['hook'] },
        ...{ when: 'both', startedText: '', finishedText: '', language: 'en', reveal: [], askFirst: 'never' },
        ...{ dailyCap: 20, wires: [[], ['drafts', 'connecting']] },
      },
      { id: 'drafts', ...PLACE, type: 'ear', wires: [] },
      { id: 'connecting', ...PLACE, type: 'connecting', wires: [] },
      { id: 'catch', ...PLACE, type: 'catch', scope: null, wires: [['caught']] },
      { id: 'caught', ...PLACE, type: 'ear', wires: [] },
      { id: 'lingering', ...PLACE, type: 'lingering', wires: [] },
    ].map((node) => ({ ...node, ...changes[node.id] }));

  let config: Record<string, object>;

  async function deploy(changes: Record<string, object> = {}): Promise<void> {
    config = changes;
    const catchNode = createRequire(__filename)('@node-red/nodes/core/common/25-catch.js');
    const types = [registerShare, registerCollect, registerAccount, registerOthers, catchNode];
    await helper.load(types, flow(config), CREDENTIALS);
  }

  /** Deploys with changes to these nodes. */
  async function again(type: 'full' | 'nodes', ids: readonly string[]): Promise<void> {
    for (const id of ids) config = { ...config, [id]: { ...config[id], name: newId() } };
    await helper.setFlows(flow(config), type, CREDENTIALS);
  }

  const told = (): { id: string; state: string }[] => hook.received.map(({ body }) => JSON.parse(body).data.activity);
  const states = (): string[] => told().map(({ state }) => state);

  for (const [type, ids] of [
    ['full', ['share']],
    ['nodes', ['share']],
    ['nodes', ['hook', 'lingering']],
  ] as const) {
    it(`an activity that is being handed over as it begins is told (${type}: ${ids.join(', ')})`, async () => {
      await deploy();
      const activity = fresh();
      lastWords['to-share'] = activity;
      await again(type, ids);
      await until(() => hook.received.length > 0 || caught.length > 0);
      assert.deepEqual([caught, told().map(({ id }) => id)], [[], [activity.id]]);
    });

    it(`what is said as it begins is taken in (${type}: ${ids.join(', ')})`, async () => {
      await deploy();
      lastWords['to-collect'] = 'start';
      await again(type, [...ids, 'collect']);
      await until(() => states().includes('started'));
    });
  }

  it('an activity that comes while an account is away is told', async () => {
    // Of a node with one account, Node-RED takes that for its own, and deploys it, too.
    await deploy({ share: { shareAccounts: ['hook', 'other'] } });
    const node = helper.getNode('share');
    within = () => node.receive({ payload: fresh() });
    await again('nodes', ['hook', 'lingering']);
    await until(() => hook.received.length === 2 || caught.length > 0);
    assert.deepEqual([caught, states(), helper.getNode('share') === node], [[], ['started', 'started'], true]);
  });

  it('an activity that is recognised while the node behind is away is told', async () => {
    await deploy();
    within = () => helper.getNode('collect').receive({ payload: 'start' });
    await again('nodes', ['share', 'lingering']);
    await until(() => states().includes('started'));
    helper.getNode('collect').receive({ payload: 'stop' });
    await until(() => states().includes('finished'));
    assert.deepEqual(states(), ['started', 'finished']);
  });

  for (const [type, ids] of [
    ['nodes', ['connecting', 'lingering']],
    ['full', ['lingering']],
  ] as const) {
    it(`what was recognised meanwhile waits until the node behind is connected (${type})`, async () => {
      await deploy();
      const message = { payload: 'start' };
      if (type === 'full') lastWords['to-collect'] = message.payload;
      else within = () => helper.getNode('collect').receive(message);
      await again(type, ids);
      await until(() => states().includes('started'));
      assert.equal(published.length, 1);
    });
  }

  it('a draft waits to be asked until whoever asks is there, and is asked once', async () => {
    await deploy({ share: { askFirst: 'always' } });
    lastWords['to-share'] = fresh();
    await again('nodes', ['share']);
    await until(() => drafts.length === 1);
    within = () => helper.getNode('share').receive({ payload: fresh() });
    await again('nodes', ['drafts', 'lingering']);
    await until(() => drafts.length === 2);
    assert.equal(published.length, 2, 'whoever asks may be connecting yet');
    await again('full', ['share']);
    helper.getNode('share').receive({ payload: fresh() });
    await until(() => drafts.length === 3);
    const tokens = drafts.map(({ payload }) => (payload as { token: string }).token);
    assert.deepEqual([new Set(tokens).size, caught], [3, []]);
  });

  describe('what the endpoint tells of', () => {
    let url: string;
    let token: string;
    let berta: KindredClient;
    /** Anna's id, as Berta is shown it. */
    let userId: string;
    beforeEach(async () => {
      const endpoint = await startEndpoint(house.dir);
      alsoClose = endpoint.close;
      ({ url } = endpoint);
      token = await join('Anna');
      for (const activity of ['coffee', 'tea']) await clientOf(token).publish(anActivity(activity));
      berta = clientOf(await join('Berta'));
      await berta.publish(anActivity());
      const { people } = await berta.concurrentUsers({ activity: 'coffee' });
      userId = people[0]?.user.id ?? assert.fail('Anna is not seen');
    });

    const clientOf = (user: string) => new KindredClient({ url, token: user });
    const join = async (name: string): Promise<string> =>
      (await new KindredClient({ url }).createUser({ name, discoverable: true })).token;
    const EVENTS = [
      ['a friend request', () => berta.requestFriend({ userId })],
      ['a match', () => berta.publish(anActivity('tea'))],
    ] as const;

    const following = (takesMs: number, name = '') => [
      { id: 'tab', type: 'tab', label: 'test' },
      { id: 'account', type: 'kindred-account', version: 1, name: 'Anna', url, visibility: 'everyone', cell: '' },
      {
        ...{ id: 'friends', ...PLACE, type: 'friend-request', version: 1, account: 'account', accept: 'ask' },
        ...{ name, wires: [[], ['connecting']] },
      },
      {
        ...{ id: 'find', ...PLACE, type: 'find-concurrent-users', version: 1, account: 'account', mode: 'watch' },
        ...{
          name,
          activity: 'tea',
          action: '',
          window: 'overlap',
          among: 'everyone',
          limit: 20,
          wires: [['connecting']],
        },
      },
      { id: 'connecting', ...PLACE, type: 'connecting', takesMs, wires: [] },
      { id: 'lingering', ...PLACE, type: 'lingering', takesMs, wires: [] },
    ];
    async function follow(takesMs: number): Promise<void> {
      const types = [registerKindred, registerFriends, registerFind, registerOthers];
      await helper.load(types, following(takesMs), { account: { token } });
      await statusOf('friends', 'friend-request.status.listening');
      await statusOf('find', 'find-concurrent-users.status.watching');
    }

    it('is not asked for at once after a start, and until then nothing is said to be wrong but a missing token', async () => {
      const shownBy = (id: string) => {
        const { args } = (helper.getNode(id) as unknown as { status: { args: [NodeStatus][] } }).status;
        return [...new Set(args.map(([{ fill }]) => fill))];
      };
      house.reconnectsIn(60_000);
      const types = [registerKindred, registerFriends, registerFind, registerOthers];
      for (const [credentials, shown] of [
        [{ account: { token } }, 'grey'],
        [{}, 'red'],
      ] as const) {
        await helper.load(types, following(0), credentials);
        await new Promise((resolved) => setTimeout(resolved, 300));
        for (const id of ['friends', 'find']) assert.deepEqual(shownBy(id), [shown]);
        await helper.unload();
      }
    });

    it('is told within a subflow whose instance gives the account, and answered, also once that is deployed anew', async () => {
      const ask = { z: 'sub', x: 1, y: 1, version: 1, account: `\${ACCOUNT}`, activity: 'coffee', wires: [[]] };
      const inner = [
        { id: 'features', type: 'user-features', ...ask, period: 'ever' },
        { id: 'find', type: 'find-concurrent-users', ...ask, mode: 'ask', window: 'overlap', among: 'everyone' },
        { id: 'friends', type: 'friend-request', ...ask, accept: 'ask', wires: [[], []] },
      ];
      const watching = { id: 'watching', type: 'find-concurrent-users', ...ask, activity: 'tea', mode: 'watch' };
      const sub = {
        ...{ id: 'sub', type: 'subflow', name: 'sub' },
        in: [{ x: 1, y: 1, wires: inner.map(({ id }) => ({ id })) }],
        out: [
          {
            ...{ x: 1, y: 1 },
            wires: [...[...inner, watching].map(({ id }) => ({ id, port: 0 })), { id: 'friends', port: 1 }],
          },
        ],
        env: [{ name: 'ACCOUNT', type: 'kindred-account', value: '', ui: { type: 'conf-types' } }],
      };
      const flows = (name: string): object[] => [
        { id: 'tab', type: 'tab', label: 'test' },
        { id: 'account', type: 'kindred-account', version: 1, name, url, visibility: 'everyone', cell: '' },
        sub,
        ...[...inner, { ...watching, window: 'overlap', among: 'everyone' }],
        {
          ...{ id: 'instance', ...PLACE, type: 'subflow:sub', wires: [['drafts']] },
          env: [{ name: 'ACCOUNT', type: 'conf-type', value: 'account' }],
        },
        { id: 'drafts', ...PLACE, type: 'ear', wires: [] },
        { id: 'catch', ...PLACE, type: 'catch', scope: null, wires: [['caught']] },
        { id: 'caught', ...PLACE, type: 'ear', wires: [] },
      ];
      const answers = async (count: number): Promise<void> => {
        helper.getNode('instance').receive({ payload: { list: true } });
        await until(() => drafts.length + caught.length >= count);
        assert.deepEqual([drafts.length, caught], [count, []]);
      };
      const types = [registerKindred, registerFeatures, registerFind, registerFriends, registerOthers];
      await helper.load(types, flows('Anna'), { account: { token } });
      await answers(inner.length);
      await helper.setFlows(flows('Anna B.'), 'nodes', { account: { token } });
      await answers(2 * inner.length);
      for (const [index, [, happens]] of EVENTS.entries()) {
        await happens();
        await until(() => drafts.length > 2 * inner.length + index);
      }
    });

    for (const [what, happens] of EVENTS) {
      it(`${what} of a time when Node-RED was down waits until the node behind is connected`, async () => {
        await follow(0);
        await helper.unload();
        await happens();
        await follow(1100);
        await until(() => handedOn.length > 0);
        assert.equal(published.length, 1);
      });

      it(`${what} of a time when Node-RED was down waits as long where something is deployed meanwhile`, async () => {
        await follow(0);
        await helper.unload();
        await happens();
        const types = [registerKindred, registerFriends, registerFind, registerOthers];
        // Longer than the second after a Deploy.
        house.reconnectsIn(1500);
        await helper.load(types, following(2000), { account: { token } });
        const [first, ...others] = following(2000);
        await helper.setFlows([{ ...first, label: 'renamed' }, ...others], 'nodes', { account: { token } });
        await until(() => handedOn.length > 0);
        assert.equal(published.length, 1);
      });

      it(`${what} within a Deploy waits until the node behind is there and connected, and comes once`, async () => {
        await follow(0);
        within = () => void happens();
        await helper.setFlows(following(500), 'nodes', { account: { token } });
        await until(() => handedOn.length > 0);
        assert.equal(published.length, 1);
        await helper.setFlows(following(500, 'anew'), 'nodes', { account: { token } });
        await new Promise((resolved) => setTimeout(resolved, 1500));
        assert.equal(handedOn.length, 1);
      });
    }
  });
});
