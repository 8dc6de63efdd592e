import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  type Lesson,
  type PowerKind,
  powerRecogniser,
  type Recogniser,
  type RecogniserEvent,
} from '../../activities/index.js';
import type { PowerState } from '../../activities/power/index.js';
import { type Teaching, upToDate } from '../../activities/power/state.js';
import { learnedBetween, unlearn } from '../../activities/unlearn.js';
import { explained } from '../support/explained.js';
import { leaveOut } from '../support/leave-out.js';
import { readingAt, type Sample, trace } from '../support/power-trace.js';

const DATA = resolve(__dirname, '..', '..', '..', '..', 'shared', 'data', 'power');

/** A plug and its recogniser over several days: what it has learned stays. */
class Plug {
  readonly recogniser: Recogniser<PowerState>;
  state: PowerState;

  constructor(readonly kind: PowerKind) {
    this.recogniser = powerRecogniser(kind);
    this.state = this.recogniser.initial();
  }

  /** Runs as [start, end] in seconds, once everything that was taken back is gone. */
  play(samples: readonly Sample[], from = 0): [number, number][] {
    const runs: [number, number][] = [];
    const take = (events: readonly RecogniserEvent[]) => {
      for (const event of events) {
        const last = runs.at(-1);
        if (event.type === 'start') runs.push([event.at / 1000 - from, Number.NaN]);
        else if (event.type === 'discard') runs.pop();
        else if (last) last[1] = event.type === 'finish' ? event.at / 1000 - from : Number.NaN;
      }
    };
    for (const [t, watts] of samples) {
      const step = this.recogniser.step(this.state, readingAt(from + t, watts));
      this.state = step.state;
      take(step.events);
    }
    for (let now = (samples.at(-1)?.[0] ?? 0) + 5, end = now + 120; now < end; now += 5) {
      const step = this.recogniser.tick(this.state, (from + now) * 1000);
      this.state = step.state;
      take(step.events);
    }
    return runs;
  }

  learn(lesson: Lesson): void {
    const before = JSON.stringify(this.state);
    const after = this.recogniser.learn?.(this.state, lesson);
    assert.equal(JSON.stringify(this.state), before, 'the state that is given is never changed');
    assert.ok(after);
    this.state = JSON.parse(JSON.stringify(after));
  }
}

const ms = ([from, to]: readonly [number, number], day = 0) => ({ from: (day + from) * 1000, to: (day + to) * 1000 });
const DAY = 86_400;

/** A heat-up, a long pulse at full power that nobody asked for after 500 s, and a brew with its grinder. */
const MORNING = trace([
  [2, 600],
  [1400, 60],
  [2, 500],
  [1400, 18],
  [2, 500],
  [120, 8],
  [1450, 32],
  [60, 4],
  [2, 600],
]);

