import assert from 'node:assert/strict';
import type { Node } from 'node-red';
import type { FeedState } from '../../nodes/kindred-account/feed.js';
import { streamStatus } from '../../nodes/kindred-account/stream-status.js';
import type { Voice } from '../../nodes/shared/voice.js';

describe('why the stream of an account is not there', () => {
  let told: unknown[];
  let show: (state: FeedState) => void;
  beforeEach(() => {
    told = [];
    const node = { error: (text: unknown) => told.push(text) } as unknown as Node;
    const voice = { show: () => {} } as unknown as Voice;
    const toldOf = (problem: unknown) => ({ status: 'down', text: (problem as Error).message });
    show = streamStatus({ node, voice, open: 'watching', waiting: 'down', told: toldOf });
  });

  const problem = new Error('nobody is there');
  const waiting = { state: 'waiting', problem, ms: 1000 } as unknown as FeedState;

  it('is not told of what is mended with the next try, as at each Deploy', () => {
    for (const state of [waiting, { state: 'open' }, waiting, { state: 'connecting' }, { state: 'open' }]) {
      show(state as FeedState);
    }
    assert.deepEqual(told, []);
  });

  it('is told once of what lasts', () => {
    for (const state of [waiting, waiting, waiting]) show(state);
    assert.deepEqual(told, ['nobody is there']);
  });

  it('is told at once where trying again is no use', () => {
    show({ state: 'ended', problem } as FeedState);
    assert.deepEqual(told, ['nobody is there']);
  });
});
