import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { openEndpoint } from '../../matching/server/index.js';
import { newId } from '../../vocabulary/index.js';
import { Cleanup, coffee, joinAs, type Member, serveHttp, startEndpoint, temporaryFolder, until } from './support.js';

const sip = { action: 'sip', startedAt: new Date().toISOString(), endedAt: new Date().toISOString() } as const;

/** Activities of together 700 KB. */
async function publishMany({ client }: Member): Promise<void> {
  const large = () => client.publish(coffee({ id: newId(), actions: Array(200).fill(sip) }));
  await Promise.all(Array.from({ length: 40 }, large));
}

/** Asks for more than a connection holds on the way, and reads nothing of it for a while. @returns how many answers came */
async function askWithoutReading(cleanup: Cleanup, url: string, token: string, ms: number): Promise<number> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname)
    .pause()
    .on('error', () => {});
  cleanup.add(() => socket.destroy());
  let [text, isClosed] = ['', false];
  socket
    .setEncoding('latin1')
    .on('data', (chunk) => (text += chunk))
    .on('close', () => (isClosed = true));
  const request = `GET /v1/activities?limit=100 HTTP/1.1\r\nhost: here\r\nauthorization: Bearer ${token}\r\n\r\n`;
  socket.write(request.repeat(100));
  await wait(ms);
  assert.equal(text, '');
  socket.resume();
  await until(() => isClosed);
  return text.split('HTTP/1.1 200').length - 1;
}

describe('answers that are not read', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  it('are short, however large the activities are', async () => {
    const { url } = await startEndpoint(cleanup);
    const anna = await joinAs(url, 'Anna');
    await publishMany(anna);
    const ids: string[] = [];
    for (let before: string | undefined; ; ) {
      const page = await anna.client.activities({ limit: 100, ...(before === undefined ? {} : { before }) });
      assert.ok(JSON.stringify(page).length < 300 * 1024);
      ids.push(...page.activities.map(({ id }) => id));
      before = page.next;
      if (before === undefined) break;
    }
    assert.equal(new Set(ids).size, 40);
    assert.equal(ids.length, 40);
  });

  it('are kept for a while, and then the connection is cut', async () => {
    const { url } = await startEndpoint(cleanup, { slowMs: { unread: 500 } });
    const anna = await joinAs(url, 'Anna');
    await publishMany(anna);
    assert.ok((await askWithoutReading(cleanup, url, anna.token, 2000)) < 100);
    assert.equal((await anna.client.me()).name, 'Anna');
  });

  it('… also on somebody else’s server, as in Node-RED', async () => {
    const store = `sqlite:${temporaryFolder(cleanup)}/kindred.sqlite`;
    const endpoint = await openEndpoint({ store, slowMs: { unread: 500 } });
    cleanup.add(() => endpoint.close());
    const url = await serveHttp(cleanup, (request, response) => void endpoint.handle(request, response));
    const anna = await joinAs(url, 'Anna');
    await publishMany(anna);
    assert.ok((await askWithoutReading(cleanup, url, anna.token, 2000)) < 100);
    assert.equal((await anna.client.me()).name, 'Anna');
  });
});
