import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { APPLIANCE_KINDS, USUAL_ACTIVITY } from '../../activities/index.js';
import { LASTS_HOURS, openApi } from '../../matching/schema/index.js';
import { ACTIONS, ACTIVITIES, type Category, isActivityName, NEVER_MATCHED } from '../../vocabulary/index.js';

const ROOT = join(__dirname, '..', '..', '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
/** In the languages of the help. */
const AN_HOUR = /an hour|Stunde|一小时/;
const CODE = /`([^`]+)`/g;
const codesOf = (text: string) => [...text.matchAll(CODE)].map(([, code]) => code ?? '');

/** A section of the page: its text, and the cells of its table. */
function section(title: string): { text: string; rows: string[][] } {
  const text = read('docs/activities.md').split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
  const lines = text.split('\n').filter((line) => line.startsWith('| `'));
  return {
    text,
    rows: lines.map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    ),
  };
}

describe('docs/activities.md', () => {
  it('lists the activities that are matched, with their categories', () => {
    assert.deepEqual(section('Activities that are matched').rows, Object.entries(ACTIVITIES));
  });

  it('says how long one goes on at an endpoint, as its interface does', () => {
    const expected = Object.entries(LASTS_HOURS).map(([category, { quiet, most }]) => [
      category,
      `${quiet} h`,
      `${most} h`,
    ]);
    assert.deepEqual(section('When one ends by itself').rows, expected);
    const described = JSON.stringify(openApi());
    for (const [category, { quiet, most }] of Object.entries(LASTS_HOURS))
      assert.ok(described.includes(`${category} ${quiet} and ${most}`), category);
  });

  it('lists the actions', () => {
    assert.deepEqual(
      section('Actions').rows.map(([action]) => action),
      ACTIONS,
    );
  });

  it('lists the kinds of appliance, with what they usually tell and whether that is matched', () => {
    const rows = section('Kinds of appliance').rows.map(([kind, , usual, matched]) => [kind, usual, matched === 'yes']);
    assert.deepEqual(
      rows,
      APPLIANCE_KINDS.map((kind) => [kind, USUAL_ACTIVITY[kind], isActivityName(USUAL_ACTIVITY[kind])]),
    );
  });

  it('lists what is never matched', () => {
    const { words, alone } = NEVER_MATCHED;
    assert.deepEqual(codesOf(section('What is never matched').text), [...words, ...alone, 'home-workout']);
  });
});

describe('the help of collect-parameters', () => {
  const files = globSync('nodes/collect-parameters/locales/*/*.html', { cwd: ROOT });
  assert.ok(files.length > 0);
  for (const file of files) {
    const lists = read(file)
      .split('\n')
      .filter((line) => line.startsWith('- '))
      .map(codesOf);

    it(`${file}: lists the activities that are matched, category by category`, () => {
      const of = (category: Category) =>
        Object.entries(ACTIVITIES).flatMap(([name, its]) => (its === category ? [name] : []));
      for (const category of new Set(Object.values(ACTIVITIES))) {
        assert.deepEqual(
          lists.find(([first]) => first === of(category)[0]),
          of(category),
        );
      }
    });

    it(`${file}: says what it takes to be found for as long as an activity goes on`, () => {
      const shortest = Math.min(...Object.values(LASTS_HOURS).map(({ quiet }) => quiet));
      assert.equal(shortest, 1, 'at least once an hour');
      const tip = JSON.parse(read(file.replace(/html$/, 'json')))['collect-parameters'].tip.every;
      assert.match(tip, AN_HOUR);
      assert.match(read(file), new RegExp(`\\*\\*.*\\*\\*.*(${AN_HOUR.source}).*docs/activities\\.md`));
    });

    it(`${file}: lists the kinds of appliance`, () => {
      const expected = APPLIANCE_KINDS.flatMap((kind) => [kind, USUAL_ACTIVITY[kind]]);
      assert.deepEqual(
        lists.find(([first]) => first === expected[0]),
        expected,
      );
    });
  }

  it('and that of the nodes that match link to the whole list', () => {
    const linking = globSync('nodes/{collect-parameters,find-concurrent-users,matching-endpoint}/locales/*/*.html', {
      cwd: ROOT,
    });
    for (const file of linking) assert.match(read(file), /\]\(https:[^)]+\/docs\/activities\.md\)/, file);
  });
});
