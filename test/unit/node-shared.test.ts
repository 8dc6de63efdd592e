import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
