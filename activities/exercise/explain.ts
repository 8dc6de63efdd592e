import { type ExplainedLevel, type Explanation, type Fact, NOTHING_KNOWN, tenths } from '../explanation.js';
import { leastMoving } from './effort.js';
import type { ExerciseState } from './state.js';

/** What movement is read from, from which value on, and what this person's heart does at rest. */
export function explain(state: ExerciseState): Explanation {
  const { measure, heart } = state;
  if (!measure) return NOTHING_KNOWN;
  const least = tenths(leastMoving(state, measure));
  const resting = heart && Math.round(heart.resting);
  const levels: ExplainedLevel[] = [{ parameter: measure, value: least, name: 'moving' }];
  const facts: Fact[] = [{ name: 'moving', values: { parameter: measure, least } }];
  if (resting !== null) {
    levels.push({ parameter: 'heartRate', value: resting, name: 'resting' });
    facts.push({ name: 'resting', values: { perMinute: resting } });
  }
  return { levels, facts, sights: [] };
}
