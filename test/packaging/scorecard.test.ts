import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { ROOT } from '../support/node-red.js';
import { examplesIn, type Manifest, npmInstall, PACKAGE, pack, readJson } from '../support/package.js';

/** The rules of the Flow Library's scorecard, over what a user gets: the packed tarball, unpacked. */
describe('packed package', () => {
  let folder: string;
  let root: string;
  let manifest: Manifest;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kindred-pack-'));
    await npmInstall(folder, await pack(folder), '--no-save');
    root = join(folder, 'node_modules', PACKAGE);
    manifest = readJson<Manifest>(root, 'package.json');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const nodes = () => Object.entries(manifest['node-red'].nodes);
  const htmlOf = (file: string) => readFileSync(join(root, file.replace(/\.js$/, '.html')), 'utf8');
  const isConfig = (file: string) => /category:\s*'config'/.test(htmlOf(file));

  it('has a licence, a repository, a scoped name and the keyword (P01, P03, P04, P05)', () => {
    assert.equal(manifest.license, 'MIT');
    assert.ok(existsSync(join(root, 'LICENSE')));
    assert.match(manifest.repository.url, /node-red-kindred/);
    assert.match(manifest.name, /^@[\w-]+\/node-red-[\w-]+$/);
    assert.ok(manifest.keywords.includes('node-red'));
  });

  it('runs on Node-RED 4.1 and later and on the Node that needs (P06, P07)', () => {
    assert.equal(manifest['node-red'].version, '>=4.1.0');
    assert.equal(manifest.engines.node, '>=22.9');
  });

  it('has at most six dependencies (D01)', () => {
    assert.ok(Object.keys(manifest.dependencies).length <= 6);
  });

  it('registers each type literally and inline, one entry a node (N01)', () => {
    for (const [type, file] of nodes()) {
      const html = htmlOf(file);
      assert.match(html, /<script type="text\/javascript">/, type);
      assert.match(html, new RegExp(`registerType\\('${type}',\\s*\\{`), type);
    }
  });

  it('shows every palette node in an example (N02)', () => {
    const used = new Set(examplesIn(join(root, 'examples')).flatMap(({ flow }) => flow.map((node) => node.type)));
    const missing = nodes().filter(([type, file]) => !isConfig(file) && !used.has(type));
    assert.deepEqual(missing, []);
  });

  for (const language of ['en-US', 'de', 'zh-CN']) {
    it(`has every label and the help in ${language}`, () => {
      for (const [type, file] of nodes()) {
        const locales = join(root, dirname(file), 'locales');
        // Another language may have more: it translates texts that English takes from the runtime.
        const translated = new Set(keysOf(readJson(locales, language, `${type}.json`)));
        const missing = keysOf(readJson(locales, 'en-US', `${type}.json`)).filter((key) => !translated.has(key));
        assert.deepEqual(missing, [], `${language} ${type}`);
        assert.match(
          readFileSync(join(locales, language, `${type}.html`), 'utf8'),
          new RegExp(`data-help-name="${type}"`),
        );
      }
    });
  }

  it('gives every palette node an icon', () => {
    for (const [type, file] of nodes()) {
      if (!isConfig(file)) assert.ok(existsSync(join(root, dirname(file), 'icons', `${type}.svg`)), type);
    }
  });

  it('has no tests, sources or machine paths in it', () => {
    assert.ok(!existsSync(join(root, 'dist', 'test')));
    assert.ok(!existsSync(join(root, 'tsconfig.json')));
    const compiled = readdirSync(join(root, 'dist'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
    assert.ok(compiled.length > 100, `only ${compiled.length} files`);
    assert.deepEqual(
      compiled.filter((file) => /\.(ts|map)$/.test(file) || readFileSync(file, 'utf8').includes(ROOT + sep)),
      [],
    );
  });

  it('brings the endpoint as a command', () => {
    const command = readFileSync(join(root, manifest.bin['kindred-endpoint'] ?? ''), 'utf8');
    assert.match(command, /^#!\/usr\/bin\/env node/);
  });
});

function keysOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value)
    .flatMap(([key, inner]) => keysOf(inner, `${path}.${key}`))
    .sort();
}
