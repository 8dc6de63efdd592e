import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import type { PostgresServer } from '../../support/postgres.js';
import { House, HUBS, type Scenario, waitFor } from './house.js';

const AWAY = '503 with `unavailable`, then an answer; hubs send again what was not answered';

/** Does something to the standby. @returns what undoes that */
type Before = (standby: PostgresServer, house: House) => Promise<() => void | Promise<void>>;

/** The primary dies under load, and the standby takes over. */
function primaryDies(before?: Before): Scenario['run'] {
  return async (cleanup) => {
    const house = await House.open(cleanup, { endpoints: 4, isPair: true });
    const standby = house.standby as PostgresServer;
    const outcome = await house.broken(async (isBroken) => {
      const undo = await before?.(standby, house);
      await house.primary.crash();
      isBroken();
      await undo?.();
      await standby.promote();
    });
    assert.equal(await house.oddMatches(standby), 0);
    return outcome;
  };
}

const stall: Before = async (standby, house) => {
  standby.stall(true);
  await wait(1500);
  const answers = house.answers;
  await wait(500);
  assert.equal(house.answers, answers, 'while the standby stands still nothing is answered');
  return () => standby.stall(false);
};

/** Until hubs have been told to come back and have: what they sent the first time is at the primary, and nowhere else. */
const lose: Before = async (standby, house) => {
  const refusals = (): number => house.ledger.statuses.get(503) ?? 0;
  const before = refusals();
  await standby.crash();
  await waitFor('that hubs are told to come back', () => refusals() > before);
  const answers = house.answers;
  await waitFor('that some have, and are told again', () => refusals() > before + HUBS);
  assert.equal(house.answers, answers, 'while the standby is away nothing is answered');
  return () => standby.resume();
};

export const SERVERS: readonly Scenario[] = [
  {
    name: 'the primary, `kill -9`; its standby is promoted',
    sees: AWAY,
    cure: 'promote (by hand, or a manager such as Patroni does); keep the old primary down',
    run: primaryDies(),
  },
  {
    name: 'the same, the standby stopped (SIGSTOP) for 2 s under load before',
    sees: 'nothing is answered while it stands still; then the same',
    cure: 'the same',
    run: primaryDies(stall),
  },
  {
    name: 'the same, the standby killed before, until hubs have come back in vain',
    sees: 'nothing is answered while it is away; then the same',
    cure: 'start the standby, and promote it; keep the old primary down',
    run: primaryDies(lose),
  },
  {
    name: 'the primary, `kill -9`, without a standby; it is started again',
    sees: AWAY,
    cure: 'nothing: whatever supervises it starts it',
    run: async (cleanup) => {
      const house = await House.open(cleanup);
      const outcome = await house.broken(async (isBroken) => {
        await house.primary.crash();
        isBroken();
        await house.primary.resume();
      });
      assert.equal(await house.oddMatches(house.primary), 0);
      return outcome;
    },
  },
  {
    name: 'the standby alone, stopped until hubs are told to come back',
    sees: 'publishes wait, then 503 after 15 s; hubs keep them',
    cure: 'start it, or take it out of `synchronous_standby_names`',
    run: async (cleanup) => {
      const house = await House.open(cleanup, { isPair: true });
      return await house.broken(async () => {
        const refusals = (): number => house.ledger.statuses.get(503) ?? 0;
        const before = refusals();
        house.standby?.stall(true);
        const hubs = waitFor('that hubs are told to come back', () => refusals() > before);
        const [health] = await Promise.all([fetch(`${house.url()}/healthz`), hubs]);
        assert.equal(health.status, 503, 'nothing can be stored, and that is said');
        house.standby?.stall(false);
      });
    },
  },
  {
    name: 'all connections to the primary, cut under load',
    sees: 'an answer: it is asked again over a new connection',
    cure: 'nothing',
    run: async (cleanup) => {
      const house = await House.open(cleanup);
      return await house.broken(async () => {
        const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kindred-endpoint'`;
        assert.ok((await house.primary.query(cut)).length > 0);
      });
    },
  },
  {
    name: 'an endpoint process, `kill -9`',
    sees: 'its connections end, and other endpoints answer',
    cure: 'nothing: whatever supervises it starts it',
    run: async (cleanup) => {
      const house = await House.open(cleanup, { endpoints: 3 });
      return await house.broken(() => house.lose());
    },
  },
];
