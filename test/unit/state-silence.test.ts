import assert from 'node:assert/strict';
import { type Recogniser, stateRecogniser } from '../../activities/index.js';
import { listen, type Said } from '../support/readings.js';
import { at, Run, T0, tick } from '../support/tracker.js';

const HOUR = 3600;

/** What is told of an appliance that says this, with a tick every minute until long after. */
function told(said: readonly Said[], recogniser = stateRecogniser(false), until = 10 * HOUR): Run {
  const run = new Run({ recognisers: [recogniser as Recogniser<unknown>] });
  said.forEach(([t, parameters], index) => {
    run.feed(at(t, parameters));
    for (let s = t + 60; s < (said[index + 1]?.[0] ?? until); s += 60) run.feed(tick(s));
  });
  return run;
}

/** Of each activity, when it began and ended, in seconds. */
function spans({ activities }: Run): [number, number][] {
  return activities.flatMap(({ state, startedAt, endedAt = '' }): [number, number][] =>
    state === 'finished' ? [[(Date.parse(startedAt) - T0) / 1000, (Date.parse(endedAt) - T0) / 1000]] : [],
  );
}

/** It says the same every so many seconds. */
function every(seconds: number, from: number, to: number, state: string): Said[] {
  return Array.from({ length: Math.ceil((to - from) / seconds) }, (_, i): Said => [from + seconds * i, { state }]);
}

