import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import type { BuildOptions } from '../../matching/server/index.js';
import { DEFAULT_LIMITS } from '../../matching/server/web/limits.js';
import { newId } from '../../vocabulary/index.js';
import { effort } from '../support/effort.js';
import { leaveOut } from '../support/leave-out.js';
import { type Door, NOW, Pair, type Pieces } from './doors.js';
import { ANNA, BEN, NOBODY, OTHER, PLAIN, put, REQUEST } from './publish-requests.js';
import { Cleanup, temporaryFolder, UNLIMITED } from './support.js';

/** Limits that are told of with each answer, and reached by nobody here. */
const MANY = { ...DEFAULT_LIMITS, callsPerMinute: 100_000, joinsPerHour: 0, newActivitiesPerDay: 100_000 };

async function breakOff(door: Door, pieces: Pieces, way: 'end' | 'resetAndDestroy'): Promise<void> {
  const wire = door.connect();
  await wire.send(pieces);
  // An end comes with the last piece, before there is an answer; a reset would take back what is not read yet.
  if (way === 'resetAndDestroy') await wait(30);
  wire.socket[way]();
}

describe('plain publishes, which go ahead of Fastify', () => {
  const cleanup = new Cleanup();
  let pair: Pair;
  afterEach(() => cleanup.run());

  async function open(options: Partial<BuildOptions> & { handed?: boolean } = {}): Promise<void> {
    pair = await Pair.open(cleanup, [ANNA, BEN], options);
  }

  const ask = (pieces: Pieces, what?: string, count?: number) => pair.ask(pieces, what, count);
  const assertSame = () => pair.assertSame();
  const isSame = (): Promise<boolean> =>
    assertSame().then(
      () => true,
      () => false,
    );

  async function askAll(changed: (pieces: Pieces) => Pieces = (pieces) => pieces): Promise<void> {
    for (const [what, make] of Object.entries(PLAIN)) {
      const { text, behind } = await ask(changed(make()), what);
      assert.match(text, what === NOBODY_ASKS ? /^HTTP\/1\.1 401 / : /^HTTP\/1\.1 201 /, what);
      assert.equal(behind, 0, what);
    }
    for (const [what, make] of Object.entries(OTHER)) {
      const { text } = await ask(changed(make()), what);
      assert.match(text, /^HTTP\/1\.1 \d/, what);
    }
    await assertSame();
  }
  const NOBODY_ASKS = 'a token of nobody';

  it('are answered as Fastify answers them, and all others are Fastify’s', async () => {
    await open({ limits: MANY });
    await askAll();
  });

  it('… without limits, metrics and audit log', async () => {
    pair = await Pair.open(cleanup, [ANNA]);
    assert.equal((await ask([put()])).behind, 0);
    await assertSame();
  });

  it('… under a prefix', async () => {
    await open({ prefix: '/a.b/kindred' });
    const under = (pieces: Pieces): Pieces =>
      pieces.map((piece) =>
        typeof piece === 'string'
          ? piece
          : Buffer.from(piece.toString('latin1').replace(' /v1/', ' /a.b/kindred/v1/'), 'latin1'),
      );
    await askAll(under);
    for (const prefix of ['', '/axb/kindred', '/a.b/kindred/v1/..', '/A.b/kindred']) {
      const { text, behind } = await ask([put({ target: `${prefix}/v1/activities/${newId()}` })], prefix);
      assert.match(text, /^HTTP\/1\.1 404 /, prefix);
      assert.equal(behind, 1, prefix);
    }
  });

  it('… handed in from somebody else’s server, as in Node-RED', async () => {
    await open({ handed: true });
    await askAll();
  });

  it('… behind a proxy, each address with its own count of failures', async () => {
    await open({ behindProxy: true, limits: { ...UNLIMITED, failuresPerMinute: 2 } });
    const from = (address: string) => ask([put({ token: NOBODY, headers: [`X-Forwarded-For: ${address}`] })], address);
    const seen = [];
    for (const address of ['192.0.2.1', '192.0.2.2, 192.0.2.1', '192.0.2.1, ', '192.0.2.2', '192.0.2.1,192.0.2.9']) {
      seen.push((await from(address)).text.slice(9, 12));
    }
    assert.deepEqual(seen, ['401', '401', '429', '401', '401']);
    await assertSame();
    assert.deepEqual(new Set(pair.ahead.entries.map(({ address }) => address)), new Set(['public']));
  });

  it('… with TLS', async function () {
    const folder = temporaryFolder(cleanup);
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost'];
    try {
      execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    } catch {
      leaveOut(this, 'openssl is not installed: it makes the certificate');
    }
    await open({ tls: { cert: readFileSync(cert), key: readFileSync(key) } });
    const { text, behind } = await ask([put()]);
    assert.match(text, /^strict-transport-security: /m);
    assert.equal(behind, 0);
    await askAll();
  });

  it('keep to the limits, and leave them as Fastify finds them', async () => {
    await open({ limits: { ...UNLIMITED, callsPerMinute: 4, failuresPerMinute: 3 } });
    const statuses = async (requests: Buffer[]): Promise<string[]> => {
      const seen = [];
      for (const request of requests) seen.push((await ask([request])).text.slice(9, 12));
      return seen;
    };
    const bad = (token: string): Buffer => put({ token, body: '{' });
    const three = (make: (token: string) => Buffer, token: string): Buffer[] => [1, 2, 3].map(() => make(token));
    const publish = (token: string): Buffer => put({ token });
    assert.deepEqual(await statuses(three(publish, ANNA)), ['201', '201', '201']);
    assert.deepEqual(await statuses(three(bad, ANNA)), ['400', '429', '429']);
    assert.deepEqual(await statuses(three(publish, ANNA)), ['429', '429', '429']);
    assert.deepEqual(await statuses(three(publish, NOBODY)), ['401', '401', '401']);
    // The address has none left for who has never been let in.
    assert.deepEqual(await statuses(three(publish, BEN)), ['429', '429', '429']);
    for (const door of pair.both) door.clock = NOW + 15_000;
    assert.deepEqual(await statuses(three(publish, ANNA)), ['201', '429', '429']);
    await assertSame();
  });

  it('keep to the limits of a day in the same way', async () => {
    for (const limit of [{ newActivitiesPerDay: 3 }, { bytesPerDay: 800 }]) {
      await open({ limits: { ...DEFAULT_LIMITS, ...limit } });
      const answers = [];
      for (let count = 0; count < 8; count++) answers.push(await ask([put()]));
      assert.match(answers[0]?.text ?? '', /^HTTP\/1\.1 201 /);
      assert.match(answers[7]?.text ?? '', /^HTTP\/1\.1 429 [\s\S]*in a day: come back in/);
      await assertSame();
    }
  });

  it('come one after the other on one connection, in their order', async () => {
    await open({ limits: { ...UNLIMITED, callsPerMinute: 40 } });
    await ask([put()]);
    const mixed = [
      ...[put(), put({ type: 'application/json; charset=utf-8' }), put(), put({ token: NOBODY })],
      ...[put({ target: '/v1/nothing' }), put(), put()],
    ];
    const { text } = await ask([Buffer.concat(mixed)], 'together', mixed.length);
    assert.deepEqual(
      [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status),
      ['201', '201', '201', '401', '404', '201', '201'],
    );
    await assertSame();
  });

  it('are not answered any more behind one that was wrong, after which Fastify ends the connection', async () => {
    await open();
    await ask([Buffer.concat([put(), put({ body: '{' }), put(), put()])], '', 4);
  });

  it('are read to their end, so that an open connection keeps nothing of the last one', async () => {
    await open();
    for (const door of pair.both) {
      const wire = door.connect();
      for (const count of [1, 2, 3]) {
        await wire.send([put()]);
        await wire.answered(count);
      }
      assert.deepEqual(
        door.requests.map(({ readableEnded }) => readableEnded),
        [true, true, true],
      );
      wire.socket.destroy();
    }
    assert.equal(pair.ahead.behind, 0);
  });

  it('are taken or not as Fastify does, when whoever sends them breaks off', async () => {
    await open();
    const bytes = put();
    const half = bytes.subarray(0, bytes.length - 10);
    // Behind it, Node counts a reset or not, as it has come before the answer or after it.
    const cuts: [what: string, way: 'end' | 'resetAndDestroy', pieces: Pieces][] = [
      ['in its head', 'end', [bytes.subarray(0, 50)]],
      ['in its head', 'resetAndDestroy', [bytes.subarray(0, 50)]],
      ['in its body', 'end', [half]],
      ['in its body', 'resetAndDestroy', [half]],
      ['in its body, later', 'end', [half.subarray(0, -50), half.subarray(-50)]],
      ['in its body, later', 'resetAndDestroy', [half.subarray(0, -50), half.subarray(-50)]],
      ['behind it', 'end', [bytes]],
    ];
    for (const [what, way, pieces] of cuts) {
      await Promise.all(pair.both.map((door) => breakOff(door, pieces, way)));
      // Each notices in its own time.
      for (let left = 50; left > 0 && !(await isSame()); left--) await wait(20);
      await assertSame().catch((error: Error) => assert.fail(`${what}, ${way}: ${error.message}`));
    }
    await ask([Buffer.concat([put(), Buffer.from('what is this\r\n\r\n')])], 'nonsense behind it');
    await assertSame();
  });

  it('are not lost when many come at once', async () => {
    await open();
    const many = async (door: Door): Promise<number> => {
      const each = async (): Promise<number> => {
        const texts = [];
        for (let count = 0; count < 10; count++) texts.push(await door.ask([put()]));
        return texts.filter((text) => /^HTTP\/1\.1 201 /.test(text)).length;
      };
      const counts = await Promise.all(Array.from({ length: 64 }, each));
      return counts.reduce((sum, count) => sum + count);
    };
    assert.deepEqual([await many(pair.ahead), await many(pair.fastify)], [640, 640]);
    assert.equal(pair.ahead.events.length, pair.fastify.events.length);
  });

  const { count: runs, note } = effort(3000, 300);
  it(`differ in nothing, whatever is sent${note}`, async () => {
    await open({ limits: { ...MANY, failuresPerMinute: 50 }, behindProxy: true });
    await fc.assert(
      fc.asyncProperty(REQUEST, fc.array(fc.nat(2000), { maxLength: 2 }), async (bytes, cuts) => {
        const at = [0, ...cuts.filter((one) => one < bytes.length).sort((a, b) => a - b), bytes.length];
        await ask(at.slice(1).map((to, index) => bytes.subarray(at[index], to)));
      }),
      { numRuns: runs },
    );
    await assertSame();
  });
});
