import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { weightRecogniser } from '../../activities/index.js';
import { assertNear, FIXTURES, oneIn, recognise, recorded, type Said } from '../support/readings.js';

const at = (t: number, weight: number): Said => [t, { weight }];

/** A weight that goes from one value to another, every `step` s. */
function ramp(from: number, to: number, start: number, end: number, step = 0.5): Said[] {
  const rows: Said[] = [];
  for (let t = start; t < end; t += step) rows.push(at(t, from + ((to - from) * (t - start)) / (end - start)));
  return rows;
}
const still = (weight: number, start: number, end: number, step = 0.5) => ramp(weight, weight, start, end, step);

const scale = (): Said[] => {
  const lines = readFileSync(join(FIXTURES, 'coffee-scale-hour.jsonl'), 'utf8').trim().split('\n');
  return lines.flatMap((line): Said[] => {
    const { t_s, payload } = JSON.parse(line);
    return [at(t_s, payload.weight)];
  });
};

describe('weight recogniser, on recordings', () => {
  it('finds the fresh pot of the coffee corner and both cups, from a scale that reports events', () => {
    const runs = recognise(weightRecogniser, scale());
    assert.equal(runs.length, 2);
    assertNear(runs[0]?.start, 30_224, 1);
    assertNear(runs[0]?.actions[0]?.end, 30_271.2, 1);
    assertNear(runs[1]?.actions[0]?.end, 32_408.8, 1);
    assert.deepEqual(
      runs.map(({ cups }) => cups),
      [1, 1],
    );
  });

  it('counts the cups that the coffee corner’s own server counted, and knows a fresh pot', () => {
    const brews = readFileSync(join(FIXTURES, 'coffee-corner-brews.csv'), 'utf8')
      .split(/\n\s*\n/)
      .map((block) => block.split('\n').filter((line) => /^\d/.test(line)));
    const found = brews.map((lines) => {
      const began = Number(lines[0]?.split(',')[0]);
      const said = lines.map((line): Said => {
        const [time, , grams] = line.split(',').map(Number);
        return at((time ?? 0) - began, grams ?? 0);
      });
      const runs = recognise(weightRecogniser, said);
      return { cups: runs.map(({ cups }) => cups), starts: runs.map(({ start }) => Math.round(start)) };
    });
    // Its own events: COFFEE_POURED at 901 s; at 251 and 1469 s; at 1388 s; at 168, 609 and 617 s. COFFEE_NEW at 1460, 1373 and 591 s.
    assert.deepEqual(
      found.map(({ cups }) => cups),
      [[1], [1, 1], [1], [3]],
    );
    assertNear(found[1]?.starts[1], 1460, 2);
    assertNear(found[2]?.starts[0], 1373, 2);
  });

  it('counts the cup that is pumped from a pot on a raw load cell, whatever its spikes', () => {
    const spikes = recognise(weightRecogniser, recorded(FIXTURES, 'scale-spikes-and-cup.csv'));
    assert.deepEqual(
      spikes.map(({ cups }) => cups),
      [1],
    );
    assertNear(spikes[0]?.start, 18.8, 1);
    const handled = recognise(weightRecogniser, recorded(FIXTURES, 'scale-pot-and-cup.csv'));
    assert.deepEqual(
      handled.map(({ cups }) => cups),
      [1],
    );
    assertNear(handled[0]?.actions[0]?.end, 37.4, 1);
  });

  it('counts it as well from one reading in 5 s', () => {
    const runs = recognise(weightRecogniser, oneIn(5, recorded(FIXTURES, 'scale-spikes-and-cup.csv')));
    assert.deepEqual(
      runs.map(({ cups }) => cups),
      [1],
    );
  });
});

