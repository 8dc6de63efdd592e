import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { askForest, readForest, writeForest } from '../../activities/motion/forest.js';
import { confidenceOf } from '../../activities/motion/model-form.js';
import { calibrate } from '../../training/calibrate.js';
import { DISTURBANCES, rotate } from '../../training/disturb.js';
import { Random } from '../../training/random.js';
import { emptySamples, type Recording, readRecordings, type Samples, setSample } from '../../training/recordings.js';
import { countEvents, countWindows, f1, mostRight } from '../../training/score.js';
import { growForest } from '../../training/trees.js';
import { bendArm, retime, UNCHANGED, vary } from '../../training/vary.js';

function table(count: number, random: Random) {
  const columns = [0, 1, 2].map(() => Float64Array.from({ length: count }, () => random.between(-1, 1)));
  const [a, b] = columns as [Float64Array, Float64Array];
  const targets = Array.from(a, (value, i) => (value > 0.2 && (b[i] as number) < 0.3 ? 1 : 0));
  return { columns, targets, weights: targets.map(() => 1) };
}

const GROWTH = { trees: 25, leaves: 16, leafSize: 3, choices: 3 };

describe('motion training', () => {
  it('reads a recording by its header, and no zero where a cell is empty', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kindred-'));
    try {
      mkdirSync(join(folder, 'gestures'));
      const rows = 'temperature,ax_g,ay_g,az_g,t_s\n21,0.1,0.2,0.9,0\n21,,0.2,0.9,0.02\n21,0.3,0.4,0.8,0.04\n';
      writeFileSync(join(folder, 'gestures', 'one.csv.gz'), gzipSync(rows));
      const entry = { id: 'one', file: 'gestures/one.csv.gz', type: 'clip', person: 'p', duration_s: 1 };
      writeFileSync(join(folder, 'gestures', 'labels.json'), JSON.stringify({ recordings: [entry] }));
      const { t, x, y, z } = readRecordings(folder)[0]?.samples ?? emptySamples(0);
      assert.deepEqual(
        [t, x, y, z].map((column) => Array.from(column)),
        [
          [0, 0.04],
          [0.1, 0.3],
          [0.2, 0.4],
          [0.9, 0.8],
        ],
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('grows trees that find a rule again', () => {
    const forest = growForest(table(600, new Random(1)), GROWTH, new Random(2));
    const fresh = table(400, new Random(3));
    const right = fresh.targets.filter((target, i) => {
      const features = fresh.columns.map((column) => column[i] as number);
      return askForest(forest, features) >= 0.5 === (target === 1);
    });
    assert.ok(right.length > 0.93 * 400, `${right.length} of 400`);
  });

  it('grows the same trees from the same seed, and other trees from another', () => {
    const grow = (seed: number) => writeForest(growForest(table(200, new Random(1)), GROWTH, new Random(seed)));
    assert.deepEqual(grow(5), grow(5));
    assert.notDeepEqual(grow(5), grow(6));
  });

  it('writes trees as lines that read back the same', () => {
    const forest = growForest(table(200, new Random(1)), GROWTH, new Random(2));
    assert.deepEqual(readForest(writeForest(forest)), forest);
  });

  it('asks a tree: a split goes on with the low branch, a leaf is minus one minus its percent', () => {
    const forest = readForest(['1 0.5 4 -21 -81']);
    assert.equal(askForest(forest, [9, 0.5]), 0.2);
    assert.equal(askForest(forest, [9, 0.6]), 0.8);
    assert.equal(askForest([], [1]), 0);
  });

  it('calibrates answers to how often they are right', () => {
    const random = new Random(9);
    const pairs = Array.from({ length: 4000 }, () => {
      const answer = random.between(0.05, 0.95);
      return { answer, right: random.next() < answer ** 2 };
    });
    const calibration = calibrate(pairs);
    for (const answer of [0.4, 0.6, 0.8]) {
      assert.ok(Math.abs(confidenceOf(answer, calibration) - answer ** 2) < 0.06, String(answer));
    }
  });

  it('leaves the way down and the shaking as long as they were when it turns samples', () => {
    const samples = line(50);
    const turned = rotate(samples, new Random(3));
    for (let i = 0; i < 50; i++) {
      assert.ok(Math.abs(size(turned, i) - size(samples, i)) < 1e-9);
    }
    assert.notEqual(turned.x[10], samples.x[10]);
  });

  it('takes samples at another rate along straight lines', () => {
    const half = retime(line(101), { time: 1, rate: 5 });
    assert.ok(Math.abs((half.t[3] as number) - 0.6) < 1e-9);
    assert.ok(Math.abs((half.x[3] as number) - 0.06) < 1e-9);
    assert.equal(retime(line(11), { time: 2, rate: 0 }).t[10], 2);
  });

  it('tilts further without making gravity longer', () => {
    const samples = emptySamples(400);
    for (let i = 0; i < 400; i++) {
      const tilt = i > 180 && i < 220 ? 0.5 : 0;
      setSample(samples, i, i / 20, Math.sin(tilt), 0, Math.cos(tilt));
    }
    const varied = vary(samples, { ...UNCHANGED, tilt: 1.5 }, new Random(1));
    assert.ok(Math.atan2(varied.x[200] as number, varied.z[200] as number) > 0.7);
    assert.ok(Math.abs(size(varied, 200) - 1) < 1e-6);
    const same = vary(samples, UNCHANGED, new Random(1));
    assert.ok(Math.abs((same.x[200] as number) - (samples.x[200] as number)) < 1e-9);
  });

  it('disturbs a recording in the same way each time, and says when a moment is then', () => {
    const samples = line(600);
    for (const { name, apply, when } of DISTURBANCES) {
      const [once, twice] = [apply(samples), apply(samples)];
      assert.deepEqual(once, twice, name);
      assert.ok(once.t.length > 100, name);
      const [last, expected] = [Math.max(...once.t), when(samples.t.at(-1) as number)];
      assert.ok(Math.abs(last - expected) < 0.7, `${name}: ends at ${last}, not ${expected}`);
    }
    const names = DISTURBANCES.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  });

  it('bends the arm of a walker now and then, and leaves all lengths as they were', () => {
    const samples = line(900);
    const bent = bendArm(samples, new Random(5));
    const turned = Array.from(bent.x.keys()).filter(
      (i) => Math.abs((bent.x[i] as number) - (samples.x[i] as number)) > 0.05,
    );
    assert.ok(turned.length > 150 && turned.length < 850, `${turned.length} of 900`);
    for (let i = 0; i < 900; i++) assert.ok(Math.abs(size(bent, i) - size(samples, i)) < 1e-9);
    assert.equal(bent.x[0], samples.x[0]);
  });

  it('says how many can be told right at the best of all thresholds', () => {
    const judged = (...answers: [number, boolean][]) => answers.map(([answer, right]) => ({ answer, right }));
    const mixed = judged([0.2, false], [0.9, true], [0.8, false], [0.7, true], [0.6, true], [0.5, true]);
    assert.equal(mostRight(mixed, 0.8), 4);
    assert.equal(mostRight(mixed, 0.9), 1);
    assert.equal(mostRight(judged([0.9, false], [0.5, true]), 0.8), 0);
    assert.equal(mostRight(judged([0.5, true], [0.5, false]), 0.8), 0, 'what has the same answer is told together');
    assert.equal(mostRight([], 0.8), 0);
  });

  it('counts events by a quarter of the shorter, and windows by touch', () => {
    const base = { id: 'a', file: '', person: 'p', duration_s: 100, samples: emptySamples(0) };
    const events = [
      { start_s: 10, end_s: 14, label: 'drink' },
      { start_s: 40, end_s: 44, label: 'drink' },
    ];
    const recording: Recording = { ...base, type: 'continuous', events };
    const found = [
      { start_s: 13, end_s: 20, label: 'drink' },
      { start_s: 43.5, end_s: 50, label: 'drink' },
      { start_s: 40, end_s: 44, label: 'stir' },
    ];
    assert.deepEqual(countEvents(recording, found, 'drink'), { hit: 1, wrong: 1, missed: 1 });
    assert.equal(f1({ hit: 1, wrong: 1, missed: 1 }), 0.5);
    const clip: Recording = { ...base, type: 'clip', class: 'drink' };
    const touching = [{ start_s: 29, end_s: 31, label: 'drink' }];
    assert.deepEqual(countWindows(clip, touching), { hit: 2, wrong: 0, missed: 1 });
    assert.deepEqual(countWindows({ ...clip, class: 'typing' }, touching), { hit: 0, wrong: 2, missed: 0 });
  });
});

function line(count: number): Samples {
  const samples = emptySamples(count);
  for (let i = 0; i < count; i++) setSample(samples, i, i / 10, i / 100, 0.2, 1);
  return samples;
}

function size({ x, y, z }: Samples, i: number): number {
  return Math.hypot(x[i] as number, y[i] as number, z[i] as number);
}
