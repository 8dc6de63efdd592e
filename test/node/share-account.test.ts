import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { Webhook } from 'standardwebhooks';
import register, { type ShareAccountNode } from '../../nodes/share-account/share-account.js';
import { helper, inNodeRed, listen } from '../support/node-helper.js';

const SECRET = 'whsec_a2luZHJlZCB0ZXN0cyBzaWduIHdpdGggdGhpcw==';
/** What the editor sends for a password that it was never shown. */
const UNCHANGED = '__PWRD__';

describe('share-account', () => {
  const servers: Server[] = [];
  inNodeRed(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function serve(server: Server): Promise<string> {
    servers.push(server);
    return listen(server);
  }

  async function deploy(url: string): Promise<ShareAccountNode> {
    const node = { id: 'hook', type: 'share-account', version: 1, name: '', network: 'webhook', url };
    await helper.load([register], [node], { hook: { secret: SECRET } });
    return helper.getNode('hook') as ShareAccountNode;
  }

  /** What the dialog's button "Send a test" does. */
  async function sendTest(body: object): Promise<{ status: number; answer: Record<string, string> }> {
    const admin = await serve(createServer(helper._httpAdmin));
    const response = await fetch(`${admin}/kindred/share-account/test`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify(body),
    });
    return { status: response.status, answer: (await response.json()) as Record<string, string> };
  }

  /** A receiver that checks signatures as Standard Webhooks tells it to. */
  async function receiver(status: number): Promise<{ url: string; verified: unknown[] }> {
    const verified: unknown[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        verified.push(new Webhook(SECRET).verify(body, request.headers as Record<string, string>));
        response.writeHead(status, { connection: 'close' }).end();
      });
    });
    return { url: `${await serve(server)}/a-path-that-is-secret`, verified };
  }

  it('sends a test that the receiver can verify, with the secret typed in or the saved one', async () => {
    const { url, verified } = await receiver(204);
    await deploy(url);
    for (const secret of [SECRET, UNCHANGED]) {
      assert.deepEqual(await sendTest({ id: 'hook', url, secret }), { status: 200, answer: {} });
    }
    assert.equal(verified.length, 2);
  });

  it('tests what stands in the environment, as a deployed account uses it', async () => {
    const { url, verified } = await receiver(204);
    Object.assign(process.env, { KINDRED_TEST_HOOK: url, KINDRED_TEST_SECRET: SECRET });
    try {
      const named = { url: '$' + '{KINDRED_TEST_HOOK}', secret: '$' + '{KINDRED_TEST_SECRET}' };
      const node = { id: 'hook', type: 'share-account', version: 1, name: '', network: 'webhook', url: named.url };
      await helper.load([register], [node], { hook: { secret: named.secret } });
      for (const secret of [named.secret, UNCHANGED]) {
        assert.deepEqual(await sendTest({ id: 'hook', url: named.url, secret }), { status: 200, answer: {} });
      }
    } finally {
      delete process.env.KINDRED_TEST_HOOK;
      delete process.env.KINDRED_TEST_SECRET;
    }
    assert.equal(verified.length, 2);
  });

  it('says what the receiver answered and where it is, and nothing of its path', async () => {
    const { url } = await receiver(500);
    await deploy(url);
    const { status, answer } = await sendTest({ id: 'hook', url, secret: SECRET });
    assert.equal(status, 422);
    assert.equal(answer.host, new URL(url).host);
    assert.equal(answer.problem, 'share-account.reason.server');
    assert.doesNotMatch(JSON.stringify(answer), /secret|whsec/);
  });

  it('says so when nobody is there', async () => {
    const gone = createServer();
    const url = await listen(gone);
    await new Promise((closed) => gone.close(closed));
    await deploy(url);
    const { status, answer } = await sendTest({ id: 'hook', url, secret: SECRET });
    assert.equal(status, 422);
    assert.equal(answer.host, new URL(url).host);
    assert.equal(answer.problem, 'share-account.reason.refused');
  });

  for (const [what, body] of [
    ['no address', { url: '', secret: SECRET }],
    ['an address that is none', { url: 'the kitchen', secret: SECRET }],
    ['a secret that is none', { url: 'http://127.0.0.1:9', secret: 'not a secret!' }],
    ['nothing at all', {}],
  ] as const) {
    it(`sends nothing with ${what}, and says what is wrong`, async () => {
      await deploy('http://127.0.0.1:9');
      const { status, answer } = await sendTest(body);
      assert.equal(status, 422);
      assert.ok((answer.problem ?? '').length > 10, answer.problem);
      assert.equal(answer.host, undefined);
    });
  }

  it('is another destination once its secret is another', async () => {
    const first = (await deploy('http://127.0.0.1:9/a')).destination().settings;
    await helper.unload();
    const second = (await deploy('http://127.0.0.1:9/b')).destination().settings;
    assert.notEqual(first, second);
    assert.doesNotMatch(first, /whsec|127/);
  });
});
