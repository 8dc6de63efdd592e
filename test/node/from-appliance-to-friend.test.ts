import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import type { NodeAPI } from 'node-red';
import { KindredClient, type Person } from '../../matching/client/index.js';
import connect from '../../nodes/appliance-connect/appliance-connect.js';
import collect from '../../nodes/collect-parameters/collect-parameters.js';
import find from '../../nodes/find-concurrent-users/find-concurrent-users.js';
import befriend from '../../nodes/friend-request/friend-request.js';
import account from '../../nodes/kindred-account/kindred-account.js';
import share from '../../nodes/share-to-social/share-to-social.js';
import type { Activity } from '../../vocabulary/index.js';
import { anActivity } from '../support/activity.js';
import { helper, inNodeRed, Seen, startEndpoint } from '../support/node-helper.js';

const EXAMPLE = resolve(__dirname, '..', '..', '..', 'examples', '90-from-appliance-to-friend.json');
const ACCOUNT = 'kindred-account-home';
const LEFT_OUT = ['inject', 'comment'];
/** Longer than the recording, which ends now when it is played fast. */
const EARLIER_MS = 600_000;

/** As if it was ten minutes ago. */
async function earlier<T>(task: () => Promise<T>): Promise<T> {
  const { now } = Date;
  Date.now = () => now() - EARLIER_MS;
  try {
    return await task();
  } finally {
    Date.now = now;
  }
}

describe('the example from the appliance to a friend', () => {
  let endpoint: Awaited<ReturnType<typeof startEndpoint>>;
  const house = inNodeRed(() => endpoint.close());
  const change: (RED: NodeAPI) => void = createRequire(__filename)('@node-red/nodes/core/function/15-change.js');

  it('tells the recorded coffee, finds who has one too, and asks them', async () => {
    endpoint = await startEndpoint(house.dir);
    const join = (name: string) => new KindredClient({ url: endpoint.url }).createUser({ name, discoverable: true });
    const [anna, sam] = await earlier(async () => [await join('Anna'), await join('Sam')] as const);
    const client = new KindredClient({ url: endpoint.url, token: sam.token });
    const startedAt = new Date(Date.now() - EARLIER_MS + 60_000).toISOString();
    await client.publish(anActivity('coffee', { startedAt }));

    const example: { id: string; type: string }[] = JSON.parse(readFileSync(EXAMPLE, 'utf8'));
    const flow = example
      .filter(({ type }) => !LEFT_OUT.includes(type))
      .map((node) => {
        if (node.type === 'debug') return { ...node, type: 'helper' };
        if (node.type === 'appliance-connect') return { ...node, speed: 100 };
        return node.id === ACCOUNT ? { ...node, url: endpoint.url, visibility: 'everyone' } : node;
      });
    const credentials = { [ACCOUNT]: { token: anna.token } };
    await helper.load([account, connect, collect, share, find, befriend, change], flow, credentials);
    const shown = (name: string) => new Seen(`whole-${name}`);
    const [activities, told, people, problem] = [shown('activities'), shown('told'), shown('people'), shown('problem')];
    const [outcome, answers] = [shown('outcome'), shown('answers')];

    const first = (await activities.atLeast(1))[0]?.payload as Activity;
    assert.deepEqual([first.activity, first.state], ['coffee', 'started']);
    assert.equal((await told.atLeast(1))[0]?.topic, 'coffee');
    const found = (await people.atLeast(1))[0]?.payload as Person[];
    assert.deepEqual(
      found.map(({ user }) => user.name),
      ['Sam'],
    );
    helper.getNode('whole-first').receive({});
    assert.equal((await outcome.atLeast(1))[0]?.topic, 'requested');
    const [request] = (await client.friendRequests()).received;
    assert.equal(request?.user.name, 'Anna');
    await client.acceptFriendRequest(request.id);
    assert.equal((await answers.atLeast(1))[0]?.topic, 'friend-answer');
    assert.deepEqual(problem.messages, []);
  });
});
