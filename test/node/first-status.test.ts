import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import registerFind from '../../nodes/find-concurrent-users/find-concurrent-users.js';
import registerFriends from '../../nodes/friend-request/friend-request.js';
import registerAccount from '../../nodes/kindred-account/kindred-account.js';
import registerFeatures from '../../nodes/user-features/user-features.js';
import { helper, inNodeRed } from '../support/node-helper.js';

describe('the first status of a node', () => {
  inNodeRed();
  let heard: string[];
  beforeEach(() => {
    heard = [];
  });

  function registerEar(RED: NodeAPI): void {
    RED.nodes.registerType('ear', function Ear(this: Node, def: NodeDef) {
      RED.nodes.createNode(this, def);
      this.on('input', (message) => void heard.push((message as { status?: { text?: string } }).status?.text ?? ''));
    });
  }

  it('reaches Status nodes that are made later', async () => {
    const types = ['find-concurrent-users', 'user-features', 'friend-request'];
    const flow = [
      { id: 'tab', type: 'tab', label: 'test' },
      { id: 'account', type: 'kindred-account', version: 1, url: 'http://127.0.0.1:9', visibility: 'nobody', cell: '' },
      ...types.map((type, at) => ({ id: `node-${at}`, z: 'tab', x: 1, y: 1, type, account: '' })),
      { id: 'lacking', z: 'tab', x: 1, y: 1, type: 'user-features', account: 'account' },
      { id: 'listening', z: 'tab', x: 1, y: 1, type: 'status', scope: null, wires: [['ear']] },
      { id: 'ear', z: 'tab', x: 1, y: 1, type: 'ear' },
    ];
    const registerStatus = createRequire(__filename)('@node-red/nodes/core/common/25-status.js') as () => void;
    const ours = [registerAccount, registerFind, registerFeatures, registerFriends];
    await helper.load([...ours, registerStatus, registerEar], flow, {});
    while (heard.length < 4) await new Promise((done) => setTimeout(done, 5));
    const expected = [...types.map((type) => `${type}.status.no-account`), 'user-features.status.no-token'];
    assert.deepEqual(heard.sort(), expected.sort());
  });
});