describe('weight recogniser', () => {
  it('finds an espresso: its start dated back, its finish told half a minute after', () => {
    const shot = [...still(0, 0, 10), ...ramp(0, 36, 10, 31), ...still(36, 31, 60)];
    const [run, ...others] = recognise(weightRecogniser, shot);
    assert.deepEqual(others, []);
    assertNear(run?.start, 10, 1);
    assertNear(run?.end, 31, 1);
    assert.ok(run && run.startedAt < 21 && run.finishedAt !== undefined && run.finishedAt <= 65);
    assert.deepEqual(run.actions, []);
  });

  it('takes a pour-over with its bloom for one brew of two pours', () => {
    const pours = [
      ...still(0, 0, 5),
      ...ramp(0, 60, 5, 15),
      ...still(60, 15, 55),
      ...ramp(60, 400, 55, 95),
      ...still(400, 95, 150),
    ];
    const [run, ...others] = recognise(weightRecogniser, pours);
    assert.deepEqual(others, []);
    assert.deepEqual(
      run?.actions.map(({ action }) => action),
      ['pour', 'pour'],
    );
    assertNear(run?.actions[1]?.start, 55, 6);
    assertNear(run?.end, 95, 2);
  });

  it('is over when the cup is taken from the scale', () => {
    const shot = [...still(0, 0, 10), ...ramp(0, 36, 10, 31), ...still(36, 31, 36), ...still(-150, 36, 60)];
    const [run] = recognise(weightRecogniser, shot);
    assert.ok(run?.finishedAt !== undefined && run.finishedAt <= 40);
  });

  it('hears nothing in a cup that is put on, tared, and put away', () => {
    const idle = [
      ...still(0, 0, 10),
      ...still(210, 10, 20),
      ...still(0, 20, 40),
      ...still(-210, 40, 60),
      ...still(0, 60, 90),
    ];
    assert.deepEqual(recognise(weightRecogniser, idle), []);
  });

  /** Cup on, tared, an espresso, the cup taken away and, after a while, the empty scale tared. */
  const tared = (from: number, cup: number, grams = 36): Said[] => [
    ...still(cup, from, from + 10),
    ...still(0, from + 10, from + 20),
    ...ramp(0, grams, from + 20, from + 48),
    ...still(grams, from + 48, from + 55),
    ...still(-cup, from + 55, from + 75),
    ...still(0, from + 75, from + 120),
  ];

  for (const cup of [30, 60, 240]) {
    it(`takes no zero of the empty scale for a sip from what stood there, a cup of ${cup} g`, () => {
      const [shot, ...others] = recognise(weightRecogniser, tared(0, cup));
      assert.deepEqual(others, []);
      assertNear(shot?.end, 48, 1);
      assert.deepEqual([shot?.actions, shot?.cups], [[], 0]);
      const shots = recognise(weightRecogniser, [...tared(0, cup), ...tared(120, cup)]);
      assert.deepEqual(
        shots.map(({ actions, cups }) => [actions, cups]),
        [
          [[], 0],
          [[], 0],
        ],
      );
      assertNear(shots[1]?.start, 140, 2);
    });
  }

  it('takes it for no cups from a pot that was brewed into, either', () => {
    const [brew, ...others] = recognise(weightRecogniser, tared(0, 900, 400));
    assert.deepEqual([brew?.cups, others], [0, []]);
  });

  it('tells the last sip from a cup that was tared, while it is drunk from', () => {
    const sips = [60, 30, 0].flatMap((left, i) => [
      ...still(-300, 10 + 30 * i, 20 + 30 * i),
      ...still(left, 20 + 30 * i, 40 + 30 * i),
    ]);
    const [run] = recognise(weightRecogniser, [...still(90, 0, 10), ...sips]);
    assert.deepEqual(
      run?.actions.map(({ action }) => action),
      ['sip', 'sip', 'sip'],
    );
  });

  it('hears nothing in a pot that is lifted and put back as it was', () => {
    const lifted = [...still(2400, 0, 20), ...still(3, 20, 30), ...still(2398, 30, 60)];
    assert.deepEqual(recognise(weightRecogniser, lifted), []);
  });

  it('counts two cups poured from a pot that was lifted', () => {
    const poured = [...still(2400, 0, 20), ...still(3, 20, 50), ...still(2000, 50, 90)];
    const [run] = recognise(weightRecogniser, poured);
    assert.equal(run?.cups, 2);
  });

  it('tells sips from a cup that comes back a little lighter', () => {
    const drunk = [
      ...still(0, 0, 10),
      ...still(420, 10, 30),
      ...still(0, 30, 40),
      ...still(385, 40, 100),
      ...still(1, 100, 110),
      ...still(350, 110, 160),
    ];
    const [run, ...others] = recognise(weightRecogniser, drunk);
    assert.deepEqual(others, []);
    assert.deepEqual(
      run?.actions.map(({ action }) => action),
      ['sip', 'sip'],
    );
    assert.equal(run?.cups, 0);
  });

  it('takes a mug that was washed and put back in the morning for no sip of a whole night', () => {
    const night = [...still(330, 0, 60), ...still(0, 60, 28_860), ...still(300, 28_860, 28_920)];
    assert.deepEqual(recognise(weightRecogniser, night), []);
  });

  describe('that tells of changes only', () => {
    /** A pot is put on; then cups of 180 g, each after a pause of so many minutes: pumped, or poured from the pot. */
    const morning = (pauses: readonly number[], isLifted: boolean): Said[] => {
      const said = [at(0, 0), at(60, 1500), at(61, 2300), at(81, 2330)];
      for (const [cups, minutes] of pauses.entries()) {
        const t = (said.at(-1)?.[0] ?? 0) + 60 * minutes;
        const left = 2330 - 180 * (cups + 1);
        said.push(...(isLifted ? [at(t, 0), at(t + 30, left)] : [at(t, left)]), at(t + 50, left - 5));
      }
      return said;
    };
    const isOf = (minutes: readonly number[], isLifted: boolean) => {
      const said = morning(minutes, isLifted);
      const [fresh, ...cups] = recognise(weightRecogniser, said);
      assertNear(fresh?.start, 61, 1);
      return cups.map((run) => run.cups);
    };

    for (const isLifted of [false, true]) {
      it(`counts the cups ${isLifted ? 'poured' : 'pumped'} after 20 and 45 minutes, and the next morning`, () => {
        assert.deepEqual(isOf([20, 45, 100], isLifted), [1, 1, 1]);
        assert.deepEqual(isOf([20, 45, 150, 600], isLifted), [1, 1, 1, 1]);
      });
    }

    it('knows nothing of what stands on one that reports steadily and was not heard for 45 minutes', () => {
      const day = [...still(0, 0, 60, 5), ...still(2330, 60, 1200, 5), ...still(2150, 3900, 5000, 5)];
      assert.deepEqual(
        recognise(weightRecogniser, day).map(({ cups = 0 }) => cups),
        [0],
      );
    });
  });

  it('counts a cup from a pot that was refilled where it stands', () => {
    const refilled = [
      ...still(1400, 0, 60),
      ...ramp(1400, 2400, 60, 80),
      ...still(2400, 80, 300),
      ...still(2230, 300, 360),
    ];
    assert.deepEqual(
      recognise(weightRecogniser, refilled).map(({ cups }) => cups),
      [0, 1],
    );
  });

  it('is not fooled by evaporation, drift or noise over a day', () => {
    const day: Said[] = [];
    for (let t = 0; t < 86_400; t += 30) day.push(at(t, 2400 - t / 2000 + ((t * 7919) % 13) / 10));
    assert.deepEqual(recognise(weightRecogniser, day), []);
  });

  it('takes back a finish when the brew goes on', () => {
    const dripping = [
      ...still(0, 0, 10),
      ...ramp(0, 200, 10, 110),
      ...still(200, 110, 150),
      ...ramp(200, 400, 150, 250),
      ...still(400, 250, 300),
    ];
    const runs = recognise(weightRecogniser, dripping);
    assert.equal(runs.length, 1);
    assertNear(runs[0]?.end, 250, 2);
  });
});
