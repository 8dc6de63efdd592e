import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CannotError, instructionsOf, PROFILES } from '../../appliances/index.js';
import { type ControlInstruction, parseControlInstruction } from '../../vocabulary/index.js';

const ROOT = join(__dirname, '..', '..', '..');
const HELP_FILES = globSync('nodes/appliance-connect/locales/*/*.html', { cwd: ROOT });
const SETTINGS = { address: 'kettle', command: { topic: 'kettle/set', on: 'ON', off: 'OFF' } };
const WORDS = ['collect', 'on', 'off', 'toggle', 'start', 'stop', 'target-temperature'] as const;

function parsed(payload: unknown): ControlInstruction {
  const result = parseControlInstruction(payload);
  assert.ok(result.ok, JSON.stringify(payload));
  return result.value;
}

/** What stands in code in each line of a list. */
function listOf(file: string): string[][] {
  const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
  return lines
    .filter((line) => line.startsWith('- '))
    .map((line) => [...line.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? ''));
}

describe('what an appliance can be told', () => {
  for (const profile of PROFILES) {
    it(`${profile.name}: every example is carried out, and what has none is refused`, () => {
      const examples = instructionsOf(profile).map(parsed);
      for (const example of examples) assert.ok(profile.open(SETTINGS).command(example).length > 0);
      for (const word of WORDS) {
        if (examples.some(({ instruction }) => instruction === word)) continue;
        const other = parsed(word === 'target-temperature' ? { instruction: word, celsius: 90 } : word);
        assert.throws(() => profile.open(SETTINGS).command(other), CannotError);
      }
    });
  }

  for (const file of HELP_FILES) {
    it(`${file}: lists it for each profile`, () => {
      const list = listOf(file);
      for (const profile of PROFILES) {
        const [line = [], ...more] = list.filter((codes) => codes.includes(profile.name));
        assert.deepEqual(more, [], `${profile.name} stands in one line`);
        const named = line.filter((code) => !PROFILES.some(({ name }) => name === code));
        // A long one is written in two pieces, between which a line of the sidebar may end.
        const examples = instructionsOf(profile).map((one) => JSON.stringify(one));
        assert.equal(named.join(''), examples.join(''), profile.name);
      }
    });
  }

  for (const file of globSync('nodes/collect-parameters/locales/*/collect-parameters.json', { cwd: ROOT })) {
    it(`${file}: says beside the choice which none of the profiles can`, () => {
      const { instruction: names, tip } = JSON.parse(readFileSync(join(ROOT, file), 'utf8'))['collect-parameters'];
      for (const word of WORDS) {
        const isPossible = PROFILES.some(({ controls }) => controls.includes(word));
        assert.equal(new RegExp(`[“„]${names[word]}[”“]`).test(tip.instruction), !isPossible, word);
      }
    });
  }
});
