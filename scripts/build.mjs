// Compiles the TypeScript to dist/, puts the editor's files beside the compiled nodes, and removes what has no source
// any more. Does nothing when nothing has changed, and one build waits for another.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { nodeBinary, root } from './bootstrap.mjs';

const dist = join(root, 'dist');
const stamp = join(dist, '.built');
const lock = join(root, 'node_modules', '.kindred-build');
const LOCK_LASTS_MS = 120_000;
const SOURCES = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')).include;

await withLock(build);

function build() {
  const sources = SOURCES.flatMap(filesBelow);
  const copies = new Map(sources.concat(filesBelow('icons')).flatMap(copyOf));
  const compiled = sources.filter((file) => file.endsWith('.ts')).map((file) => file.replace(/\.ts$/, '.js'));
  const state = stateOf([...sources, ...copies.values(), 'tsconfig.json', 'package.json']);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return;
  compile();
  for (const [to, from] of copies) {
    mkdirSync(dirname(join(dist, to)), { recursive: true });
    copyFileSync(join(root, from), join(dist, to));
  }
  removeAllBut(new Set([...compiled, ...compiled.map((file) => `${file}.map`), ...copies.keys()]));
  writeFileSync(stamp, state);
}

/** Every file below a folder of the project, as paths from its root with forward slashes. */
function filesBelow(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      relative(root, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join('/'),
    );
}

/**
 * Where a file goes that is not compiled, as [below dist, from]: Node-RED looks for a node's html, locales/ and icons/
 * beside its .js, and the recordings lie beside the code that reads them.
 */
function copyOf(file) {
  if (/^nodes\/[^/]+\/([^/]+\.html|locales\/.+)$/.test(file) || file.startsWith('appliances/recordings/')) {
    return [[file, file]];
  }
  const icon = /^icons\/(.+)\.svg$/.exec(file);
  return icon ? [[`nodes/${icon[1]}/icons/${basename(file)}`, file]] : [];
}

function stateOf(files) {
  return files.map((file) => `${file} ${statSync(join(root, file)).mtimeMs}`).join('\n');
}

function compile() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(nodeBinary(), [tsc, '-p', root], { stdio: 'inherit' });
  if (status !== 0) fail(status ?? 1);
}

/** A deleted source must be neither tested nor published any longer. */
function removeAllBut(wanted) {
  for (const file of filesBelow('dist')) {
    const name = file.slice('dist/'.length);
    if (!wanted.has(name) && name.includes('/')) rmSync(join(root, file), { force: true });
  }
}

/** Two builds at once would write over each other: `npm test` beside a running `npm start`, for example. */
async function withLock(task) {
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0);
      if (age > LOCK_LASTS_MS) rmSync(lock, { recursive: true, force: true });
      else await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  // Ctrl-C ends the compiler; this process outlives it, and takes the lock away.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => fail(1));
  try {
    task();
  } finally {
    unlock();
  }
}

function unlock() {
  rmSync(lock, { recursive: true, force: true });
}

function fail(code) {
  unlock();
  process.exit(code);
}
