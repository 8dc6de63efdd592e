import { nearly } from '../bars.js';
import {
  type ExplainedLevel,
  type ExplainedSight,
  type Explanation,
  type Fact,
  taughtFacts,
  tenths,
} from '../explanation.js';
import { highFrom } from './listen.js';
import { asked, SOUND_LESSONS } from './noise.js';
import type { SoundState } from './state.js';

const percent =
  (name: string) =>
  (value: number): Fact => ({ name, values: { percent: Math.round(100 * value) } });
const seconds =
  (name: string) =>
  (value: number): Fact => ({ name, values: { seconds: value } });

const TAUGHT: Readonly<Record<string, (value: number) => Fact>> = {
  loud: (decibels) => ({ name: 'taught-loud', values: { decibels: tenths(decibels) } }),
  seconds: seconds('taught-sounding'),
  sungSeconds: seconds('taught-sung'),
  held: percent('taught-held'),
  pause: seconds('taught-pause'),
};

/** What was too short, too soft, or not sung, to be told. */
function missed(state: SoundState): ExplainedSight[] {
  return nearly(state, SOUND_LESSONS).map(({ sight: { from, to, is }, short }) => {
    const value = is[short] as number;
    if (short === 'loud') return { from, to, name: 'too-soft', values: { decibels: tenths(value) } };
    if (short === 'held') return { from, to, name: 'not-held', values: { percent: Math.round(100 * value) } };
    return { from, to, name: 'too-short', values: { seconds: value } };
  });
}

/** How loud the room is by itself, how high this voice usually is, and what was nearly told. */
export function explain(state: SoundState): Explanation {
  const { background, usual } = state;
  const levels: ExplainedLevel[] = [];
  const facts: Fact[] = [];
  if (background !== null) {
    const [room, loud] = [tenths(background), tenths(background + asked(state, 'loud'))];
    levels.push({ parameter: 'soundLevel', value: room, name: 'room' });
    levels.push({ parameter: 'soundLevel', value: loud, name: 'loud' });
    facts.push({ name: 'room', values: { room, loud } });
  }
  if (usual !== null) {
    const [pitch, high] = [Math.round(2 ** usual), Math.round(highFrom(usual))];
    levels.push({ parameter: 'pitch', value: pitch, name: 'usual' }, { parameter: 'pitch', value: high, name: 'high' });
    facts.push({ name: 'voice', values: { pitch, high } });
  }
  return { levels, facts: [...facts, ...taughtFacts(state.taught, TAUGHT)], sights: missed(state) };
}