describe('power recogniser, taught by its owner', () => {
  it('does not take a pulse for coffee again that was none, and the coffees stay', () => {
    const plug = new Plug('coffee_espresso');
    const runs = plug.play(MORNING);
    assert.equal(runs.length, 3);
    plug.learn({ lesson: 'was-none', ...ms(runs[1] as [number, number]) });
    assert.deepEqual(plug.play(MORNING, DAY), [runs[0], runs[2]]);
    const { facts, sights } = explained(plug.recogniser, plug.state);
    assert.equal(sights.find(({ name }) => name === 'taught')?.values.seconds, 18);
    assert.deepEqual(facts.at(-1), { name: 'taught-none', values: { seconds: 18, times: 1 } });
  });

  it('takes for coffee what its owner says was one, until it is told that this was wrong', () => {
    const plug = new Plug('coffee_espresso');
    const short = trace([
      [2, 600],
      [1400, 11],
      [2, 900],
      [1400, 50],
      [2, 600],
    ]);
    const [only, ...others] = plug.play(short);
    assert.ok(only && others.length === 0 && Math.abs(only[0] - 1511) <= 2);
    plug.learn({ lesson: 'was-one', ...ms([600, 611]) });
    const both = plug.play(short, DAY);
    assert.equal(both.length, 2);
    plug.learn({ lesson: 'was-none', ...ms(both[0] as [number, number], DAY) });
    assert.equal(plug.play(short, 2 * DAY).length, 1);
  });

  it('learns how much its full power is from what was missed there, and nothing where nothing heated', () => {
    const plug = new Plug('coffee_espresso');
    plug.play(MORNING);
    // A glitch, or another appliance on the plug: what the machine itself draws is no work beside it any more.
    plug.play(
      trace([
        [2, 60],
        [4000, 20],
        [2, 600],
      ]),
      DAY,
    );
    const weak = trace([
      [2, 600],
      [1400, 60],
      [2, 400],
      [60, 200],
      [2, 600],
    ]);
    assert.deepEqual(plug.play(weak, 2 * DAY), []);
    for (const nothingThere of [
      [800, 1000],
      [1080, 1240],
      [7200, 7500],
    ] as const) {
      const before = JSON.stringify(plug.state);
      plug.learn({ lesson: 'was-one', ...ms(nothingThere, 2 * DAY) });
      assert.equal(JSON.stringify(plug.state), before);
    }
    plug.learn({ lesson: 'was-one', ...ms([590, 670], 2 * DAY) });
    assert.equal(plug.state.heat, 1400);
    const [run, ...others] = plug.play(weak, 3 * DAY);
    assert.ok(run && others.length === 0 && Math.abs(run[0] - 600) <= 4, JSON.stringify(run));
  });

  it('ends a run earlier where its owner has moved the end, and does not split the next one otherwise', () => {
    const plug = new Plug('coffee_espresso');
    const brewAndPulse = trace([
      [2, 600],
      [1400, 60],
      [2, 60],
      [1400, 12],
      [2, 900],
    ]);
    const [run] = plug.play(brewAndPulse);
    assert.ok(run && Math.abs(run[1] - 732) <= 4);
    plug.learn({ lesson: 'was-then', before: ms(run), ...ms([run[0], 660]) });
    const [next, ...others] = plug.play(brewAndPulse, DAY);
    assert.ok(next && others.length === 0 && Math.abs(next[1] - 660) <= 4, JSON.stringify(next));
  });

  it('goes on over a longer pause where its owner has moved the end over one', () => {
    const plug = new Plug('coffee_espresso');
    const twice = trace([
      [2, 600],
      [1400, 60],
      [2, 170],
      [1400, 45],
      [2, 900],
    ]);
    const runs = plug.play(twice);
    assert.equal(runs.length, 2);
    const [first, second] = runs as [[number, number], [number, number]];
    plug.learn({ lesson: 'was-then', before: ms(first), ...ms([first[0], second[1]]) });
    assert.deepEqual(plug.play(twice, DAY), [[first[0], second[1]]]);
  });

  it('a long run called none is believed the second time only: it may have been a cleaning', () => {
    const plug = new Plug('kettle');
    const boil = trace([
      [0, 60],
      [2100, 150],
      [0, 120],
    ]);
    const [run] = plug.play(boil);
    assert.ok(run);
    plug.learn({ lesson: 'was-none', ...ms(run) });
    assert.equal(plug.play(boil, DAY).length, 1);
    plug.learn({ lesson: 'was-none', ...ms(run, DAY) });
    assert.equal(plug.play(boil, 2 * DAY).length, 0);
    plug.learn({ lesson: 'was-one', ...ms(run, 2 * DAY) });
    assert.equal(plug.play(boil, 3 * DAY).length, 1);
  });

  it('counts a word that was taken back no more, the older of two alike as well', () => {
    const boil = trace([
      [0, 60],
      [2100, 150],
      [0, 120],
    ]);
    for (const older of [true, false]) {
      const plug = new Plug('kettle');
      const memories = [plug.state];
      for (const day of [0, DAY]) {
        const [run] = plug.play(boil, day);
        assert.ok(run);
        memories.push(plug.state);
        plug.learn({ lesson: 'was-none', ...ms(run, day) });
        memories.push(plug.state);
      }
      const [, , first, , second] = memories;
      const [one, other] = [learnedBetween(memories[1], first), learnedBetween(memories[3], second)];
      const undone = older ? unlearn(plug.state, one, [other]) : unlearn(plug.state, other);
      plug.state = JSON.parse(JSON.stringify(undone.memory));
      assert.deepEqual(explained(plug.recogniser, plug.state).facts.at(-1), {
        name: 'taught-none-once',
        values: { seconds: 150, times: 1 },
      });
      assert.equal(plug.play(boil, 2 * DAY).length, 1, 'said once of a long run, it is not believed yet');
    }
  });

  it('keeps what it knows without times when the clock was set back, and finds the next run', () => {
    const plug = new Plug('any');
    const [run] = plug.play(MORNING, 9 * DAY);
    assert.ok(run);
    plug.learn({ lesson: 'was-none', ...ms(run, 9 * DAY) });
    const { heat, taught } = plug.state;
    const before = JSON.stringify(plug.state);
    const lasting = plug.recogniser.lasting?.(plug.state);
    assert.equal(JSON.stringify(plug.state), before, 'the state that is given is never changed');
    plug.state = JSON.parse(JSON.stringify(lasting));
    assert.deepEqual([plug.state.heat, plug.state.taught], [heat, taught]);
    assert.equal(plug.play(MORNING, 4 * DAY)[0]?.[0], run[0]);
  });

  it('believes short boils no more once the long one was none that had made them believed', () => {
    const oven = trace([
      [0, 600],
      [1450, 170],
      [0, 600],
      [1450, 30],
      [0, 600],
    ]);
    const plug = new Plug('kettle');
    const [long, short] = plug.play(oven);
    assert.ok(long && short);
    plug.learn({ lesson: 'was-none', ...ms(long) });
    assert.deepEqual(plug.play(oven.slice(500), DAY), []);
  });

  it('stops at once what goes on and is none, and does not begin it anew', () => {
    const plug = new Plug('coffee_filter');
    for (const [t, watts] of MORNING.filter(([t]) => t < 650))
      plug.state = plug.recogniser.step(plug.state, readingAt(t, watts)).state;
    assert.ok(plug.state.run);
    plug.learn({ lesson: 'was-none', ...ms([600, 650]) });
    assert.deepEqual(plug.play(MORNING.filter(([t]) => t >= 650 && t < 1000)), []);
  });

  it('keeps six teachings at most, and whatever it is taught it stays below 3 kB', () => {
    const plug = new Plug('coffee_espresso');
    for (let day = 0; day < 20; day++) {
      plug.play(MORNING, day * DAY * 1000);
      plug.learn({ lesson: day % 2 ? 'was-one' : 'was-none', from: 0, to: Number.MAX_SAFE_INTEGER });
    }
    assert.ok(plug.state.taught.length <= 6);
    assert.ok(JSON.stringify(plug.state).length < 3000, `${JSON.stringify(plug.state).length}`);
  });

  it('learns nothing from an action', () => {
    const plug = new Plug('coffee_espresso');
    plug.play(MORNING);
    const before = plug.state;
    plug.learn({ lesson: 'was-none', action: 'sip', from: 0, to: 9e9 });
    assert.deepEqual(plug.state, before);
  });

  it('counts a word of an older version that an undone correction has brought back', () => {
    const state = powerRecogniser('kettle').initial() as PowerState;
    const old = { is: 'none', work: 20, rested: 900, bare: true } as Teaching;
    const [one, two] = upToDate({ ...state, taught: [old, { ...old, work: 99, said: 7 }] }).taught;
    assert.deepEqual([one?.said, two?.said], [2, 7]);
  });

  it('a machine that an older version has taken to be hot for hours is cold after 20 minutes', () => {
    const state = powerRecogniser('coffee_espresso').initial() as PowerState;
    const warmth = { ...state.warmth, coolAfter: 29_180 };
    const older = { ...state, version: 7, warmth } as unknown as PowerState;
    assert.equal(upToDate(older).warmth.coolAfter, 1200);
  });

  it('goes on from the memory of an older version', () => {
    const plug = new Plug('coffee_espresso');
    plug.play(MORNING.filter(([t]) => t < 1000));
    const { version, pace, warmth, sights, taught, merge, aside, cups, still, ...old } = plug.state;
    plug.state = JSON.parse(JSON.stringify(old));
    assert.deepEqual(plug.play(MORNING.filter(([t]) => t >= 1000)).length, 2);
    assert.equal(plug.state.version, 8);
    const { facts } = explained(plug.recogniser, JSON.parse(JSON.stringify(old)));
    assert.ok(facts.every(({ name }) => !name.startsWith('keeps-warm')));
  });
});