describe('an appliance that speaks only when it has something new to say', () => {
  const ready: Said = [0, { state: 'Ready' }];
  const runs: Said = [60, { state: 'Run' }];
  const finished: Said = [7260, { state: 'Finished' }];

  it('works on in silence: a programme of two hours is one activity of two hours', () => {
    const run = told([ready, runs, finished]);
    assert.deepEqual(spans(run), [[60, 7260]]);
    assert.equal(run.last.seconds, 7200);
    const ongoing = run.activities.filter(({ state }) => state === 'ongoing').map(({ seconds }) => seconds);
    assert.deepEqual([ongoing[0], ongoing[59], ongoing.at(-1)], [60, 3600, 7200], 'and says so while it goes on');
  });

  it('and says it once more after a restart of the hub, or in several messages at once', () => {
    const again = [61, 62, 63, 1500, 1501].map((t): Said => [t, { state: 'Run' }]);
    assert.deepEqual(spans(told([ready, runs, ...again, finished])), [[60, 7260]]);
  });

  it('ends some hours after it lost its power, with its last word, and a later word begins nothing', () => {
    const run = told([ready, runs, [9 * HOUR, { state: 'Ready' }]]);
    assert.deepEqual(spans(run), [[60, 60]]);
    const open = run.activities.filter(({ state }) => state === 'ongoing').length;
    assert.ok(open > 5 * 60 && open <= 6 * 60, `${open} minutes`);
  });

  it('that goes on reporting while it works is off after half an hour of silence', () => {
    const run = told([ready, ...every(10, 60, 240, 'heating'), [3 * HOUR, { state: 'idle' }]]);
    assert.deepEqual(spans(run), [[60, 230]]);
  });

  it('that reports every ten minutes while it works is off after four of them', () => {
    const slow = every(600, 60, 7200, 'Run');
    assert.deepEqual(spans(told([ready, ...slow, [6660 + 2300, { state: 'Finished' }]])), [[60, 8960]]);
    assert.deepEqual(spans(told([ready, ...slow, [6660 + HOUR, { state: 'Finished' }]])), [[60, 6660]]);
  });

  describe('whose broker was away', () => {
    /** What it says, and what the broker delivers of that as a stored copy, with a tick every minute. */
    const hears = (said: readonly (readonly [t: number, state: string, stored?: true])[], until: number) => {
      const run = new Run({ recognisers: [stateRecogniser(false) as Recogniser<unknown>] });
      said.forEach(([t, state, stored], index) => {
        run.feed(at(t, { state }, stored ? { retained: true } : {}));
        for (let s = t + 60; s < (said[index + 1]?.[0] ?? until); s += 60) run.feed(tick(s));
      });
      return run;
    };
    const began = [
      [0, 'Ready'],
      [60, 'Run'],
    ] as const;

    it('ended when another word than its last is found stored, half an hour after which it is over', () => {
      const run = hears([...began, [3600, 'Finished', true]], 3600 + 1900);
      assert.deepEqual(spans(run), [[60, 3600]]);
      const told = run.activities.filter(({ state }) => state === 'ongoing').map(({ seconds }) => seconds);
      assert.deepEqual(
        told,
        told.toSorted((a, b) => a - b),
        'and it never seems to have gone on for less',
      );
      assert.equal(spans(hears([...began, [3600, 'Finished', true]], 3600 + 1700)).length, 0);
    });

    it('works on when its last word is found stored, or an older one, or it says something itself', () => {
      assert.deepEqual(spans(hears([...began, [3600, 'Run', true], [7260, 'Finished']], 8000)), [[60, 7260]]);
      assert.deepEqual(spans(hears([...began, [50, 'Ready', true], [7260, 'Finished']], 8000)), [[60, 7260]]);
      const goesOn = [...began, [3600, 'spinning', true], [4000, 'Run'], [7260, 'Finished']] as const;
      assert.deepEqual(spans(hears(goesOn, 8000)), [[60, 7260]]);
    });

    it('works on when what is found stored is said at work, too, or was found before', () => {
      const phases = [...began, [600, 'washing', true], [5400, 'rinsing'], [6000, 'Finished']] as const;
      assert.deepEqual(spans(hears(phases, 8000)), [[60, 6000]]);
      const stale = [began[0], [30, 'idle', true], began[1], [600, 'idle', true], [7260, 'Finished']] as const;
      assert.deepEqual(spans(hears(stale, 8000)), [[60, 7260]]);
    });

    it('ended when a word is found stored that the broker kept before it worked, too', () => {
      const kept = [began[0], [30, 'Ready', true], began[1], [3600, 'Ready', true]] as const;
      assert.deepEqual(spans(hears(kept, 3600 + 1900)), [[60, 3600]]);
      assert.deepEqual(spans(hears(kept.slice(1), 3600 + 1900)), [[60, 3600]], 'or before it was ever heard');
      const heard = [began[0], [30, 'idle', true], began[1], [600, 'Run', true], [3600, 'idle', true]] as const;
      assert.deepEqual(spans(hears(heard, 3600 + 1900)), [[60, 3600]], 'or the broker has kept what it said since');
    });

    it('begins nothing by what is found stored', () => {
      assert.deepEqual(
        hears(
          [
            [0, 'Ready'],
            [60, 'Run', true],
          ],
          8000,
        ).activities,
        [],
      );
    });

    it('ends no later than now where clocks differ', () => {
      const run = new Run({ recognisers: [stateRecogniser(false) as Recogniser<unknown>] });
      run.feed(at(0, { state: 'Ready' }), at(60, { state: 'Run' }));
      run.feed(at(99_999, { state: 'Finished' }, { retained: true }, 600), tick(600 + 1900));
      assert.deepEqual(spans(run), [[60, 600]]);
    });
  });

  it('keeps warm in silence: heating a little after an hour of that is nothing new', () => {
    const warm: Said[] = [
      [0, { state: 'idle' }],
      [60, { state: 'heating' }],
      [300, { state: 'keeping warm' }],
      [4200, { state: 'heating' }],
      [4220, { state: 'keeping warm' }],
    ];
    assert.deepEqual(spans(told(warm)), [[60, 300]]);
  });

  it('is forgotten when it was idle, and a pause ends as ever', () => {
    const { state } = listen(stateRecogniser(false), [[0, { state: 'idle' }]], { after: HOUR });
    assert.equal(state.phase, null);
    const paused = told([ready, runs, [600, { state: 'Pause' }], [2 * HOUR, { state: 'Finished' }]]);
    assert.deepEqual(spans(paused), [[60, 600]]);
  });

  it('and is a cup at its target: a drink is forgotten after ninety minutes, as ever', () => {
    const mug: Said[] = [
      [0, { state: 'empty' }],
      [60, { state: 'filling' }],
      [120, { state: 'at target' }],
    ];
    assert.deepEqual(spans(told([...mug, [3000, { state: 'empty' }]], stateRecogniser(true))), [[60, 3000]]);
    const run = told(mug, stateRecogniser(true));
    assert.deepEqual(spans(run), [[60, 120]]);
  });
});
