import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** dist/test/unit → the project's root */
const ROOT = resolve(__dirname, '..', '..', '..');

/** Each room and the rooms it may call. `matching` is three: its schema and its two doors. */
const MAY_CALL: Record<string, string[]> = {
  vocabulary: [],
  appliances: ['vocabulary'],
  activities: ['vocabulary'],
  sharing: ['vocabulary', 'matching/client'],
  'matching/schema': ['vocabulary'],
  'matching/client': ['vocabulary', 'matching/schema'],
  'matching/server': ['vocabulary', 'matching/schema'],
  nodes: ['vocabulary', 'appliances', 'activities', 'sharing', 'matching/schema', 'matching/client', 'matching/server'],
};
const ROOMS = Object.keys(MAY_CALL);

function roomOf(file: string): string | undefined {
  const path = relative(ROOT, file).split(sep).join('/');
  return ROOMS.find((room) => path.startsWith(`${room}/`));
}

function sourcesOf(room: string): string[] {
  return readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(ROOT, room, name));
}

/** Every module specifier that a source imports, exports from, or loads when first used. */
function importsOf(file: string): string[] {
  const pattern = /(?:from\s+|import\s*\(\s*|require\s*\(\s*|import\s+)['"]([^'"]+)['"]/g;
  return [...readFileSync(file, 'utf8').matchAll(pattern)].map((match) => match[1] as string);
}

function problemOf(room: string, file: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) {
    return room !== 'nodes' && /^(@node-red|node-red)/.test(specifier) ? 'only nodes/ knows Node-RED' : undefined;
  }
  const target = resolve(dirname(file), specifier);
  const other = roomOf(target);
  if (other === room) return undefined;
  if (!other || !MAY_CALL[room]?.includes(other)) return `${room} may not call ${other ?? 'that'}`;
  return target === join(ROOT, other, 'index.js') ? undefined : `use the door ${other}/index.js`;
}

function violations(room: string): string[] {
  return sourcesOf(room).flatMap((file) =>
    importsOf(file).flatMap((specifier) => {
      const problem = problemOf(room, file, specifier);
      return problem ? [`${relative(ROOT, file)} imports ${specifier}: ${problem}`] : [];
    }),
  );
}

describe('architecture', () => {
  for (const room of ROOMS) {
    it(`${room} calls only the rooms it may, through their doors`, () => {
      assert.deepEqual(violations(room), []);
    });
  }

  it('the endpoint makes no calls of its own: it serves, and reads and writes its store', () => {
    const calling = sourcesOf('matching/server').filter((file) => {
      const calls = /\bfetch\(|\b(http|https|http2|net|tls)\.(request|get|connect)\(/.test(readFileSync(file, 'utf8'));
      return calls || importsOf(file).some((name) => /^(axios|undici|got|node-fetch|node:https)$/.test(name));
    });
    assert.deepEqual(calling, []);
  });

  it('keeps every source file short enough to be one thing', () => {
    const long = ROOMS.flatMap(sourcesOf)
      .map((file) => ({ file: relative(ROOT, file), lines: readFileSync(file, 'utf8').split('\n').length }))
      .filter(({ lines }) => lines > 330);
    assert.deepEqual(long, []);
  });
});
