import assert from 'node:assert/strict';
import type { Share } from '../../sharing/index.js';
import { kindred } from '../../sharing/targets/kindred.js';

const SHARE: Share = {
  id: '1',
  key: '1',
  moment: 'activity',
  text: '',
  activity: { id: '0198c2f4-7d1e-7b3a-9c55-0d4a6e1f2b3c' } as Share['activity'],
  createdAt: 0,
};

/** Lets every promise that is settled be told so: a rejection that nobody waits for ends the test run. */
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

describe('the kindred target', () => {
  it('does not publish when the try is over before it has begun', async () => {
    let calls = 0;
    const client = {
      publish: () => {
        calls++;
        return Promise.reject(new Error('aborted'));
      },
    };
    const outcome = await kindred.send(SHARE, { signal: AbortSignal.abort(), credentials: { client } });
    await turn();
    assert.equal(outcome.outcome, 'unknown');
    assert.equal(calls, 0);
  });

  it('leaves no rejection behind when it is aborted while the endpoint answers', async () => {
    const abort = new AbortController();
    let fail: (error: Error) => void = () => {};
    const client = { publish: () => new Promise<never>((_, reject) => (fail = reject)) };
    const sending = kindred.send(SHARE, { signal: abort.signal, credentials: { client } });
    await turn();
    abort.abort();
    fail(new Error('aborted'));
    assert.equal((await sending).outcome, 'unknown');
    await turn();
  });

  it('rests for an hour at most, however long the endpoint asks for', async () => {
    for (const [retryAfterSeconds, retryAfterMs] of [
      [17, 17_000],
      [1e9, 3_600_000],
    ] as const) {
      const problem = Object.assign(new Error('later'), { kind: 'busy', status: 503, retryAfterSeconds });
      const client = { publish: () => Promise.reject(problem) };
      const outcome = await kindred.send(SHARE, { signal: new AbortController().signal, credentials: { client } });
      const reason = { key: 'endpoint', values: { problem: 'later' } };
      assert.deepEqual(outcome, { outcome: 'failed', permanent: 'no', reason, status: 503, retryAfterMs });
    }
  });
});
