import { type Explanation, tenths } from '../explanation.js';
import type { SayingState } from './state.js';

/** What its last word is taken for, and the temperature that it is to reach. */
export function explain({ phase, target, isCup }: SayingState): Explanation {
  const hasTarget = target !== null && target > 0;
  return {
    levels: hasTarget ? [{ parameter: 'temperature', value: tenths(target), name: 'target' }] : [],
    facts: phase ? [{ name: isCup ? 'cup-says' : 'says', values: { phase } }] : [],
    sights: [],
  };
}
