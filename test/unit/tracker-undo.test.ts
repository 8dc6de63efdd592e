import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  exerciseRecogniser,
  listCorrections,
  powerRecogniser,
  type Recogniser,
  soundRecogniser,
  stateRecogniser,
  weightRecogniser,
} from '../../activities/index.js';
import { newTracker, stepTracker, type TrackerInput } from '../../activities/tracker.js';
import type { Correction } from '../../activities/tracker-correction.js';
import type { TrackerState } from '../../activities/tracker-state.js';
import type { Activity, ParameterValues } from '../../vocabulary/index.js';
import { announcing, at, boil, KETTLE, OPTIONS, Run, T0, THRESHOLD, tick } from '../support/tracker.js';

const time = (seconds: number): number => T0 + seconds * 1000;
const wrong = (correction: Correction, seconds: number): TrackerInput => ({
  type: 'correct',
  correction,
  now: time(seconds),
});

/** A day with one appliance, and what everybody was told of it. */
class Day {
  state: TrackerState = newTracker(KETTLE);
  readonly told = new Map<string, Activity>();
  problem: string | undefined;
  #ids = 0;

  constructor(readonly recogniser: Recogniser<unknown>) {}

  feed(...inputs: TrackerInput[]): this {
    for (const input of inputs) {
      const options = { ...OPTIONS, recognisers: [this.recogniser], everySeconds: 0 };
      const step = stepTracker(this.state, input, options, () => `id-${++this.#ids}`);
      this.state = input.type === 'correct' ? JSON.parse(JSON.stringify(step.state)) : step.state;
      this.problem = step.problem;
      for (const one of step.told) if (one.type === 'activity') this.#hear(one.activity);
    }
    return this;
  }

  #hear(activity: Activity): void {
    const before = this.told.get(activity.id);
    assert.ok(activity.revision > (before?.revision ?? 0), 'revisions only grow');
    assert.ok(activity.seconds >= 0);
    this.told.set(activity.id, activity);
  }

  /** What everybody has been told by now. */
  get standing(): unknown[] {
    const standing = [...this.told.values()].filter(({ state }) => state !== 'discarded');
    const inOrder = standing.sort((a, b) => a.startedAt.localeCompare(b.startedAt));
    return inOrder.map(({ id, revision, confidence, ...activity }) => activity);
  }

  get numbers(): number[] {
    return (this.state.corrections ?? []).map(({ number }) => number);
  }
}

/** Three boils with a sip in each, and what is said after each of them. */
const BOILS = [0, 2000, 4000];
type Said = { after: number; correction: (day: Day) => Correction | undefined };

const second = fc.integer({ min: 0, max: 12 }).map((tens) => tens * 10);
function corrections(): fc.Arbitrary<Said[]> {
  const last = (day: Day) => day.state.last;
  const after = fc.constantFrom(...BOILS);
  const one = fc.oneof(
    fc.record({
      after,
      correction: fc.constant((day: Day) => last(day) && ({ what: 'none', id: last(day)?.id ?? '' } as Correction)),
    }),
    fc.record({ after, from: second, long: second }).map(({ after: since, from, long }) => ({
      after: since,
      correction: (day: Day): Correction => ({
        what: 'times',
        id: last(day)?.id ?? '',
        startedAt: time(since + from),
        endedAt: time(since + from + long + 5),
      }),
    })),
    fc.record({ after, word: fc.constantFrom('coffee', 'soup') }).map(({ after: since, word }) => ({
      after: since,
      correction: (day: Day): Correction => ({ what: 'activity', id: last(day)?.id ?? '', activity: word }),
    })),
    fc.record({ after, from: fc.integer({ min: -60, max: 60 }), long: second }).map(({ after: since, from, long }) => ({
      after: since,
      correction: (): Correction => ({
        what: 'missed',
        startedAt: time(since + from * 10),
        endedAt: time(since + from * 10 + long + 5),
      }),
    })),
    fc.record({ after, from: second }).map(({ after: since, from }) => ({
      after: since,
      correction: (): Correction => ({
        what: 'missed',
        action: 'stir',
        startedAt: time(since + from),
        endedAt: time(since + from + 2),
      }),
    })),
    fc.record({ after, nth: fc.nat({ max: 2 }) }).map(({ after: since, nth }) => ({
      after: since,
      correction: (day: Day): Correction | undefined => {
        const action = last(day)?.actions[nth];
        return (
          action && {
            what: 'none',
            id: last(day)?.id ?? '',
            action: { action: action.action, startedAt: Date.parse(action.startedAt) },
          }
        );
      },
    })),
  );
  return fc.array(one, { maxLength: 10 }).map((said) => said.sort((a, b) => a.after - b.after));
}

