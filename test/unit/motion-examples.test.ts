import assert from 'node:assert/strict';
import { makeExamples } from '../../training/examples.js';
import { Random } from '../../training/random.js';
import { emptySamples, type Recording, setSample } from '../../training/recordings.js';
import { drink, readingsOf, secondsOf, still, stir } from '../support/motion-traces.js';

const G = 9.80665;

/** A minute and a half of cups, and a spoon now and then. */
function recordingOf(type: Recording['type']): Recording {
  const cups = Array.from({ length: 6 }, () => [still(4), drink(), still(3), stir()]).flat();
  const readings = readingsOf(cups, { rate: 20 });
  const samples = emptySamples(readings.length);
  readings.forEach(({ at, parameters: { acceleration } }, i) => {
    const { x, y, z } = acceleration as { x: number; y: number; z: number };
    setSample(samples, i, secondsOf(Date.parse(at)), x / G, y / G, z / G);
  });
  const kind = type === 'clip' ? { class: 'drink' } : { events: [{ start_s: 4, end_s: 8.2, label: 'drink' }] };
  return { id: type, file: '', type, person: 'one', duration_s: readings.length / 20, samples, ...kind };
}

const variationsOf = (examples: readonly { recording: number; variation: number }[], recording: number) =>
  new Set(examples.filter((one) => one.recording === recording).map(({ variation }) => variation));

describe('motion training: examples', () => {
  const { cycles, rhythms } = makeExamples([recordingOf('clip'), recordingOf('continuous')], new Random(5));

  it('learns cups and stirring from a recording and from all that is made of it', () => {
    for (const recording of [0, 1]) {
      assert.ok(variationsOf(cycles, recording).size > 2);
      assert.deepEqual(variationsOf(rhythms, recording), variationsOf(cycles, recording));
    }
  });

  it('takes for a labelled event what shares its time, on the clock of the recording', () => {
    const told = cycles.filter(({ recording, sip }) => recording === 1 && sip === 1);
    assert.ok(variationsOf(told, 1).size > 1);
    for (const { cycle } of told) assert.ok(cycle.raiseAt < 8.2 && cycle.endAt > 4 && cycle.endAt < 14);
    assert.ok(cycles.some(({ recording, sip, cycle }) => recording === 1 && sip === 0 && cycle.raiseAt > 15));
  });
});
