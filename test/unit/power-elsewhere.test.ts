import assert from 'node:assert/strict';
import { recognise, type Sample, trace } from '../support/power-trace.js';

/** Something else on the same strip draws so many watts from one moment to another. */
function beside(samples: readonly Sample[], watts: number, from: number, to: number): Sample[] {
  return samples.map(([t, own]): Sample => [t, own + (t >= from && t < to ? watts : 0)]);
}

function assertRuns(
  runs: { start: number; end: number | undefined }[],
  wanted: readonly (readonly [number, number])[],
) {
  const told = runs.map(({ start, end }) => `${start} .. ${end}`).join(', ');
  assert.equal(runs.length, wanted.length, told);
  wanted.forEach(([start, end], i) => {
    const run = runs[i];
    assert.ok(run && Math.abs(run.start - start) <= 30 && Math.abs((run.end ?? 0) - end) <= 60, told);
  });
}

describe('power recogniser, with something else on the strip', () => {
  /** Heat-up and brew, then pulses of 7 s at full power that put back 85 W. */
  const morning = trace([
    [2, 1800],
    [1400, 40],
    [2, 40],
    [60, 3],
    [1450, 30],
    ...Array.from({ length: 12 }, () => [[2, 110] as const, [1400, 7] as const]).flat(),
    [2, 600],
  ]);

  it('finds a coffee beside a refrigerator or a computer, and takes no keep-warm pulse for grinder and brew', () => {
    for (const watts of [90, 150]) {
      assertRuns(recognise('coffee_espresso', beside(morning, watts, 300, 4000)), [[1800, 1913]]);
      assertRuns(recognise('coffee_espresso', beside(morning, watts, 2100, 2700)), [[1800, 1913]]);
    }
  });

  it('goes on as before once it is off again', () => {
    const evening = trace([
      [2, 7200],
      [1400, 40],
      [2, 600],
    ]);
    const brew = beside([...morning, ...evening.map(([t, watts]): Sample => [t + 4000, watts])], 90, 300, 3000);
    assertRuns(recognise('coffee_espresso', brew), [
      [1800, 1913],
      [11_200, 11_240],
    ]);
  });

  it('boils water on a base with a clock', () => {
    const boil = trace([
      [8, 600],
      [1958, 60],
      [8, 600],
    ]);
    assertRuns(recognise('kettle', boil), [[600, 660]]);
  });
});

describe('power recogniser, is it really a kettle', () => {
  it('takes no oven with a clock and a turntable for a kettle, strong as it may be', () => {
    const oven = trace([
      [3, 600],
      [60, 10],
      [1780, 90],
      [60, 6],
      [3, 300],
    ]);
    assertRuns(recognise('kettle', oven), []);
  });

  it('takes a boil back whose level has fallen as that of a magnetron does', () => {
    const levels = Array.from({ length: 40 }, (_, i) => [1050 - 3 * i, 10] as const);
    assertRuns(recognise('kettle', trace([[0, 600], ...levels, [0, 300]])), []);
  });

  it('does not mind the half second in which the switch of a kettle opens', () => {
    const boil = trace([
      [0, 600],
      [1500, 180],
      [700, 2],
      [0, 300],
    ]);
    assertRuns(recognise('kettle', boil), [[600, 780]]);
  });
});
