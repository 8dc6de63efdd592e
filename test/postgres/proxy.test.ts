import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { KindredClient } from '../../matching/client/index.js';
import { Cleanup, coffee, joinAs, temporaryFolder } from '../endpoint/support.js';
import { leaveOut } from '../support/leave-out.js';
import { freePort } from '../support/node-red.js';
import { newSchema, type PostgresServer, sharedPostgres } from '../support/postgres.js';
import { EndpointProcess } from './endpoints.js';
import { needsPostgres } from './stores.js';

const CONF = resolve(__dirname, '..', '..', '..', 'deploy', 'nginx.conf');
const NGINX = ['/usr/sbin/nginx', 'nginx'].find((program) => spawnSync(program, ['-v']).status === 0);

describe('deploy/nginx.conf', () => {
  needsPostgres();
  const cleanup = new Cleanup();
  after(() => cleanup.run());

  let server: PostgresServer;
  let endpoints: EndpointProcess[];
  let port: number;

  before(async function () {
    if (!NGINX) leaveOut(this, 'nginx is not installed (apt-get install nginx-light)');
    server = await sharedPostgres();
    const address = server.address(newSchema());
    const args = ['--behind-proxy', '--joins-per-hour', '3', '--calls-per-minute', '100'];
    endpoints = await Promise.all([1, 2].map(() => EndpointProcess.start(cleanup, address, args)));
    port = await freePort();
    const folder = temporaryFolder(cleanup);
    chmodSync(folder, 0o755);
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
        ...['-keyout', join(folder, 'privkey.pem'), '-out', join(folder, 'fullchain.pem')],
      ],
      { stdio: 'pipe' },
    );
    const [one, two] = endpoints.map(({ url }) => new URL(url).host);
    const site = readFileSync(CONF, 'utf8')
      .replace('172.28.73.11:8080', one as string)
      .replace('172.28.73.12:8080', two as string)
      .replaceAll('/etc/nginx/tls', folder)
      .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
      .replace('listen 80', `listen 127.0.0.1:${await freePort()}`);
    mkdirSync(join(folder, 'tmp'));
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (what) => `${what}_temp_path ${join(folder, 'tmp', what)};`,
    );
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; pid ${join(folder, 'pid')}; error_log stderr; worker_processes 1; events {}\n` +
        `http { access_log off; ${places.join(' ')}\n${site}\n}`,
    );
    const child = spawn(NGINX as string, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    cleanup.add(() => ended(child));
    let log = '';
    child.stderr?.on('data', (chunk) => (log += chunk));
    for (let waited = 0; (await call('GET', '/healthz').catch(() => ({ status: 0 }))).status !== 200; waited += 50) {
      if (waited > 60_000 || child.exitCode !== null) throw new Error(`nginx did not start: ${log}`);
      await wait(50);
    }
  });

  async function ended(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null) return;
    const left = once(child, 'exit');
    child.kill('SIGTERM');
    await left;
  }

  interface Answer {
    status: number;
    text: string;
    headers: Record<string, unknown>;
  }

  function call(method: string, path: string, headers: object = {}, body?: unknown): Promise<Answer> {
    return new Promise((done, failed) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port,
          method,
          path,
          rejectUnauthorized: false,
          headers: { 'content-type': 'application/json', ...headers },
        },
        (response) => {
          let text = '';
          response.on('data', (chunk) => (text += chunk));
          response.on('end', () => done({ status: response.statusCode ?? 0, text, headers: response.headers }));
          response.on('error', failed);
        },
      );
      outgoing.on('error', failed);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  it('leads to the endpoints of the compose file', () => {
    const compose = readFileSync(join(dirname(CONF), 'compose.yaml'), 'utf8');
    const theirs = [...compose.matchAll(/ipv4_address: ([\d.]+)/g)].map(([, address]) => `${address}:8080`);
    const ours = [...readFileSync(CONF, 'utf8').matchAll(/^ {2}server ([\d.:]+) /gm)].map(([, address]) => address);
    assert.deepEqual(ours, theirs);
    assert.equal(ours.length, 2);
  });

  it('passes events on as they come, and publishes to either endpoint', async () => {
    // Past the proxy: three may join from its address, and the next test needs those.
    const [direct] = endpoints as [EndpointProcess];
    const anna = await joinAs(direct.url, 'Anna');
    const ben = await joinAs(direct.url, 'Ben');
    assert.equal((await call('PUT', `/v1/activities/${coffee().id}`, bearer(anna.token), withoutId())).status, 201);
    const begun = Date.now();
    const seen = await new Promise<string>((done, failed) => {
      const outgoing = request(
        { host: '127.0.0.1', port, path: '/v1/events', rejectUnauthorized: false, headers: bearer(anna.token) },
        (response) => {
          assert.equal(response.statusCode, 200);
          let text = '';
          response.on('data', (chunk) => {
            if (text === '')
              void new KindredClient({ url: direct.url, token: ben.token }).publish(coffee()).catch(failed);
            text += chunk;
            if (!text.includes('event: match')) return;
            done(text);
            outgoing.destroy();
          });
        },
      );
      outgoing.on('error', failed);
      outgoing.end();
    });
    assert.match(seen, /^retry: 1000\nid: \d+\n\n[\s\S]*id: 1\nevent: match\ndata: \{.*"Ben"/);
    assert.ok(Date.now() - begun < 60_000);
  });

  function withoutId(): object {
    const { id: _, ...rest } = coffee();
    return rest;
  }

  it('tells the endpoints the caller’s address, whatever the caller says it is', async () => {
    const statuses = [];
    for (let count = 0; count < 12; count++) {
      const headers = { 'x-forwarded-for': `203.0.113.${count}`, ...bearer(String(count % 10).repeat(43)) };
      statuses.push((await call('POST', '/v1/users', headers, { name: `U${count}` })).status);
    }
    // --joins-per-hour 3, less what joined from the loopback before: whatever they say who they are, at one endpoint.
    assert.ok(statuses.filter((status) => status === 201).length <= 3, statuses.join());
  });

  it('leads one user to one endpoint, however they write their token’s header', async () => {
    const [direct] = endpoints as [EndpointProcess];
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.99' };
    const joined = await fetch(`${direct.url}/v1/users`, { method: 'POST', headers, body: '{"name":"Dora"}' });
    const { token } = (await joined.json()) as { token: string };
    let left = 100;
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEARER', 'beARER', 'beaRER', 'bearEr', 'BEARer']) {
      const answer = await call('GET', '/v1/me', { authorization: `${scheme} ${token}` });
      assert.equal(answer.status, 200);
      left = Number(/r=(\d+)/.exec(String(answer.headers.ratelimit))?.[1]);
    }
    // One may have come back meanwhile.
    assert.ok(left <= 93, String(left));
  });

  it('says what is too large as an endpoint does, and takes none of them for gone by it', async () => {
    const [direct] = endpoints as [EndpointProcess];
    const body = JSON.stringify({ drink: 'x'.repeat(80_000) });
    const path = `/v1/activities/${coffee().id}`;
    const headers = { 'content-type': 'application/json', ...bearer('y'.repeat(43)) };
    const theirs = await (await fetch(`${direct.url}${path}`, { method: 'PUT', headers, body })).json();
    const sent = Array.from({ length: 20 }, () => call('PUT', path, headers, JSON.parse(body)));
    for (const { status, text, headers: answered } of await Promise.all(sent)) {
      assert.equal(status, 413);
      assert.deepEqual(JSON.parse(text), theirs);
      assert.match(String(answered['content-type']), /^application\/problem\+json/);
      assert.equal((await call('GET', '/v1/me', bearer('z'.repeat(43)))).status, 401, 'an endpoint answered');
    }
  });

  it('keeps what is for operators inside, and hides its version', async () => {
    const metrics = await call('GET', '/metrics');
    assert.equal(metrics.status, 404);
    assert.doesNotMatch(String(metrics.headers.server), /\d/);
    assert.match(String(metrics.headers['strict-transport-security']), /max-age/);
  });

  it('goes on with the other endpoint when one is gone', async () => {
    const [first, second] = endpoints as [EndpointProcess, EndpointProcess];
    await first.kill();
    for (let count = 0; count < 6; count++) {
      const token = `${count}`.repeat(43);
      assert.equal((await call('GET', '/v1/me', bearer(token))).status, 401, 'an endpoint answered');
    }
    assert.equal(second.child.exitCode, null);
  });
});
