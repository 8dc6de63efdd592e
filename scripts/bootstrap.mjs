// Brings a fresh clone to the point where the built code can run. Plain JavaScript that Node 20 understands,
// with no dependency, because it runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Installs what is missing and builds what has changed; ends the process with a clear line when either fails. */
export function prepare() {
  if (isInstallStale()) {
    console.log('Installing what is missing (this happens once, and takes a minute or two) …');
    // `npm ci` would insist on lock entries for every other platform; --no-save leaves the lock file as it is. Below
    // `npm pack --dry-run`, too, something has to be there to build with.
    const install = ['install', '--no-save', '--no-dry-run', '--no-audit', '--no-fund', '--loglevel=error'];
    run('npm', install, 'npm install did not succeed');
  }
  run(nodeBinary(), [join(root, 'scripts', 'build.mjs')], 'The build did not succeed');
}

function isInstallStale() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  return !existsSync(installed) || statSync(join(root, 'package.json')).mtimeMs > statSync(installed).mtimeMs;
}

function run(command, args, complaint) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    console.error(`${complaint}${error ? `: ${error.message}` : ''}.`);
    process.exit(status ?? 1);
  }
}

/**
 * The Node that runs Kindred: the development dependency `node` (24), or this one where that has none for the platform, or
 * one that does not run: it needs glibc, and there is none on Alpine.
 */
export function nodeBinary() {
  const bundled = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  return spawnSync(bundled, ['--version']).status === 0 ? bundled : process.execPath;
}

/**
 * Runs one Node program to its end, passing on Ctrl-C and termination. It has our standard streams; of several at once,
 * each line says whose it is.
 * @param {{ linesBegin?: string }} options
 * @returns {Promise<number>} its exit code
 */
export function runNode(args, env = {}, { linesBegin } = {}) {
  return new Promise((resolve) => {
    const stdio = linesBegin === undefined ? 'inherit' : ['ignore', 'pipe', 'pipe'];
    const child = spawn(nodeBinary(), args, { cwd: root, stdio, env: { ...process.env, ...env } });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface(stream).on('line', (line) => console.log(`${linesBegin} ${line}`.trimEnd()));
    }
    // What is sent to this process alone is passed on, and outlived. A terminal's Ctrl-C reaches the child by itself,
    // too: it ends once, however often it is told.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    // Who kills npm, or the shell between, means this, too: nobody passes that on.
    const parent = process.ppid;
    const watch = setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 1000);
    watch.unref();
    child.on('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.on('close', (code, signal) => {
      clearInterval(watch);
      resolve(code ?? (signal ? 1 : 0));
    });
  });
}
