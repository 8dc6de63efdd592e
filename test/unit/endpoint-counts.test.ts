import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { Counts } from '../../nodes/matching-endpoint/counts.js';
import { Scope } from '../../nodes/shared/scope.js';

/** Longer than counting at once takes, and much shorter than the pause after a count. */
const AT_ONCE_MS = 300;

describe('the counts in an endpoint’s status', () => {
  let scope: Scope;
  let shown: (number | 'trouble')[];
  let users: number | undefined;
  beforeEach(() => {
    scope = new Scope();
    shown = [];
    users = 1;
  });
  afterEach(() => scope.close());

  function counting(takes: () => Promise<unknown> = () => Promise.resolve()): Counts {
    const counts = async () => {
      const found = users;
      await takes();
      if (found === undefined) throw new Error('away');
      return { users: found, live: 0 };
    };
    return new Counts(
      { counts },
      scope,
      (found) => shown.push(found.users),
      () => shown.push('trouble'),
    );
  }

  it('tell at once that the store stopped, and that it is back', async () => {
    const counts = counting();
    await wait(AT_ONCE_MS);
    users = undefined;
    counts.turned();
    await wait(AT_ONCE_MS);
    users = 1;
    counts.turned();
    await wait(AT_ONCE_MS);
    assert.deepEqual(shown, [1, 'trouble', 1]);
  });

  it('go on when the clock is set back', async () => {
    const { now } = Date;
    try {
      const counts = counting();
      await wait(AT_ONCE_MS);
      Date.now = () => now() - 3_600_000;
      users = 2;
      counts.changed();
      for (let tries = 0; tries < 200 && shown.length < 2; tries++) await wait(25);
      assert.deepEqual(shown, [1, 2]);
    } finally {
      Date.now = now;
    }
  });

  it('do not miss what happens while they are counted', async () => {
    let finish = (): void => {};
    const counts = counting(() => new Promise<void>((done) => (finish = done)));
    await wait(5);
    users = 2;
    counts.changed();
    finish();
    // Counted again after a hundred times as long as it took.
    for (let tries = 0; tries < 400 && shown.length < 2; tries++) {
      await wait(100);
      finish();
    }
    assert.deepEqual(shown, [1, 2]);
  });
});
