import assert from 'node:assert/strict';
import { CYCLE_FEATURES } from '../../activities/motion/cycle-features.js';
import { type SeenCycle, startWatch, watchReading } from '../../activities/motion/watch.js';
import { epochOf as epochOfReading } from '../../vocabulary/index.js';
import { drink, epochOf, type Gesture, readingsOf, type Sensor, still } from '../support/motion-traces.js';

function cyclesIn(gestures: Gesture[], sensor?: Sensor): SeenCycle[] {
  let watch = startWatch();
  return readingsOf(gestures, sensor).flatMap(({ at, parameters: { acceleration } }) => {
    const step = watchReading(watch, epochOfReading(at), acceleration as { x: number; y: number; z: number });
    watch = step.watch;
    return step.looks.flatMap(({ cycles }) => cycles);
  });
}

/** The cycle whose dwell is nearest to that from one second to another. */
function cycleAt(cycles: SeenCycle[], from: number, to: number): SeenCycle {
  const off = ({ dwellAt, lowerAt }: SeenCycle) => Math.abs(dwellAt - epochOf(from)) + Math.abs(lowerAt - epochOf(to));
  return cycles.toSorted((a, b) => off(a) - off(b))[0] as SeenCycle;
}

describe('motion: what is seen of a tilt cycle', () => {
  const tilt = 1.8;
  const swing = drink({ move: 0.5, hold: 1, tilt });
  const tiltedOf = ({ features }: SeenCycle) => features[CYCLE_FEATURES.indexOf('tiltBefore')] as number;

  it('tells a swing, which turns away from where the hand mostly is, from the pause between two, which turns back', () => {
    const cycles = cyclesIn([still(10), swing, still(1.5), swing, still(8)]);
    const first = cycleAt(cycles, 10.5, 11.5);
    const pause = cycleAt(cycles, 12, 13.5);
    assert.ok(tiltedOf(pause) > 1.2, 'both turn far');
    assert.ok(first.away > 1.2 && pause.away < 0.5, `${first.away} and ${pause.away}`);
  });

  it('sees how far away that is however the sensor sits', () => {
    const seen = cyclesIn([still(10), swing, still(8)]).map(({ away }) => away);
    const turned = cyclesIn([still(10), swing, still(8)], { turned: [0.4, 0.7, -0.3, 0.5] }).map(({ away }) => away);
    assert.ok(seen.length > 0 && seen.length === turned.length);
    seen.forEach((away, i) => {
      assert.ok(Math.abs(away - (turned[i] as number)) < 0.02);
    });
  });
});
