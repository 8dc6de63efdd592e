import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { type Balance, Ledger } from '../../endpoint/ledger.js';
import type { Cleanup } from '../../endpoint/support.js';
import { PostgresServer } from '../../support/postgres.js';
import { EndpointProcess } from '../endpoints.js';

/** What came of breaking something. */
export interface Outcome {
  /** Of activities, or of events where only those were at stake. */
  balance: Pick<Balance, 'acknowledged'> & Record<'lost' | 'doubled', number>;
  /** From the end of what was wrong until there was an answer, or the event, again. */
  seconds: number;
}

export interface Scenario {
  /** What fails. */
  name: string;
  /** What a hub sees of it. */
  sees: string;
  /** What the operator does. */
  cure: string;
  run(cleanup: Cleanup): Promise<Outcome>;
}

/** Hubs that publish at a time. */
export const HUBS = 24;
const GIVE_UP_MS = 90_000;

/** @throws Error when it does not come about for a long time */
export async function waitFor(what: string, test: () => boolean | Promise<boolean>): Promise<void> {
  for (const begun = Date.now(); !(await test()); await wait(10)) {
    if (Date.now() - begun > GIVE_UP_MS) throw new Error(`${what} does not come about`);
  }
}

/** Endpoint processes over a primary, with or without a standby that each answer waits for, and hubs that keep account. */
export class House {
  readonly ledger = new Ledger();
  readonly #alive: EndpointProcess[] = [];
  #turn = 0;

  private constructor(
    readonly cleanup: Cleanup,
    readonly primary: PostgresServer,
    readonly standby: PostgresServer | undefined,
    readonly address: string,
  ) {}

  static async open(cleanup: Cleanup, { endpoints = 2, isPair = false } = {}): Promise<House> {
    const primary = await PostgresServer.start();
    cleanup.add(() => primary.stop());
    const standby = isPair ? await follow(cleanup, primary) : undefined;
    const hosts = [primary, standby].flatMap((server) => (server ? [`127.0.0.1:${server.port}`] : []));
    const house = new House(cleanup, primary, standby, primary.address('kindred', hosts.join()));
    await house.serve(endpoints);
    await house.ledger.join(house.url(), 12);
    return house;
  }

  async serve(endpoints: number): Promise<void> {
    const started = Array.from({ length: endpoints }, () => EndpointProcess.start(this.cleanup, this.address));
    this.#alive.push(...(await Promise.all(started)));
  }

  /** One endpoint after the other, of those that live. */
  url = (): string => (this.#alive[this.#turn++ % this.#alive.length] as EndpointProcess).url;

  /** Kills an endpoint. */
  async lose(): Promise<void> {
    await this.#alive.shift()?.kill();
  }

  /** How often hubs were answered with success. */
  get answers(): number {
    return [200, 201].reduce((sum, status) => sum + (this.ledger.statuses.get(status) ?? 0), 0);
  }

  async answered(more: number): Promise<void> {
    const goal = this.answers + more;
    await waitFor(`that ${more} more are answered`, () => this.answers >= goal);
  }

  /**
   * Breaks something under load, and goes on for a while. @param breaking says when it is broken, from which hubs wait; they
   * wait from when it has returned if it does not
   */
  async broken(breaking: (isBroken: () => void) => Promise<void>): Promise<Outcome> {
    let isOver = false;
    const load = this.ledger.load(this.url, () => isOver, HUBS);
    load.catch(() => {});
    let waiting: Promise<number> | undefined;
    const isBroken = (): void => {
      waiting ??= this.#secondsToGoOn();
      waiting.catch(() => {});
    };
    try {
      await this.answered(200);
      await breaking(isBroken);
      isBroken();
      const seconds = (await waiting) as number;
      await this.answered(200);
      isOver = true;
      await load;
      return { balance: await this.balance(), seconds };
    } finally {
      isOver = true;
    }
  }

  async #secondsToGoOn(): Promise<number> {
    const begun = performance.now();
    await this.answered(1);
    return (performance.now() - begun) / 1000;
  }

  async balance(): Promise<Outcome['balance']> {
    const { acknowledged, lost, doubled, invented } = await this.ledger.balance(this.url());
    assert.deepEqual(invented, [], 'something is there that nobody sent');
    const odd = [...this.ledger.statuses.keys()].filter((status) => ![0, 200, 201, 503].includes(status));
    assert.deepEqual(odd, [], 'hubs were answered what they do not expect');
    for (const { child, output } of this.#alive) {
      assert.equal(child.exitCode, null, `an endpoint ended by itself: ${output}`);
      assert.doesNotMatch(output, new RegExp(PostgresServer.password));
      assert.ok((output.match(/PostgreSQL is away/g) ?? []).length <= 4, `told again and again: ${output}`);
    }
    return { acknowledged, lost: lost.length, doubled: doubled.length };
  }

  /** Matches that only one side has, or one side has twice. */
  async oddMatches(server: PostgresServer): Promise<number> {
    const [row] = await server.query<{ odd: string }>(
      `SELECT (SELECT count(*) FROM kindred.match m WHERE NOT EXISTS (SELECT 1 FROM kindred.match o
           WHERE o.user_key = m.other AND o.mine = m.theirs AND o.other = m.user_key AND o.theirs = m.mine))
         + (SELECT count(*) FROM (SELECT 1 FROM kindred.match GROUP BY user_key, seq HAVING count(*) > 1) AS twice) AS odd`,
    );
    return Number(row?.odd);
  }
}

async function follow(cleanup: Cleanup, primary: PostgresServer): Promise<PostgresServer> {
  const standby = await PostgresServer.follow(primary, 'standby');
  cleanup.add(() => {
    // Who stands still does not end.
    standby.stall(false);
    return standby.stop();
  });
  await primary.query("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (standby)'");
  await primary.query('SELECT pg_reload_conf()');
  await waitFor('a synchronous standby', async () => {
    const rows = await primary.query<{ sync_state: string }>('SELECT sync_state FROM pg_stat_replication');
    return rows.some(({ sync_state }) => sync_state === 'quorum' || sync_state === 'sync');
  });
  return standby;
}
