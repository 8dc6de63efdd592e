import { type Explanation, tenths } from '../explanation.js';
import { USUAL_CUP, type WeightState } from './state.js';

/** The size of a cup, once some were taken, and what stood there before it was lifted. */
export function explain({ cup, away }: WeightState): Explanation {
  return {
    levels: away ? [{ parameter: 'weight', value: tenths(away.weight), name: 'lifted' }] : [],
    facts: cup === USUAL_CUP ? [] : [{ name: 'cup', values: { grams: Math.round(cup) } }],
    sights: [],
  };
}
