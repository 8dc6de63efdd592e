import type { ExplainedSight, Explanation, Fact } from '../explanation.js';
import type { Decisions } from './decide.js';
import { type Learned, MOST_SHIFT, type SeenShape, type Teaching } from './lessons.js';

const LEARNED: readonly Learned[] = ['sip', 'pour', 'stir'];

/** What its owner has taught, and what was nearly told: movements that would be, were it said that they were one. */
export function explain({ seen, taught }: Pick<Decisions, 'seen' | 'taught'>): Explanation {
  return {
    levels: [],
    facts: LEARNED.flatMap((action) => [...teachings(taught, action, false), ...teachings(taught, action, true)]),
    sights: seen.flatMap((shape) => nearly(shape)),
  };
}

function teachings(taught: readonly Teaching[], action: Learned, wanted: boolean): Fact[] {
  const times = taught.filter((one) => one.action === action && one.shift > 0 === wanted).length;
  return times > 0 ? [{ name: wanted ? 'taught-missed' : 'taught-wrong', values: { action, times } }] : [];
}

function nearly({ told, over, startedAt, endedAt }: SeenShape): ExplainedSight[] {
  if (told) return [];
  const by = (action: Learned): number => over[action] ?? Number.NEGATIVE_INFINITY;
  const action = LEARNED.reduce((best, one) => (by(one) > by(best) ? one : best));
  return by(action) < -MOST_SHIFT.one ? [] : [{ from: startedAt, to: endedAt, name: 'nearly', values: { action } }];
}
