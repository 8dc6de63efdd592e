import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..');
const PAGE = readFileSync(join(ROOT, 'docs', 'security.md'), 'utf8');

/** The titles in a file of tests, and in what it shares with the other engine. */
function titlesIn(name: string): string[] {
  const path = join(ROOT, 'test', name.includes('/') ? name : `endpoint/${name}`);
  const files = ['.test.ts', '-conformance.ts', '.ts'].map((end) => path + end).filter((file) => existsSync(file));
  const lines = files.flatMap((file) => readFileSync(file, 'utf8').split('\n'));
  return lines.filter((line) => /^\s*(it|describe)\(/.test(line));
}

/** Whether a title has all of these words, one part behind the other. */
function has(title: string, parts: readonly string[]): boolean {
  let at = 0;
  return parts.every((part) => {
    const found = title.indexOf(part, at);
    at = found + part.length;
    return found >= 0;
  });
}

describe('docs/security.md', () => {
  it('names tests that there are', () => {
    // As in `privacy` › *is the same …*, *places nobody …*.
    const named = [...PAGE.matchAll(/`([\w/-]+)` ›((?: (?:\*[^*]+\*|all)(?: \([^)]*\))?,?)+)/g)];
    assert.ok(named.length > 30, String(named.length));
    for (const [, name = '', said = ''] of named) {
      const titles = titlesIn(name);
      for (const [, title = ''] of said.matchAll(/\*([^*]+)\*/g)) {
        const parts = title.split('…').map((part) => part.trim());
        assert.ok(
          titles.some((one) => has(one, parts)),
          `${name} has no test "${title}"`,
        );
      }
    }
  });
});
