import assert from 'node:assert/strict';
import { CYCLE_FEATURES } from '../../activities/motion/cycle-features.js';
import { evidenceOf, type Remembered, remember, sipOver } from '../../activities/motion/session.js';

const AT_REST = -1.6;
const LIVELY = -0.4;

/** A cycle that begins so many seconds after the first, of a hand that shakes and turns so much. */
function cycle(seconds: number, chance: number, motion = AT_REST, tilt = 0.7): Remembered {
  const raiseAt = 1000 * seconds;
  return { raiseAt, dwellAt: raiseAt + 1000, endAt: raiseAt + 5000, evidence: evidenceOf(chance), motion, tilt };
}

/** CYCLE_FEATURES of which only the one that the rule looks at matters, and how far away from usual (radians). */
function held(motion: number, away = Math.PI): { features: number[]; away: number } {
  return { features: CYCLE_FEATURES.map((name) => (name === 'dwellMiddleMotion' ? motion : 0)), away };
}

const rowOf = (chance: number, motion = AT_REST, tilt = 0.7) =>
  Array.from({ length: 8 }, (_, i) => cycle(10 * i, chance, motion, tilt)).reduce(remember, [] as Remembered[]);
const calm = held(AT_REST);

describe('motion: what came before', () => {
  it('tells at a calm table what is doubtful by itself, after sips and not after bites', () => {
    const doubtful = cycle(90, 0.6);
    assert.ok(sipOver(rowOf(0.9), doubtful, calm) > 0);
    assert.ok(sipOver(rowOf(0.2), doubtful, calm) < 0);
  });

  it('forgets: a row of bites counts less from minute to minute', () => {
    const soon = sipOver(rowOf(0.2), cycle(90, 0.7), calm);
    const later = sipOver(rowOf(0.2), cycle(300, 0.7), calm);
    assert.ok(later > soon + 0.5);
  });

  it('tells a clear sip with nothing before it', () => {
    assert.ok(sipOver([], cycle(0, 0.85), calm) > 0);
    assert.ok(sipOver([], cycle(0, 0.3), calm) < 0);
  });

  it('takes no notice of the past of a lively hand that turns far and suddenly holds calm', () => {
    const far = cycle(90, 0.2, LIVELY, 2);
    const [afterSips, afterWork] = [rowOf(0.9), rowOf(0.02)].map((row) => sipOver(row, far, held(-1.2)));
    assert.equal(afterSips, afterWork);
    assert.ok((afterWork as number) > 0);
    assert.ok(sipOver(rowOf(0.02), far, held(LIVELY)) < 0);
  });

  it('asks of somebody who turns little between lively movements to turn less far than of somebody who turns much', () => {
    const turn = cycle(90, 0.2, LIVELY, 1.4);
    const [amongSmall, amongWide] = [0.6, 1.3].map((tilt) => sipOver(rowOf(0.02, LIVELY, tilt), turn, held(-1.2)));
    assert.ok((amongSmall as number) > 0);
    assert.ok((amongWide as number) < 0);
    const afterTable = sipOver(rowOf(0.02, AT_REST, 0.4), turn, held(-1.2));
    assert.equal(afterTable, sipOver(rowOf(0.02, AT_REST, 0.7), turn, held(-1.2)), 'a calm hand tells nothing of that');
  });

  it('takes a calm pause between two swings, where the hand mostly is, for no raised cup', () => {
    const far = cycle(90, 0.2, LIVELY, 2);
    const over = (away: number) => sipOver(rowOf(0.02, LIVELY), far, held(-1.2, away));
    assert.ok(over(2) > 0);
    assert.ok(over(0.3) < 0);
    assert.equal(over(2), over(3), 'no more than it turned itself');
  });

  it('goes by a past that was as calm, and less by a walk to the table', () => {
    const doubtful = cycle(90, 0.6);
    const afterWalk = sipOver(rowOf(0.05, -0.7), doubtful, calm);
    assert.ok(afterWalk > sipOver(rowOf(0.05), doubtful, calm) + 1);
    assert.ok(Math.abs(afterWalk - sipOver([], doubtful, calm)) < 0.2);
  });

  it('leaves out a cycle that is the same movement seen otherwise', () => {
    const same = remember([], cycle(88, 0.9));
    assert.equal(sipOver(same, cycle(90, 0.5), calm), sipOver([], cycle(90, 0.5), calm));
  });
});
