import { type ExplainedLevel, type Explanation, type Fact, tenths } from '../explanation.js';
import { highFrom, LOUD } from './listen.js';
import type { SoundState } from './state.js';

/** How loud the room is by itself, and how high this voice usually is. */
export function explain({ background, usual }: SoundState): Explanation {
  const levels: ExplainedLevel[] = [];
  const facts: Fact[] = [];
  if (background !== null) {
    const [room, loud] = [tenths(background), tenths(background + LOUD)];
    levels.push({ parameter: 'soundLevel', value: room, name: 'room' });
    levels.push({ parameter: 'soundLevel', value: loud, name: 'loud' });
    facts.push({ name: 'room', values: { room, loud } });
  }
  if (usual !== null) {
    const [pitch, high] = [Math.round(2 ** usual), Math.round(highFrom(usual))];
    levels.push({ parameter: 'pitch', value: pitch, name: 'usual' }, { parameter: 'pitch', value: high, name: 'high' });
    facts.push({ name: 'voice', values: { pitch, high } });
  }
  return { levels, facts, sights: [] };
}