describe('power recogniser, taught on labelled recordings beside the repository', () => {
  before(function () {
    if (!existsSync(DATA)) leaveOut(this, 'the labelled recordings, not part of the repository, do not lie beside it');
  });

  const recording = (id: string): { samples: Sample[]; runs: [number, number][] } => {
    const { recordings } = JSON.parse(readFileSync(join(DATA, 'labels.json'), 'utf8'));
    const { file, runs } = recordings.find((one: { id: string }) => one.id === id);
    const rows = gunzipSync(readFileSync(join(DATA, '..', file)))
      .toString()
      .trim()
      .split('\n')
      .slice(1);
    const samples = rows.map((row): Sample => {
      const [t = Number.NaN, watts = Number.NaN] = row.split(',').map(Number);
      return [t, watts];
    });
    const clear = runs.filter(({ unclear }: { unclear?: boolean }) => !unclear);
    return { samples, runs: clear.map((run: { start_s: number; end_s: number }) => [run.start_s, run.end_s]) };
  };
  const isRight = ([from, to]: [number, number], found: [number, number][]) =>
    found.some(([start, end]) => Math.abs(start - from) <= 30 && Math.abs(end - to) <= 60);

  it('is quiet on microwave ovens called kettles, of which one that reports seldom must be told twice', () => {
    for (const id of ['refit_h10_a8_microwave', 'refit_h5_a7_microwave', 'refit_h13_a8_microwave'])
      assert.deepEqual(new Plug('kettle').play(recording(id).samples), [], id);
    let next = 0;
    const seldom = recording('refit_h13_a8_microwave').samples.filter(([t]) => {
      const isDue = t >= next;
      if (isDue) next = t + 10;
      return isDue;
    });
    const plug = new Plug('kettle');
    for (const day of [0, 100_000]) {
      const [run, ...others] = plug.play(seldom, day);
      assert.ok(run && others.length === 0);
      plug.learn({ lesson: 'was-none', ...ms(run, day) });
    }
    assert.deepEqual(plug.play(seldom, 200_000), []);
  });

  it('on an espresso machine, a coffee called none changes none of the coffees of the next days', () => {
    const days = ['2012-05-15', '2012-05-19', '2012-05-21'].map((day) => recording(`tb_coffee_735E9D_${day}`));
    const plug = new Plug('coffee_espresso');
    const [first] = plug.play(days[0]?.samples ?? []);
    assert.ok(first);
    plug.learn({ lesson: 'was-none', ...ms(first) });
    for (const [index, { samples, runs }] of days.slice(1).entries()) {
      const found = plug.play(samples, (index + 1) * 100_000);
      for (const run of runs) assert.ok(isRight(run, found), `${run} in ${JSON.stringify(found)}`);
    }
  });

  it('finds every run of a pad machine over weeks of one memory', () => {
    const { recordings } = JSON.parse(readFileSync(join(DATA, 'labels.json'), 'utf8'));
    const ids: string[] = recordings
      .filter(({ device }: { device: string }) => device === 'tb_coffee_senseoHC')
      .map(({ id }: { id: string }) => id);
    const plug = new Plug('coffee_espresso');
    for (const [day, id] of ids.entries()) {
      const { samples, runs } = recording(id);
      const found = plug.play(samples, day * 100_000);
      for (const run of runs) assert.ok(isRight(run, found), `${id}: ${run} in ${JSON.stringify(found)}`);
    }
  });
});
