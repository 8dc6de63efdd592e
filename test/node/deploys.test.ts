import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import registerCollect from '../../nodes/collect-parameters/collect-parameters.js';
import registerAccount from '../../nodes/share-account/share-account.js';
import registerShare from '../../nodes/share-to-social/share-to-social.js';
import { newId } from '../../vocabulary/index.js';
import { helper, inNodeRed } from '../support/node-helper.js';
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
  /** What came to the node of type `connecting` when it was connected. */
  let published: NodeMessage[];
  /** By id of a node of type `last-moment`: what it sends as the next Deploy begins. */
  let lastWords: Record<string, unknown>;
  /** What happens within the next Deploy that takes `lingering` down, when all is down that it takes down. */
  let within: () => void;

  inNodeRed(() => hook.close());
  beforeEach(async () => {
    hook = await receiver();
    [drafts, caught, published, lastWords, within] = [[], [], [], {}, () => {}];
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
    RED.nodes.registerType('connecting', function Connecting(this: Node, def: NodeDef) {
      RED.nodes.createNode(this, def);
      const connectedAt = Date.now() + 500;
      this.on('input', (message) => void (Date.now() >= connectedAt && published.push(message)));
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
});
