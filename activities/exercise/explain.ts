import { nearly } from '../bars.js';
import {
  type ExplainedLevel,
  type ExplainedSight,
  type Explanation,
  type Fact,
  NOTHING_KNOWN,
  taughtFacts,
  tenths,
} from '../explanation.js';
import { leastMoving } from './effort.js';
import { EXERCISE_LESSONS } from './pace.js';
import { type ExerciseState, MEASURES, type Measure } from './state.js';

const effort =
  (parameter: Measure) =>
  (least: number): Fact => {
    return {
      name: parameter === 'heartRate' ? 'taught-heart' : 'taught-effort',
      values: { parameter, least: tenths(least) },
    };
  };
const share =
  (parameter: Measure) =>
  (value: number): Fact => {
    return { name: 'taught-rest', values: { parameter, percent: Math.round(100 * value) } };
  };
const seconds =
  (name: string) =>
  (value: number): Fact => ({ name, values: { seconds: value } });

const TAUGHT: Readonly<Record<string, (value: number) => Fact>> = {
  ...Object.fromEntries(MEASURES.map((one) => [one, effort(one)])),
  seconds: seconds('taught-moved'),
  heartSeconds: seconds('taught-beaten'),
  ...Object.fromEntries(MEASURES.map((one) => [`${one}Share`, share(one)])),
  pause: seconds('taught-pause'),
};

/** What was too short or too little to be told. */
function missed(state: ExerciseState): ExplainedSight[] {
  return nearly(state, EXERCISE_LESSONS).map(({ sight: { from, to, is }, short }) => {
    const value = is[short] as number;
    if (short === 'seconds' || short === 'heartSeconds')
      return { from, to, name: 'too-short', values: { seconds: value } };
    const isHeart = short === 'heartRate';
    return { from, to, name: isHeart ? 'too-calm' : 'too-easy', values: { parameter: short, value: tenths(value) } };
  });
}

/** What movement is read from, from which value on, what this person's heart does at rest, and what was nearly told. */
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
  return { levels, facts: [...facts, ...taughtFacts(state.taught, TAUGHT)], sights: missed(state) };
}
