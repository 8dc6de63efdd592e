import assert from 'node:assert/strict';
import { KindredClient, type Person } from '../../matching/client/index.js';
import registerFind from '../../nodes/find-concurrent-users/find-concurrent-users.js';
import registerAccount from '../../nodes/kindred-account/kindred-account.js';
import registerShare from '../../nodes/share-to-social/share-to-social.js';
import type { Activity } from '../../vocabulary/index.js';
import { anActivity } from '../support/activity.js';
import { helper, inNodeRed, Seen, startEndpoint } from '../support/node-helper.js';

describe('find-concurrent-users behind share-to-social, with an action chosen', () => {
  let endpoint: Awaited<ReturnType<typeof startEndpoint>>;
  const house = inNodeRed(() => endpoint.close());
  beforeEach(async () => {
    endpoint = await startEndpoint(house.dir);
  });

  async function join(name: string): Promise<{ client: KindredClient; token: string }> {
    const { token } = await new KindredClient({ url: endpoint.url }).createUser({ name, discoverable: true });
    return { client: new KindredClient({ url: endpoint.url, token }), token };
  }

  /** Shares what it gets, as from collect-parameters, and asks who sips in the same minute. */
  async function deploy(token: string, reveal: string[]): Promise<{ found: Seen; shared: Seen }> {
    const account = { version: 1, name: 'Anna', url: endpoint.url, visibility: 'everyone', cell: '' };
    const share = { version: 1, accounts: ['account'], shareAccounts: [], reveal, askFirst: 'public', dailyCap: 20 };
    const find = { version: 1, account: 'account', mode: 'ask', action: 'sip', window: 'minute' };
    const flow = [
      { id: 'tab', type: 'tab', label: 'test' },
      { id: 'account', type: 'kindred-account', ...account },
      { id: 'share', z: 'tab', type: 'share-to-social', ...share, wires: [['find', 'shared'], []] },
      { id: 'find', z: 'tab', type: 'find-concurrent-users', ...find, wires: [['found']] },
      ...['shared', 'found'].map((id) => ({ id, z: 'tab', type: 'helper' })),
    ];
    await helper.load([registerAccount, registerShare, registerFind], flow, { account: { token } });
    return { found: new Seen('found'), shared: new Seen('shared') };
  }

  const sipAt = (startedAt: string): Activity['actions'][number] => ({ action: 'sip', startedAt, endedAt: startedAt });
  /** Begun minutes before anybody sips. */
  const coffee = () => anActivity('coffee', { startedAt: new Date(Date.now() - 300_000).toISOString() });

  it('asks about the newest one of its own, and nothing before there is one', async () => {
    const { token } = await join('Anna');
    const { client: berta } = await join('Berta');
    const { found, shared } = await deploy(token, ['actions']);
    const own = coffee();
    helper.getNode('share').receive({ payload: own });
    await shared.atLeast(1);
    const now = new Date().toISOString();
    await berta.publish({ ...coffee(), actions: [sipAt(now)] });
    const stir = { ...sipAt(now), action: 'stir' } as const;
    helper.getNode('share').receive({
      payload: { ...own, revision: 2, state: 'ongoing', actions: [sipAt(own.startedAt), sipAt(now), stir] },
    });
    const [first] = await found.atLeast(1);
    const [person] = (first?.payload ?? []) as Person[];
    assert.deepEqual([person?.user.name, person?.action, person?.window], ['Berta', 'sip', 'minute']);
    assert.equal(found.messages.length, 1);
  });

  it('asks nothing while its actions are not revealed', async () => {
    const { token } = await join('Anna');
    const { found, shared } = await deploy(token, []);
    helper.getNode('share').receive({ payload: { ...coffee(), actions: [sipAt(new Date().toISOString())] } });
    await shared.atLeast(1);
    helper.getNode('find').receive({ payload: { activity: 'tea' } });
    const [answer] = await found.atLeast(1);
    assert.equal(answer?.topic, 'tea');
  });
});
