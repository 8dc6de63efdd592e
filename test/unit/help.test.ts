import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..');
const HELP_FILES = globSync('nodes/*/locales/*/*.html', { cwd: ROOT }).sort();

/**
 * How the editor reads help, from `red.js` of @node-red/editor-client 5.0.7: a definition is one line with two colons,
 * and its text begins after the last colon. One colon more, even inside of code, and what stands before it is lost.
 */
const DEFINITION_LIST = /^(?::[^:\n]+:[^:\n]*(?:\n|$))+/;
const DEFINITION = /^:([^:\n]+)\(([^:\n]+)\).*?:([^:\n]*)(?:\n|$)/;

const HEADINGS: Readonly<Record<string, readonly string[]>> = {
  'en-US': ['Inputs', 'Outputs', 'Details', 'References'],
  de: ['Eingänge', 'Ausgänge', 'Details', 'Verweise'],
  'zh-CN': ['输入', '输出', '详细', '参考'],
};

/** The texts of a locale, by their keys joined with points. */
function textsOf(file: string): Record<string, string> {
  const texts: Record<string, string> = {};
  const take = (value: unknown, key: string): void => {
    if (typeof value === 'string') texts[key] = value;
    else for (const [name, one] of Object.entries(value as object)) take(one, key ? `${key}.${name}` : name);
  };
  take(JSON.parse(readFileSync(join(ROOT, file), 'utf8')), '');
  return texts;
}

function linesOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return text.replace(/^```[\s\S]*?^```$/gm, '').split('\n');
}

/** What the editor would not show of a line, or show as something else. */
function misread(line: string): boolean {
  if (line.startsWith(': ')) {
    const text = line.replace(/^: [^:]*: /, '');
    return !DEFINITION_LIST.test(line) || DEFINITION.exec(line)?.[3]?.trim() !== text.trim();
  }
  // Within prose a definition may begin at any colon that is not in code.
  const prose = line.replace(/`[^`]*`/g, '');
  return [...prose.matchAll(/:/g)].some(({ index }) => DEFINITION.test(prose.slice(index)));
}

/** So many letters of code are as wide as the editor's sidebar; the editor breaks no line within code. */
const WIDEST_CODE = 33;

describe('help', () => {
  it('there is some, in every language', () => {
    for (const language of Object.keys(HEADINGS)) {
      assert.ok(HELP_FILES.filter((file) => file.includes(`/${language}/`)).length >= 8, language);
    }
  });

  it('a colon too many is found', () => {
    assert.ok(misread(': payload (string) : a word: `on`'));
    assert.ok(misread(': payload (object) : such as `{ "a": 1 }`'));
    assert.ok(misread('One of two: this (first) or that: the second'));
    assert.ok(!misread(': payload (string) : a word, `on`'));
  });

  for (const file of HELP_FILES) {
    it(`${file}: the editor shows every word`, () => {
      assert.deepEqual(linesOf(file).filter(misread), []);
    });

    it(`${file}: no code sticks out of the sidebar`, () => {
      const code = linesOf(file).flatMap((line) => line.match(/`[^`]+`/g) ?? []);
      assert.deepEqual(
        code.filter(({ length }) => length - 2 > WIDEST_CODE),
        [],
      );
    });

    it(`${file}: its headings are of its language`, () => {
      const known = HEADINGS[file.split('/')[3] ?? ''] ?? [];
      const headings = linesOf(file).flatMap((line) => /^### (.+)$/.exec(line)?.[1] ?? []);
      assert.deepEqual(
        headings.filter((heading) => !known.includes(heading)),
        [],
      );
    });
  }

  for (const language of Object.keys(HEADINGS)) {
    it(`${language}: calls the buttons of an account what they are called`, () => {
      const folder = `nodes/kindred-account/locales/${language}`;
      const labels = textsOf(`${folder}/kindred-account.json`);
      const help = linesOf(`${folder}/kindred-account.html`).join('\n');
      for (const button of ['create', 'test', 'keep']) {
        assert.ok(help.includes(`*${labels[`kindred-account.label.${button}`]}*`), button);
      }
    });
  }
});

describe('code in a text', () => {
  for (const file of globSync('nodes/*/locales/*/*.{json,html}', { cwd: ROOT })) {
    it(`${file}: can be pasted where JSON is wanted, which knows no other space`, () => {
      const code = readFileSync(join(ROOT, file), 'utf8').match(/\{[^{}\n]*\}|`[^`\n]*`/g) ?? [];
      assert.deepEqual(
        code.filter((one) => one.includes('\u00a0')),
        [],
      );
    });
  }
});
