import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '../../vocabulary/index.js';
import { freePort, NodeRed, Program, ROOT, until } from '../support/node-red.js';
import { coffee, type Received, receiver, type TestReceiver } from '../support/sharing.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const PLACE = { z: 'tab', x: 1, y: 1 };
const REPLY = 'return msg.res ? msg : null;';

/** POST /activity answers 200 once share-to-social has accepted what was posted, else 500 with its error. */
function flowTo(url: string, { tab = {}, share = {} }: { tab?: object; share?: object } = {}) {
  return [
    { id: 'tab', type: 'tab', label: 'share', ...tab },
    { id: 'hook', type: 'share-account', version: 1, network: 'webhook', url, credentials: { secret: SECRET } },
    { id: 'in', ...PLACE, type: 'http in', url: '/activity', method: 'post', wires: [['share']] },
    { id: 'share', ...PLACE, type: 'share-to-social', version: 1, ...RULES, ...share, wires: [[], []] },
    { id: 'done', ...PLACE, type: 'complete', scope: ['share'], wires: [['yes']] },
    { id: 'yes', ...PLACE, type: 'function', func: `msg.statusCode = 200; ${REPLY}`, wires: [['out']] },
    { id: 'catch', ...PLACE, type: 'catch', scope: ['share'], wires: [['no']] },
    {
      id: 'no',
      ...PLACE,
      type: 'function',
      func: `msg.statusCode = 500; msg.payload = msg.error.message; ${REPLY}`,
      wires: [['out']],
    },
    { id: 'out', ...PLACE, type: 'http response', wires: [] },
  ];
}

const RULES = {
  accounts: [],
  shareAccounts: ['hook'],
  when: 'both',
  startedText: '',
  finishedText: '',
  language: 'en',
  reveal: [],
  askFirst: 'never',
  dailyCap: 500,
};

const fresh = (changes: object = {}) => coffee({ id: newId(), startedAt: new Date().toISOString(), ...changes });

