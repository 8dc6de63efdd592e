import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import fsp from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { Webhook } from 'standardwebhooks';
import { KindredClient } from '../../matching/client/index.js';
import registerKindred, { type KindredAccountNode } from '../../nodes/kindred-account/kindred-account.js';
import registerAccount from '../../nodes/share-account/share-account.js';
import { MIGRATIONS } from '../../nodes/share-to-social/migrations.js';
import { preview } from '../../nodes/share-to-social/preview.js';
import registerShare from '../../nodes/share-to-social/share-to-social.js';
import { migrate } from '../../nodes/shared/migrations.js';
import type { FlowNode } from '../../scripts/household/user-directory.js';
import { newId } from '../../vocabulary/index.js';
import { helper, inNodeRed, listen, startEndpoint } from '../support/node-helper.js';
import { coffee as coffeeOnce, receiver, type TestReceiver } from '../support/sharing.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const ROOT = resolve(__dirname, '..', '..', '..');

/** One of now: of what is long over nobody is told. */
const coffee: typeof coffeeOnce = (changes) => coffeeOnce({ startedAt: new Date().toISOString(), ...changes });

type Caught = NodeMessage & { error: { message: string }; payload: Record<string, unknown> };

/** A node that makes each Deploy of it last for a while. */
function registerLingering(RED: NodeAPI): void {
  RED.nodes.registerType('lingering', function Lingering(this: Node, def: NodeDef) {
    RED.nodes.createNode(this, def);
    this.on('close', (_removed: boolean, done: () => void) => void setTimeout(done, 600));
  });
}

/** Until it holds. @throws Error when it does not within the time of a test */
async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`did not come to hold: ${holds}`);
    await new Promise((resolved) => setTimeout(resolved, 5));
  }
}

