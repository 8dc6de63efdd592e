import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../support/node-red.js';
import { type Manifest, readJson } from '../support/package.js';

const PAGES = globSync('{*.md,{appliances,deploy,docs,test}/**/*.md}', { cwd: ROOT }).sort();
const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');
/** What is shown as code is no link. */
const linksIn = (page: string): string[] =>
  [
    ...read(page)
      .replace(/```[\s\S]*?```|`[^`\n]*`/g, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ]
    .map(([, to]) => to as string)
    .filter((to) => !/^[a-z]+:/.test(to));

/** As GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
const anchorsOf = (page: string): string[] =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading as string));

describe('the pages about the project', () => {
  for (const page of PAGES) {
    it(`${page} links to what is there`, () => {
      const broken = linksIn(page).filter((to) => {
        const [file, anchor] = to.split('#') as [string, string | undefined];
        const target = file === '' ? page : join(dirname(page), file);
        if (!existsSync(join(ROOT, target))) return true;
        return anchor !== undefined && !anchorsOf(target).includes(anchor);
      });
      assert.deepEqual(broken, []);
    });
  }

  it('lead to every page and picture of docs/', () => {
    const linked = new Set(
      PAGES.flatMap((page) => linksIn(page).map((to) => join(dirname(page), to.split('#')[0] ?? ''))),
    );
    const files = globSync('docs/{*,images/*}.*', { cwd: ROOT });
    assert.deepEqual(
      files.filter((file) => !linked.has(file)),
      [],
    );
  });

  it('name commands that npm has, and every one that it has', () => {
    const { scripts } = readJson<Manifest & { scripts: Record<string, string> }>(ROOT, 'package.json');
    const named = new Set(
      PAGES.flatMap((page) => [...read(page).matchAll(/npm (?:run (?:-s |--silent )?)?([a-z][\w:-]*)/g)])
        .filter(([command, name]) => command.includes(' run ') || ['start', 'test'].includes(name as string))
        .map(([, name]) => name as string),
    );
    assert.deepEqual(
      [...named].filter((name) => !(name in scripts)),
      [],
    );
    // What npm itself calls is none that anybody types.
    const typed = Object.keys(scripts).filter((name) => name !== 'prepack');
    assert.deepEqual(
      typed.filter((name) => !named.has(name)),
      [],
    );
  });
});
