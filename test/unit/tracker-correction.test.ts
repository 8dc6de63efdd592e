import assert from 'node:assert/strict';
import fc from 'fast-check';
import { exerciseRecogniser, stateRecogniser } from '../../activities/index.js';
import { powerRecogniser } from '../../activities/power/index.js';
import type { Lesson, Recogniser, RecogniserEvent } from '../../activities/recogniser.js';
import { stepTracker, type TrackerInput } from '../../activities/tracker.js';
import type { Correction } from '../../activities/tracker-correction.js';
import { newId, type ParameterValues } from '../../vocabulary/index.js';
import { announcing, at, boil, OPTIONS, Run, T0, THRESHOLD, tick } from '../support/tracker.js';

const wrong = (correction: Correction, seconds: number): TrackerInput => ({
  type: 'correct',
  correction,
  now: T0 + seconds * 1000,
});
const time = (seconds: number): number => T0 + seconds * 1000;

/** THRESHOLD, writing down what it is taught. */
function learning(): Recogniser<unknown> {
  const taught = (memory: object): Lesson[] => ('lessons' in memory ? (memory.lessons as Lesson[]) : []);
  const keep = (memory: unknown, state: unknown): object => ({
    ...(state as object),
    lessons: taught(memory as object),
  });
  return {
    ...(THRESHOLD as Recogniser<unknown>),
    step: (memory, reading) => {
      const { state, events } = THRESHOLD.step(memory as never, reading);
      return { state: keep(memory, state), events };
    },
    tick: (memory, now) => {
      const { state, events } = THRESHOLD.tick(memory as never, now);
      return { state: keep(memory, state), events };
    },
    learn: (memory, lesson) => ({
      ...(THRESHOLD.initial() as object),
      lessons: [...taught(memory as object), lesson],
    }),
  };
}

function lessons(run: Run): Lesson[] {
  return (run.state.recogniser?.memory as { lessons?: Lesson[] } | undefined)?.lessons ?? [];
}

const STEADY: [name: string, recogniser: Recogniser<unknown>, on: ParameterValues, off: ParameterValues][] = [
  ['a treadmill', exerciseRecogniser(), { speed: 2.8 }, { speed: 0 }],
  ['a kettle that speaks', stateRecogniser(), { state: 'heating' }, { state: 'idle' }],
  ['a kettle', powerRecogniser('kettle'), { power: 2000 }, { power: 0 }],
];

/** What becomes of a run from 20 s to 400 s that is taken for none at 150 s, and that is taken back. */
function takenBack(recogniser: Recogniser<unknown>, on: ParameterValues, off: ParameterValues, undoneAt: number) {
  const run = new Run({ recognisers: [recogniser], everySeconds: 0 });
  for (let s = 0; s < 3000; s += 2) {
    run.feed(at(s, s >= 20 && s < 400 ? on : off), tick(s + 1));
    if (s === 150) run.feed(wrong({ what: 'none', id: 'id-1' }, s));
    if (s === undoneAt) run.feed(wrong({ what: 'undo' }, s));
  }
  assert.deepEqual([run.last.id, run.last.state, run.state.open], ['id-1', 'finished', undefined]);
  return run.last;
}