/** @returns what was wrong, or undefined when it was accepted */
async function post(url: string, activity: object, patienceMs = 15_000): Promise<string | undefined> {
  const headers = { 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(patienceMs);
  const answer = await fetch(`${url}/activity`, { method: 'POST', headers, body: JSON.stringify(activity), signal });
  const text = await answer.text();
  return answer.ok ? undefined : text;
}

/** What a flow is asked while it is deployed is never answered. */
const isServing = (url: string) =>
  until('the flow answers', async () => !(await post(url, {}, 1000))?.includes('Cannot POST'));

const toldIn = ({ body }: Received): string =>
  (JSON.parse(body) as { data: { activity: { id: string } } }).data.activity.id;

const textIn = ({ body }: Received): string => (JSON.parse(body) as { data: { text: string } }).data.text;

describe('share-to-social in a Node-RED of its own', () => {
  let hook: TestReceiver;
  let nodeRed: NodeRed;

  async function start(answer?: Parameters<typeof receiver>[0]): Promise<void> {
    hook = await receiver(answer);
    nodeRed = await NodeRed.start();
    await nodeRed.deploy(flowTo(hook.url));
    await isServing(nodeRed.url);
  }

  afterEach(async () => {
    await nodeRed.stop();
    await hook.close();
  });

  it('loses nothing and makes no second share when it is killed at any moment', async () => {
    await start((_request, response) => setTimeout(() => response.writeHead(204).end(), 30));
    const accepted: string[] = [];
    for (let round = 0; round < 4; round++) {
      const posting = (async () => {
        for (let times = 0; times < 12; times++) {
          const activity = fresh();
          if (await post(nodeRed.url, activity)) return;
          accepted.push(activity.id);
        }
      })().catch(() => {});
      await until('some are accepted', () => accepted.length > 9 * round + 3);
      await nodeRed.kill();
      await posting;
      await nodeRed.restart();
      await isServing(nodeRed.url);
    }
    await until('all is told', () => accepted.every((id) => hook.received.some((one) => toldIn(one) === id)));
    const shares = new Set(hook.received.map((one) => `${toldIn(one)} ${one.headers['webhook-id']}`));
    assert.equal(shares.size, new Set(hook.received.map(toldIn)).size, 'a second copy is known by its id');
    const copies = hook.received.length - shares.size;
    assert.ok(copies <= 4, `${copies} copies with four kills`);
  });

  for (const [what, options, text] of [
    ['that only the environment says', { env: { LC_ALL: 'de_DE.UTF-8' } }, /^Zeit für Kaffee\. Wer ist dabei\?$/],
    ['nearest to that of its settings', { settings: { lang: 'zh-TW' } }, /咖啡/],
  ] as const) {
    it(`tells in the language ${what}`, async () => {
      hook = await receiver();
      nodeRed = await NodeRed.start(options);
      await nodeRed.deploy(flowTo(hook.url, { share: { language: 'auto' } }));
      await isServing(nodeRed.url);
      assert.equal(await post(nodeRed.url, fresh()), undefined);
      await until('it is told', () => hook.received.length > 0);
      assert.match(textIn(hook.received[0] as Received), text);
    });
  }

  it('tells once though it is deployed while the receiver is slow', async () => {
    await start((_request, response) => setTimeout(() => response.writeHead(204).end(), 700));
    for (const type of ['full', 'flows', 'nodes'] as const) {
      const activity = fresh();
      assert.equal(await post(nodeRed.url, activity), undefined);
      await until('it arrives', () => hook.received.some((one) => toldIn(one) === activity.id));
      await nodeRed.deploy(flowTo(hook.url, { share: { name: type } }), type);
      await isServing(nodeRed.url);
      await new Promise((done) => setTimeout(done, 500));
    }
    const next = fresh();
    await post(nodeRed.url, next);
    await until('the next one arrives', () => hook.received.some((one) => toldIn(one) === next.id));
    assert.equal(hook.received.length, 4);
  });

  it('remembers what it told while it is switched off, and forgets it when it is deleted', async () => {
    await start();
    const over = { state: 'finished', endedAt: new Date().toISOString(), seconds: 60 };
    const activity = fresh(over);
    await post(nodeRed.url, activity);
    await until('it is told', () => hook.received.length === 1);
    for (const off of [{ tab: { disabled: true } }, { share: { d: true } }]) {
      await nodeRed.deploy(flowTo(hook.url, off), 'nodes');
      await nodeRed.deploy(flowTo(hook.url), 'nodes');
      await isServing(nodeRed.url);
      activity.revision += 1;
      assert.equal(await post(nodeRed.url, activity), undefined);
    }
    await post(nodeRed.url, fresh(over));
    await until('another one is told', () => hook.received.length > 1);
    assert.equal(hook.received.length, 2);
    const list = join(nodeRed.userDir, 'kindred', 'share-share.json');
    assert.ok(existsSync(list));
    await nodeRed.deploy([], 'full');
    assert.ok(!existsSync(list));
  });

  it('loses nothing to a second Node-RED over the same user directory: one of them refuses', async () => {
    await start((_request, response) => void response.writeHead(503).end());
    const port = await freePort();
    const settings = await readFile(join(nodeRed.userDir, 'settings.js'), 'utf8');
    const theirs = join(nodeRed.userDir, 'second.js');
    await writeFile(theirs, settings.replace(/"uiPort":\d+/, `"uiPort":${port}`));
    const red = join(ROOT, 'node_modules', 'node-red', 'red.js');
    const second = new Program([red, '--settings', theirs, '--userDir', nodeRed.userDir]);
    try {
      const urls = [nodeRed.url, `http://127.0.0.1:${port}`];
      await isServing(urls[1] as string);
      const accepted: string[] = [];
      const refusals: string[] = [];
      for (let times = 0; times < 6; times++) {
        const activity = fresh();
        const problem = await post(urls[times % 2] as string, activity);
        if (problem) refusals.push(problem);
        else accepted.push(activity.id);
      }
      assert.match(refusals[0] ?? '', /not sent.*changed by somebody else.*deploy again/);
      await nodeRed.kill();
      const list = await readFile(join(nodeRed.userDir, 'kindred', 'share-share.json'), 'utf8');
      assert.ok(accepted.length >= 3 && accepted.every((id) => list.includes(id)), `${accepted.length} accepted`);
    } finally {
      second.signal('SIGKILL');
      await second.exit;
    }
  });
});
