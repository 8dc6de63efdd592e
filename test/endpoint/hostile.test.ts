import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { problemCode } from '../../matching/schema/index.js';
import { newId } from '../../vocabulary/index.js';
import { Cleanup, joinAs, type Member, type RunningEndpoint, startEndpoint, until } from './support.js';

/** A connection that sends whatever it likes. */
class Wire {
  readonly socket: Socket;
  text = '';
  ended = false;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.socket.setEncoding('latin1').on('data', (chunk) => (this.text += chunk));
    // Cut off in the middle of a word: that is what it came for.
    this.socket.on('error', () => {});
    this.socket.on('close', () => (this.ended = true));
  }

  write(bytes: string | Buffer): this {
    if (!this.socket.destroyed) this.socket.write(bytes);
    return this;
  }

  /** Status of each answer so far. */
  get statuses(): number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  }

  async answered(count = 1): Promise<void> {
    await until(() => this.statuses.length >= count || this.ended);
  }

  async closed(): Promise<void> {
    await until(() => this.ended);
  }
}

const END = '\x7f';
/** An invisible letter: what follows a black flag and makes another one of it. */
const tagOf = (letter: string): string => String.fromCodePoint(0xe0000 + letter.charCodeAt(0));
const flagOf = (letters: readonly string[]): string => `\u{1f3f4}${letters.map(tagOf).join('')}`;
const [ENGLAND, SCOTLAND, WALES] = ['gbeng', 'gbsct', 'gbwls'].map((place) => flagOf([...place, END]));

