import { type Explanation, type Fact, taughtFacts, tenths } from '../explanation.js';
import type { SayingState } from './state.js';
import { taughtWords } from './teach.js';

/** What its last word is taken for, the temperature that it is to reach, and what its owner has taught of its words. */
export function explain(state: SayingState): Explanation {
  const { phase, target, isCup, means, taught } = state;
  const hasTarget = target !== null && target > 0;
  const says: Fact[] = phase ? [{ name: isCup ? 'cup-says' : 'says', values: { phase } }] : [];
  const words = means.map(({ word, is }): Fact => ({ name: `taught-word-${is}`, values: { word } }));
  const seconds = taughtWords(state).map(({ word, seconds, isAfterHold }): Fact => {
    return { name: isAfterHold ? 'taught-word-after-hold' : 'taught-word-seconds', values: { word, seconds } };
  });
  const pause = taughtFacts(taught, { pause: (value) => ({ name: 'taught-pause', values: { seconds: value } }) });
  return {
    levels: hasTarget ? [{ parameter: 'temperature', value: tenths(target), name: 'target' }] : [],
    facts: [...says, ...words, ...seconds, ...pause],
    sights: [],
  };
}
