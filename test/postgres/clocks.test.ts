import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { Refusal } from '../../matching/server/refusal.js';
import { localDay } from '../../matching/server/rules/features/local-time.js';
import { Database } from '../../matching/server/store/postgres/database.js';
import { Features } from '../../matching/server/store/postgres/features.js';
import { Feed } from '../../matching/server/store/postgres/feed.js';
import { Hints } from '../../matching/server/store/postgres/hints.js';
import type { Servers } from '../../matching/server/store/postgres/servers.js';
import type { Topics } from '../../matching/server/store/postgres/topics.js';
import { Cleanup, until } from '../endpoint/support.js';

const HOUR_MS = 3_600_000;

describe('a PostgreSQL store on a machine whose clock is set back', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  /** The clock on the wall is an hour behind from now on, and so much time goes by. */
  function setBack(ms: number): void {
    const [wall, going] = [Date.now(), performance.now()];
    mock.method(Date, 'now', () => wall - HOUR_MS);
    mock.method(performance, 'now', () => going + ms);
    cleanup.add(() => mock.restoreAll());
  }

  it('goes on showing that it is there, so that others do not take it for dead', async () => {
    let shown = 0;
    const run = async (sql: string): Promise<number> => {
      if (sql.startsWith('UPDATE api SET seen')) shown++;
      return 1;
    };
    const feed = new Feed({ run, all: async () => [] } as unknown as Database, new Hints(undefined));
    cleanup.add(() => feed.close());
    feed.follow('anna');
    await until(() => shown === 1);
    setBack(11_000);
    await until(() => shown === 2);
  });

  it('tells again that it is away', async () => {
    const connect = (): Promise<never> => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
    const db = new Database({ connect, end: async () => {} } as unknown as Servers, []);
    await assert.rejects(db.run('SELECT 1'), /PostgreSQL is away/);
    await assert.rejects(db.run('SELECT 1'), Refusal);
    setBack(11_000);
    await assert.rejects(db.run('SELECT 1'), /PostgreSQL is away/);
  });

  it('counts a large crowd anew after a minute', async () => {
    const caller = { key: 1, discoverable: true, cell: null };
    const crowd = Array.from({ length: 2001 }, (_, index) => ({
      ...{ user_key: index + 1, days: Buffer.alloc(0), cell: null, discoverable: true },
    }));
    let counted = 0;
    const all = async (sql: string, _topic: number, last: number): Promise<object[]> => {
      if (!sql.includes('LIMIT 10000')) return [];
      if (last > 0) return [];
      counted++;
      return crowd;
    };
    const get = async (sql: string): Promise<object | undefined> => (sql.includes('FROM users') ? caller : undefined);
    const topics = { find: async () => 1 };
    const features = new Features({ all, get } as unknown as Database, topics as unknown as Topics);
    const now = Date.now();
    const question = {
      ...{ activity: 'coffee', measures: ['count'] as const, period: 'week' as const, among: ['everyone'] as const },
      ...{ timeZone: 'UTC', today: localDay('UTC', now) },
    };
    const ask = () => features.ranks({ credential: new Uint8Array(), now, question });
    await ask();
    await ask();
    assert.equal(counted, 1);
    setBack(61_000);
    await ask();
    assert.equal(counted, 2);
  });
});