describe('share-to-social', () => {
  let hook: TestReceiver;
  let shared: NodeMessage[];
  let drafts: (NodeMessage & { payload: Record<string, string> })[];
  let caught: Caught[];
  let statuses: string[];

  const house = inNodeRed(() => hook.close());
  beforeEach(async () => {
    hook = await receiver();
    [shared, drafts, caught, statuses] = [[], [], [], []];
  });

  interface Deployment {
    config?: object;
    url?: string;
    secret?: string;
    kindred?: { url: string; token?: string };
  }

  /** What `deploy` last deployed. */
  let deployed: FlowNode[] = [];

  /** Deploys the node; all tests have the same ids, so that deploying again is a restart. */
  async function deploy({ config = {}, url = hook.url, secret = SECRET, kindred }: Deployment = {}): Promise<Node> {
    deployed = [
      { id: 'tab', type: 'tab', label: 'test' },
      { id: 'hook', type: 'share-account', version: 1, name: 'Hook', network: 'webhook', url },
      ...(kindred
        ? [
            {
              id: 'account',
              type: 'kindred-account',
              version: 1,
              name: 'Anna',
              url: kindred.url,
              visibility: 'nobody',
              cell: '',
            },
          ]
        : []),
      {
        id: 'share',
        x: 1,
        y: 1,
        z: 'tab',
        type: 'share-to-social',
        version: 1,
        accounts: kindred ? ['account'] : [],
        shareAccounts: kindred ? [] : ['hook'],
        when: 'both',
        startedText: '',
        finishedText: '',
        language: 'en',
        reveal: ['drink'],
        askFirst: 'public',
        dailyCap: 20,
        wires: [['shared'], ['drafts']],
        ...config,
      },
      { id: 'shared', z: 'tab', type: 'helper' },
      { id: 'drafts', z: 'tab', type: 'helper' },
      { id: 'catching', z: 'tab', x: 1, y: 1, type: 'catch', scope: null, wires: [['caught']] },
      { id: 'caught', z: 'tab', type: 'helper' },
      { id: 'watching', z: 'tab', x: 1, y: 1, type: 'status', scope: null, wires: [['statuses']] },
      { id: 'statuses', z: 'tab', type: 'helper' },
    ];
    const core = createRequire(__filename);
    const catchNode = core('@node-red/nodes/core/common/25-catch.js') as (RED: NodeAPI) => void;
    const statusNode = core('@node-red/nodes/core/common/25-status.js') as (RED: NodeAPI) => void;
    const credentials = { hook: { secret }, ...(kindred ? { account: { token: kindred.token } } : {}) };
    const types = [registerKindred, registerAccount, registerShare, registerLingering, catchNode, statusNode];
    await helper.load(types, deployed, credentials);
    helper.getNode('shared').on('input', (message) => shared.push(message));
    helper.getNode('drafts').on('input', (message) => drafts.push(message as (typeof drafts)[number]));
    helper.getNode('caught').on('input', (message) => caught.push(message as Caught));
    helper
      .getNode('statuses')
      .on('input', (message) => statuses.push((message as { status?: { text: string } }).status?.text ?? ''));
    return helper.getNode('share');
  }

  it('tells a webhook at the start and at the end, signed, with only what is revealed', async () => {
    const node = await deploy();
    const id = newId();
    node.receive({ payload: coffee({ id, drink: 'espresso', place: 'Kitchen' }) });
    node.receive({ payload: coffee({ id, revision: 2, state: 'ongoing', seconds: 60 }) });
    node.receive({ payload: coffee({ id, revision: 3, state: 'finished', seconds: 120, drink: 'espresso' }) });
    await until(() => shared.length === 2);
    const events = hook.received.map(({ body, headers }) => new Webhook(SECRET).verify(body, headers));
    const [started, finished] = events as { type: string; data: { text: string; activity: { startedAt: string } } }[];
    assert.deepEqual([started?.type, started?.data.text], ['activity.started', 'Time for espresso. Who joins in?']);
    assert.deepEqual([finished?.type, finished?.data.text], ['activity.finished', 'Done: espresso, 2 minutes.']);
    assert.doesNotMatch(JSON.stringify(events), /Kitchen|Coffee machine|confidence/);
    assert.deepEqual(shared[0]?.payload, {
      ...{ activityId: id, target: 'hook', moment: 'started', state: 'started' },
      startedAt: started?.data.activity.startedAt,
      actions: [],
    });
    assert.equal((shared[0] as { topic?: string }).topic, 'coffee');
    assert.deepEqual(caught, []);
  });

  it('tells the same moment once, also after a redeploy', async () => {
    const message = { payload: coffee() };
    (await deploy()).receive(message);
    await until(() => shared.length === 1);
    await helper.unload();
    const node = await deploy();
    node.receive(message);
    node.receive({ payload: coffee() });
    await until(() => shared.length === 2);
    assert.equal(hook.received.length, 2);
  });

  const stateFile = () => join(house.dir, 'kindred', 'share-share.json');

  it('keeps what was handed to it in the moment before it closes', async () => {
    const { url, port } = hook;
    await hook.close();
    (await deploy({ url })).receive({ payload: coffee() });
    await new Promise((resolved) => setImmediate(resolved));
    await helper.unload();
    hook = await receiver(undefined, port);
    await deploy({ url });
    await until(() => shared.length === 1);
  });

  it('sets aside a saved list of a newer version, and says so', async () => {
    mkdirSync(join(house.dir, 'kindred'));
    writeFileSync(stateFile(), '{"version":2,"items":["accepted"]}');
    (await deploy()).receive({ payload: coffee() });
    await until(() => shared.length === 1);
    assert.equal(readFileSync(`${stateFile()}.damaged`, 'utf8'), '{"version":2,"items":["accepted"]}');
  });

  it('refuses shares while its saved list can neither be read nor be set aside', async () => {
    mkdirSync(join(house.dir, 'kindred'));
    writeFileSync(stateFile(), 'accepted');
    const { readFile, rename } = fsp;
    const failing = () => Promise.reject(Object.assign(new Error('EACCES: not allowed'), { code: 'EACCES' }));
    Object.assign(fsp, { readFile: failing, rename: failing });
    try {
      (await deploy()).receive({ payload: coffee() });
      await until(() => caught.some(({ error }) => error.message.includes('not-taken')));
    } finally {
      Object.assign(fsp, { readFile, rename });
    }
    assert.match(caught.at(-1)?.error.message ?? '', /queue\.not-taken/);
    assert.match(statuses.at(-1) ?? '', /status\.unread/);
    await helper.unload();
    assert.equal(readFileSync(stateFile(), 'utf8'), 'accepted');
    assert.equal(hook.received.length, 0);
  });

  it('keeps what it accepted while the receiver is down, over a restart', async () => {
    const { url, port } = hook;
    await hook.close();
    (await deploy({ url })).receive({ payload: coffee() });
    await until(() => caught.length === 1);
    assert.match(caught[0]?.error.message ?? '', /share-to-social\.error\.retry/);
    assert.equal(caught[0]?.payload.problem, 'share-account.reason.refused');
    await helper.unload();
    hook = await receiver(undefined, port);
    await deploy({ url });
    await until(() => shared.length === 1);
    assert.equal(hook.received.length, 1);
  });

  it('tells nothing of what waits that its owner does not reveal any more', async () => {
    const { url, port } = hook;
    const config = { startedText: '{{activity}} {{place}}', reveal: ['place'] };
    await hook.close();
    (await deploy({ url, config })).receive({ payload: coffee({ place: 'Kitchen' }) });
    await until(() => caught.length === 1);
    await helper.unload();
    assert.match(readFileSync(stateFile(), 'utf8'), /"text":"coffee Kitchen"/);
    hook = await receiver(undefined, port);
    await deploy({ url, config: { ...config, reveal: [] } });
    await until(() => shared.length === 1);
    const { body } = hook.received[0] ?? assert.fail('nothing arrived');
    assert.doesNotMatch(body, /Kitchen/);
    assert.equal((JSON.parse(body) as { data: { text: string } }).data.text, 'coffee');
  });

  it('stops after a 401 with an empty body, says so, and goes on with a new secret', async () => {
    await hook.close();
    const wanted = Buffer.alloc(32, 9);
    hook = await receiver(({ body, headers }, response) => {
      try {
        new Webhook(wanted.toString('base64')).verify(body, headers);
        response.writeHead(204).end();
      } catch {
        response.writeHead(401).end();
      }
    });
    (await deploy()).receive({ payload: coffee() });
    await until(() => caught.length === 1);
    assert.equal(caught[0]?.payload.problem, 'share-account.reason.status-401');
    await until(() => statuses.includes('share-to-social.status.stopped-settings'));
    await helper.unload();
    await deploy({ secret: `whsec_${wanted.toString('base64')}` });
    await until(() => shared.length === 1);
  });

  it('gives a webhook that was not there another try once its test arrives, and with a Deploy', async () => {
    await hook.close();
    let status = 404;
    hook = await receiver((_request, response) => void response.writeHead(status).end());
    const node = await deploy();
    const admin = createServer(helper._httpAdmin);
    const sendTest = async (body: object): Promise<Response> =>
      fetch(`${await listen(admin)}/kindred/share-account/test`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', connection: 'close' },
        body: JSON.stringify({ id: 'hook', ...body }),
      }).finally(() => admin.close());
    node.receive({ payload: coffee() });
    await until(() => statuses.at(-1) === 'share-to-social.status.stopped-one');
    status = 204;
    assert.ok((await sendTest({ url: `${hook.url}/other`, secret: SECRET })).ok);
    assert.equal(shared.length, 0, 'a test of other settings says nothing of the deployed ones');
    assert.ok((await sendTest({ url: hook.url, secret: '__PWRD__' })).ok);
    await until(() => shared.length === 1);
    status = 410;
    node.receive({ payload: coffee() });
    await until(() => statuses.at(-1) === 'share-to-social.status.stopped-one');
    status = 204;
    await helper.setFlows(deployed, 'nodes', {});
    await until(() => shared.length === 2);
    assert.equal(helper.getNode('share'), node);
  });

  it('sends nothing while a Deploy is under way, and then at once', async () => {
    const node = await deploy();
    const lingering = { id: 'lingering', x: 1, y: 1, z: 'tab', type: 'lingering', wires: [] };
    await helper.setFlows([...deployed, lingering], 'nodes');
    const deploying = helper.setFlows([...deployed, { ...lingering, name: 'another' }], 'nodes');
    await new Promise((resolved) => setTimeout(resolved, 50));
    node.receive({ payload: coffee() });
    await until(() => statuses.at(-1) === 'share-to-social.status.waiting-one');
    await new Promise((resolved) => setTimeout(resolved, 200));
    assert.equal(hook.received.length, 0);
    await deploying;
    await until(() => shared.length === 1);
    assert.deepEqual([helper.getNode('share') === node, caught], [true, []]);
  });

  it('holds a draft until the yes, and shows the final words', async () => {
    const node = await deploy({ config: { askFirst: 'always' } });
    node.receive({ payload: coffee() });
    await until(() => drafts.length === 1);
    const { token, text, target, until: end } = drafts[0]?.payload ?? {};
    assert.deepEqual([text, target], ['Time for coffee. Who joins in?', 'Hook']);
    assert.ok(Date.parse(end ?? '') > Date.now());
    await until(() => statuses.includes('share-to-social.status.held'));
    assert.equal(hook.received.length, 0);
    node.receive({ payload: { confirm: token, text: 'Coffee?' } });
    await until(() => drafts.length === 2);
    assert.equal(drafts[1]?.payload.text, 'Coffee?');
    node.receive({ payload: { confirm: drafts[1]?.payload.token } });
    await until(() => shared.length === 1);
    assert.match(hook.received[0]?.body ?? '', /Coffee\?/);
    node.receive({ payload: { confirm: token } });
    await until(() => caught.length === 1);
    assert.match(caught[0]?.error.message ?? '', /error\.token/);
  });

  it('warns once that nobody is asked where nothing is wired to its second output', async () => {
    const node = await deploy({ config: { askFirst: 'always', wires: [['shared'], []] } });
    const warned = (node.warn as unknown as { args: unknown[][] }).args;
    for (const _turn of [0, 1]) node.receive({ payload: coffee({ id: newId() }) });
    await until(() => warned.length > 0);
    await new Promise((resolved) => setTimeout(resolved, 100));
    assert.deepEqual(warned, [['share-to-social.warning.unheard']]);
  });

  it('says of a draft that waits what is missing first', async () => {
    const node = await deploy({ config: { askFirst: 'always' }, secret: '' });
    node.receive({ payload: coffee() });
    await until(() => drafts.length === 1);
    await until(() => statuses.at(-1) === 'share-to-social.status.no-secret');
    assert.ok(!statuses.includes('share-to-social.status.held'));
  });

  it('takes a discarded start back while nobody was told', async () => {
    const node = await deploy({ config: { askFirst: 'always' } });
    const id = newId();
    node.receive({ payload: coffee({ id }) });
    await until(() => drafts.length === 1);
    node.receive({ payload: coffee({ id, revision: 2, state: 'discarded' }) });
    node.receive({ payload: { confirm: 'nothing' } });
    await until(() => caught.length === 1);
    node.receive({ payload: { confirm: drafts[0]?.payload.token } });
    await until(() => caught.length === 2);
    assert.equal(hook.received.length, 0);
  });

  it('takes activities in the order in which they come, though one has to be worded and the next has not', async () => {
    await hook.close();
    const node = await deploy();
    const activity = coffee();
    node.receive({ payload: activity });
    node.receive({ payload: { ...activity, state: 'discarded', revision: 2 } });
    await new Promise((resolved) => setTimeout(resolved, 500));
    assert.deepEqual([statuses.at(-1), caught], ['share-to-social.status.ready', []]);
  });

  it('says what is wrong with a message, a wording, the accounts and the cap, and goes on', async () => {
    const node = await deploy({ config: { startedText: 'Now {{oops', dailyCap: 1 } });
    for (const payload of [42, null, 'coffee', Buffer.alloc(10_000_000), { state: 'started' }, coffee()])
      node.receive({ payload });
    await until(() => caught.length === 6);
    assert.equal(caught.filter(({ error }) => /error\.activity/.test(error.message)).length, 5);
    assert.equal(caught.filter(({ error }) => /error\.braces/.test(error.message)).length, 1);
    for (const seconds of [1, 2]) node.receive({ payload: coffee({ state: 'finished', seconds }) });
    await until(() => shared.length === 1 && caught.length === 7);
    assert.match(caught[6]?.error.message ?? '', /error\.capped/);
    await helper.unload();
    (await deploy({ config: { shareAccounts: ['gone'] } })).receive({ payload: coffee() });
    await until(() => caught.length === 8);
    assert.match(caught[7]?.error.message ?? '', /error\.missing-account/);
  });

  it('tells once of an account that is missing, and again when it was there meanwhile', async () => {
    const config = { shareAccounts: ['hook', 'gone'] };
    const node = await deploy({ config });
    for (const payload of [coffee(), coffee()]) node.receive({ payload });
    await until(() => caught.length === 1 && hook.received.length === 2);
    const [account] = deployed.filter(({ id }) => id === 'hook');
    await helper.setFlows([...deployed, { ...account, id: 'gone' }] as object[], 'nodes', {
      ...{ hook: { secret: SECRET }, gone: { secret: SECRET } },
    });
    node.receive({ payload: coffee() });
    await until(() => hook.received.length === 4);
    await helper.setFlows(deployed, 'nodes', { hook: { secret: SECRET } });
    node.receive({ payload: coffee() });
    await until(() => hook.received.length === 5 && caught.length === 2);
    assert.deepEqual(
      caught.map(({ error }) => error.message),
      ['share-to-social.error.missing-account', 'share-to-social.error.missing-account'],
    );
  });

  it('shows a wording that cannot be used until one can be', async () => {
    const node = await deploy({ config: { startedText: '{{rating}}', reveal: ['rating'] } });
    node.receive({ payload: coffee() });
    await until(() => statuses.at(-1) === 'share-to-social.status.wording');
    node.receive({ payload: coffee({ rating: 4 }) });
    await until(() => statuses.at(-1) === 'share-to-social.status.sent');
    await helper.unload();
    const broken = await deploy({ config: { startedText: '{{oops' } });
    broken.receive({ payload: coffee({ state: 'finished', seconds: 60 }) });
    await until(() => shared.length === 2);
    assert.equal(statuses.at(-1), 'share-to-social.status.wording');
  });

  it('never tells a secret: not in errors, statuses, messages or the saved list', async () => {
    await hook.close();
    const secret = `whsec_${Buffer.from('a very secret secret of 32 bytes').toString('base64')}`;
    const url = `http://anna:hunter2@127.0.0.1:${hook.port}/hunter2?token=hunter2`;
    (await deploy({ url, secret })).receive({ payload: coffee() });
    await until(() => caught.length === 1);
    const { req: _req, ...message } = caught[0] as Caught & { req?: unknown };
    const saved = readFileSync(join(house.dir, 'kindred', 'share-share.json'), 'utf8');
    const told = JSON.stringify([message, statuses, saved]);
    assert.ok(!told.includes(secret.slice(6)) && !told.includes('hunter2'));
  });

  it('publishes every state to a kindred account, and passes the matches on', async () => {
    const id = newId();
    const published: { body: Record<string, unknown>; path: string; authorization: string | undefined }[] = [];
    const person = {
      ...{ user: { id: newId(), name: 'Ben' }, activity: 'coffee', window: 'minute' },
      ...{ overlapSeconds: 60, nearby: true, relation: 'stranger' },
    };
    const me = { id: newId(), name: 'Anna', discoverable: false, cell: null, createdAt: new Date().toISOString() };
    const endpoint = await receiver(({ body, headers, path }, response) => {
      const json = (value: object) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
      if (path === '/v1/me') return void json(me);
      const { authorization } = headers;
      const activity = JSON.parse(body) as Record<string, unknown>;
      published.push({ body: activity, path, authorization });
      return void json({ outcome: 'updated', activity: { ...activity, id }, matches: [person], friendRequests: 0 });
    });
    const base = endpoint.url.replace('/hook', '');
    const node = await deploy({ kindred: { url: base, token: 'anna-token' } });
    for (const [index, state] of (['started', 'ongoing', 'finished'] as const).entries()) {
      node.receive({ payload: coffee({ id, revision: index + 1, state, place: 'Kitchen', seconds: index }) });
      await until(() => shared.length === index + 1);
    }
    assert.deepEqual(
      published.map(({ body }) => body.state),
      ['started', 'ongoing', 'finished'],
    );
    assert.deepEqual([published[0]?.path, published[0]?.authorization], [`/v1/activities/${id}`, 'Bearer anna-token']);
    assert.doesNotMatch(JSON.stringify(published), /Kitchen|Coffee machine/);
    assert.deepEqual(shared[0]?.payload, {
      activityId: id,
      target: 'account',
      moment: 'activity',
      state: 'started',
      startedAt: published[0]?.body.startedAt,
      actions: [],
      matches: [person],
    });
    await endpoint.close();
  });

  it('shows what an account lacks until it is there, also when only the account is deployed anew', async () => {
    // Of more than one account in a list, Node-RED does not see that the node uses it, and lets the node go on.
    const config = { shareAccounts: ['hook', 'second'] };
    const node = await deploy({ config, secret: '' });
    const second = { id: 'second', type: 'share-account', version: 1, name: 'Second', url: hook.url };
    const enter = (secrets: Record<string, string>): Promise<void> => {
      const credentials = Object.fromEntries(Object.entries(secrets).map(([id, secret]) => [id, { secret }]));
      // Another secret makes it another node.
      const flow = [...deployed, second].map((one) => (one.id in secrets ? { ...one, credentials: {} } : one));
      return helper.setFlows(flow, 'nodes', credentials);
    };
    await until(() => statuses.at(-1) === 'share-to-social.status.no-secret');
    await enter({ hook: SECRET, second: 'whsec_x' });
    await until(() => statuses.at(-1) === 'share-to-social.status.no-settings');
    await enter({ second: '' });
    await until(() => statuses.at(-1) === 'share-to-social.status.no-secret');
    node.receive({ payload: coffee() });
    await until(() => shared.length === 1 && caught.length === 1);
    assert.match(caught[0]?.error.message ?? '', /error\.stopped/);
    assert.equal(statuses.at(-1), 'share-to-social.status.no-secret');
    await enter({ second: SECRET });
    await until(() => shared.length === 2);
    await until(() => statuses.at(-1) === 'share-to-social.status.sent');
    assert.equal(helper.getNode('share'), node);
    await helper.setFlows(deployed, 'nodes');
    await until(() => statuses.at(-1) === 'share-to-social.status.missing-account');
  });

  it('comes back at once when the stream of the same account does', async () => {
    const { random } = Math;
    const first = await startEndpoint(house.dir);
    const { token } = await new KindredClient({ url: first.url }).createUser({ name: 'Anna' });
    await first.close();
    const node = await deploy({ kindred: { url: first.url, token } });
    // A rest that is longer than this test.
    Math.random = () => 100;
    node.receive({ payload: coffee() });
    await until(() => statuses.at(-1) === 'share-to-social.status.retry-one').finally(() => {
      Math.random = random;
    });
    const again = await startEndpoint(house.dir, { port: Number(new URL(first.url).port) });
    (helper.getNode('account') as KindredAccountNode).watch({ onEvent: () => {} });
    await until(() => shared.length === 1);
    await helper.unload();
    await again.close();
  });

  it('comes back at once when a Deploy finds the endpoint of the account there again', async () => {
    const { random } = Math;
    const first = await startEndpoint(house.dir);
    const { token } = await new KindredClient({ url: first.url }).createUser({ name: 'Anna' });
    await first.close();
    const kindred = { url: first.url, token };
    // A rest that is longer than this test.
    Math.random = () => 100;
    (await deploy({ kindred })).receive({ payload: coffee() });
    await until(() => statuses.at(-1) === 'share-to-social.status.retry-one').finally(() => {
      Math.random = random;
    });
    await helper.unload();
    const again = await startEndpoint(house.dir, { port: Number(new URL(first.url).port) });
    await deploy({ kindred });
    await until(() => shared.length === 1);
    await helper.unload();
    await again.close();
  });

  it('says when a kindred account has no token, and keeps the activity', async () => {
    const node = await deploy({ kindred: { url: 'http://127.0.0.1:9/kindred' } });
    node.receive({ payload: coffee() });
    await until(() => caught.length === 1);
    assert.match(caught[0]?.error.message ?? '', /error\.stopped/);
    await until(() => statuses.includes('share-to-social.status.no-token'));
    assert.match(readFileSync(join(house.dir, 'kindred', 'share-share.json'), 'utf8'), /"moment":"activity"/);
  });

  it('says in words for a person that a token is not valid', async () => {
    const problem = {
      type: 'https://kindred-home.github.io/problems/unauthorised',
      title: 'A valid token is needed',
      detail: 'Send the header',
    };
    const endpoint = await receiver(
      (_request, response) =>
        void response.writeHead(401, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem)),
    );
    const node = await deploy({ kindred: { url: endpoint.url, token: 'x'.repeat(43) } });
    node.receive({ payload: coffee() });
    await until(() => statuses.includes('share-to-social.status.stopped-settings'));
    const stopped = caught.find(({ error }) => /error\.stopped/.test(error.message));
    assert.equal(stopped?.payload.problem, 'kindred-account.error.unauthorised');
    await helper.unload();
    await endpoint.close();
  });

  it('shows an endpoint that answers HTML as one that is down, and keeps the activity', async () => {
    const page = await receiver(
      (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    );
    const node = await deploy({ kindred: { url: page.url, token: 'anna-token' } });
    node.receive({ payload: coffee() });
    await until(() => caught.some(({ error }) => /error\.retry/.test(error.message)));
    await until(() => statuses.includes('share-to-social.status.retry-one'));
    await helper.unload();
    await page.close();
    assert.match(readFileSync(join(house.dir, 'kindred', 'share-share.json'), 'utf8'), /"items":\[\{/);
  });

  it('leaves nothing behind after twenty deployments', async () => {
    await deploy();
    await helper.unload();
    const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    for (let times = 0; times < 20; times++) {
      (await deploy({ url: 'http://127.0.0.1:9/' })).receive({ payload: coffee() });
      await until(() => existsSync(join(house.dir, 'kindred', 'share-share.json')));
      await helper.unload();
    }
    const after = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    assert.ok(after <= before + 2, `${before} timers before, ${after} after`);
  });

  it('previews with the renderer that shares use', async () => {
    const ask = (body: object) => preview(body, 'en-US', (key) => key);
    const standard = 'Time for {{drink|activity}}. Who joins in?';
    const plain = await ask({ moment: 'started', language: 'en', template: '', reveal: ['drink'] });
    assert.deepEqual(plain, { text: 'Time for espresso. Who joins in?', standard, hidden: [] });
    const hidden = await ask({ moment: 'finished', language: 'de', template: '{{activity}} {{place}}', reveal: [] });
    assert.deepEqual([hidden.text, hidden.hidden], ['Kaffee', ['place']]);
    assert.equal((await ask({ template: '{{oops}}' })).problem, 'error.field');
  });

  it('brings an older config up to date', () => {
    const config = migrate<Record<string, unknown>>({ accounts: 'one', dailyCap: 3 }, MIGRATIONS);
    assert.deepEqual(
      [config.version, config.accounts, config.shareAccounts, config.dailyCap, config.askFirst],
      [1, ['one'], [], 3, 'public'],
    );
  });

  it('has all its words in every language', () => {
    const keys = (value: object, path = ''): string[] =>
      Object.entries(value).flatMap(([key, inner]) =>
        typeof inner === 'object' ? keys(inner as object, `${path}${key}.`) : `${path}${key}`,
      );
    for (const type of ['share-to-social', 'share-account']) {
      const words = (language: string) =>
        JSON.parse(readFileSync(join(ROOT, 'nodes', type, 'locales', language, `${type}.json`), 'utf8')) as object;
      for (const language of ['de', 'zh-CN'])
        assert.deepEqual(keys(words(language)), keys(words('en-US')), `${type} ${language}`);
    }
  });
});
