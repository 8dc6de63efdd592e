import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { PoolClient } from 'pg';
import { ANSWER_MS, ask } from '../../matching/server/store/postgres/servers.js';

describe('asking PostgreSQL one thing', () => {
  type Done = (error: Error | null, result?: unknown) => void;
  const clientThat = (does: (done: Done) => void): PoolClient =>
    ({ query: (_query: unknown, done: Done) => does(done) }) as unknown as PoolClient;

  /** Those that wait for an answer. */
  let timers: Set<NodeJS.Timeout>;
  /** How many there were. */
  let count: number;
  beforeEach(() => {
    timers = new Set();
    count = 0;
    const [start, stop] = [setTimeout, clearTimeout];
    mock.method(globalThis, 'setTimeout', (work: () => void, ms: number) => {
      const timer = start(work, ms);
      if (ms === ANSWER_MS) count = timers.add(timer).size;
      return timer;
    });
    mock.method(globalThis, 'clearTimeout', (timer: NodeJS.Timeout) => {
      timers.delete(timer);
      stop(timer);
    });
  });
  afterEach(() => {
    mock.restoreAll();
    for (const timer of timers) clearTimeout(timer);
  });
  const assertNoneWaits = (): void => assert.deepEqual([count, timers.size], [1, 0]);

  const failure = new Error('no way');
  const ways: [way: string, does: (done: Done) => void][] = [
    ['later', (done) => setImmediate(done, failure)],
    ['at once', (done) => done(failure)],
    [
      'by throwing',
      () => {
        throw failure;
      },
    ],
  ];
  for (const [way, does] of ways) {
    it(`waits no longer once it has failed, ${way}`, async () => {
      await assert.rejects(ask(clientThat(does), 'SELECT 1'), failure);
      assertNoneWaits();
    });
  }

  it('waits no longer once there is an answer', async () => {
    const answer = { rows: [] };
    assert.equal(
      await ask(
        clientThat((done) => setImmediate(done, null, answer)),
        'SELECT 1',
      ),
      answer,
    );
    assertNoneWaits();
  });
});
