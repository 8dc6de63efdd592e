import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import registerKindred from '../../nodes/kindred-account/kindred-account.js';
import registerAccount from '../../nodes/share-account/share-account.js';
import registerShare from '../../nodes/share-to-social/share-to-social.js';
import { newId } from '../../vocabulary/index.js';
import { helper, inNodeRed } from '../support/node-helper.js';
import { coffee, receiver, type TestReceiver } from '../support/sharing.js';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** Until it holds; the test's own time limit ends the waiting. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolved) => setTimeout(resolved, 5));
}

/** Node-RED makes every node of a subflow anew for each instance, with an id of its own. */
describe('share-to-social in a subflow', () => {
  const hooks: TestReceiver[] = [];
  let caught: (NodeMessage & { error: { message: string } })[];

  inNodeRed(() => Promise.all(hooks.splice(0).map((hook) => hook.close())));
  beforeEach(async () => {
    hooks.push(await receiver(), await receiver());
    caught = [];
  });

  function registerEar(RED: NodeAPI): void {
    RED.nodes.registerType('ear', function Ear(this: Node, def: NodeDef) {
      RED.nodes.createNode(this, def);
      this.on('input', (message) => void caught.push(message as (typeof caught)[number]));
    });
  }

  const hook = (id: string, index: number, changes: object = {}) => ({
    ...{ id, type: 'share-account', version: 1, name: `The ${id}`, network: 'webhook' },
    ...{ url: hooks[index]?.url, ...changes },
  });

  const flow = (chosen: object, accounts: readonly object[]) => [
    { id: 'tab', type: 'tab', label: 'test' },
    {
      ...{ id: 'sub', type: 'subflow', name: 'sub', in: [{ x: 1, y: 1, wires: [{ id: 'share' }] }], out: [] },
      env: [{ name: 'ACCOUNT', type: 'share-account', value: '', ui: { type: 'conf-types' } }],
    },
    ...accounts,
    {
      ...{ id: 'share', z: 'sub', x: 1, y: 1, type: 'share-to-social', version: 1, accounts: [], shareAccounts: [] },
      ...{ when: 'both', startedText: '', finishedText: '', language: 'en', reveal: [], askFirst: 'never' },
      ...{ dailyCap: 20, wires: [[], []], ...chosen },
    },
    {
      ...{ id: 'instance', z: 'tab', x: 1, y: 1, type: 'subflow:sub', wires: [] },
      env: [{ name: 'ACCOUNT', type: 'conf-type', value: 'first' }],
    },
    { id: 'catch', z: 'tab', x: 1, y: 1, type: 'catch', scope: null, wires: [['caught']] },
    { id: 'caught', z: 'tab', x: 1, y: 1, type: 'ear', wires: [] },
  ];

  async function deploy(nodes: object[]): Promise<void> {
    const catchNode = createRequire(__filename)('@node-red/nodes/core/common/25-catch.js');
    const types = [registerKindred, registerAccount, registerShare, registerEar, catchNode];
    await helper.load(types, nodes, { first: { secret }, second: { secret } });
  }

  const tell = (activity = coffee({ id: newId(), startedAt: new Date().toISOString() })): typeof activity => {
    helper.getNode('instance').receive({ payload: activity });
    return activity;
  };

  const told = (): number[] => hooks.map(({ received }) => received.length);

  it('tells the account that its instance gives', async () => {
    await deploy(flow({ shareAccounts: [`\${ACCOUNT}`] }, [hook('first', 0)]));
    tell();
    await until(() => told()[0] === 1 || caught.length > 0);
    assert.deepEqual([caught, told()], [[], [1, 0]]);
  });

  it('tells the one account that the subflow has for itself', async () => {
    await deploy(flow({ shareAccounts: ['first'] }, [hook('first', 0, { z: 'sub' })]));
    tell();
    await until(() => told()[0] === 1 || caught.length > 0);
    assert.deepEqual([caught, told()], [[], [1, 0]]);
  });

  it('tells both accounts that the subflow has for itself, each once, also when one was chosen alone before', async () => {
    const inside = [hook('first', 0, { z: 'sub' }), hook('second', 1, { z: 'sub' })];
    await deploy(flow({ shareAccounts: ['first'] }, inside));
    const activity = tell();
    await until(() => told()[0] === 1 || caught.length > 0);
    await helper.unload();
    await deploy(flow({ shareAccounts: ['first', 'second'] }, inside));
    tell(activity);
    await until(() => told()[1] === 1 || caught.length > 0);
    assert.deepEqual([caught, told()], [[], [1, 1]]);
  });

  it('waits for an account of the subflow that is switched off for now', async () => {
    hooks.push(await receiver((_request, response) => void response.writeHead(503).end()));
    const second = hook('second', 1, { z: 'sub' });
    await deploy(flow({ shareAccounts: ['first', 'second'] }, [hook('first', 2, { z: 'sub' }), second]));
    tell();
    await until(() => hooks[2]?.received.length === 1 && told()[1] === 1);
    await helper.unload();
    await deploy(flow({ shareAccounts: ['first', 'second'] }, [hook('first', 0, { z: 'sub', d: true }), second]));
    await helper.unload();
    await deploy(flow({ shareAccounts: ['first', 'second'] }, [hook('first', 0, { z: 'sub' }), second]));
    await until(() => told()[0] === 1);
    assert.deepEqual(told().slice(0, 2), [1, 1]);
  });
});
