import assert from 'node:assert/strict';
import fc from 'fast-check';
import { exerciseRecogniser, type PowerKind, powerRecogniser } from '../../activities/index.js';
import type { Recogniser, RecogniserEvent } from '../../activities/recogniser.js';
import { stepTracker, type TrackerInput } from '../../activities/tracker.js';
import type { TrackerState } from '../../activities/tracker-state.js';
import { isSavedState, lighter } from '../../nodes/collect-parameters/saved-state.js';
import type { ParameterValues } from '../../vocabulary/index.js';
import { announcing, at, boil, KETTLE, OPTIONS, Run, say, T0, tick } from '../support/tracker.js';

interface Raw {
  kind: number;
  step: number;
  power: number;
  extra: number;
}

describe('tracker', () => {
  it('tells the start, the going on and the finish of a boil, with duration, energy and the course of the power', () => {
    const run = new Run({ place: 'Kitchen' }).feed(at(-10, { power: 0 }), ...boil());
    assert.deepEqual(run.course, [
      'id-1 1 started',
      'id-1 2 ongoing',
      'id-1 3 ongoing',
      'id-1 4 ongoing',
      'id-1 5 finished',
    ]);
    assert.deepEqual(run.activities[0], {
      id: 'id-1',
      revision: 1,
      activity: 'tea',
      category: 'food-and-beverage',
      state: 'started',
      startedAt: '2026-11-22T08:41:00.000Z',
      seconds: 0,
      appliance: KETTLE,
      place: 'Kitchen',
      parameters: { power: { last: 2000, min: 2000, max: 2000 }, energy: { total: 0 } },
      actions: [],
      confidence: 0.9,
    });
    assert.equal(run.last.endedAt, '2026-11-22T08:43:50.000Z');
    assert.equal(run.last.seconds, 170);
    assert.deepEqual(run.last.parameters, {
      power: { last: 2000, min: 2000, max: 2000, mean: 2000 },
      energy: { total: 0.0944 },
    });
    assert.equal(run.last.confidence, 0.95);
  });

  it('tells how long it has gone on and what it took where a plug tells of changes only, as long as values hold', () => {
    const recogniser = announcing({ 0: [{ type: 'start', at: T0, confidence: 1 }] });
    const run = new Run({ recognisers: [recogniser] }).feed(at(0, { power: 2000 }));
    for (let s = 5; s < 420; s += 5) run.feed(tick(s));
    const told = run.activities.filter(({ state }) => state === 'ongoing');
    assert.deepEqual(
      told.map(({ seconds, parameters }) => [seconds, parameters.energy?.total]),
      [
        [60, 0.0333],
        [120, 0.0667],
        [180, 0.1],
        [240, 0.1333],
        [300, 0.1667],
        [300, 0.1667],
      ],
    );
  });

  it('counts from where the recogniser says it began, and to where it says it ended', () => {
    const events: Record<number, RecogniserEvent[]> = {
      40: [{ type: 'start', at: T0 + 20_000, confidence: 1 }],
      80: [{ type: 'finish', at: T0 + 60_000, confidence: 1 }],
    };
    const powers = [0, 0, 1000, 1000, 3000, 3000, 500, 7, 7];
    const run = new Run({ recognisers: [announcing(events)] }).feed(...powers.map((power, i) => at(i * 10, { power })));
    assert.equal(run.last.seconds, 40);
    assert.deepEqual(run.last.parameters, {
      power: { last: 500, min: 500, max: 3000, mean: 2000 },
      energy: { total: 0.0222 },
    });
  });

  it('goes on with the same id when the finish was announced too soon, and keeps what was measured in between', () => {
    const run = new Run({ everySeconds: 0 }).feed(at(0, { power: 3600 }), at(100, { power: 0 }), tick(101));
    run.feed(at(150, { power: 3600 }), at(250, { power: 0 }), tick(251));
    assert.deepEqual(run.course, ['id-1 1 started', 'id-1 2 finished', 'id-1 3 ongoing', 'id-1 4 finished']);
    assert.equal(run.activities[2]?.endedAt, undefined);
    assert.equal(run.last.seconds, 150);
    assert.equal(run.last.parameters.energy?.total, 0.1);
  });

  it('tells of no energy below nothing, where solar panels feed in at the same plug', () => {
    const recogniser = announcing({
      0: [{ type: 'start', at: T0, confidence: 0.5 }],
      60: [{ type: 'finish', at: T0 + 60_000, confidence: 0.5 }],
    });
    const run = new Run({ recognisers: [recogniser], everySeconds: 0 });
    run.feed(at(0, { power: 900 }), at(10, { power: -5000 }), at(60, { power: 0 }));
    assert.deepEqual([run.last.parameters.energy?.total, run.last.parameters.power?.min], [0, -5000]);
  });

  it('takes a start back, but not one that somebody has rated', () => {
    const events: Record<number, RecogniserEvent[]> = {
      0: [{ type: 'start', at: T0, confidence: 0.5 }],
      20: [{ type: 'discard', at: T0 + 10_000 }],
    };
    const options = { recognisers: [announcing(events)] };
    const blip = new Run(options).feed(at(0, { power: 9 }), at(20, { power: 0 }));
    assert.deepEqual(blip.course, ['id-1 1 started', 'id-1 2 discarded']);
    const rated = new Run(options).feed(
      at(0, { power: 9 }),
      { type: 'remark', rating: 5, now: T0 },
      at(20, { power: 0 }),
    );
    assert.deepEqual(rated.course, ['id-1 1 started', 'id-1 2 ongoing', 'id-1 3 finished']);
  });

  it('tells what somebody named for as long as it was seen, though the recogniser takes it back as a heater', () => {
    const run = new Run({ recognisers: [powerRecogniser('kettle')], everySeconds: 0 });
    for (let s = 0; s < 1000; s += 2) {
      run.feed(at(s, { power: s < 800 ? 2000 : 0 }), tick(s + 1));
      if (s === 300) run.feed({ type: 'remark', drink: 'sencha', now: T0 + s * 1000 });
    }
    assert.deepEqual(run.course, ['id-1 1 started', 'id-1 2 ongoing', 'id-1 3 finished']);
    assert.ok(run.last.seconds >= 540, `${run.last.seconds} s`);
  });

  it('takes the counter of the appliance for the energy when that kept up, over a reset too', () => {
    const counter = [7.1, 7.11, 7.12, 0.01, 0.02, 0.03];
    const readings = counter.map((energy, i) => at(i * 10, { power: 2000, energy }));
    const run = new Run().feed(...readings, say('stop', 50));
    assert.deepEqual(run.last.parameters.energy, { total: 0.05 });
  });

  it('counts nothing twice where a counter wavers, or goes back behind solar panels', () => {
    const wavering = [0.05, 0.051, 0.05, 0.052, 0.051, 0.053, 0.05].map((energy, i) =>
      at(i * 10, { power: 1, energy }),
    );
    const run = new Run().feed(say('start', 0), ...wavering, say('stop', 60));
    assert.deepEqual(run.last.parameters.energy, { total: 0.003 });
  });

  it('does not believe a counter that leaps, nor one too coarse for a short activity', () => {
    const leap = [7.1, 7.11, 9999, 9999.01, 9999.02].map((energy, i) => at(i * 10, { power: 1, energy }));
    const glitch = new Run().feed(say('start', 0), ...leap, say('stop', 40));
    assert.deepEqual(glitch.last.parameters.energy, { total: 0.03 });
    const coarse = [7, 7, 7, 7.01, 7.01].map((energy, i) => at(i * 10, { power: 3600, energy }));
    assert.deepEqual(new Run().feed(...coarse, say('stop', 40)).last.parameters.energy, { total: 0.04 });
  });

  it('ends after a week what a stuck sensor, or somebody who forgot it, keeps going on', () => {
    const day = 86_400;
    for (const how of [[], [say('start', 0)]]) {
      const run = new Run({ everySeconds: 0 }).feed(...how);
      for (let second = 0; second < 11 * day; second += 900) run.feed(at(second, { power: 2000 }), tick(second + 1));
      assert.deepEqual(run.course, ['id-1 1 started', 'id-1 2 finished']);
      assert.ok(Math.abs(run.last.seconds - 7 * day) < day / 4, `${run.last.seconds}`);
    }
  });

  it('begins anew when what a stuck sensor kept going on for a week goes on after it was over', () => {
    const run = new Run();
    const WEEK = 604_800;
    for (let seconds = 0; seconds <= WEEK + 600; seconds += 600) run.feed(at(seconds, { power: 2000 }), tick(seconds));
    run.feed(at(WEEK + 660, { power: 0 }), tick(WEEK + 720), at(WEEK + 750, { power: 2000 }), tick(WEEK + 752));
    const told = run.told.flatMap((one) => (one.type === 'activity' ? [one.activity] : []));
    const [last] = told.slice(-1);
    assert.equal(last?.state, 'started');
    assert.equal(new Set(told.map(({ id }) => id)).size, 2);
    assert.ok(told.every(({ seconds }) => seconds <= WEEK + 1200));
  });

  it('tells only the parameters that are wanted', () => {
    const run = new Run({ keep: ['temperature', 'energy'] }).feed(at(0, { power: 3600, temperature: 20, level: 50 }));
    run.feed(at(10, { power: 3600, temperature: 30, state: 'heating' }), say('stop', 10));
    assert.deepEqual(run.last.parameters, {
      temperature: { last: 30, min: 20, max: 30, mean: 20 },
      energy: { total: 0.01 },
    });
  });

  it('keeps an hour of readings every second within bounds, and loses nothing of their sum', () => {
    const run = new Run({ everySeconds: 0 });
    for (let second = 0; second <= 3600; second++) run.feed(at(second, { power: second % 2 ? 1000 : 2000 }));
    assert.ok(JSON.stringify(run.state).length < 20_000);
    run.feed(say('stop', 3600));
    assert.equal(run.last.seconds, 3600);
    assert.deepEqual(run.last.parameters, {
      power: { last: 2000, min: 1000, max: 2000, mean: 1500 },
      energy: { total: 1.5 },
    });
  });

  describe('a dishwasher on a plug of which nothing is known', () => {
    /** What is told of it in the end: half an hour of pump, and what heats then shows what it is. */
    const wash = (kind: PowerKind, every: number) => {
      const course = [1, 120, 2000, 60, 2000, 60, 1];
      const until = [600, 2300, 3200, 5600, 6200, 6500, 9000];
      const run = new Run({ kind, recognisers: [powerRecogniser(kind)], everySeconds: 0 });
      for (let s = 0; s < 9000; s += every) {
        run.feed(at(s, { power: course[until.findIndex((end) => s < end)] ?? 0 }), tick(s + every / 2));
        assert.ok(run.state.history.stretches.length <= 66, 'the history stays within bounds');
        if (s % 300 > 0) continue;
        const state = run.state.pending ? lighter(run.state) : run.state;
        const saved = JSON.parse(JSON.stringify({ version: 1, appliances: [state], outbox: [] }));
        assert.ok(isSavedState(saved));
        run.state = saved.appliances[0] as TrackerState;
      }
      return run;
    };

    for (const every of [1, 5, 20]) {
      it(`has taken as much as one that is known for one, with readings every ${every} s`, () => {
        const known = wash('dishwasher', every);
        const run = wash('any', every);
        assert.equal(run.course.at(1), 'id-1 2 discarded');
        assert.deepEqual([run.last.startedAt, run.last.seconds], [known.last.startedAt, known.last.seconds]);
        const [total = 0, expected = 0] = [run, known].map(({ last }) => last.parameters.energy?.total);
        assert.ok(Math.abs(total - expected) < 0.0002, `${total} kWh where it is ${expected}`);
        assert.ok(Math.abs(expected - 0.935) < 0.001, `${expected}`);
        assert.equal(run.state.pending, undefined);
      });
    }
  });

  it('has the whole energy of a short use at a reading every second, whatever was measured before it', () => {
    for (const seconds of [20, 30, 60, 120]) {
      for (const idle of [30, 7200, 7231]) {
        const run = new Run({ kind: 'any', recognisers: [powerRecogniser('any')], everySeconds: 0 });
        for (let s = 0; s < idle + seconds + 600; s++) {
          run.feed(at(s, { power: s >= idle && s < idle + seconds ? 1400 : 1 }), tick(s + 0.5));
        }
        const { mean = 0 } = run.last.parameters.power ?? {};
        const share = (run.last.parameters.energy?.total ?? 0) / ((1400 * seconds) / 3_600_000);
        assert.ok(Math.abs(share - 1) < 0.005, `${seconds} s after ${idle} s: ${share} of the energy`);
        assert.ok(Math.abs(mean - 1400) < 5, `${seconds} s after ${idle} s: ${mean} W`);
      }
    }
  });

  it('cuts an activity out exactly at a reading every second, although both ends are known late', () => {
    const events: Record<number, RecogniserEvent[]> = {
      70: [{ type: 'start', at: T0 + 50_000, confidence: 1 }],
      380: [{ type: 'finish', at: T0 + 350_000, confidence: 1 }],
    };
    const run = new Run({ recognisers: [announcing(events)], everySeconds: 0 });
    for (let second = 0; second <= 380; second++) {
      run.feed(at(second, { power: second >= 50 && second < 350 ? 1200 : 0 }));
    }
    assert.equal(run.last.seconds, 300);
    assert.deepEqual(run.last.parameters, {
      power: { last: 0, min: 0, max: 1200, mean: 1200 },
      energy: { total: 0.1 },
    });
  });

  describe('people', () => {
    it('start and stop by hand, and the recogniser has no say meanwhile', () => {
      const run = new Run().feed(say('start', 0), ...boil(10), tick(600), say('stop', 700));
      assert.equal(run.course.at(0), 'id-1 1 started');
      assert.equal(run.course.at(-1)?.endsWith('finished'), true);
      assert.equal(new Set(run.activities.map(({ id }) => id)).size, 1);
      assert.equal(run.last.seconds, 700);
      assert.equal(run.feed(say('stop', 701)).problem, 'nothing-open');
      assert.equal(run.feed(say('start', 702), say('start', 703)).problem, 'already-open');
    });

    it('stop what was recognised, and it does not come back by itself', () => {
      const run = new Run().feed(at(0, { power: 2000 }), say('stop', 20));
      for (let s = 30; s < 110; s += 10) run.feed(at(s, { power: s < 90 ? 2000 : 0 }), tick(s + 5));
      run.feed(tick(200));
      assert.deepEqual(run.course, ['id-1 1 started', 'id-1 2 finished']);
    });

    it('stop what was recognised, and what goes on after a pause is another one', () => {
      const run = new Run().feed(at(0, { power: 2000 }), say('stop', 20), at(30, { power: 0 }), tick(110));
      run.feed(at(120, { power: 2000 }));
      assert.deepEqual(run.course, ['id-1 1 started', 'id-1 2 finished', 'id-2 1 started']);
      assert.equal(run.last.startedAt, new Date(T0 + 120_000).toISOString());
    });

    it('stop a run, and neither the rest after it nor the next run is put into it', () => {
      const recognisers = [exerciseRecogniser()];
      const run = new Run({ activity: 'run', category: 'exercise', recognisers, everySeconds: 0 });
      for (let s = 0; s < 7000; s += 2) {
        run.feed(at(s, { speed: (s > 60 && s < 1860) || (s > 2000 && s < 5000) ? 3 : 0 }), tick(s + 1));
        if (s === 1870) run.feed(say('stop', s));
      }
      assert.deepEqual(run.course, ['id-1 1 started', 'id-1 2 finished', 'id-2 1 started', 'id-2 2 finished']);
      assert.ok(run.last.seconds > 2900 && run.last.seconds <= 3000, `${run.last.seconds} s`);
      assert.ok(run.told.every(({ type }) => type === 'activity'));
    });

    it('rate and name the drink while it goes on and up to 15 minutes after', () => {
      const run = new Run().feed(at(0, { power: 2000 }), { type: 'remark', drink: 'sencha', now: T0 + 5000 });
      assert.equal(run.last.drink, 'sencha');
      assert.equal(run.last.state, 'ongoing');
      run.feed(at(60, { power: 0 }), tick(61), { type: 'remark', rating: 4, now: T0 + 900_000 });
      assert.deepEqual(run.course.slice(-2), ['id-1 3 finished', 'id-1 4 finished']);
      assert.equal(run.last.rating, 4);
      assert.equal(run.last.drink, 'sencha');
      run.feed({ type: 'remark', rating: 1, now: T0 + 901_000 });
      assert.equal(run.problem, 'nothing-to-remark');
      assert.equal(run.last.rating, 4);
    });

    it('forget to stop: it ends with what was last seen', () => {
      const run = new Run({ everySeconds: 0 }).feed(say('start', 0), at(600, { temperature: 60 }), tick(13 * 3600));
      assert.equal(run.last.state, 'finished');
      assert.equal(run.last.seconds, 600);
    });
  });

  it('tells of actions with their activity, and lists them in it', () => {
    const run = new Run().feed(
      at(0, { power: 2000 }),
      at(10, { power: 2000, weight: 300 }),
      at(60, { power: 0 }),
      tick(80),
    );
    const action = {
      action: 'sip',
      startedAt: '2026-11-22T08:41:09.000Z',
      endedAt: '2026-11-22T08:41:10.000Z',
      confidence: 0.7,
    };
    assert.deepEqual(run.told[1], {
      type: 'action',
      action: { ...action, activityId: 'id-1', activity: 'tea', appliance: KETTLE },
    });
    assert.deepEqual(run.last.actions, [action]);
  });

  describe('clocks and silence', () => {
    it('passes over retained and stale readings', () => {
      const run = new Run().feed(at(0, { power: 2000 }, { retained: true }));
      assert.deepEqual(run.told, []);
      run.feed(at(10, { power: 0 }));
      for (let s = 0; s < 300; s += 10) run.feed(at(s - 7200, { power: 2000 }, {}, 10 + s / 1000));
      assert.deepEqual(run.told, []);
      assert.equal(run.state.at, T0 + 10_000);
    });

    it('begins anew when the clock was set back, and ends what was open where it was', () => {
      const run = new Run({ everySeconds: 0 }).feed(at(0, { power: 2000 }), at(50, { power: 2000 }));
      for (let s = 60; s < 200; s += 10) run.feed(at(s - 7200, { power: 2000 }, {}, s));
      assert.deepEqual(run.course, ['id-1 1 started', 'id-1 2 finished', 'id-2 1 started']);
      assert.equal(run.activities[1]?.seconds, 50);
      assert.equal(run.last.startedAt, new Date(T0 + (120 - 7200) * 1000).toISOString());
    });

    it('keeps what was learned and taught when the clock was set back or silence ended what was open', () => {
      type Known = { taught: string[]; since: number };
      const start: RecogniserEvent = { type: 'start', at: T0 + 10_000, confidence: 0.9 };
      const recogniser: Recogniser<Known> = {
        name: 'knowing',
        accepts: () => true,
        initial: () => ({ taught: [], since: 0 }),
        step: (known, reading) => {
          const since = Date.parse(reading.at);
          return { state: { ...known, since }, events: since === start.at ? [start] : [] };
        },
        tick: (known) => ({ state: known, events: [] }),
        learn: (known) => ({ ...known, taught: ['none'] }),
        lasting: ({ taught }) => ({ taught, since: 0 }),
      };
      const known = (run: Run) => run.state.recogniser?.memory as Known;
      const taught = () => {
        const run = new Run({ recognisers: [recogniser as Recogniser<unknown>], everySeconds: 0 });
        run.feed(at(10, { power: 2000 }), {
          type: 'correct',
          correction: { what: 'none', id: 'id-1' },
          now: T0 + 20_000,
        });
        assert.deepEqual(known(run).taught, ['none']);
        return run;
      };
      const back = taught();
      for (let s = 60; s < 200; s += 10) back.feed(at(s - 7200, { power: 2000 }, {}, s));
      assert.deepEqual(known(back), { taught: ['none'], since: T0 + (190 - 7200) * 1000 });
      back.feed({ type: 'correct', correction: { what: 'undo' }, now: T0 - 6900_000 });
      assert.deepEqual(known(back).taught, [], 'and it can still be taken back');

      const silent = taught().feed(say('start', 30), tick(30 + 24 * 3600));
      assert.equal(silent.last.state, 'finished');
      assert.deepEqual(known(silent), { taught: ['none'], since: 0 });
    });

    it('brings nothing back that was open on the old clock, not in a programme either', () => {
      type Open = { programme: { state: { run: number | null }; isTold: boolean }; taught: number };
      const none = { programme: { state: { run: null }, isTold: false } };
      const recogniser: Recogniser<Open> = {
        name: 'whole',
        accepts: () => true,
        initial: () => ({ programme: { state: { run: 1 }, isTold: true }, taught: 0 }),
        step: (open, reading) => {
          const start: RecogniserEvent = { type: 'start', at: T0 + 10_000, confidence: 0.9 };
          return { state: open, events: Date.parse(reading.at) === start.at ? [start] : [] };
        },
        tick: (open) => ({ state: open, events: [] }),
        learn: () => ({ ...none, taught: 1 }),
        lasting: ({ taught }) => ({ ...none, taught }),
      };
      const run = new Run({ recognisers: [recogniser as Recogniser<unknown>], everySeconds: 0 });
      run.feed(at(10, { power: 2000 }), {
        type: 'correct',
        correction: { what: 'none', id: 'id-1' },
        now: T0 + 20_000,
      });
      for (let s = 60; s < 200; s += 10) run.feed(at(s - 7200, { power: 2000 }, {}, s));
      run.feed({ type: 'correct', correction: { what: 'undo' }, now: T0 - 6900_000 });
      assert.deepEqual(run.state.recogniser?.memory, { ...none, taught: 0 });
    });

    it('ends an activity before a leap of hours, without counting the leap', () => {
      const run = new Run().feed(at(0, { power: 2000 }), at(30, { power: 2000 }), at(5 * 3600, { power: 2000 }));
      assert.deepEqual(run.course, ['id-1 1 started', 'id-1 2 finished', 'id-2 1 started']);
      assert.equal(run.activities[1]?.seconds, 30);
      assert.equal(run.activities[1]?.parameters.energy?.total, 0.0167);
    });

    it('counts a value for five minutes at most', () => {
      const run = new Run({ recognisers: [] }).feed(say('start', 0), at(0, { power: 3600 }), say('stop', 3600));
      assert.equal(run.last.parameters.energy?.total, 0.3);
    });

    it('ends what was open when its owner chooses another kind of appliance', () => {
      const run = new Run().feed(at(0, { power: 2000 }), at(10, { power: 2000 }));
      const changed = stepTracker(run.state, at(20, { power: 0 }), { ...OPTIONS, kind: 'any' }, () => 'id-2');
      assert.deepEqual(
        changed.told.map((one) => one.type === 'activity' && one.activity.state),
        ['finished'],
      );
    });
  });

  describe('whatever comes', () => {
    const seconds = fc.oneof(fc.integer({ min: -9000, max: 9000 }), fc.integer({ min: -60, max: 400 }));
    const input: fc.Arbitrary<Raw> = fc.record({
      kind: fc.integer({ min: 0, max: 12 }),
      step: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 90 }) }, { weight: 1, arbitrary: seconds }),
      power: fc.constantFrom(0, 0, 3, 1500, 2000),
      extra: fc.integer({ min: 0, max: 5 }),
    });

    function inputs(raw: Raw[]): TrackerInput[] {
      let clock = 0;
      return raw.map((one, index) => {
        clock += one.step;
        return inputOf(one, clock, index * 10);
      });
    }

    function inputOf({ kind, power, extra }: Raw, clock: number, arrived: number): TrackerInput {
      if (kind === 0) return say('start', clock);
      if (kind === 1) return say('stop', clock);
      if (kind === 2) return { type: 'remark', rating: extra, now: T0 + clock * 1000 };
      if (kind < 6) return tick(clock);
      const more: ParameterValues[] = [{ weight: power }, { energy: power / 7 }];
      return at(clock, { power, ...more[extra] }, extra === 2 ? { retained: true } : {}, arrived);
    }

    it('goes on identically after its state went through JSON', () => {
      fc.assert(
        fc.property(fc.array(input, { maxLength: 150 }), (raw) => {
          const straight = new Run();
          const saved = new Run();
          for (const one of inputs(raw)) {
            straight.feed(one);
            saved.feed(one);
            saved.state = JSON.parse(JSON.stringify(saved.state));
          }
          assert.deepEqual(saved.told, straight.told);
        }),
      );
    });

    it('numbers its revisions upwards, has one open at most, and never a negative duration or a giant energy', () => {
      fc.assert(
        fc.property(fc.array(input, { maxLength: 200 }), (raw) => {
          const run = new Run().feed(...inputs(raw));
          const revisions = new Map<string, number>();
          const open = new Set<string>();
          for (const { id, revision, state, seconds: duration, parameters, startedAt, endedAt } of run.activities) {
            assert.equal(revision, (revisions.get(id) ?? 0) + 1);
            assert.equal(state === 'started', revision === 1);
            revisions.set(id, revision);
            if (state === 'started' || state === 'ongoing') open.add(id);
            else open.delete(id);
            assert.ok(open.size <= 1);
            assert.ok(duration >= 0 && (endedAt === undefined || endedAt >= startedAt));
            const hours = duration / 3600;
            assert.ok((parameters.energy?.total ?? 0) <= 25 * hours + 0.02 * raw.length + 0.001);
          }
          assert.deepEqual([...open], run.state.open ? [run.state.open.id] : []);
        }),
      );
    });

    it('never changes the state it was given', () => {
      fc.assert(
        fc.property(fc.array(input, { maxLength: 60 }), (raw) => {
          const run = new Run();
          for (const one of inputs(raw)) {
            const before = run.state;
            const text = JSON.stringify(before);
            run.feed(one);
            assert.equal(JSON.stringify(before), text);
          }
        }),
      );
    });
  });
});
