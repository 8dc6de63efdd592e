// Types, lint, format and architecture.
import { join } from 'node:path';
import { prepare, root, runNode } from './bootstrap.mjs';

prepare(); // compiling is the type check: sources, tests and benches are one program
const bin = (...parts) => join(root, 'node_modules', ...parts);
const codes = [
  await runNode([
    bin('@biomejs', 'biome', 'bin', 'biome'),
    'ci',
    ...(process.stdout.isTTY ? [] : ['--colors=off']),
    '.',
  ]),
  await runNode([
    ...[bin('mocha', 'bin', 'mocha.js'), '--config', join(root, 'test', 'support', 'mocha-specs.json')],
    'dist/test/unit/architecture.test.js',
  ]),
];
process.exit(Math.max(...codes));
