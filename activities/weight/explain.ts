import { nearly } from '../bars.js';
import { type Explanation, type Fact, taughtFacts, tenths } from '../explanation.js';
import { WEIGHT_LESSONS } from './bars.js';
import { USUAL_CUP, type WeightState } from './state.js';

const TAUGHT: Readonly<Record<string, (value: number) => Fact>> = {
  pour: (grams) => ({ name: 'taught-pour', values: { grams: tenths(grams) } }),
  cup: (grams) => ({ name: 'taught-cup', values: { grams: tenths(grams) } }),
  sip: (grams) => ({ name: 'taught-sip', values: { grams: tenths(grams) } }),
  fresh: (grams) => ({ name: 'taught-fresh', values: { grams: tenths(grams) } }),
  pause: (seconds) => ({ name: 'taught-pause', values: { seconds } }),
  cupPause: (seconds) => ({ name: 'taught-cup-pause', values: { seconds } }),
};

/** The size of a cup, once some were taken, what stood there before it was lifted, what was too light, and what its owner has taught. */
export function explain(state: WeightState): Explanation {
  const { cup, away, taught } = state;
  const usual = cup === USUAL_CUP ? [] : [{ name: 'cup', values: { grams: Math.round(cup) } }];
  return {
    levels: away ? [{ parameter: 'weight', value: tenths(away.weight), name: 'lifted' }] : [],
    facts: [...usual, ...taughtFacts(taught, TAUGHT)],
    sights: nearly(state, WEIGHT_LESSONS).map(({ sight: { from, to, is }, short }) => {
      return { from, to, name: 'too-light', values: { grams: is[short] as number } };
    }),
  };
}
