import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, readFileSync, unwatchFile, utimesSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, type PeerCertificate } from 'node:tls';
import { EndpointError, KindredClient } from '../../matching/client/index.js';
import { UsedCertificate, watchCertificate } from '../../matching/server/certificate.js';
import { followFiles } from '../../matching/server/follow-files.js';
import { leaveOut } from '../support/leave-out.js';
import { EndpointProcess, runCli } from './process-support.js';
import { Cleanup, coffee, temporaryFolder, until, VIENNA } from './support.js';

const DAY = 86_400_000;

describe('kindred-endpoint with a certificate of its own', () => {
  const cleanup = new Cleanup();
  let folder: string;
  before(function () {
    try {
      execFileSync('openssl', ['version'], { stdio: 'ignore' });
    } catch {
      leaveOut(this, 'openssl is not installed: it makes the certificates');
    }
  });
  beforeEach(() => {
    folder = temporaryFolder(cleanup);
  });
  afterEach(() => cleanup.run());

  /** A self-made certificate for localhost. */
  function certificate(name: string): { cert: string; key: string } {
    const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
    execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    return { cert, key };
  }

  const start = (...args: string[]): Promise<EndpointProcess> =>
    EndpointProcess.serve(cleanup, ['--store', `sqlite:${join(folder, 'kindred.sqlite')}`, ...args]);

  interface Call {
    method?: string;
    token?: string;
    body?: object;
  }

  function ask(
    url: string,
    path: string,
    ca: Buffer,
    { method = 'GET', token = '', body }: Call = {},
  ): Promise<{ headers: IncomingHttpHeaders; text: string }> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return new Promise((done, failed) => {
      const outgoing = request(url + path, { ca, method, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        response.on('end', () => done({ headers: response.headers, text }));
      });
      outgoing.on('error', failed).end(body && JSON.stringify(body));
    });
  }

  /** Joins somebody who wants to be found. Resolves to their token. */
  async function joined(url: string, ca: Buffer, name: string): Promise<string> {
    const body = { name, discoverable: true, cell: VIENNA };
    const { text } = await ask(url, '/v1/users', ca, { method: 'POST', body });
    return (JSON.parse(text) as { token: string }).token;
  }

  /** What comes on a stream of events so far. */
  function streamOf(url: string, ca: Buffer, token: string): { text: string; isEnded: boolean } {
    const stream = { text: '', isEnded: false };
    const headers = { authorization: `Bearer ${token}` };
    const outgoing = request(`${url}/v1/events`, { ca, headers }, (response) => {
      response.setEncoding('utf8').on('data', (chunk) => (stream.text += chunk));
      response.on('end', () => (stream.isEnded = true));
    });
    outgoing.on('error', () => {}).end();
    cleanup.add(() => outgoing.destroy());
    return stream;
  }

  /** Whose certificate a new connection gets. */
  function nameAt(url: string): Promise<string> {
    return new Promise((done, failed) => {
      const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', rejectUnauthorized: false }, () => {
        done((socket.getPeerCertificate() as PeerCertificate).subject.CN as string);
        socket.destroy();
      });
      socket.on('error', failed);
    });
  }

  it('answers with TLS, tells clients to stay with it, and takes no old version of it', async () => {
    const files = certificate('first');
    const { url } = await start('--tls-cert', files.cert, '--tls-key', files.key);
    assert.match(url, /^https:/);
    const { headers, text } = await ask(url, '/healthz', readFileSync(files.cert));
    assert.deepEqual(JSON.parse(text), { status: 'ok', kindred: 'endpoint' });
    assert.match(headers['strict-transport-security'] ?? '', /max-age=31536000/);
    const { port } = new URL(url);
    const old = connect({
      port: Number(port),
      host: '127.0.0.1',
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
    });
    const [error] = (await once(old, 'error')) as [Error];
    assert.match(error.message, /protocol version|no protocols|unsupported/i);
    await assert.rejects(fetch(url.replace('https', 'http')));
  });

  it('is told from an endpoint that is not there, by a client that does not trust it', async () => {
    const files = certificate('first');
    const { url } = await start('--tls-cert', files.cert, '--tls-key', files.key);
    const client = new KindredClient({ url, token: 'x'.repeat(43) });
    const error = await client.me().then(
      () => assert.fail('it was trusted'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof EndpointError);
    assert.deepEqual([error.kind, error.mayHaveArrived], ['certificate', false]);
    assert.match(error.message, /:\d+ is not trusted \(\w*SELF_SIGNED\w*\)$/);
  });

  it('keeps streams of events on it, and ends them when it stops', async () => {
    const files = certificate('first');
    const endpoint = await start('--tls-cert', files.cert, '--tls-key', files.key);
    const ca = readFileSync(files.cert);
    const [anna, ben] = [await joined(endpoint.url, ca, 'Anna'), await joined(endpoint.url, ca, 'Ben')];
    const reading = streamOf(endpoint.url, ca, anna);
    await until(() => reading.text.includes('retry: 1000'));
    for (const token of [anna, ben]) {
      const { id, ...activity } = coffee();
      await ask(endpoint.url, `/v1/activities/${id}`, ca, { method: 'PUT', token, body: { id, ...activity } });
    }
    await until(() => reading.text.includes('event: match'));
    assert.match(reading.text, /"name":"Ben"/);
    assert.equal(await endpoint.end('SIGTERM'), 0);
    await until(() => reading.isEnded);
  });

  it('takes a new certificate on SIGHUP, and keeps the old one when the new one is none', async () => {
    const files = certificate('first');
    const next = certificate('second');
    const endpoint = await start('--tls-cert', files.cert, '--tls-key', files.key);
    const { url, child } = endpoint;
    assert.equal(await nameAt(url), 'first');
    writeFileSync(files.cert, 'not a certificate');
    child.kill('SIGHUP');
    await until(() => endpoint.output.includes('The old certificate stays in use'));
    assert.equal(await nameAt(url), 'first');
    copyFileSync(next.cert, files.cert);
    copyFileSync(next.key, files.key);
    child.kill('SIGHUP');
    await until(() => endpoint.output.includes('the certificate was read again'));
    assert.equal(await nameAt(url), 'second');
  });

  it('serves with the certificate that was renewed while there was no server yet', async () => {
    const files = certificate('first');
    const next = certificate('second');
    const used = new UsedCertificate(files, (problem) => assert.fail(problem));
    const server = createServer({ ...used.read() }).listen(0, '127.0.0.1');
    cleanup.add(() => void server.close());
    await once(server, 'listening');
    const serve = followFiles({ certificate: used, audit: undefined, complain: (problem) => assert.fail(problem) });
    const onHangUp = process.listeners('SIGHUP').at(-1) as () => void;
    cleanup.add(() => {
      process.off('SIGHUP', onHangUp);
      for (const file of [files.cert, files.key]) unwatchFile(file);
    });
    copyFileSync(next.cert, files.cert);
    copyFileSync(next.key, files.key);
    onHangUp();
    serve(server);
    assert.equal(await nameAt(`https://127.0.0.1:${(server.address() as AddressInfo).port}`), 'second');
  });

  it('notices that the files have changed', async () => {
    const files = certificate('first');
    let changes = 0;
    const stop = watchCertificate(files, 20, () => changes++);
    cleanup.add(stop);
    const later = new Date(Date.now() + 5000);
    await until(() => {
      if (changes === 0) utimesSync(files.cert, later, new Date(later.getTime() + Math.random() * 1e6));
      return changes > 0;
    });
  });

  it('says what is wrong with its files', async () => {
    const [first, second] = [certificate('first'), certificate('second')];
    const [der, locked, broken] = ['first.der', 'locked.key', 'broken.pem'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    execFileSync('openssl', ['x509', '-in', first.cert, '-outform', 'der', '-out', der]);
    execFileSync('openssl', ['pkey', '-in', first.key, '-aes128', '-passout', 'pass:word', '-out', locked]);
    writeFileSync(broken, readFileSync(first.cert, 'utf8').replace(/\n\w{20}/, '\nAAAAAAAAAAAAAAAAAAAA'));
    const refusals: [string[], RegExp][] = [
      [['--tls-cert', first.cert], /--tls-cert and --tls-key go together/],
      [
        ['--tls-cert', join(folder, 'none.pem'), '--tls-key', first.key],
        /certificate .*none\.pem cannot be read \(ENOENT\)/,
      ],
      [
        ['--tls-cert', first.cert, '--tls-key', second.key],
        /second\.key is not the one of the certificate .*first\.pem: give the key that it was made with/,
      ],
      [['--tls-cert', first.key, '--tls-key', first.cert], /first\.key is a key and no certificate: --tls-cert takes/],
      [['--tls-cert', first.cert, '--tls-key', first.cert], /first\.pem is a certificate and no key: --tls-cert takes/],
      [['--tls-cert', der, '--tls-key', first.key], /first\.der is no certificate in PEM.*openssl x509 -inform der/],
      [['--tls-cert', first.cert, '--tls-key', locked], /locked\.key has a passphrase.*openssl pkey -in/],
      [['--tls-cert', first.cert, '--tls-key', der], /first\.der is no key in PEM/],
      [['--tls-cert', broken, '--tls-key', first.key], /broken\.pem is damaged/],
    ];
    for (const [args, reason] of refusals) {
      const { code, output } = await runCli(cleanup, args);
      assert.equal(code, 1);
      assert.match(output, reason);
      assert.doesNotMatch(output, /\n\s+at /);
    }
  });

  it('says when its certificate is out of date, and answers with it', async () => {
    const { cert, key } = certificate('old');
    const renewed = ['-signkey', key, '-days', '-1', '-out', `${cert}.old`];
    execFileSync('openssl', ['x509', '-in', cert, ...renewed], { stdio: 'ignore' });
    const endpoint = await start('--tls-cert', `${cert}.old`, '--tls-key', key);
    assert.match(endpoint.output, /old\.pem\.old expired on 20\d\d-\d\d-\d\d, and clients refuse it: renew it/);
    assert.equal(await nameAt(endpoint.url), 'old');
  });

  it('is told of its certificate’s dates, once of each problem, a week before it expires', () => {
    const files = certificate('dates');
    const expires = Date.parse(new X509Certificate(readFileSync(files.cert)).validTo);
    const told: string[] = [];
    let now = expires - 30 * DAY;
    const used = new UsedCertificate(
      files,
      (problem) => told.push(problem),
      () => now,
    );
    used.read();
    for (; now < expires + 3 * DAY; now += DAY / 24) used.lookAtDates();
    assert.deepEqual(
      told.map((line) => line.replace(/.*dates\.pem |20\d\d-\d\d-\d\d/g, '')),
      [
        ...[7, 6, 5, 4, 3, 2].map((days) => `expires on , in ${days} days at most: renew it`),
        'expires on , in a day at most: renew it',
        'expired on , and clients refuse it: renew it. It is read again when the file changes.',
      ],
    );
    now = 0;
    used.lookAtDates();
    assert.match(told.at(-1) ?? '', /holds from 20\d\d-.* on, and this machine says it is 1970-01-01/);
  });
});