describe('corrections', () => {
  it('take back what was none, teach it, and bring it back when that was wrong', () => {
    const run = new Run({ recognisers: [learning()], everySeconds: 0 }).feed(at(-10, { power: 0 }), ...boil());
    run.feed(wrong({ what: 'none', id: 'id-1' }, 400));
    assert.deepEqual(run.course, ['id-1 1 started', 'id-1 2 finished', 'id-1 3 discarded']);
    assert.deepEqual(lessons(run), [{ lesson: 'was-none', from: time(0), to: time(170) }]);
    assert.equal(run.state.last, undefined);
    run.feed(wrong({ what: 'undo' }, 410));
    assert.deepEqual(run.course.slice(3), ['id-1 4 finished']);
    assert.equal(run.last.seconds, 170);
    assert.deepEqual(lessons(run), []);
    run.feed(wrong({ what: 'undo' }, 420));
    assert.equal(run.problem, 'nothing-to-undo');
  });

  it('end what goes on and was none: the recogniser neither finishes nor resumes it', () => {
    for (const recognisers of [[learning()], [THRESHOLD as Recogniser<unknown>]]) {
      const run = new Run({ recognisers, everySeconds: 0 }).feed(at(0, { power: 2000 }), at(10, { power: 2000 }));
      run.feed(wrong({ what: 'none', id: 'id-1' }, 15), at(20, { power: 0 }), tick(100), tick(200));
      assert.deepEqual(run.course, ['id-1 1 started', 'id-1 2 discarded']);
    }
  });

  it('go on with what goes on after all', () => {
    const run = new Run({ everySeconds: 0 }).feed(at(0, { power: 2000 }), at(10, { power: 2000 }));
    run.feed(wrong({ what: 'none', id: 'id-1' }, 15), wrong({ what: 'undo' }, 16));
    run.feed(at(20, { power: 2000 }), at(30, { power: 0 }), tick(100));
    assert.deepEqual(run.course, ['id-1 1 started', 'id-1 2 discarded', 'id-1 3 ongoing', 'id-1 4 finished']);
    assert.equal(run.last.seconds, 20);
  });

  it('move the last one, with what was measured then', () => {
    const run = new Run({ recognisers: [learning()], everySeconds: 0 }).feed(at(-10, { power: 0 }), ...boil());
    run.feed(wrong({ what: 'times', id: 'id-1', startedAt: time(20), endedAt: time(120) }, 400));
    assert.equal(run.last.state, 'finished');
    assert.equal(run.last.seconds, 100);
    assert.equal(run.last.parameters.energy?.total, 0.0556);
    assert.deepEqual(lessons(run), [
      { lesson: 'was-then', before: { from: time(0), to: time(170) }, from: time(20), to: time(120) },
    ]);
    run.feed(wrong({ what: 'undo' }, 410));
    assert.equal(run.last.seconds, 170);
    assert.equal(run.last.parameters.energy?.total, 0.0944);
  });

  it('add what nobody saw, and take it away again', () => {
    const powers = Array.from({ length: 40 }, (_, index) => at(index * 10, { power: 90 }));
    const run = new Run({ recognisers: [learning()], everySeconds: 0 }).feed(...powers);
    run.feed(wrong({ what: 'missed', startedAt: time(100), endedAt: time(200) }, 400));
    assert.deepEqual(run.course, ['id-1 1 finished']);
    assert.equal(run.last.parameters.power?.mean, 90);
    assert.deepEqual(lessons(run), [{ lesson: 'was-one', from: time(100), to: time(200) }]);
    run.feed(wrong({ what: 'undo' }, 410));
    assert.deepEqual(run.course, ['id-1 1 finished', 'id-1 2 discarded']);
    assert.equal(run.state.last, undefined);
  });

  it('add what was missed before the last one only once', () => {
    const run = new Run({ everySeconds: 0 }).feed(at(0, { power: 0 }), ...boil(1000));
    const missed = { what: 'missed', startedAt: time(100), endedAt: time(200) } as const;
    run.feed(wrong(missed, 1400));
    assert.equal(run.problem, undefined);
    run.feed(wrong({ ...missed, startedAt: time(150) }, 1401));
    assert.equal(run.problem, 'overlaps');
    assert.deepEqual(run.course.slice(-1), ['id-2 1 finished']);
    run.feed(wrong({ what: 'undo' }, 1402), wrong(missed, 1403));
    assert.equal(run.problem, undefined);
  });

  it('take times of the clock that was just set', () => {
    const run = new Run({ everySeconds: 0 }).feed(at(-10, { power: 0 }), ...boil(), { type: 'leap', by: 3_600_000 });
    run.feed(wrong({ what: 'missed', startedAt: time(220 + 3600), endedAt: time(280 + 3600) }, 400));
    assert.equal(run.problem, undefined);
    assert.deepEqual([run.last.startedAt, run.last.seconds], [new Date(time(220)).toISOString(), 60]);
  });

  it('drop the actions that lie outside the new times, until that is taken back', () => {
    const run = new Run({ everySeconds: 0 }).feed(at(0, { power: 2000 }), at(10, { power: 2000, weight: 5 }));
    run.feed(at(50, { power: 2000, weight: 5 }), at(60, { power: 0 }), tick(200));
    run.feed(wrong({ what: 'times', id: 'id-1', startedAt: time(30), endedAt: time(60) }, 210));
    assert.deepEqual(
      run.last.actions.map(({ startedAt }) => Date.parse(startedAt)),
      [time(49)],
    );
    run.feed(wrong({ what: 'undo' }, 220));
    assert.equal(run.last.actions.length, 2);
  });

  it('say why they change nothing', () => {
    const run = new Run({ everySeconds: 0 }).feed(at(-10, { power: 0 }), ...boil());
    const problems: [Correction, string][] = [
      [{ what: 'none', id: 'another' }, 'unknown-id'],
      [{ what: 'times', id: 'another', startedAt: time(0), endedAt: time(10) }, 'unknown-id'],
      [{ what: 'times', id: 'id-1', startedAt: time(10), endedAt: time(0) }, 'times'],
      [{ what: 'times', id: 'id-1', startedAt: time(10), endedAt: time(9000) }, 'not-yet'],
      [{ what: 'missed', startedAt: time(-90_000), endedAt: time(-89_000) }, 'long-ago'],
      [{ what: 'missed', startedAt: time(100), endedAt: time(250) }, 'overlaps'],
      [{ what: 'missed', action: 'sip', startedAt: time(250), endedAt: time(252) }, 'no-activity'],
      [{ what: 'none', id: 'id-1', action: { action: 'sip', startedAt: time(3) } }, 'unknown-action'],
      [{ what: 'undo' }, 'nothing-to-undo'],
      [{ what: 'undo', number: 1 }, 'unknown-number'],
    ];
    for (const [correction, problem] of problems) {
      const before = run.state;
      run.feed(wrong(correction, 400));
      assert.equal(run.problem, problem);
      assert.equal(run.state, before);
    }
  });

  it('say of an activity why it cannot be corrected: it goes on, another has come, it was taken back, or there is none', () => {
    let ids = 0;
    const newer = (): string => newId(T0 + ids++ * 60_000);
    let state = new Run().state;
    const feed = (...inputs: TrackerInput[]) => {
      for (const input of inputs) {
        const step = stepTracker(state, input, { ...OPTIONS, everySeconds: 0 }, newer);
        state = step.state;
        if (input.type === 'correct') return step.problem;
      }
      return undefined;
    };
    feed(at(-10, { power: 0 }), ...boil());
    const first = state.last?.id ?? '';
    feed(...boil(1000).slice(0, 10));
    const second = state.open?.id ?? '';
    const times = { startedAt: time(1000), endedAt: time(1010) };
    assert.equal(feed(wrong({ what: 'times', id: second, ...times }, 1050)), 'goes-on');
    feed(...boil(1000).slice(10));
    for (const [id, problem] of [
      [first, 'not-the-last'],
      [newId(T0 - 86_400_000), 'not-the-last'],
      [newId(T0 + 86_400_000), 'unknown-id'],
    ] as const) {
      assert.equal(feed(wrong({ what: 'none', id }, 1400)), problem);
      assert.equal(feed(wrong({ what: 'activity', id, activity: 'soup' }, 1400)), problem);
    }
    assert.equal(feed(wrong({ what: 'none', id: second }, 1400)), undefined);
    for (const again of [
      { what: 'none', id: second } as const,
      { what: 'activity', id: second, activity: 'soup' } as const,
      { what: 'times', id: second, ...times } as const,
    ]) {
      assert.equal(feed(wrong(again, 1410)), 'taken-back');
    }
  });

  it('make true what was renamed as it went on, whatever the recogniser thinks by then', () => {
    const recogniser = announcing({
      0: [{ type: 'start', at: T0, confidence: 0.5 }],
      20: [{ type: 'discard', at: T0 }],
    });
    const run = new Run({ recognisers: [recogniser], everySeconds: 0 }).feed(at(0, { power: 9 }), at(10, { power: 9 }));
    run.feed(wrong({ what: 'activity', id: 'id-1', activity: 'soup' }, 11), at(20, { power: 0 }));
    assert.deepEqual([run.last.state, run.last.activity, run.last.seconds], ['finished', 'soup', 20]);
    run.feed(wrong({ what: 'undo' }, 30));
    assert.equal(run.problem, undefined);
  });

  describe('of a wash that goes on', () => {
    /** Runs of the drum, of which somebody says at a second of the wash that they are none. */
    function play(run: Run, from: number, drum: readonly (readonly [number, number])[], saidAt: number): void {
      const isOn = (s: number) => drum.some(([on, off]) => s >= from + on && s < from + off);
      for (let s = from - 300; s < from + 3000; s += 2) {
        run.feed(at(s, { power: isOn(s) ? 200 : 0 }), tick(s + 1));
        if (s === from + saidAt) run.feed(wrong({ what: 'none', id: run.last.id }, s));
      }
    }
    const washer = () => new Run({ recognisers: [powerRecogniser('washing_machine')], everySeconds: 0 });

    it('wait out all of it, though by the second time they are believed of what is like its parts', () => {
      const run = washer();
      play(run, 600, [[0, 120]], 800);
      assert.deepEqual(run.course, ['id-1 1 started', 'id-1 2 finished', 'id-1 3 discarded']);
      const drum = [
        [0, 120],
        [210, 310],
        [400, 500],
        [590, 900],
      ] as const;
      play(run, 87_000, drum, 150);
      assert.deepEqual(run.course.slice(3), ['id-2 1 started', 'id-2 2 discarded']);
    });

    it('wait out all of it, said as the drum has just begun to turn again', () => {
      const run = washer();
      const drum = [
        [0, 120],
        [210, 310],
        [500, 600],
      ] as const;
      play(run, 600, drum, 216);
      assert.deepEqual(run.course, ['id-1 1 started', 'id-1 2 discarded']);
    });
  });

  it('take away and add actions', () => {
    const run = new Run({ recognisers: [learning()], everySeconds: 0 });
    run.feed(at(0, { power: 2000 }), at(10, { power: 2000, weight: 1 }), at(20, { power: 2000 }));
    run.feed(wrong({ what: 'none', id: 'id-1', action: { action: 'sip', startedAt: time(9) } }, 21));
    assert.deepEqual(run.last.actions, []);
    run.feed(wrong({ what: 'missed', action: 'stir', startedAt: time(3), endedAt: time(6) }, 22));
    assert.deepEqual(
      run.last.actions.map(({ action }) => action),
      ['stir'],
    );
    assert.deepEqual(
      lessons(run).map(({ lesson }) => lesson),
      ['was-none', 'was-one'],
    );
    run.feed(wrong({ what: 'undo' }, 23));
    assert.deepEqual(run.last.actions, []);
    assert.equal(run.last.state, 'ongoing');
  });

  it('can be taken back when the next activity has been', () => {
    const run = new Run({ everySeconds: 0 }).feed(...boil(), wrong({ what: 'none', id: 'id-1' }, 400), ...boil(600));
    run.feed(wrong({ what: 'undo' }, 1000));
    assert.equal(run.problem, undefined);
    assert.deepEqual(run.course.slice(2), ['id-1 3 discarded', 'id-2 1 started', 'id-2 2 finished', 'id-1 4 finished']);
    assert.equal(run.last.seconds, 170);
    run.feed({ type: 'remark', rating: 5, now: time(1010) });
    assert.deepEqual([run.last.id, run.last.rating], ['id-2', 5]);
    assert.deepEqual([run.state.corrections, run.state.past], [undefined, undefined]);
  });

  describe('that say when the last one ended', () => {
    /** Two espressos of half a minute, 90 s apart: one activity to the recogniser. */
    function espressos(correction: Correction, seconds: number): Run {
      const run = new Run({ recognisers: [powerRecogniser('coffee_espresso')], everySeconds: 0 });
      const isBrewing = (s: number) => (s >= 700 && s < 730) || (s >= 820 && s < 850);
      const warmsUp = (s: number) => s >= 60 && s < 120;
      for (let s = 0; s < 1200; s++) {
        run.feed(at(s, { power: isBrewing(s) || warmsUp(s) ? 1400 : 2 }), tick(s + 0.5));
        if (s === seconds) run.feed(wrong(correction, s));
      }
      assert.equal(run.problem, undefined);
      return run;
    }

    it('leave the next cup to be told, though the recogniser takes it for a part of the same', () => {
      const times = { what: 'times', id: 'id-2', startedAt: time(700), endedAt: time(732) } as const;
      const run = espressos(times, 780);
      assert.deepEqual(run.course.slice(-2), ['id-3 1 started', 'id-3 2 finished']);
      assert.equal(run.last.startedAt, new Date(time(820)).toISOString());
      assert.ok(Math.abs(run.last.seconds - 30) <= 2, `${run.last.seconds} s`);
      assert.equal(run.last.cups, undefined, 'the recogniser has counted both');
    });

    it('leave the next cup to be told also where one between them was missed', () => {
      const run = espressos({ what: 'missed', startedAt: time(745), endedAt: time(760) }, 780);
      assert.deepEqual(run.course.slice(-3), ['id-3 1 finished', 'id-4 1 started', 'id-4 2 finished']);
    });

    it('leave it what it is where they say that it went on until then', () => {
      const times = { what: 'times', id: 'id-2', startedAt: time(700), endedAt: time(822) } as const;
      const run = espressos(times, 823);
      assert.equal(run.last.id, 'id-2');
      assert.equal(run.last.seconds, 122);
    });

    it('leave the run after a rest to be told, without that rest', () => {
      const recognisers = [exerciseRecogniser()];
      const run = new Run({ activity: 'run', category: 'exercise', recognisers, everySeconds: 0 });
      for (let s = 0; s < 5400; s += 5) {
        const runs = (s >= 60 && s < 1860) || (s >= 2400 && s < 4800);
        run.feed(at(s, { speed: runs ? 3 : 0 }), tick(s + 1));
        if (s === 2300) run.feed(wrong({ what: 'times', id: 'id-1', startedAt: time(60), endedAt: time(1800) }, s));
      }
      assert.deepEqual(run.course.slice(-2), ['id-2 1 started', 'id-2 2 finished']);
      assert.ok(run.last.seconds > 2300 && run.last.seconds <= 2400, `${run.last.seconds} s`);
      assert.deepEqual(run.last.actions, []);
    });

    it('leave nothing to be told where what went on was none after all', () => {
      const events: Record<number, RecogniserEvent[]> = {
        0: [{ type: 'start', at: T0, confidence: 1 }],
        60: [{ type: 'finish', at: time(30), confidence: 1 }],
        100: [{ type: 'resume', at: time(90), confidence: 1 }],
        140: [{ type: 'finish', at: time(30), confidence: 1 }],
      };
      const run = new Run({ recognisers: [announcing(events)], everySeconds: 0 });
      run.feed(at(0, { power: 1 }), at(60, { power: 1 }));
      run.feed(wrong({ what: 'times', id: 'id-1', startedAt: time(0), endedAt: time(40) }, 70));
      run.feed(at(100, { power: 1 }), at(140, { power: 1 }));
      assert.deepEqual(run.course.slice(-2), ['id-2 1 started', 'id-2 2 discarded']);
    });
  });

  describe('that are taken back', () => {
    const sip = (seconds: number): RecogniserEvent => ({
      type: 'action',
      action: 'sip',
      startedAt: time(seconds),
      endedAt: time(seconds + 1),
      confidence: 0.8,
    });
    const secondsOf = (run: Run) => run.last.actions.map(({ startedAt }) => (Date.parse(startedAt) - T0) / 1000);

    it('put back the action that was dropped, and leave those that came since', () => {
      const start = { type: 'start', at: T0, confidence: 0.9 } as const;
      const recogniser = announcing({ 0: [start], 10: [sip(9)], 60: [sip(58)], 90: [sip(88)] });
      const run = new Run({ recognisers: [recogniser], everySeconds: 0 }).feed(
        at(0, { power: 1 }),
        at(10, { power: 1 }),
      );
      run.feed(wrong({ what: 'none', id: 'id-1', action: { action: 'sip', startedAt: time(9) } }, 20));
      run.feed(at(60, { power: 1 }), at(90, { power: 1 }), wrong({ what: 'undo' }, 95));
      assert.deepEqual(secondsOf(run), [9, 58, 88]);
      run.feed(wrong({ what: 'missed', action: 'stir', startedAt: time(70), endedAt: time(72) }, 96));
      run.feed(wrong({ what: 'undo' }, 97));
      assert.deepEqual(secondsOf(run), [9, 58, 88]);
    });

    it('leave what has gone on since to end as it would', () => {
      const run = new Run({ everySeconds: 0 }).feed(at(0, { power: 2000 }), at(10, { power: 2000, weight: 5 }));
      run.feed(at(20, { power: 0 }), tick(100));
      run.feed(wrong({ what: 'none', id: 'id-1', action: { action: 'sip', startedAt: time(9) } }, 105));
      run.feed(at(120, { power: 2000 }), at(130, { power: 0 }), wrong({ what: 'undo' }, 140));
      for (let s = 150; s < 600; s += 10) run.feed(at(s, { power: 0 }), tick(s + 5));
      assert.deepEqual([run.problem, run.state.open, run.last.state], [undefined, undefined, 'finished']);
      assert.deepEqual(secondsOf(run), [9]);
    });

    it('forget the lesson, not what the recogniser has seen since', () => {
      const recognisers = [powerRecogniser('kettle')];
      const run = new Run({ recognisers, everySeconds: 0 }).feed(at(-10, { power: 0 }), ...boil());
      const memory = () => run.state.recogniser?.memory as { at: number; taught: unknown[] };
      run.feed(wrong({ what: 'none', id: 'id-1' }, 400));
      assert.equal(memory().taught.length, 1);
      for (let s = 410; s < 1000; s += 10) run.feed(at(s, { power: 0 }), tick(s + 5));
      run.feed(wrong({ what: 'undo' }, 1000));
      assert.deepEqual(memory().taught, []);
      assert.ok(memory().at >= time(990));
      assert.equal(run.last.state, 'finished');
    });

    for (const [name, recogniser, on, off] of STEADY) {
      it(`let ${name} end when it does, or when it had ended`, () => {
        const soon = takenBack(recogniser, on, off, 200);
        assert.ok(soon.seconds >= 370 && soon.seconds <= 390, `${soon.seconds} s`);
        const late = takenBack(recogniser, on, off, 1400);
        assert.ok(late.seconds >= 120 && late.seconds <= 390, `${late.seconds} s`);
      });
    }

    // Pauses of 90 s, within a run, and of 250 s, over which its finish is told and taken back.
    const washing = [
      [20, 230],
      [320, 530],
      [780, 990],
    ] as const;
    const isOn = (s: number): boolean => washing.some(([from, to]) => s >= from && s < to);
    const soon = [200, 280, 450, 760, 900, 1200, 1400].map((undoneAt) => [150, undoneAt] as const);
    for (const [saidAt, undoneAt] of [...soon, ...[760, 900, 1100].map((undoneAt) => [720, undoneAt] as const)]) {
      it(`bring a wash back whole, said at ${saidAt} s and undone at ${undoneAt} s`, () => {
        const run = new Run({ recognisers: [powerRecogniser('washing_machine')], everySeconds: 0 });
        const until = (end: number, from: number): void => {
          for (let s = from; s < end; s += 2) run.feed(at(s, { power: isOn(s) ? 200 : 0 }), tick(s + 1));
        };
        until(saidAt, 0);
        run.feed(wrong({ what: 'none', id: 'id-1' }, saidAt));
        until(undoneAt, saidAt);
        assert.equal(run.last.state, 'discarded');
        run.feed(wrong({ what: 'undo' }, undoneAt));
        until(2000, undoneAt);
        assert.ok(run.activities.every(({ id }) => id === 'id-1'));
        assert.deepEqual([run.last.state, run.last.seconds, run.state.open], ['finished', 970, undefined]);
      });
    }

    it('keep a rating that came since', () => {
      const run = new Run({ everySeconds: 0 }).feed(at(-10, { power: 0 }), ...boil());
      run.feed(wrong({ what: 'times', id: 'id-1', startedAt: time(20), endedAt: time(120) }, 400));
      run.feed({ type: 'remark', rating: 5, now: time(410) }, wrong({ what: 'undo' }, 420));
      assert.deepEqual([run.last.rating, run.last.seconds], [5, 170]);
    });
  });

  it('count revisions upwards and survive JSON, whatever is said in whatever order', () => {
    const second = fc.integer({ min: -100, max: 1200 });
    const correction: fc.Arbitrary<Correction> = fc.oneof(
      fc.record({ what: fc.constant('none' as const), id: fc.constantFrom('id-1', 'id-2', 'id-3') }),
      fc.record({
        what: fc.constant('times' as const),
        id: fc.constantFrom('id-1', 'id-2', 'id-3'),
        startedAt: second.map(time),
        endedAt: second.map(time),
      }),
      fc.record({ what: fc.constant('missed' as const), startedAt: second.map(time), endedAt: second.map(time) }),
      fc.constant({ what: 'undo' as const }),
    );
    const step = fc.oneof(fc.record({ power: fc.constantFrom(0, 2000) }), fc.record({ correction }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const run = new Run({ everySeconds: 0 });
        for (const [index, one] of steps.entries()) {
          const now = index * 20;
          run.feed('power' in one ? at(now, { power: one.power }) : wrong(one.correction, now), tick(now + 10));
          run.state = JSON.parse(JSON.stringify(run.state));
        }
        const revisions = new Map<string, number>();
        for (const { id, revision, seconds } of run.activities) {
          assert.equal(revision, (revisions.get(id) ?? 0) + 1);
          assert.ok(seconds >= 0);
          revisions.set(id, revision);
        }
      }),
      { numRuns: 300 },
    );
  });
});
