import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Lesson,
  type MotionState,
  motionRecogniser,
  type Recogniser,
  type RecogniserEvent,
  type TrackerInput,
} from '../../activities/index.js';
import { MODEL } from '../../activities/motion/model.js';
import { createMotionRecogniser } from '../../activities/motion/recogniser.js';
import { explained } from '../support/explained.js';
import { drink, epochOf, type Gesture, readingsOf, still, stir } from '../support/motion-traces.js';
import { OPTIONS, Run } from '../support/tracker.js';

type ActionEvent = Extract<RecogniserEvent, { type: 'action' }>;

/** Each trace is played an hour after the one before, as its own occasion. */
function play(
  gestures: Gesture[],
  hour = 0,
  from: MotionState = motionRecogniser.initial(),
  recogniser: Recogniser<MotionState> = motionRecogniser,
) {
  let state = from;
  const actions: ActionEvent[] = [];
  for (const one of readingsOf(gestures)) {
    const at = new Date(Date.parse(one.at) + hour * 3_600_000).toISOString();
    const step = recogniser.step(state, { ...one, at });
    state = step.state;
    actions.push(...step.events.filter((event) => event.type === 'action'));
  }
  return { state, actions, names: actions.map(({ action }) => action) };
}

const occasion = (gesture: Gesture) => [still(6), gesture, still(6)];

function learn(state: MotionState, lesson: Lesson): MotionState {
  assert.ok(motionRecogniser.learn);
  return motionRecogniser.learn(state, lesson);
}

function about(lesson: 'was-none' | 'was-one', { action, startedAt, endedAt }: ActionEvent): Lesson {
  return { lesson, action, from: startedAt, to: endedAt };
}

const CUP = ['raise-cup', 'sip', 'put-down'];
/** Something else that is tilted little and long, as by somebody who reads a gauge. */
const gauge = drink({ tilt: 0.6, hold: 5 });
const weakStir = stir({ strength: 0.8 });

