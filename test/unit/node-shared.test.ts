import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import fsp from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../nodes/shared/migrations.js';
import { redact } from '../../nodes/shared/problem.js';
import { Scope } from '../../nodes/shared/scope.js';
import { StateFile } from '../../nodes/shared/state-file.js';

describe('node glue', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kindred-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('keeps a state over a restart, last write wins', async () => {
    const file = new StateFile<number>(dir, 'a/b');
    assert.equal(await file.load(), undefined);
    await Promise.all([1, 2, 3].map((value) => file.save(value)));
    assert.equal(await new StateFile<number>(dir, 'a/b').load(), 3);
    await file.remove();
    assert.equal(await file.load(), undefined);
  });

  it('sets a damaged state aside and says so', async () => {
    const file = new StateFile<number>(dir, 'x');
    await file.save(1);
    writeFileSync(file.path, '{"half');
    await assert.rejects(file.load(), /damaged/);
    assert.equal(readFileSync(`${file.path}.damaged`, 'utf8'), '{"half');
    assert.equal(await file.load(), undefined);
  });

  it('sets aside what cannot be read, and a form of a newer version, never over what was set aside before', async () => {
    const file = new StateFile<{ version: number }>(dir, 'x', (saved) => (saved as { version: number }).version === 1);
    await file.save({ version: 2 });
    await assert.rejects(file.load(), /form that this version does not know.*set aside/);
    assert.equal(readFileSync(`${file.path}.damaged`, 'utf8'), '{"version":2}');
    mkdirSync(file.path);
    await assert.rejects(file.load(), /EISDIR.*set aside/);
    assert.equal(readFileSync(`${file.path}.damaged`, 'utf8'), '{"version":2}');
    assert.equal(readdirSync(join(dir, 'kindred')).length, 2);
    assert.equal(await file.load(), undefined);
    await file.save({ version: 1 });
    assert.deepEqual(await file.load(), { version: 1 });
  });

  it('saves nothing over what can neither be read nor set aside', async () => {
    const good = new StateFile<string>(dir, 'x');
    await good.save('good');
    const { readFile, rename } = fsp;
    const failing = (code: string) => () => Promise.reject(Object.assign(new Error(`${code}: no way`), { code }));
    Object.assign(fsp, { readFile: failing('EMFILE'), rename: failing('EACCES') });
    const file = new StateFile<string>(dir, 'x');
    try {
      await assert.rejects(file.load(), /EMFILE.*EACCES.*not overwritten.*deploy again/);
    } finally {
      Object.assign(fsp, { readFile, rename });
    }
    await assert.rejects(file.save('empty'), /not overwritten/);
    await file.remove();
    assert.equal(await good.load(), 'good');
  });

  it('migrates a config step by step and leaves a current one alone', () => {
    const steps = [
      (config: Record<string, unknown>) => ({ ...config, b: config.a }),
      (config: Record<string, unknown>) => ({ ...config, c: true }),
    ];
    assert.deepEqual(migrate({ a: 1 }, steps), { a: 1, b: 1, c: true, version: 2 });
    assert.deepEqual(migrate({ a: 1, version: 1 }, steps), { a: 1, c: true, version: 2 });
    assert.deepEqual(migrate({ a: 1, version: 2 }, steps), { a: 1, version: 2 });
  });

  it('undoes everything, even when one undo fails', async () => {
    const scope = new Scope();
    const undone: string[] = [];
    scope.add(() => {
      undone.push('first');
    });
    scope.add(() => Promise.reject(new Error('stuck')));
    await scope.close();
    assert.deepEqual(undone, ['first']);
    assert.ok(scope.signal.aborted);
  });

  it('takes secrets out of texts', () => {
    for (const secret of [
      'Bearer abc.def',
      'whsec_c2VjcmV0',
      'token=hush',
      '"password":"hush"',
      'mqtt://me:hush@host',
    ]) {
      assert.doesNotMatch(redact(`failed: ${secret} at 3`), /abc|c2Vj|hush/);
    }
  });
});
