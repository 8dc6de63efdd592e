import assert from 'node:assert/strict';
import { CYCLE_FEATURES } from '../../activities/motion/cycle-features.js';
import { evidenceOf, type Remembered, remember, sipOver } from '../../activities/motion/session.js';

const AT_REST = -1.6;
const LIVELY = -0.4;

/** A cycle that begins so many seconds after the first. */
function cycle(seconds: number, chance: number): Remembered {
  const raiseAt = 1000 * seconds;
  return { raiseAt, dwellAt: raiseAt + 1000, endAt: raiseAt + 5000, evidence: evidenceOf(chance) };
}

/** CYCLE_FEATURES of which only the ones that the rule looks at matter. */
function featuresOf({ tilt, held }: { tilt: number; held: number }): number[] {
  const values: Record<string, number> = { tiltBefore: tilt, tiltAfter: tilt, dwellMiddleMotion: held };
  return CYCLE_FEATURES.map((name) => values[name] ?? 0);
}

const rowOf = (chance: number) =>
  Array.from({ length: 8 }, (_, i) => cycle(10 * i, chance)).reduce(remember, [] as Remembered[]);
const calm = featuresOf({ tilt: 0.7, held: AT_REST });

describe('motion: what came before', () => {
  it('tells at a calm table what is doubtful by itself, after sips and not after bites', () => {
    const doubtful = cycle(90, 0.6);
    assert.ok(sipOver(rowOf(0.9), doubtful, AT_REST, calm) > 0);
    assert.ok(sipOver(rowOf(0.2), doubtful, AT_REST, calm) < 0);
  });

  it('forgets: a row of bites counts less from minute to minute', () => {
    const soon = sipOver(rowOf(0.2), cycle(90, 0.7), AT_REST, calm);
    const later = sipOver(rowOf(0.2), cycle(300, 0.7), AT_REST, calm);
    assert.ok(later > soon + 0.5);
  });

  it('tells a clear sip with nothing before it', () => {
    assert.ok(sipOver([], cycle(0, 0.85), AT_REST, calm) > 0);
    assert.ok(sipOver([], cycle(0, 0.3), AT_REST, calm) < 0);
  });

  it('takes no notice of the past of a lively hand that turns far and suddenly holds calm', () => {
    const far = featuresOf({ tilt: 1.6, held: -1.2 });
    const [afterSips, afterWork] = [rowOf(0.9), rowOf(0.02)].map((row) => sipOver(row, cycle(90, 0.2), LIVELY, far));
    assert.equal(afterSips, afterWork);
    assert.ok((afterWork as number) > 0);
    const shaken = featuresOf({ tilt: 1.6, held: LIVELY });
    assert.ok(sipOver(rowOf(0.02), cycle(90, 0.2), LIVELY, shaken) < 0);
  });

  it('leaves out a cycle that is the same movement seen otherwise', () => {
    const same = remember([], cycle(88, 0.9));
    assert.equal(sipOver(same, cycle(90, 0.5), AT_REST, calm), sipOver([], cycle(90, 0.5), AT_REST, calm));
  });
});