/** @param without the correction that is not said @returns what each was; undefined where it was not carried out */
function live(day: Day, said: readonly Said[], without = -1): (string | undefined)[] {
  const carriedOut: (string | undefined)[] = said.map(() => undefined);
  for (const from of BOILS) {
    day.feed(...boil(from).map((input, index) => (index === 10 ? at(from + 51, { power: 2000, weight: 5 }) : input)));
    said.forEach((one, index) => {
      if (one.after !== from || index === without) return;
      const correction = one.correction(day);
      if (!correction) return;
      const which = day.told.get('id' in correction ? correction.id : '')?.startedAt;
      const about = JSON.stringify({ ...correction, id: which });
      day.feed(wrong(correction, from + 900 + index));
      carriedOut[index] = day.problem === undefined ? about : undefined;
    });
  }
  return carriedOut;
}

describe('corrections that are undone one by one', () => {
  it('are at most ten, the newest first, each with a number', () => {
    const day = new Day(THRESHOLD as Recogniser<unknown>).feed(...boil());
    const id = day.state.last?.id ?? '';
    for (let index = 0; index < 14; index++) {
      day.feed(wrong({ what: 'times', id, startedAt: time(index), endedAt: time(100 + index) }, 400 + index));
    }
    assert.deepEqual(day.numbers, [14, 13, 12, 11, 10, 9, 8, 7, 6, 5]);
    const undo = (number: number) => day.feed(wrong({ what: 'undo', number }, 500)).problem;
    assert.deepEqual([undo(4), undo(15), undo(0)], ['number-too-old', 'unknown-number', 'unknown-number']);
    assert.deepEqual([undo(8), undo(8)], [undefined, 'undone-already']);
    assert.deepEqual(day.numbers, [14, 13, 12, 11, 10, 9, 7, 6, 5]);
    assert.equal(day.told.get(id)?.seconds, 100);
    assert.deepEqual([undo(14), undo(14)], [undefined, 'undone-already']);
    day.feed(wrong({ what: 'times', id, startedAt: time(1), endedAt: time(99) }, 600));
    assert.deepEqual(day.numbers.slice(0, 2), [15, 13], 'a number means one correction for ever');
  });

  it('each say what the activity was called before, and what it is by that one', () => {
    const run = new Run().feed(...boil());
    for (const [s, activity] of [
      [310, 'coffee'],
      [320, 'meal'],
    ] as const)
      run.feed(wrong({ what: 'activity', id: 'id-1', activity }, s));
    const listed = listCorrections(run.state).map(({ before, activity }) => `${before} → ${activity}`);
    assert.deepEqual(listed, ['coffee → meal', 'tea → coffee']);
    run.feed(wrong({ what: 'undo', number: 1 }, 330));
    assert.deepEqual(
      listCorrections(run.state).map(({ before, activity }) => `${before} → ${activity}`),
      ['tea → meal'],
    );
  });

  it('say when another activity has been put there since, and work once that is undone', () => {
    const run = new Run({ everySeconds: 0 }).feed(...boil(), wrong({ what: 'none', id: 'id-1' }, 400));
    run.feed(wrong({ what: 'missed', startedAt: time(100), endedAt: time(200) }, 401));
    const before = run.state;
    run.feed(wrong({ what: 'undo', number: 1 }, 402));
    assert.equal(run.problem, 'undo-overlaps');
    assert.equal(run.state, before);
    run.feed(wrong({ what: 'undo', number: 2 }, 403), wrong({ what: 'undo', number: 1 }, 404));
    assert.deepEqual([run.problem, run.last.id, run.last.state], [undefined, 'id-1', 'finished']);
  });

  it('say what was learned, that nothing was, or that it took back what had been', () => {
    const facts = (memory: unknown) => (memory as { taught: string[] }).taught.map((name) => ({ name, values: {} }));
    const recogniser: Recogniser<unknown> = {
      ...(THRESHOLD as Recogniser<unknown>),
      initial: () => ({ ...(THRESHOLD.initial() as object), taught: [] }),
      step: (memory, reading) => {
        const { state, events } = THRESHOLD.step(memory as never, reading);
        return { state: { ...(memory as object), ...state }, events };
      },
      tick: (memory, now) => {
        const { state, events } = THRESHOLD.tick(memory as never, now);
        return { state: { ...(memory as object), ...state }, events };
      },
      learn: (memory, { lesson }) => {
        const { taught } = memory as { taught: string[] };
        if (lesson === 'was-other') return memory;
        return { ...(memory as object), taught: taught.length > 0 ? [] : ['taught-none'] };
      },
      explain: (memory) => ({ levels: [], facts: facts(memory), sights: [] }),
    };
    const run = new Run({ recognisers: [recogniser], everySeconds: 0 }).feed(...boil());
    const times = (to: number): Correction => ({ what: 'times', id: 'id-1', startedAt: time(0), endedAt: time(to) });
    run.feed(
      wrong(times(100), 400),
      wrong(times(110), 401),
      wrong({ what: 'activity', id: 'id-1', activity: 'soup' }, 402),
    );
    assert.deepEqual(
      run.state.corrections?.map(({ taught }) => taught?.map(({ name }) => name)),
      [[], ['taught-back'], ['taught-none']],
    );
  });

  it('take what was said of an added activity away with it', () => {
    const run = new Run({ everySeconds: 0 }).feed(at(0, { power: 0 }), tick(900));
    run.feed(wrong({ what: 'missed', startedAt: time(100), endedAt: time(200) }, 900));
    run.feed(wrong({ what: 'times', id: 'id-1', startedAt: time(100), endedAt: time(300) }, 901));
    run.feed(wrong({ what: 'undo', number: 1 }, 902));
    assert.deepEqual([run.last.state, run.state.last, run.state.corrections], ['discarded', undefined, undefined]);
  });

  it('keep all that a long wash took, which was called none while it went on', () => {
    const wash = (from: number, to: number): TrackerInput[] =>
      Array.from({ length: (to - from) / 10 }, (_, index) => from + 10 * index).flatMap((s) => {
        const isOn = s >= 60 && s < 60 + 110 * 60;
        return [at(s, { power: isOn ? 200 + (s % 600) : 1 }), tick(s + 5)];
      });
    const machine = () => new Day(powerRecogniser('washing_machine'));
    const [untouched, ...others] = [
      ...machine()
        .feed(...wash(0, 8400))
        .told.values(),
    ];
    assert.deepEqual([untouched?.state, others.length], ['finished', 0]);
    for (const undone of [100, 130]) {
      const day = machine().feed(...wash(0, 600));
      const [going] = [...day.told.values()];
      const none = wrong({ what: 'none', id: going?.id as string }, 600);
      day.feed(none, ...wash(600, 60 * undone), wrong({ what: 'undo' }, 60 * undone), ...wash(60 * undone, 8400));
      const [back] = [...day.told.values()];
      assert.equal(back?.state, 'finished');
      assert.equal(back.endedAt, untouched?.endedAt);
      assert.deepEqual(back.parameters, untouched?.parameters, `undone after ${undone} min`);
    }
  });

  it('bring back what was called none until another activity began', () => {
    const start = (s: number) => ({ type: 'start', at: time(s), confidence: 1 }) as const;
    const day = new Day(announcing({ 0: [start(0)], 3600: [start(3540)] }));
    const readings = (from: number, to: number) =>
      Array.from({ length: (to - from) / 10 }, (_, index) => at(from + 10 * index, { power: 360 }));
    day.feed(...readings(0, 600), wrong({ what: 'none', id: 'id-1' }, 600), ...readings(600, 4200));
    day.feed(wrong({ what: 'undo' }, 4200));
    assert.equal(day.problem, undefined);
    const [back, next] = [...day.told.values()];
    assert.deepEqual([back?.state, back?.seconds, back?.parameters.energy?.total], ['finished', 3540, 0.354]);
    assert.equal(next?.startedAt, back?.endedAt);
  });

  it('leave everything as if none had been said, in whatever order they are undone', () => {
    const plain = new Day(THRESHOLD as Recogniser<unknown>);
    live(plain, []);
    fc.assert(
      fc.property(corrections(), fc.infiniteStream(fc.nat()), (said, picks) => {
        const day = new Day(THRESHOLD as Recogniser<unknown>);
        live(day, said);
        undoAll(day, picks, 6000);
        assert.deepEqual(day.standing, plain.standing);
        assert.equal(day.state.past, undefined);
        assert.equal(day.state.last?.startedAt, plain.state.last?.startedAt);
      }),
      { numRuns: 400 },
    );
  });

  it('are as if they had never been said, while the others stand', () => {
    let compared = 0;
    fc.assert(
      fc.property(corrections(), fc.nat(), (said, pick) => {
        const day = new Day(THRESHOLD as Recogniser<unknown>);
        const carriedOut = live(day, said);
        const done = carriedOut.flatMap((was, index) => (was ? [index] : []));
        const undone = done[pick % Math.max(1, done.length)];
        if (undone === undefined) return;
        const other = new Day(THRESHOLD as Recogniser<unknown>);
        const otherwise = live(other, said, undone);
        // Where the others would have gone another way, there is nothing to compare.
        if (!otherwise.every((was, index) => index === undone || was === carriedOut[index])) return;
        day.feed(wrong({ what: 'undo', number: done.indexOf(undone) + 1 }, 6000));
        if (day.problem) return;
        assert.deepEqual(day.standing, other.standing);
        compared++;
      }),
      { numRuns: 600 },
    );
    assert.ok(compared > 100, `${compared}`);
  });

  const signals: [Recogniser<unknown>, fc.Arbitrary<ParameterValues>][] = [
    [weightRecogniser, fc.constantFrom(0, 4, 12, 20, 30, 200, 420, 2400, 2370).map((weight) => ({ weight }))],
    [exerciseRecogniser(), fc.constantFrom(0, 0.4, 1.2, 3).map((speed) => ({ speed }))],
    [soundRecogniser, fc.constantFrom(35, 43, 50, 65).map((soundLevel) => ({ soundLevel }))],
    [stateRecogniser(), fc.constantFrom('idle', 'heating', 'hold', 'zzz').map((state) => ({ state }))],
    [powerRecogniser('coffee_espresso'), fc.constantFrom(0, 60, 1400, 1450).map((power) => ({ power }))],
  ];
  for (const [recogniser, values] of signals) {
    it(`${recogniser.name}: takes back all that was learned, in whatever order`, () => {
      const ago = fc.integer({ min: 0, max: 2000 });
      const part = fc.record({ values, hold: fc.integer({ min: 10, max: 300 }) });
      const word = fc.record({ what: fc.constantFrom('none', 'times', 'missed', 'activity'), ago, long: ago });
      const parts = fc.array(part, { minLength: 2, maxLength: 12 });
      const words = fc.array(word, { minLength: 1, maxLength: 6 });
      let learned = 0;
      fc.assert(
        fc.property(parts, words, fc.infiniteStream(fc.nat()), (lived, said, picks) => {
          const day = new Day(recogniser);
          const until = pass(day, lived, 0);
          const before = taughtOf(day);
          for (const one of said) day.feed(wrong(correctionOf(day, one, until), until));
          if (taughtOf(day) !== before) learned++;
          pass(day, [{ values: lived[0]?.values ?? {}, hold: 60 }], until);
          undoAll(day, picks, until + 90);
          assert.equal(taughtOf(day), before);
        }),
        { numRuns: 150 },
      );
      assert.ok(learned > 5, `${learned} times something was learned`);
    });
  }
});

