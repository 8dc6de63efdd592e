import { type Explanation, type Fact, taughtFacts, tenths } from '../explanation.js';
import { USUAL_CUP, type WeightState } from './state.js';

const TAUGHT: Readonly<Record<string, (value: number) => Fact>> = {
  pour: (grams) => ({ name: 'taught-pour', values: { grams: tenths(grams) } }),
  cup: (grams) => ({ name: 'taught-cup', values: { grams: tenths(grams) } }),
  sip: (grams) => ({ name: 'taught-sip', values: { grams: tenths(grams) } }),
  fresh: (grams) => ({ name: 'taught-fresh', values: { grams: tenths(grams) } }),
  pause: (seconds) => ({ name: 'taught-pause', values: { seconds } }),
  cupPause: (seconds) => ({ name: 'taught-cup-pause', values: { seconds } }),
};

/** The size of a cup, once some were taken, what stood there before it was lifted, and what its owner has taught. */
export function explain({ cup, away, taught }: WeightState): Explanation {
  const usual = cup === USUAL_CUP ? [] : [{ name: 'cup', values: { grams: Math.round(cup) } }];
  return {
    levels: away ? [{ parameter: 'weight', value: tenths(away.weight), name: 'lifted' }] : [],
    facts: [...usual, ...taughtFacts(taught, TAUGHT)],
    sights: [],
  };
}
