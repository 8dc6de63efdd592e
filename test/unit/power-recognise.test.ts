import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Recogniser, RecogniserEvent } from '../../activities/index.js';
import { main, parseArguments } from '../../scripts/recognise.js';
import { RecordingError, readRecording } from '../../scripts/recognise-recording.js';
import { detect } from '../../scripts/recognise-replay.js';
import { trace } from '../support/power-trace.js';

describe('recognise', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kindred-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const write = (name: string, content: string | Buffer) => {
    const path = join(dir, name);
    writeFileSync(path, content);
    return path;
  };
  const packed = (name: string, text: string) => write(name, gzipSync(text));

  it('gives each recording the profile that stands before it, or the only one', () => {
    const jobs = (...args: string[]) => parseArguments(args).jobs.map(({ path, kind }) => `${path} ${kind}`);
    assert.deepEqual(jobs('a', 'b', '--profile', 'kettle'), ['a kettle', 'b kettle']);
    assert.deepEqual(jobs('--profile', 'kettle', 'a', '--profile', 'any', 'b'), ['a kettle', 'b any']);
    assert.throws(() => jobs('a', '--profile', 'kettle', 'b', '--profile', 'any'), /before the first/);
    assert.deepEqual(jobs('a', '--profile', 'motion'), ['a motion']);
    assert.throws(() => jobs('a', '--profile', 'toaster'), /kettle, coffee_filter/);
    assert.throws(() => jobs('a', '--profile'), /needs a value/);
    assert.throws(() => jobs('--profile', 'any'), /no recording/);
    assert.throws(() => jobs('a'), /no --profile/);
    assert.throws(() => jobs('a', '--speed', '2'), /no option --speed/);
  });

  it('says what is wrong with a recording', () => {
    const problem = (path: string, pattern: RegExp) =>
      assert.throws(
        () => readRecording(path),
        (error: unknown) => {
          return error instanceof RecordingError && pattern.test(error.message) && error.message.startsWith(path);
        },
      );
    problem(join(dir, 'missing.csv.gz'), /no such file/);
    problem(write('a.csv', 't_s,power_w\n'), /ends in \.csv\.gz/);
    problem(write('plain.csv.gz', 't_s,power_w\n1,2\n'), /not a whole gzip file/);
    problem(write('empty.csv.gz', ''), /is empty/);
    problem(packed('bare.csv.gz', 't_s,power_w\n'), /not one sample/);
    problem(packed('other.csv.gz', 't_s,temperature\n1,2\n'), /t_s, temperature/);
    problem(packed('motion.csv.gz', 't_s,ax_g,ay_g,az_g\n1,0,0,1\n'), /profile is motion/);
  });

  it('leaves out rows that are no numbers, and counts them', () => {
    const path = packed('x.csv.gz', 'power_w,t_s\n5,0\nNaN,1\n,2\n7,3\n\n');
    assert.deepEqual(readRecording(path), {
      id: 'x',
      samples: [
        { t: 0, watts: 5 },
        { t: 3, watts: 7 },
      ],
      skipped: 2,
    });
  });

  it('writes what was found in the form of the scorer, and goes on after a recording that cannot be used', () => {
    const boil = trace([
      [0, 60],
      [2100, 150],
      [0, 60],
    ]).map(([t, watts]) => `${t},${watts}`);
    const path = packed('boil.csv.gz', `t_s,power_w\n${boil.join('\n')}\n`);
    const out = join(dir, 'out.json');
    assert.equal(main([path, '--profile', 'kettle', '--out', out]), 0);
    const found = JSON.parse(readFileSync(out, 'utf8'));
    assert.equal(found.format, 'kindred-detections/1');
    assert.deepEqual(Object.keys(found.recordings), ['boil']);
    const [run] = found.recordings.boil;
    assert.ok(run.start_s === 60 && run.end_s === 210 && run.start_emitted_s > 60 && run.end_emitted_s > 210);
    assert.equal(main([join(dir, 'missing.csv.gz'), path, '--profile', 'kettle', '--out', out]), 1);
    assert.deepEqual(Object.keys(JSON.parse(readFileSync(out, 'utf8')).recordings), ['boil']);
  });

  it('counts the last finish of a run that was taken back, and no start that was', () => {
    const script: Record<number, RecogniserEvent> = {
      10: { type: 'start', at: 5_000, confidence: 1 },
      20: { type: 'finish', at: 18_000, confidence: 1 },
      30: { type: 'resume', at: 28_000, confidence: 1 },
      40: { type: 'finish', at: 38_000, confidence: 1 },
      50: { type: 'start', at: 50_000, confidence: 1 },
      60: { type: 'discard', at: 50_000 },
      70: { type: 'start', at: 70_000, confidence: 1 },
    };
    const puppet: Recogniser<null> = {
      name: 'puppet',
      accepts: () => true,
      initial: () => null,
      step: (state, reading) => ({ state, events: [script[Date.parse(reading.at) / 1000]].filter((event) => !!event) }),
      tick: (state) => ({ state, events: [] }),
    };
    const samples = Array.from({ length: 9 }, (_, index) => ({ t: index * 10, watts: 1 }));
    assert.deepEqual(detect(puppet, { id: 'x', samples, skipped: 0 }), [
      { start_s: 5, end_s: 38, start_emitted_s: 10, end_emitted_s: 40 },
      { start_s: 70, end_s: null, start_emitted_s: 70, end_emitted_s: null },
    ]);
  });
});
