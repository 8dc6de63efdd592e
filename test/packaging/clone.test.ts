import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Program, ROOT, until } from '../support/node-red.js';
import { readJson } from '../support/package.js';

const run = promisify(execFile);
const LOCK = join('node_modules', '.kindred-build');

/** Called as `tsc -p FOLDER`. Compiles nothing, and makes the folder that a compiler would. */
const COMPILER = "require('node:fs').mkdirSync(process.argv[3] + '/dist', { recursive: true });";
/** Says that it has begun, and comes to no end. */
const SLOW_COMPILER = "require('node:fs').writeFileSync(process.argv[3] + '/begun', ''); setInterval(() => {}, 1000);";

describe('a fresh clone', () => {
  let clone: string;

  /** With our own scripts, and of all that has to be installed a compiler alone, so that it takes no minute. */
  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), 'kindred-clone-'));
    for (const script of ['bootstrap.mjs', 'build.mjs', 'prepare.mjs']) {
      write(`scripts/${script}`, readFileSync(join(ROOT, 'scripts', script), 'utf8'));
    }
    const { build, prepack } = readJson<{ scripts: Record<string, string> }>(ROOT, 'package.json').scripts;
    const devDependencies = { typescript: 'file:compiler' };
    write('package.json', { name: 'clone', version: '1.0.0', scripts: { build, prepack }, devDependencies });
    write('tsconfig.json', { include: [] });
    write('compiler/package.json', { name: 'typescript', version: '1.0.0' });
    write('compiler/bin/tsc', COMPILER);
  });
  afterEach(() => rmSync(clone, { recursive: true, force: true, maxRetries: 5 }));

  function write(path: string, content: string | object): void {
    const file = join(clone, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  }

  for (const command of ['run build', 'pack', 'pack --dry-run']) {
    it(`has installed and built what "npm ${command}" needs`, async () => {
      await run('npm', [...command.split(' '), '--loglevel=error'], { cwd: clone });
      assert.ok(existsSync(join(clone, 'dist', '.built')));
      const packed = readdirSync(clone).filter((name) => name.endsWith('.tgz'));
      assert.equal(packed.length, command === 'pack' ? 1 : 0);
    });
  }

  it('can be built again at once after a Ctrl-C while it was built', async () => {
    write('node_modules/typescript/bin/tsc', SLOW_COMPILER);
    const build = new Program([join(clone, 'scripts', 'build.mjs')], { detached: true });
    await until('the compiler begins', () => existsSync(join(clone, 'begun')));
    assert.ok(existsSync(join(clone, LOCK)));
    build.interrupt();
    assert.equal(await build.exit, 1, build.output);
    assert.ok(!existsSync(join(clone, LOCK)), 'the next build would wait for one that is over');
  });

  it('is built by the Node at hand where the one it brings is for another libc, as on Alpine', async () => {
    write('node_modules/typescript/bin/tsc', COMPILER);
    write('node_modules/.package-lock.json', {});
    // The system says of it what it says of a program whose loader is missing: that it is not there.
    const brought = `node_modules/node/bin/${process.platform === 'win32' ? 'node.exe' : 'node'}`;
    write(brought, '#!/lib64/no-such-loader\n');
    chmodSync(join(clone, brought), 0o755);
    const build = new Program([join(clone, 'scripts', 'prepare.mjs')]);
    assert.equal(await build.exit, 0, build.output);
    assert.ok(existsSync(join(clone, 'dist', '.built')));
  });

  it('gives an image nothing that git leaves out: what npm start keeps has secrets in it', () => {
    const linesOf = (...path: string[]) =>
      readFileSync(join(ROOT, ...path), 'utf8')
        .split('\n')
        .map((line) => line.replace(/^\*\*\/|\/$/g, ''))
        .filter((line) => line !== '');
    const kept = linesOf('deploy', 'Dockerfile.dockerignore');
    assert.deepEqual(
      linesOf('.gitignore').filter((line) => !kept.includes(line)),
      [],
    );
  });
});
