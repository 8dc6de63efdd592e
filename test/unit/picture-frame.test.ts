import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { ROOT } from '../support/node-red.js';

interface Frames {
  frameOf(view: object, everything: boolean, now: number): { from: number; to: number };
  hasMore(view: object, now: number): boolean;
}

const NOW = Date.UTC(2026, 10, 22, 12);
const MINUTE = 60_000;

describe('what the picture shows', () => {
  const window: { kindredPicture?: Frames } = {};
  runInNewContext(readFileSync(join(ROOT, 'resources', 'recognition-picture.js'), 'utf8'), { window });
  const { frameOf, hasMore } = window.kindredPicture as Frames;

  /** In minutes before now. */
  function shown(view: object, everything = false) {
    const { from, to } = frameOf({ lines: [], words: [], runs: [], ...view }, everything, NOW);
    return [(from - NOW) / MINUTE, (to - NOW) / MINUTE];
  }
  const run = (id: string, startedAt: number, endedAt: number, state = 'finished') => {
    return { id, state, startedAt: NOW + startedAt * MINUTE, endedAt: NOW + endedAt * MINUTE };
  };
  const power = (...times: number[]) => {
    return { lines: [{ spans: times.map((at) => [NOW + at * MINUTE, NOW + at * MINUTE, 0, 1]) }] };
  };

  it('is of what was said and recognised where nothing is measured', () => {
    const words = [-120, -60].map((at) => ({ at: NOW + at * MINUTE, state: 'Run' }));
    assert.deepEqual(shown({ words }), [-120, -59]);
    const view = { lines: [], words, runs: [run('a', -150, -100), run('b', -90, -80)] };
    assert.deepEqual(shown(view, true), [-150, -59]);
    assert.ok(hasMore(view, NOW));
    const justSaid = [{ at: NOW - 0.5 * MINUTE, state: 'Run' }];
    assert.deepEqual(shown({ words: justSaid, runs: [run('a', -8, -1, 'ongoing')] }), [-9.75, 0]);
  });

  it('is the run that can be corrected, not one that was taken back since', () => {
    const runs = [run('a', -100, -90), run('b', -50, -40, 'discarded')];
    const view = { ...power(-200, 0), runs };
    assert.deepEqual(shown({ ...view, correctable: 'a' }), [-102.5, -87.5]);
    assert.deepEqual(shown(view), [-52.5, -37.5]);
    assert.deepEqual(shown({ ...view, runs: [run('b', -50, -40, 'ongoing')] }), [-52.5, 0]);
  });
});
