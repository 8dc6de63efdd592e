import assert from 'node:assert/strict';
import type { Event, KindredClient } from '../../matching/client/index.js';
import { EventFeed, type FeedState } from '../../nodes/kindred-account/feed.js';

/** One stream as it was asked for. */
type Asked = Parameters<KindredClient['watch']>[0];

describe('the stream that all nodes of an account share', () => {
  let streams: Asked[];
  let feed: EventFeed;
  beforeEach(() => {
    streams = [];
    const watch = (options: Asked): Promise<void> => {
      streams.push(options);
      return new Promise(() => {});
    };
    feed = new EventFeed(
      () => Promise.resolve({ watch } as unknown as KindredClient),
      () => {},
    );
  });
  afterEach(() => feed.close());

  /** Somebody who follows it: which events came, and where they would go on after a restart. */
  function follower(after: string | undefined) {
    const seen: { events: string[]; saved: string | undefined } = { events: [], saved: after };
    feed.add({
      after,
      onEvent: ({ id }) => {
        seen.events.push(id);
        seen.saved = id;
      },
      onState: (state: FeedState) => {
        if (state.state === 'open' && state.lastEventId) seen.saved = state.lastEventId;
      },
    });
    return seen;
  }
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const last = (): Asked => streams.at(-1) ?? assert.fail('nobody asked for a stream');
  const opens = (lastEventId: string) => last().onState?.({ state: 'open', lastEventId });
  const brings = (...ids: number[]) => {
    for (const id of ids) last().onEvent({ id: String(id), type: 'match' } as Event);
  };

  it('leaves each where it was when one that is behind opens it anew, also where it breaks meanwhile', async () => {
    const ahead = follower('50');
    await settled();
    opens('50');
    const behind = follower('10');
    await settled();
    assert.equal(last().lastEventId, '10');
    opens('10');
    brings(11, 12);
    opens('12');
    assert.deepEqual(
      [ahead, behind],
      [
        { events: [], saved: '50' },
        { events: ['11', '12'], saved: '12' },
      ],
    );
    brings(50, 51);
    assert.deepEqual([ahead.events, behind.events.at(-1)], [['51'], '51']);
  });

  describe('begins now for who has no place to go on from', () => {
    it('also beside one that is behind', async () => {
      const behind = follower('10');
      const newcomer = follower(undefined);
      await settled();
      assert.equal(last().lastEventId, undefined);
      brings(50);
      opens('50');
      await settled();
      assert.equal(last().lastEventId, '10');
      opens('10');
      assert.deepEqual([behind.saved, newcomer.saved], ['10', '50']);
      brings(11, 50, 51);
      assert.deepEqual([behind.events, newcomer.events], [['11', '50', '51'], ['51']]);
    });

    it('also while one that is behind is told of what was before', async () => {
      const behind = follower('10');
      await settled();
      opens('10');
      brings(11);
      const newcomer = follower(undefined);
      await settled();
      assert.equal(last().lastEventId, undefined);
      opens('50');
      await settled();
      assert.equal(last().lastEventId, '11');
      opens('11');
      brings(12, 51);
      assert.deepEqual([behind.events, newcomer.events], [['11', '12', '51'], ['51']]);
    });

    it('also where an old store was put back, of which another one is told all', async () => {
      const follows = follower('50');
      const newcomer = follower(undefined);
      await settled();
      opens('20');
      await settled();
      assert.equal(last().lastEventId, '0');
      opens('0');
      brings(20, 21);
      assert.deepEqual([follows.events, newcomer.events], [['20', '21'], ['21']]);
    });

    it('with one stream where nobody has a place', async () => {
      const first = follower(undefined);
      const second = follower(undefined);
      await settled();
      opens('50');
      assert.deepEqual([streams.length, first.saved, second.saved], [1, '50', '50']);
    });
  });

  it('is asked for again after a Deploy, where it had ended', async () => {
    const states: string[] = [];
    const asked = new Promise<void>((resolve) => {
      let count = 0;
      const refused = new EventFeed(
        async () => {
          if (++count > 1) resolve();
          throw new Error('refused');
        },
        () => {},
      );
      refused.add({ onEvent: () => {}, onState: ({ state }) => states.push(state) });
      refused.hold(1);
    });
    await asked;
    assert.deepEqual(states, ['ended']);
  });

  it('tells what comes from an endpoint that counts anew, because an old store was put back', async () => {
    const follows = follower('50');
    await settled();
    opens('20');
    assert.equal(follows.saved, '20');
    brings(21);
    assert.deepEqual(follows.events, ['21']);
  });
});
