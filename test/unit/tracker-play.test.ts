import assert from 'node:assert/strict';
import { Picture } from '../../activities/index.js';
import { parseReading, type Reading } from '../../vocabulary/index.js';
import { at, Run, say, T0 } from '../support/tracker.js';

/** Three minutes at 2 kW and two of quiet, read in one play that is dated from a second on and played at once. */
function play(run: Run, name: string | undefined, from: number, until = 300): Run {
  for (let s = 0; s <= until; s += 10) {
    run.feed(at(from + s, { power: s < 180 ? 2000 : 0 }, name ? { play: name } : {}, 1000 + s / 100));
    run.feed({ type: 'tick', now: (run.state.at as number) + 5000 });
  }
  return run;
}
const seconds = (instant: string | undefined) => (Date.parse(instant ?? '') - T0) / 1000;

describe('a recording that is played again', () => {
  it('tells the same activity each time, at the times that its play is dated', () => {
    const run = new Run();
    for (const [name, from] of Object.entries({ one: 0, two: 40, three: -500, four: 5000 })) {
      run.told = [];
      play(run, name, from);
      assert.deepEqual(
        run.activities.map(({ state }) => state),
        ['started', 'ongoing', 'ongoing', 'ongoing', 'finished'],
      );
      assert.deepEqual([seconds(run.last.startedAt), seconds(run.last.endedAt)], [from, from + 170]);
      assert.deepEqual(run.last.parameters.energy, { total: 0.0944 });
    }
    assert.equal(new Set(run.state.past?.map(({ id }) => id)).size, 0);
  });

  it('ends what an earlier play left open where that was seen last', () => {
    const run = play(new Run(), 'one', 0, 100);
    run.told = [];
    play(run, 'two', 30, 0);
    const [ended, begun] = run.activities;
    assert.deepEqual([ended?.id, ended?.state, seconds(ended?.endedAt)], ['id-1', 'finished', 100]);
    assert.deepEqual([begun?.id, begun?.state, seconds(begun?.startedAt)], ['id-2', 'started', 30]);
  });

  it('ends what was begun by hand during an earlier play', () => {
    const run = new Run({ recognisers: [] }).feed(at(0, { power: 1 }, { play: 'one' }), say('start', 5));
    run.feed(at(-60, { power: 1 }, { play: 'two' }));
    assert.deepEqual([run.last.state, seconds(run.last.startedAt)], ['finished', 5]);
  });

  it('brings back what was none in an earlier play as long as it was, though nothing has gone on since', () => {
    const run = play(new Run(), 'one', 0, 100);
    run.feed({ type: 'correct', correction: { what: 'none', id: 'id-1' }, now: run.state.at as number });
    for (let s = 0; s < 60; s += 10) run.feed(at(40 + s, { power: 0 }, { play: 'two' }, 1010 + s / 100));
    run.feed({ type: 'correct', correction: { what: 'undo' }, now: run.state.at as number });
    run.feed(at(110, { power: 0 }, { play: 'two' }, 1012));
    assert.deepEqual([run.last.id, run.last.state, run.last.seconds], ['id-1', 'finished', 100]);
    assert.deepEqual([seconds(run.last.startedAt), seconds(run.last.endedAt)], [0, 100]);
  });

  it('leaves an activity of an earlier play its times when it is corrected', () => {
    const run = play(new Run(), 'one', 0);
    play(run, 'two', 40, 0);
    run.feed({ type: 'correct', correction: { what: 'none', id: 'id-2' }, now: run.state.at as number });
    const times = { startedAt: T0 + 10_000, endedAt: T0 + 90_000 };
    run.feed({ type: 'correct', correction: { what: 'times', id: 'id-1', ...times }, now: run.state.at as number });
    assert.equal(run.problem, undefined);
    assert.deepEqual([seconds(run.last.startedAt), seconds(run.last.endedAt)], [10, 90]);
    run.feed({ type: 'correct', correction: { what: 'undo' }, now: run.state.at as number });
    assert.deepEqual([run.last.id, seconds(run.last.startedAt), seconds(run.last.endedAt)], ['id-1', 0, 170]);
  });

  it('is followed by a live appliance on the clock that it has', () => {
    const run = play(new Run(), 'one', 500);
    play(run, undefined, 100);
    assert.deepEqual([run.last.state, seconds(run.last.startedAt)], ['finished', 100]);
    assert.equal(run.state.play, undefined);
  });

  it('has a picture for itself where it is dated into what was shown before', () => {
    const picture = new Picture({ id: 'kettle', name: 'Kettle', profile: 'tasmota' });
    const run = new Run();
    const feed = (from: number, name: string) => {
      for (let s = from; s < from + 50; s += 10) {
        const input = at(s, { power: 2000 }, { play: name });
        if (input.type === 'reading') picture.note(input.reading);
        run.told = [];
        run.feed(input);
        for (const told of run.told) picture.hear(told);
      }
      const { lines, runs } = Picture.from(picture.view()).view();
      return [lines[0]?.spans.map(([first]) => (first - T0) / 1000), runs.map(({ id }) => id)];
    };
    assert.deepEqual(feed(0, 'one'), [[0, 10, 20, 30, 40], ['id-1']]);
    assert.deepEqual(feed(20, 'two'), [[20, 30, 40, 50, 60], ['id-2']]);
    assert.deepEqual(feed(500, 'three').at(-1), ['id-2', 'id-3']);
  });

  it('says in its readings which play they are of', () => {
    const reading = { appliance: { id: 'a' }, at: '2026-11-22T08:41:07Z', parameters: { power: 1 } };
    const parsed = (play: unknown) => parseReading({ ...reading, play }) as { value: Reading };
    assert.equal(parsed('one').value.play, 'one');
    for (const play of ['', 7, {}, 'x'.repeat(300)]) assert.equal('play' in parsed(play).value, false);
  });
});
