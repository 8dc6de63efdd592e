import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Explanation, Fact, Recogniser } from '../../activities/index.js';
import { PARAMETERS } from '../../vocabulary/index.js';

type Kind = 'level' | 'fact' | 'sight' | 'sightTitle';
/** The words that each text has a place for. */
type Places = Record<Kind, Record<string, string[]>>;

const LOCALES = join(__dirname, '..', '..', '..', 'nodes', 'collect-parameters', 'locales');
const CATALOGUES: Record<string, Places> = Object.fromEntries(
  ['en-US', 'de', 'zh-CN'].map((language) => {
    const text = readFileSync(join(LOCALES, language, 'collect-parameters.json'), 'utf8');
    const placesOf = (_key: string, value: unknown) =>
      typeof value === 'string' ? [...value.matchAll(/__(\w+?)__/g)].map(([, word]) => word) : value;
    return [language, JSON.parse(text, placesOf)['collect-parameters'].why];
  }),
);

/** As many as a dialog has room for. */
const MOST = { levels: 4, facts: 14, sights: 24 };

/**
 * What a recogniser says of a state, once it was looked at: plain JSON, small, the same each time, and with a text for
 * each of its names in every language that needs no value which is not there. The state may be frozen.
 */
export function explained<State>(recogniser: Recogniser<State>, state: State): Explanation {
  const explanation = recogniser.explain?.(state);
  assert.ok(explanation, `${recogniser.name} explains itself`);
  assert.deepEqual(JSON.parse(JSON.stringify(explanation)), explanation);
  assert.deepEqual(recogniser.explain?.(state), explanation);
  for (const part of ['levels', 'facts', 'sights'] as const) {
    assert.ok(explanation[part].length <= MOST[part], `${explanation[part].length} ${part}`);
  }
  for (const { parameter, value, name } of explanation.levels) {
    assert.ok(parameter in PARAMETERS && Number.isFinite(value), `${name}: ${value}`);
    assertSayable('level', { name, values: {} });
  }
  for (const fact of explanation.facts) assertSayable('fact', fact);
  for (const { from, to, ...sight } of explanation.sights) {
    assert.ok(from <= to);
    assertSayable('sight', sight);
    assertSayable('sightTitle', sight);
  }
  return explanation;
}

function assertSayable(kind: Kind, { name, values }: Fact): void {
  for (const value of Object.values(values)) assert.ok(typeof value === 'string' || Number.isFinite(value), name);
  for (const [language, places] of Object.entries(CATALOGUES)) {
    const wanted = places[kind][name];
    assert.ok(wanted, `${language} has no text for ${kind} ${name}`);
    const missing = wanted.filter((word) => !(word in values));
    assert.ok(missing.length === 0, `${language}, ${kind} ${name}: no ${missing}`);
  }
}
