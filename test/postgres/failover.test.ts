import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { type EndpointError, KindredClient } from '../../matching/client/index.js';
import { Cleanup, coffee, joinAs, until } from '../endpoint/support.js';
import { leaveOut } from '../support/leave-out.js';
import { PostgresServer, whyNoPostgres } from '../support/postgres.js';
import { EndpointProcess } from './endpoints.js';

/** What hubs have sent, and what of it was answered. */
class Hubs {
  readonly answered = new Set<string>();
  readonly sent = new Set<string>();
  /** When the last one was answered, and the first one after `mark`. Epoch milliseconds. */
  lastAt = 0;
  firstAfterMark = 0;
  /** What was not answered as a hub expects it. */
  readonly odd: string[] = [];
  refusals = 0;
  #mark = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(private readonly tokens: readonly string[]) {}

  mark(): void {
    this.#mark = Date.now();
    this.firstAfterMark = 0;
  }

  get recoveredSeconds(): number {
    return (this.firstAfterMark - this.#mark) / 1000;
  }

  /** Each hub publishes one activity after the other, and sends it until it is answered, to one endpoint or another. */
  async run(urls: () => string[], hubs: number): Promise<void> {
    await Promise.all(
      Array.from({ length: hubs }, async (_, index) => {
        const token = this.tokens[index % this.tokens.length] as string;
        for (let turn = index; !this.#stopped; turn++) await this.#one(urls, token, turn);
      }),
    );
  }

  stop(): void {
    this.#stopped = true;
  }

  async #one(urls: () => string[], token: string, turn: number): Promise<void> {
    // Long enough that what is not yet at the standby is more than a socket holds.
    const activity = coffee({ state: 'finished', drink: 'x'.repeat(60) });
    this.sent.add(activity.id);
    for (let attempt = 0; ; attempt++) {
      const choice = urls();
      const url = choice[(turn + attempt) % choice.length] as string;
      try {
        await new KindredClient({ url, token }).publish(activity);
        this.answered.add(activity.id);
        this.lastAt = Date.now();
        if (this.firstAfterMark === 0 && this.lastAt > this.#mark) this.firstAfterMark = this.lastAt;
        return;
      } catch (error) {
        this.#note(error as EndpointError);
        if (attempt > 600) throw new Error('an activity was never taken', { cause: error });
        await wait(50 + Math.random() * 50);
      }
    }
  }

  #note({ kind, status, message }: EndpointError): void {
    this.refusals++;
    if (kind !== 'unreachable' && status !== 503) this.odd.push(`${kind} ${status}: ${message}`);
  }
}

describe('a primary that dies under load', function () {
  this.timeout(300_000);
  const cleanup = new Cleanup();
  before(function () {
    const reason = whyNoPostgres();
    if (reason) leaveOut(this, reason);
  });
  afterEach(() => cleanup.run());

  async function pair(): Promise<[PostgresServer, PostgresServer]> {
    const primary = await PostgresServer.start();
    cleanup.add(() => primary.stop());
    const standby = await PostgresServer.follow(primary, 'standby');
    cleanup.add(() => standby.stop());
    await primary.query("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (standby)'");
    await primary.query('SELECT pg_reload_conf()');
    for (let synced = false; !synced; await wait(50)) {
      const rows = await primary.query<{ sync_state: string }>('SELECT sync_state FROM pg_stat_replication');
      synced = rows.some(({ sync_state }) => sync_state === 'quorum' || sync_state === 'sync');
    }
    return [primary, standby];
  }

  async function count(standby: PostgresServer) {
    const one = async (sql: string): Promise<number> => Number((await standby.query<{ n: string }>(sql))[0]?.n);
    const rows = await standby.query<{ id: string }>('SELECT id FROM kindred.activity');
    return {
      ids: rows.map(({ id }) => id),
      doubledMatches: await one(
        'SELECT count(*) AS n FROM (SELECT 1 FROM kindred.match GROUP BY user_key, mine, other, theirs HAVING count(*) > 1) d',
      ),
      doubledSeqs: await one(
        'SELECT count(*) AS n FROM (SELECT 1 FROM kindred.match GROUP BY user_key, seq HAVING count(*) > 1) d',
      ),
      oneSided: await one(
        `SELECT count(*) AS n FROM kindred.match m WHERE NOT EXISTS (SELECT 1 FROM kindred.match o
         WHERE o.user_key = m.other AND o.mine = m.theirs AND o.other = m.user_key AND o.theirs = m.mine)`,
      ),
    };
  }

  for (const isStalled of [false, true]) {
    it(`loses nothing that was answered, and doubles nothing${isStalled ? ', with its standby stalled before' : ''}`, async () => {
      const [primary, standby] = await pair();
      const address = primary.address('kindred', `127.0.0.1:${primary.port},127.0.0.1:${standby.port}`);
      const endpoints = await Promise.all([1, 2, 3, 4].map(() => EndpointProcess.start(cleanup, address)));
      const alive = new Set(endpoints);
      const urls = (): string[] => [...alive].map(({ url }) => url);
      const tokens: string[] = [];
      for (let index = 0; index < 12; index++) {
        tokens.push((await joinAs(urls()[index % 4] as string, `Hub ${index}`, { discoverable: index < 4 })).token);
      }
      const hubs = new Hubs(tokens);
      const running = hubs.run(urls, 24);
      running.catch(() => {});
      await until(() => hubs.answered.size > 150);

      // An endpoint process dies as well.
      const [dying] = endpoints as [EndpointProcess];
      alive.delete(dying);
      await dying.kill();
      const before = hubs.answered.size;
      await until(() => hubs.answered.size > before + 100);

      if (isStalled) {
        standby.stall(true);
        await wait(1500);
        assert.ok(Date.now() - hubs.lastAt > 500, 'while the standby stands still nothing is answered');
      }
      await primary.crash();
      hubs.mark();
      const crashedAt = Date.now();
      if (isStalled) standby.stall(false);
      await standby.promote();
      const promoted = (Date.now() - crashedAt) / 1000;
      const then = hubs.answered.size;
      for (let waited = 0; hubs.answered.size < then + 150; waited += 20) {
        assert.ok(waited < 120_000, 'it goes on after the standby was promoted');
        await wait(20);
      }
      hubs.stop();
      await running;

      const { ids, ...rest } = await count(standby);
      const there = new Set(ids);
      const lost = [...hubs.answered].filter((id) => !there.has(id));
      const doubled = ids.length - there.size;
      assert.deepEqual([lost.length, doubled, rest], [0, 0, { doubledMatches: 0, doubledSeqs: 0, oneSided: 0 }]);
      assert.deepEqual([ids.filter((id) => !hubs.sent.has(id)), hubs.odd], [[], []]);
      assert.equal(hubs.answered.size, hubs.sent.size, 'everything that was sent was answered in the end');
      const report = {
        ...{ isStalled, acknowledged: hubs.answered.size, lost: lost.length, doubled, promoted },
        ...{ recovered: hubs.recoveredSeconds, retried: hubs.refusals },
      };
      const file = process.env.KINDRED_FAILOVER_REPORT;
      if (file) appendFileSync(file, `${JSON.stringify(report)}\n`);
      for (const { child, output } of endpoints) {
        assert.equal(child.exitCode, null, `an endpoint ended by itself: ${output}`);
        assert.doesNotMatch(output, new RegExp(PostgresServer.password));
        assert.ok((output.match(/PostgreSQL is away/g) ?? []).length <= 3, `told again and again: ${output}`);
      }
    });
  }
});
