import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..');
const read = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8');
const sorted = (names: Iterable<string | undefined>): string[] => [...new Set(names)].map(String).sort();

describe('deploy/', () => {
  const compose = read('deploy', 'compose.yaml');
  const example = read('deploy', '.env.example');

  it('passes on every variable of its environment that kindred-endpoint reads', () => {
    const passed = sorted([...compose.matchAll(/^ +(KINDRED_\w+): \$\{\1/gm)].map(([, name]) => name));
    const asked = [...read('matching', 'server', 'cli.ts').matchAll(/process\.env\.(KINDRED_\w+)/g)];
    assert.ok(asked.length > 1);
    assert.deepEqual(passed, sorted(asked.map(([, name]) => name)));
  });

  it('has every variable that the compose file takes in .env.example, and no other', () => {
    const taken = [...compose.matchAll(/\$\{(KINDRED_\w+)/g)].map(([, name]) => name);
    const shown = [...example.matchAll(/^(KINDRED_\w+)=/gm)].map(([, name]) => name);
    assert.deepEqual(sorted(shown), sorted(taken));
  });

  it('says how the proxy gets to know of a renewed certificate, and lets certbot be asked for it', () => {
    assert.match(read('deploy', 'README.md'), /--deploy-hook .*exec -T proxy nginx -s reload/);
    const [, root] =
      /location \/\.well-known\/acme-challenge\/ \{\s+root (\S+);/.exec(read('deploy', 'nginx.conf')) ?? [];
    assert.ok(root && compose.includes(`- ./acme:${root}:ro`));
  });

  it('calls volumes on the page what Compose calls them', () => {
    const [, project] = /^name: (\w+)$/m.exec(compose) as RegExpExecArray;
    const named = [...read('deploy', 'README.md').matchAll(/docker volume rm (\w+)/g)].map(([, volume]) => volume);
    assert.deepEqual(named, [`${project}_db2`]);
    assert.match(compose, /^volumes:\n(?: {2}.*\n)* {2}db2:/m);
  });
});