interface Part {
  values: ParameterValues;
  hold: number;
}

/** @returns when it is over, in seconds */
function pass(day: Day, parts: readonly Part[], from: number): number {
  let s = from;
  for (const { values, hold } of parts)
    for (const end = s + hold; s < end; s += 5) day.feed(at(s, values), tick(s + 1));
  return s;
}

function correctionOf(
  day: Day,
  { what, ago, long }: { what: string; ago: number; long: number },
  now: number,
): Correction {
  const id = (day.state.open ?? day.state.last)?.id ?? '';
  const when = { startedAt: time(now - ago - long), endedAt: time(now - ago) };
  return (what === 'activity' ? { what, id, activity: 'soup' } : { what, id, ...when }) as Correction;
}

/** What the recogniser was taught, whatever the order in which it remembers that. */
function taughtOf(day: Day): string {
  const { taught = {}, means = [] } = (day.state.recogniser?.memory ?? {}) as { taught?: object; means?: unknown[] };
  const inOrder = (one: object) =>
    Object.entries(one)
      .map((each) => JSON.stringify(each))
      .sort();
  return JSON.stringify([inOrder(taught), inOrder(means)]);
}

function undoAll(day: Day, picks: Iterator<number>, seconds: number): void {
  for (let tries = 0; day.numbers.length > 0; tries++) {
    assert.ok(tries < 500, 'some cannot be undone');
    // Not every one can be undone while others stand: where the picks are all alike, each still has its turn.
    const number = day.numbers[((picks.next().value as number) + tries) % day.numbers.length] as number;
    day.feed(wrong({ what: 'undo', number }, seconds));
  }
}