describe('motion recogniser, taught', () => {
  it('does not tell a movement again that was said to be none, and still tells a sip', () => {
    const first = play(occasion(gauge));
    assert.deepEqual(first.names, CUP);
    const taught = learn(first.state, about('was-none', first.actions[1] as ActionEvent));
    const again = play(occasion(gauge), 1, taught);
    assert.deepEqual(again.names, []);
    assert.deepEqual(play(occasion(drink()), 2, again.state).names, CUP);
    assert.deepEqual(play(occasion(stir()), 3, again.state).names, ['stir']);
  });

  it('does not tell it again when it takes a little less or more time either', () => {
    const first = play(occasion(gauge));
    const taught = learn(first.state, about('was-none', first.actions[0] as ActionEvent));
    for (const hold of [4.6, 5.4]) {
      assert.deepEqual(play(occasion(drink({ tilt: 0.6, hold })), 1, taught).names, [], `hold ${hold}`);
    }
  });

  it('learns the same from each of the three actions of a cup', () => {
    const first = play(occasion(gauge));
    const [one, ...others] = first.actions.map((action) => learn(first.state, about('was-none', action)).taught);
    assert.equal(one?.length, 1);
    for (const other of others) assert.deepEqual(other, one);
  });

  it('tells what it missed, once it was said to be one', () => {
    const first = play(occasion(weakStir));
    assert.deepEqual(first.names, []);
    const nearly = explained(motionRecogniser, first.state).sights.map(({ name, values }) => [name, values.action]);
    assert.deepEqual(nearly, [['nearly', 'stir']]);
    const taught = learn(first.state, { lesson: 'was-one', action: 'stir', from: epochOf(6), to: epochOf(11) });
    assert.deepEqual(explained(motionRecogniser, taught).facts, [
      { name: 'taught-missed', values: { action: 'stir', times: 1 } },
    ]);
    assert.deepEqual(play(occasion(weakStir), 1, taught).names, ['stir']);
    assert.deepEqual(play([still(40)], 2, taught).names, []);
  });

  it('tells no pour, however much it looks like one, before somebody has said that one like it was one', () => {
    const [never, nearlyAlways] = [['-1'], ['-91']];
    const pours = createMotionRecogniser({ ...MODEL, sip: never, pour: nearlyAlways });
    const first = play(occasion(drink()), 0, pours.initial(), pours);
    assert.deepEqual(first.names, []);
    const nearly = explained(pours, first.state).sights.map(({ name, values }) => [name, values.action]);
    assert.ok(nearly.length > 0);
    assert.deepEqual(nearly[0], ['nearly', 'pour']);
    const taught = learn(first.state, { lesson: 'was-one', action: 'pour', from: epochOf(6), to: epochOf(11) });
    const again = play(occasion(drink()), 1, taught, pours);
    assert.deepEqual(again.names, ['pour']);
    assert.deepEqual(play(occasion(drink({ tilt: 0.6, hold: 6 })), 2, again.state, pours).names, [], 'nothing like it');
    const wrong = learn(again.state, about('was-none', again.actions[0] as ActionEvent));
    assert.deepEqual(play(occasion(drink()), 3, wrong, pours).names, []);
  });

  it('learns of all that was told in an activity that was none, and ends it', () => {
    const first = play([...occasion(gauge), ...occasion(stir())]);
    assert.deepEqual(first.names, [...CUP, 'stir']);
    const taught = learn(first.state, { lesson: 'was-none', from: epochOf(0), to: epochOf(60) });
    assert.deepEqual(taught.taught.map(({ action }) => action).sort(), ['sip', 'stir']);
    assert.equal(taught.run, null);
    assert.deepEqual(play([...occasion(gauge), ...occasion(stir())], 1, taught).names, []);
  });

  it('takes back what it learned when the opposite is said', () => {
    const first = play(occasion(gauge));
    const sip = first.actions[1] as ActionEvent;
    const wrong = learn(first.state, about('was-none', sip));
    const right = learn(wrong, about('was-one', sip));
    assert.deepEqual(right, first.state);
    assert.deepEqual(play(occasion(gauge), 1, right).names, CUP);
  });

  it('learns nothing twice, and nothing of what it does not remember', () => {
    const first = play(occasion(gauge));
    const lesson = about('was-none', first.actions[1] as ActionEvent);
    const once = learn(first.state, lesson);
    assert.deepEqual(learn(once, lesson), once);
    const unknown: Lesson[] = [
      { lesson: 'was-none', action: 'sip', from: epochOf(500), to: epochOf(505) },
      { lesson: 'was-none', action: 'pour', from: epochOf(6), to: epochOf(12) },
      { lesson: 'was-none', action: 'high-note', from: epochOf(6), to: epochOf(12) },
      { lesson: 'was-one', from: epochOf(6), to: epochOf(12) },
      { lesson: 'was-then', before: { from: epochOf(6), to: epochOf(12) }, from: epochOf(5), to: epochOf(13) },
    ];
    for (const one of unknown) assert.deepEqual(learn(first.state, one), first.state, JSON.stringify(one));
  });

  it('keeps no more than twenty teachings, and its state below 24 kB', () => {
    let state = motionRecogniser.initial();
    for (let hour = 0; hour < 25; hour++) {
      const gesture = hour % 2 ? drink({ tilt: 1 + hour / 20 }) : stir({ seconds: 4 + hour / 10 });
      const played = play(occasion(gesture), hour, state);
      state = played.actions.reduce((before, action) => learn(before, about('was-none', action)), played.state);
    }
    assert.ok(state.taught.length <= 20);
    const bytes = JSON.stringify(state).length;
    assert.ok(bytes < 24_576, `${bytes} bytes`);
  });

  it('weighs no teaching above its bound, and never throws, whatever is said', () => {
    const { state } = play([...occasion(gauge), ...occasion(drink()), ...occasion(weakStir)]);
    const time = fc.double({ min: 0, max: 60, noNaN: true }).map(epochOf);
    const lesson = fc.record(
      {
        lesson: fc.constantFrom('was-none' as const, 'was-one' as const),
        action: fc.constantFrom(
          'sip' as const,
          'raise-cup' as const,
          'pour' as const,
          'stir' as const,
          'rest' as const,
        ),
        from: time,
        to: time,
      },
      { requiredKeys: ['lesson', 'from', 'to'] },
    );
    fc.assert(
      fc.property(fc.array(lesson, { maxLength: 30 }), (lessons) => {
        const taught = lessons.reduce((before, one) => learn(before, one), state);
        assert.deepEqual(JSON.parse(JSON.stringify(taught)), taught);
        for (const { shift } of taught.taught) assert.ok(Math.abs(shift) <= 12);
        explained(motionRecogniser, taught);
      }),
      { numRuns: 100 },
    );
  });

  it('learns through the tracker from its owner, and forgets when that was wrong, too', () => {
    const begin = epochOf(0);
    const options = { ...OPTIONS, recognisers: [motionRecogniser as Recogniser<unknown>], everySeconds: 0 };
    const run = new Run(options);
    const inputs = (hour: number): TrackerInput[] =>
      readingsOf(occasion(gauge)).map((one) => {
        const at = Date.parse(one.at) + hour * 3_600_000;
        return { type: 'reading', reading: { ...one, at: new Date(at).toISOString() }, arrivedAt: at };
      });
    const actions = () => run.told.flatMap((one) => (one.type === 'action' ? [one.action] : []));
    const names = () => actions().map(({ action }) => action);
    run.feed(...inputs(0));
    assert.deepEqual(names(), CUP);
    const { activityId: id, startedAt } = actions()[1] ?? assert.fail();
    const action = { action: 'sip' as const, startedAt: Date.parse(startedAt) };
    run.feed({ type: 'correct', correction: { what: 'none', id, action }, now: begin + 20_000 });
    assert.equal(run.problem, undefined);
    run.feed(...inputs(1));
    assert.deepEqual(names(), CUP, 'not told again');
    run.feed({ type: 'correct', correction: { what: 'undo' }, now: begin + 3_620_000 }, ...inputs(2));
    assert.deepEqual(names(), [...CUP, ...CUP], 'told again');
  });

  it('goes on with a state whose past tells neither tilt nor shaking, without that past', () => {
    const { memory, ...rest } = play([still(6), drink(), still(6), drink()]).state;
    assert.ok(memory.length > 0);
    const old = memory.map(({ tilt: _tilt, motion: _motion, ...entry }) => entry);
    const saved = JSON.parse(JSON.stringify({ ...rest, memory: old })) as MotionState;
    const { state, names } = play([still(12), ...occasion(drink())], 1, saved);
    assert.deepEqual(names, [...CUP, ...CUP]);
    assert.ok(state.memory.every(({ tilt, motion }) => Number.isFinite(tilt) && Number.isFinite(motion)));
  });

  it('goes on with a state that was saved before anything could be taught', () => {
    const { seen: _seen, taught: _taught, ...old } = play([still(6), drink()]).state;
    const saved = JSON.parse(JSON.stringify(old)) as MotionState;
    assert.deepEqual(play([still(12)], 1, saved).names, CUP);
    assert.deepEqual(learn(saved, { lesson: 'was-none', action: 'sip', from: 0, to: 1 }).taught, []);
  });
});