/** As it can stand in JSON, in ASCII. */
function escaped(text: string): string {
  return text.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

describe('hostile connections', () => {
  const cleanup = new Cleanup();
  let endpoint: RunningEndpoint;
  let anna: Member;
  beforeEach(async () => {
    endpoint = await startEndpoint(cleanup, { slowMs: { headers: 400, request: 800 } });
    anna = await joinAs(endpoint.url, 'Anna');
  });
  afterEach(async () => {
    // Whatever was sent: it goes on, and nothing of it was the endpoint's own fault.
    assert.equal((await anna.client.me()).name, 'Anna');
    assert.deepEqual(endpoint.failures, []);
    await cleanup.run();
  });

  function open(): Wire {
    const wire = new Wire(endpoint.url);
    cleanup.add(() => wire.socket.destroy());
    return wire;
  }

  const head = (method: string, path: string, ...headers: string[]): string =>
    [`${method} ${path} HTTP/1.1`, 'host: here', `authorization: Bearer ${anna.token}`, ...headers, '', ''].join(
      '\r\n',
    );
  const put = (...headers: string[]): string =>
    head('PUT', `/v1/activities/${newId()}`, 'content-type: application/json', ...headers);

  async function statusOf(bytes: string | Buffer): Promise<number | undefined> {
    const wire = open().write(bytes);
    await wire.answered();
    const [status] = wire.statuses;
    if (status !== undefined && status >= 400) {
      const { type } = JSON.parse(wire.text.slice(wire.text.indexOf('\r\n\r\n') + 4)) as { type: unknown };
      assert.ok(problemCode(type), wire.text);
      assert.match(wire.text, /x-content-type-options: nosniff/i);
    }
    wire.socket.destroy();
    return status;
  }
  const sent = (body: string | Buffer): Buffer =>
    Buffer.concat([Buffer.from(put(`content-length: ${Buffer.byteLength(body)}`)), Buffer.from(body)]);
  const good = { revision: 1, activity: 'coffee', state: 'started', startedAt: new Date().toISOString() };
  const withField = (name: string, json: string): Buffer =>
    sent(`${JSON.stringify(good).slice(0, -1)},"${name}":${json}}`);

  it('refuses bodies that are nested, huge, cut off or no text', async () => {
    assert.equal(await statusOf(sent(JSON.stringify(good))), 201);
    const bodies: [string, Buffer][] = [
      ['deep arrays', withField('parameters', '['.repeat(30_000) + ']'.repeat(30_000))],
      ['deep objects', withField('parameters', `${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}`)],
      ['endless depth', sent('['.repeat(65_000))],
      ['a number beyond all', withField('rating', '1e999')],
      ['a number of many digits', withField('seconds', '9'.repeat(50_000))],
      ['a revision beyond all', withField('revision', '99999999999999999999')],
      ['a key twice', withField('revision', '-1')],
      ['a prototype', withField('__proto__', '{"state":"finished"}')],
      ['a prototype where any name can be', withField('parameters', '{"__proto__":{"last":1}}')],
      ['one by its constructor', withField('appliance', '{"constructor":{"prototype":{"last":1}}}')],
      ['NUL bytes', sent('\0'.repeat(1000))],
      ['NUL in a value', withField('activity', '"coffee\\u0000"')],
      ['UTF-16', sent(Buffer.from(JSON.stringify(good), 'utf16le'))],
      ['no UTF-8', sent(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]))],
      ['half of it', sent(JSON.stringify(good).slice(0, 40))],
      ['nothing', sent('')],
    ];
    for (const [what, bytes] of bodies) assert.equal(await statusOf(bytes), 400, what);
  });

  it('takes no half characters and no invisible ones into a name', async () => {
    // What nobody sees makes a second Anna, or nobody at all; two of them break a line.
    const unseen = [
      '200b',
      '00ad',
      '034f',
      '061c',
      '115f',
      '180e',
      '2028',
      '2029',
      '2060',
      '2064',
      '206a',
      '2800',
      '3164',
    ]
      .concat(['feff', 'ffa0', 'fff9', 'db40\\udc41', 'db40\\udd00', 'd834\\udd73', 'd82f\\udca0', 'd80d\\udc30'])
      .flatMap((code) => [`\\u${code}`, `An\\u${code}na`]);
    // Flags of no country, of half a one, of one and more, and halves that only a flag keeps apart.
    const tagged = [
      [],
      ['g'],
      ['g', 'b', 'e', 'n', 'g'],
      ['u', 's', 't', 'x', END],
      ['g', 'b', 'e', 'n', 'g', 'x', END],
    ];
    const odd = [
      tagOf('a'),
      tagOf(END),
      ...tagged.slice(1).map(flagOf),
      `\ud800${ENGLAND}\udc00`,
      `${ENGLAND}${tagOf('a')}`,
    ];
    for (const name of ['\\ud800', 'A\\udc00b', 'a\\u0000b', '\\u202eevil', ...unseen, ...odd.map(escaped)]) {
      const body = `{"name":"${name}"}`;
      const bytes = head('PATCH', '/v1/me', 'content-type: application/json', `content-length: ${body.length}`) + body;
      assert.equal(await statusOf(bytes), 400, name);
    }
    for (const name of ['Zoë 🫖 茶 ❤️', 'Zoë', 'A', 'Anna 🏴', `${ENGLAND}${SCOTLAND}`, `Anna ${WALES}!`]) {
      assert.equal((await anna.client.updateMe({ name })).name, name);
    }
    await assert.rejects(joinAs(endpoint.url, `An${tagOf('a')}na`), { status: 400 });
    await anna.client.updateMe({ name: 'Anna' });
  });

  it('refuses content that is not JSON, and too much of it at once', async () => {
    const text = 'name=Anna';
    const typed = (type: string) =>
      head('PATCH', '/v1/me', `content-type: ${type}`, `content-length: ${text.length}`) + text;
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'x']) {
      assert.equal(await statusOf(typed(type)), 415, type);
    }
    for (const length of [65_537, 100_000_000]) assert.equal(await statusOf(put(`content-length: ${length}`)), 413);
    assert.equal(await statusOf(put('content-length: -1')), 400);
    assert.equal(await statusOf(put('content-length: 9999999999999999999999')), 400);
    assert.equal(await statusOf(head('GET', '/v1/me', `x-long: ${'a'.repeat(20_000)}`)), 431);
    assert.equal(await statusOf(head('GET', `/v1/me?${'a'.repeat(20_000)}`)), 431);
    assert.equal(
      await statusOf(head('GET', '/v1/me', ...Array.from({ length: 3000 }, (_, at) => `x-${at}: ${at}`))),
      431,
    );
  });

  it('refuses requests that two servers could read in two ways', async () => {
    const body = JSON.stringify(good);
    const smuggling = [
      put('content-length: 5', `content-length: ${body.length}`) + body,
      `${put(`content-length: ${body.length}`, 'transfer-encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`,
      put('transfer-encoding: chunked', 'transfer-encoding: identity') + body,
      put('transfer-encoding: xchunked') + body,
      put('content-length : 5') + body,
      head('GET', '/v1/me', 'x-nul: a\0b'),
      head('GET', '/v1/me', 'x-bare: a\rb'),
      head('GET', '/v1/m\0e'),
      'GET /v1/me HTTP/9.9\r\nhost: here\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      'hello\r\n\r\n',
    ];
    for (const bytes of smuggling) assert.equal(await statusOf(bytes), 400, JSON.stringify(bytes.slice(0, 200)));
    // Node answers this one itself.
    const nowhere = open().write('GET /v1/me HTTP/1.1\r\n\r\n');
    await nowhere.answered();
    assert.deepEqual(nowhere.statuses, [400]);
  });

  it('goes by the first of two tokens, and by no other way of saying who one is', async () => {
    const ben = await joinAs(endpoint.url, 'Ben');
    const twice = open().write(head('GET', '/v1/me', `authorization: Bearer ${ben.token}`));
    await twice.answered();
    assert.match(twice.text, /"name":"Anna"/);
    assert.doesNotMatch(twice.text, /Ben/);
    const path = `/v1/me?access_token=${anna.token}&token=${anna.token}`;
    for (const header of [
      `cookie: token=${anna.token}`,
      `x-api-key: ${anna.token}`,
      `proxy-authorization: Bearer ${anna.token}`,
      ...['Basic ', 'Token ', ''].map((scheme) => `authorization: ${scheme}${anna.token}`),
    ]) {
      assert.equal(await statusOf(`GET ${path} HTTP/1.1\r\nhost: here\r\n${header}\r\n\r\n`), 401, header);
    }
  });

  it('does not go by another spelling of an address', async () => {
    for (const path of [
      '//v1/me',
      '/v1/./me',
      '/v1/me/',
      '/V1/ME',
      '/v1/me;a=b',
      '/v1/%6de/..',
      '/v1/../v1/me',
      '/v1/me%00',
      '/v1\\me',
    ]) {
      const status = await statusOf(head('GET', path));
      assert.ok(status === 404 || status === 400, `${path} ${status}`);
    }
  });

  it('cuts off a body that never ends, fast or slow', async () => {
    const fast = open().write(put('transfer-encoding: chunked'));
    const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n`;
    while (!fast.ended && fast.statuses.length === 0) {
      fast.write(chunk);
      await wait(1);
    }
    await fast.answered();
    assert.deepEqual(fast.statuses, [413]);
    await fast.closed();

    const slow = open().write(put('transfer-encoding: chunked'));
    while (!slow.ended) {
      slow.write('1\r\n \r\n');
      await wait(20);
    }
    assert.deepEqual(
      slow.statuses.filter((status) => status !== 408 && status !== 400),
      [],
    );
    const stalled = open().write(`${put('content-length: 1000')}{"revision"`);
    await stalled.closed();
  });

  it('cuts off who says nothing, half a line, or a header now and then, and serves others meanwhile', async () => {
    const silent = Array.from({ length: 50 }, () => open());
    const half = Array.from({ length: 50 }, () => open().write('GET /v1/me HT'));
    const drip = Array.from({ length: 50 }, () => open().write('GET /v1/me HTTP/1.1\r\n'));
    const all = [...silent, ...half, ...drip];
    for (let count = 0; all.some(({ ended }) => !ended); count++) {
      for (const wire of drip) wire.write(`x-${count}: y\r\n`);
      assert.equal((await fetch(`${endpoint.url}/healthz`)).status, 200);
      await wait(10);
    }
    for (const { statuses } of all)
      assert.ok(
        statuses.every((status) => status === 408),
        String(statuses),
      );
    assert.ok(all.some(({ statuses }) => statuses[0] === 408));
  });

  it('lets go of who has closed one half of the connection', async () => {
    const wire = open().write('GET /v1/me HTTP/1.1\r\nhost: here\r\n');
    wire.socket.end();
    await wire.closed();
    const stream = open().write(head('GET', '/v1/events'));
    await stream.answered();
    stream.socket.destroy();
    const asked = open().write(head('GET', '/v1/me'));
    asked.socket.end();
    await asked.closed();
  });

  it('answers what comes in one piece, in order, and what wants to be another protocol', async () => {
    const wire = open().write(head('GET', '/v1/me').repeat(200));
    await wire.answered(200);
    assert.deepEqual(wire.statuses, Array(200).fill(200));
    assert.equal(
      await statusOf(
        head('GET', '/v1/me', 'connection: upgrade, http2-settings', 'upgrade: h2c', 'http2-settings: AAAA'),
      ),
      200,
    );
    assert.equal(await statusOf(head('GET', '/v1/me', 'connection: upgrade', 'upgrade: websocket')), 200);
    const tunnel = open().write('CONNECT evil.example:25 HTTP/1.1\r\nhost: here\r\n\r\n');
    await tunnel.closed();
    assert.deepEqual(
      tunnel.statuses.filter((status) => status < 400),
      [],
    );
  });
});
