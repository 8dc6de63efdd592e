import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Picture } from '../../activities/picture/index.js';
import { Trace } from '../../activities/picture/trace.js';
import type { Activity, Reading } from '../../vocabulary/index.js';

const T0 = Date.parse('2026-11-22T08:00:00Z');
const APPLIANCE = { id: 'k', name: 'Kettle', profile: 'tasmota' };

function reading(seconds: number, parameters: Reading['parameters']): Reading {
  return { appliance: APPLIANCE, at: new Date(T0 + seconds * 1000).toISOString(), parameters };
}

function activity(state: Activity['state'], from: number, to: number, more: Partial<Activity> = {}): Activity {
  const iso = (seconds: number): string => new Date(T0 + seconds * 1000).toISOString();
  return {
    id: 'run-1',
    revision: 1,
    activity: 'tea',
    category: 'food-and-beverage',
    state,
    startedAt: iso(from),
    ...(state === 'finished' ? { endedAt: iso(to) } : {}),
    seconds: to - from,
    appliance: APPLIANCE,
    parameters: {},
    actions: [],
    ...more,
  };
}

describe('trace', () => {
  it('keeps values as they came, and joins what comes within a quarter of a second', () => {
    const trace = new Trace();
    for (const [at, value] of [
      [0, 5],
      [100, 3],
      [200, 9],
      [1000, 4],
    ] as const)
      trace.note(T0 + at, value);
    assert.deepEqual(trace.spans, [
      [T0, T0 + 200, 3, 9],
      [T0 + 1000, T0 + 1000, 4, 4],
    ]);
  });

  it('stays small, in order, and forgets no extreme of what it still covers', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 120_000 }), fc.integer({ min: 0, max: 3000 })), {
      minLength: 1000,
      maxLength: 3000,
      size: 'max',
    });
    fc.assert(
      fc.property(steps, (values) => {
        const trace = new Trace();
        let at = T0;
        const noted = values.map(([pause, value]) => {
          at += pause;
          trace.note(at, value);
          return { at, value };
        });
        const { spans } = trace;
        assert.ok(spans.length <= 400);
        for (const [index, [from, to, low, high]] of spans.entries()) {
          assert.ok(from <= to && (index === 0 || from > (spans[index - 1]?.[1] ?? 0)));
          const within = noted.filter((one) => one.at >= from && one.at <= to).map(({ value }) => value);
          assert.equal(low, Math.min(...within));
          assert.equal(high, Math.max(...within));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('keeps one stretch in detail, however long ago it was', () => {
    const trace = new Trace();
    for (let second = 0; second < 300; second++) trace.note(T0 + second * 1000, second % 7);
    trace.keep({ from: T0, to: T0 + 300_000 });
    for (let second = 300; second < 80_000; second++) trace.note(T0 + second * 1000, 1);
    const detail = trace.spans.filter(([, to]) => to < T0 + 300_000);
    assert.ok(detail.length >= 70, `${detail.length} spans of five minutes, a day later`);
    assert.equal(detail[0]?.[0], T0);
  });

  it('coarsens the detail when there is nothing else to let go', () => {
    const trace = new Trace();
    trace.keep({ from: T0, to: T0 + 86_400_000 });
    for (let second = 0; second < 86_400; second++) trace.note(T0 + second * 1000, 1);
    assert.ok(trace.spans.length <= 400);
    assert.equal(trace.spans[0]?.[0], T0);
  });
});

describe('picture', () => {
  it('draws two parameters at most, the first that came, and what the appliance said', () => {
    const picture = new Picture(APPLIANCE);
    picture.note(reading(0, { power: 3, temperature: 20, state: 'idle', voltage: 230 }));
    picture.note(reading(1, { power: 4, weight: 100, state: 'idle' }));
    picture.note(reading(2, { power: 2000, state: 'heating' }));
    const { lines, words } = picture.view();
    assert.deepEqual(
      lines.map(({ parameter }) => parameter),
      ['power', 'temperature'],
    );
    assert.deepEqual(
      words.map(({ state }) => state),
      ['idle', 'heating'],
    );
  });

  it('draws each direction of an acceleration', () => {
    const picture = new Picture(APPLIANCE);
    picture.note(reading(0, { acceleration: { x: 1, y: 2, z: 9.8 } }));
    const { lines } = picture.view();
    assert.deepEqual(
      lines.map(({ axis, spans }) => [axis, spans[0]?.[2]]),
      [
        ['x', 1],
        ['y', 2],
        ['z', 9.8],
      ],
    );
  });

  it('begins anew where the clock was set back, with what was recognised before', () => {
    const picture = new Picture(APPLIANCE);
    for (let s = 0; s < 100; s += 10) picture.note(reading(s, { power: s, temperature: 20, state: 'heating' }));
    picture.hear({ type: 'activity', activity: activity('finished', 10, 50) });
    picture.note(reading(60, { power: 7, state: 'idle' }));
    const { lines, words, runs } = Picture.from(picture.view()).view();
    assert.deepEqual(
      lines.map(({ spans }) => spans),
      [[[T0 + 60_000, T0 + 60_000, 7, 7]], []],
    );
    assert.deepEqual(words, [{ at: T0 + 60_000, state: 'idle' }]);
    assert.equal(runs.length, 1);
  });

  it('leaves out what a broker had stored', () => {
    const picture = new Picture(APPLIANCE);
    picture.note({ ...reading(0, { power: 3 }), retained: true });
    assert.deepEqual(picture.view().lines, []);
  });

  it('has each run once, as it was told last, with its actions', () => {
    const picture = new Picture(APPLIANCE);
    picture.hear({ type: 'activity', activity: activity('started', 10, 12) });
    const action = {
      action: 'sip',
      startedAt: new Date(T0).toISOString(),
      activityId: 'run-1',
      activity: 'tea',
    } as const;
    picture.hear({ type: 'action', action: { ...action, appliance: APPLIANCE } });
    assert.equal(picture.view().actions.length, 1);
    picture.hear({ type: 'activity', activity: activity('finished', 10, 200, { confidence: 0.9 }) });
    const { runs, actions } = picture.view();
    assert.deepEqual(runs, [
      {
        id: 'run-1',
        activity: 'tea',
        state: 'finished',
        confidence: 0.9,
        startedAt: T0 + 10_000,
        endedAt: T0 + 200_000,
      },
    ]);
    assert.deepEqual(actions, [], 'the activity was told without it: it was taken back');
  });

  it('goes on from what was saved as JSON', () => {
    const picture = new Picture(APPLIANCE);
    for (let second = 0; second < 300; second++) {
      picture.note(
        reading(second, { power: second % 11, acceleration: { x: 1, y: second, z: 2 }, state: `${second % 3}` }),
      );
    }
    picture.hear({ type: 'activity', activity: activity('finished', 10, 200) });
    const view = picture.view();
    const again = Picture.from(JSON.parse(JSON.stringify(view)));
    assert.deepEqual(again.view(), view);
    again.note(reading(301, { power: 5 }));
    assert.equal(again.view().lines[0]?.spans.length, (view.lines[0]?.spans.length ?? 0) + 1);
  });
});
