import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { PowerKind } from '../../activities/index.js';
import { leaveOut } from '../support/leave-out.js';
import { type Run, recognise, type Sample } from '../support/power-trace.js';

/** dist/test/unit → the project's root */
const ROOT = resolve(__dirname, '..', '..', '..');
const RECORDINGS = join(ROOT, 'appliances', 'recordings');
/** Labelled recordings whose licences keep them out of the repository; they may lie beside it. */
const DATA = resolve(ROOT, '..', 'shared', 'data');

function csv(text: string): Sample[] {
  const rows = text.trim().split('\n').slice(1);
  return rows.map((row): Sample => {
    const [t, watts] = row.split(',').map(Number);
    return [t ?? Number.NaN, watts ?? Number.NaN];
  });
}

/** What one Tasmota plug said, from a list of MQTT messages. */
function tasmota(text: string, topic: string): Sample[] {
  const messages = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return messages
    .filter((message) => message.topic === topic)
    .map(({ t_s, payload }): Sample => [t_s, payload.ENERGY.Power]);
}

/** The slice as part of a longer quiet time, as a plug that was there before would have seen it. */
function withQuiet(samples: Sample[], watts: number): Sample[] {
  const first = samples[0]?.[0] ?? 0;
  return [[first - 600, watts], [first - 300, watts], ...samples];
}

function assertNear(run: Run | undefined, start: number, end: number): void {
  assert.ok(run && Math.abs(run.start - start) <= 30 && Math.abs((run.end ?? 0) - end) <= 60, JSON.stringify(run));
  assert.ok((run.announced ?? Number.POSITIVE_INFINITY) - end <= 60, `announced at ${run.announced}`);
}

describe('power recogniser, on what comes with Kindred', () => {
  for (const [house, start, end] of [
    [5, 33_049, 33_169],
    [17, 14_894, 14_980],
  ] as const) {
    it(`finds the boil of the kettle in house ${house}`, () => {
      const runs = recognise('kettle', csv(readFileSync(join(RECORDINGS, `kettle-uk-house-${house}.csv`), 'utf8')));
      assert.equal(runs.length, 1);
      assertNear(runs[0], start, end);
    });
  }

  it('finds the pot of the coffee corner, whose plug reports every few minutes and on change', () => {
    const text = readFileSync(join(RECORDINGS, 'coffee-corner.jsonl'), 'utf8');
    const runs = recognise('coffee_filter', withQuiet(tasmota(text, 'csn-node-test-brew/tele/SENSOR'), 1));
    assert.equal(runs.length, 1);
    assertNear(runs[0], 29_825, 30_123);
  });
});

describe('power recogniser, on labelled recordings beside the repository', () => {
  before(function () {
    if (!existsSync(DATA)) leaveOut(this, 'the labelled recordings, not part of the repository, do not lie beside it');
  });

  interface Label {
    id: string;
    file: string;
    group: string;
    profile: PowerKind;
    runs: { start_s: number; end_s: number; unclear?: boolean }[];
  }
  const labels = (pattern: RegExp): Label[] => {
    const all: { recordings: Label[] } = JSON.parse(readFileSync(join(DATA, 'power', 'labels.json'), 'utf8'));
    return all.recordings.filter(({ id }) => pattern.test(id));
  };
  const play = ({ file }: Label, kind: PowerKind) =>
    recognise(kind, csv(gunzipSync(readFileSync(join(DATA, file))).toString()));

  it('finds one pot in the whole day of the coffee corner', () => {
    const file = join(DATA, 'captures', 'cambridge_coffee_pot', '2020-02-04_mqtt.jsonl.gz');
    const runs = recognise(
      'coffee_filter',
      tasmota(gunzipSync(readFileSync(file)).toString(), 'csn-node-test-brew/tele/SENSOR'),
    );
    assert.equal(runs.length, 1);
    assertNear(runs[0], 29_825, 30_123);
  });

  it('finds the pots of a machine whose hotplate pulses at full power, and nothing else', () => {
    for (const label of labels(/coffee_B1C121_2011-12-1[1-5]/)) {
      const clear = label.runs.filter(({ unclear }) => !unclear);
      const runs = play(label, label.profile);
      assert.equal(runs.length, clear.length, label.id);
      for (const [index, run] of runs.entries()) assertNear(run, clear[index]?.start_s ?? 0, clear[index]?.end_s ?? 0);
    }
  });

  it('is quiet on refrigerators and televisions that somebody called a kettle', () => {
    for (const label of labels(/fridge|_tv/)) assert.deepEqual(play(label, 'kettle'), [], label.id);
  });
});
