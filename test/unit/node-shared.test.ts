import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import fsp from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { NodeAPI } from 'node-red';
import { shortened } from '../../nodes/appliance-connect/status.js';
import { ClockWatch, leapInWords } from '../../nodes/shared/clock-watch.js';
import { makeFolder } from '../../nodes/shared/folder.js';
import { migrate } from '../../nodes/shared/migrations.js';
import { failWith, problemOf, redact } from '../../nodes/shared/problem.js';
import { watchRestart } from '../../nodes/shared/restart.js';
import { Scope } from '../../nodes/shared/scope.js';
import { reconnectingMs } from '../../nodes/shared/settling.js';
import { StateFile } from '../../nodes/shared/state-file.js';

describe('node glue', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kindred-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('waits for MQTT as long as Node-RED does, whatever its settings say, and never for hours', () => {
    const waits = [undefined, 0, 15_000, '15000', 'soon', 3_600_000].map((mqttReconnectTime) =>
      reconnectingMs({ settings: { mqttReconnectTime } } as unknown as NodeAPI),
    );
    assert.deepEqual(waits, [6000, 6000, 16_000, 16_000, 6000, 61_000]);
  });

  it('cuts a problem between words, where it is too long for the canvas', () => {
    const short = 'say which appliance: its topic or name';
    assert.equal(shortened(short), short);
    const long = 'the broker closed the connection: it knows no user of that name, or not with that password';
    assert.equal(shortened(long), 'the broker closed the connection: it knows no user of that …');
    assert.equal(shortened('x'.repeat(100)), `${'x'.repeat(59)}…`);
    fc.assert(fc.property(fc.string(), (text) => shortened(text).length <= 60));
  });

  it('makes a folder in folders, and says where none can be made', async () => {
    const [deep, file] = [join(dir, 'a', 'b', 'c'), join(dir, 'file')];
    await Promise.all([makeFolder(deep), makeFolder(deep), makeFolder(join(dir, 'a', 'other'))]);
    await makeFolder(deep);
    assert.deepEqual([readdirSync(join(dir, 'a', 'b')), readdirSync(join(dir, 'a'))], [['c'], ['b', 'other']]);
    writeFileSync(file, '');
    const impossible = [join(file, 'a', 'b'), ...(process.platform === 'linux' ? ['/proc/kindred/a/b'] : [])];
    for (const folder of impossible) {
      await assert.rejects(makeFolder(folder), /there is no folder .*(file|kindred), and none can be made \(E/);
    }
  });

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

  it('neither sets aside nor overwrites what cannot be read, for it may be good', async () => {
    const file = new StateFile<string>(dir, 'x');
    mkdirSync(join(dir, 'kindred'));
    symlinkSync(file.path, file.path);
    await assert.rejects(file.load(), /ELOOP.*not overwritten.*deploy again/);
    await assert.rejects(file.save('empty'), /not overwritten/);
    await file.remove();
    assert.deepEqual(readdirSync(join(dir, 'kindred')), ['x.json']);
  });

  it('saves nothing over what makes no sense and cannot be set aside', async () => {
    const file = new StateFile<string>(dir, 'x');
    mkdirSync(join(dir, 'kindred'));
    writeFileSync(file.path, 'no JSON');
    const { rename } = fsp;
    const failing = () => Promise.reject(Object.assign(new Error('EACCES: no way'), { code: 'EACCES' }));
    Object.assign(fsp, { rename: failing });
    try {
      await assert.rejects(file.load(), /JSON.*EACCES.*not overwritten.*deploy again/);
    } finally {
      Object.assign(fsp, { rename });
    }
    await assert.rejects(file.save('empty'), /not overwritten/);
    await file.remove();
    assert.equal(readFileSync(file.path, 'utf8'), 'no JSON');
  });

  it('overwrites nothing that a second Node-RED over the same user directory has written', async () => {
    const [first, second] = [new StateFile<string>(dir, 'x'), new StateFile<string>(dir, 'x')];
    await first.load();
    await first.save('one');
    await second.load();
    await first.save('two');
    await assert.rejects(second.save('three'), /changed by somebody else.*other Node-RED.*deploy again/);
    await second.remove();
    await first.save('four');
    const third = new StateFile<string>(dir, 'x');
    assert.equal(await third.load(), 'four');
    rmSync(third.path);
    await third.save('anew');
    assert.equal(await new StateFile<string>(dir, 'x').load(), 'anew');
  });

  describe('of a value that is saved by its changes', () => {
    /** A list that only grows; a change is what has come since. */
    class Growth {
      #length = 0;
      since(list: readonly string[]): { more: string[] } | undefined {
        const more = list.slice(this.#length);
        this.#length = list.length;
        return more.length > 0 ? { more } : undefined;
      }
      applied(saved: unknown, changes: readonly unknown[]): string[] {
        return [...(saved as string[]), ...(changes as { more: string[] }[]).flatMap(({ more }) => more)];
      }
    }
    const list = () => new StateFile<string[]>(dir, 'x', Array.isArray, new Growth());
    const textOf = ({ path }: { path: string }) => readFileSync(path, 'utf8');

    it('writes no more than what is new, until that is more than the whole', async () => {
      const file = list();
      const value = Array.from({ length: 1000 }, (_, number) => `entry ${number}`.padEnd(200, '.'));
      await file.save(value);
      const whole = textOf(file);
      await file.save(value);
      assert.equal(textOf(file), whole);
      value.push('one');
      await file.save(value);
      assert.equal(textOf(file), `${whole}{"more":["one"]}\n`);
      for (let times = 0; times < 40; times++) {
        value.push('x'.repeat(10_000));
        await file.save(value);
        assert.deepEqual(await list().load(), value);
      }
      assert.ok(textOf(file).length < 2 * JSON.stringify(value).length);
      assert.equal(textOf(file).split('\n')[0]?.includes('xxx'), true, 'it was written whole meanwhile');
    });

    it('is what it was before the change, or after it, wherever its writing was cut off', async () => {
      const file = list();
      await file.save(['one']);
      await file.save(['one', 'two']);
      await file.save(['one', 'two', 'three ✓ {"more":["four"]}']);
      const bytes = readFileSync(file.path);
      const start = bytes.lastIndexOf('\n', -2) + 1;
      for (let end = start; end <= bytes.length; end++) {
        writeFileSync(file.path, bytes.subarray(0, end));
        const again = list();
        const saved = (await again.load()) as string[];
        // Without its line break alone, a change is all there.
        assert.deepEqual(saved, ['one', 'two', 'three ✓ {"more":["four"]}'].slice(0, end < bytes.length - 1 ? 2 : 3));
        await again.save([...saved, 'next']);
        assert.deepEqual(await list().load(), [...saved, 'next']);
      }
      writeFileSync(file.path, '["one"]\n{"mo\n{"more":["two"]}\n');
      await assert.rejects(list().load(), /JSON.*set aside/);
    });

    it('is what it was before the change, where the power cut has left NUL bytes of it', async () => {
      const file = list();
      await file.save(['one']);
      const whole = readFileSync(file.path);
      await file.save(['one', 'two']);
      const changed = readFileSync(file.path);
      await file.save(['one', 'two', 'three']);
      const third = readFileSync(file.path).subarray(changed.length);
      const nuls = Buffer.alloc(third.length);
      for (const [before, tail, expected] of [
        [whole, nuls, ['one']],
        [changed, nuls, ['one', 'two']],
        [changed, Buffer.concat([third.subarray(0, 9), nuls]), ['one', 'two']],
        [changed, Buffer.concat([nuls.subarray(0, 9), third.subarray(9)]), ['one', 'two']],
      ] as const) {
        writeFileSync(file.path, Buffer.concat([before, tail]));
        const again = list();
        assert.deepEqual(await again.load(), expected);
        await again.save([...expected, 'next']);
        assert.deepEqual(await list().load(), [...expected, 'next']);
      }
    });

    it('is read as earlier versions wrote it, each line begun with its break, and goes on from there', async () => {
      const file = list();
      mkdirSync(join(dir, 'kindred'));
      writeFileSync(file.path, '["one"]\n{"more":["two"]}');
      const value = (await file.load()) as string[];
      assert.deepEqual(value, ['one', 'two']);
      for (const more of ['three', 'four']) {
        value.push(more);
        await file.save(value);
        assert.deepEqual(await list().load(), value);
      }
    });

    it('is whole again after a disk that was full, and keeps what was there until then', async () => {
      const file = list();
      await file.save(['one']);
      const { open } = fsp;
      const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      for (const truncates of [true, false]) {
        const before = (await list().load()) as string[];
        Object.assign(fsp, {
          open: async (...args: Parameters<typeof open>) => {
            if (args[1] === 'wx') throw full;
            const opened = await open(...args);
            const { appendFile } = opened;
            opened.appendFile = async (text) => {
              await appendFile.call(opened, String(text).slice(0, 12));
              throw full;
            };
            if (!truncates) opened.truncate = () => Promise.reject(full);
            return opened;
          },
        });
        const next = [...before, 'two'];
        try {
          for (let times = 0; times < 2; times++) await assert.rejects(file.save(next), /no space left/);
          assert.deepEqual(await list().load(), before);
        } finally {
          Object.assign(fsp, { open });
        }
        await file.save(next);
        assert.deepEqual(JSON.parse(textOf(file)), next);
      }
    });

    it('overwrites nothing of a second Node-RED, and is made anew where its file is gone', async () => {
      const [first, second] = [list(), list()];
      await first.save(['one']);
      await second.load();
      await first.save(['one', 'two']);
      await assert.rejects(second.save(['three']), /changed by somebody else/);
      rmSync(first.path);
      await first.save(['one', 'two', 'three']);
      assert.deepEqual(await list().load(), ['one', 'two', 'three']);
      utimesSync(first.path, 1, 1);
      await first.save(['one', 'two', 'three', 'four']);
      assert.equal((await list().load())?.length, 4, 'another time of the same text is no change');
    });
  });

  it('leaves nothing half written: two at once mix nothing up, and what a crash has left goes', async () => {
    const files = [1, 2, 3].map(() => new StateFile<string>(dir, 'x'));
    await Promise.all(files.map((file, number) => file.save(`${number}`.repeat(300_000))));
    assert.match((await new StateFile<string>(dir, 'x').load()) ?? '', /^(0+|1+|2+)$/);
    const [old, young] = ['x.json.1a.new', 'x.json.2b.new'].map((name) => join(dir, 'kindred', name));
    for (const left of [old, young]) writeFileSync(left as string, 'half');
    utimesSync(old as string, 1, 1);
    await new StateFile<string>(dir, 'x').load();
    assert.deepEqual(readdirSync(join(dir, 'kindred')), ['x.json', 'x.json.2b.new']);
  });

  it('flushes the file before it has its name, and the folder after that', async () => {
    const { open, rename } = fsp;
    const done: string[] = [];
    Object.assign(fsp, {
      open: async (...args: Parameters<typeof open>) => {
        const opened = await open(...args);
        const sync = opened.sync.bind(opened);
        opened.sync = () => sync().then(() => void done.push(String(args[0]).endsWith('.new') ? 'file' : 'folder'));
        return opened;
      },
      rename: (...args: Parameters<typeof rename>) => rename(...args).then(() => void done.push('rename')),
    });
    try {
      await new StateFile<string>(dir, 'x').save('good');
    } finally {
      Object.assign(fsp, { open, rename });
    }
    assert.deepEqual(done, ['file', 'rename', 'folder']);
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

  it('fails a message also where an error says nothing, as one of several addresses that all refuse does', () => {
    const told: unknown[] = [];
    for (const thrown of [new AggregateError([], ''), '', undefined])
      failWith(problemOf(thrown), (error) => told.push(error));
    assert.deepEqual(told, ['unknown error', 'unknown error', 'unknown error']);
  });

  it('takes secrets out of texts, whatever they are and wherever they stand', () => {
    const unreserved = [...'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789-_'];
    const secrets = fc.string({ unit: fc.constantFrom(...unreserved), minLength: 16, maxLength: 64 });
    const odd = fc.string({ unit: fc.constantFrom(...unreserved, '@', '/', ':', '.', '+', '='), minLength: 16 });
    const shapes: ((secret: string) => string)[] = [
      ...[
        'token',
        'access_token',
        'secret',
        'client-secret',
        'passwd',
        'password',
        'pwd',
        'invitation',
        'X-Api-Key',
      ].flatMap((name) => [
        (it: string) => `${name}=${it}`,
        (it: string) => `${name}: ${it}`,
        (it: string) => JSON.stringify({ [name]: it }),
      ]),
      (it) => `Invalid header ["authorization"]: Bearer ${it}`,
      (it) => `Authorization: Basic ${it}`,
      (it) => `the token ${it} is unknown`,
      (it) => `https://example.org/?a=1&access_token=${it}&x=1`,
      (it) => `https://hooks.example.org/services/T000/B000/${it}`,
      (it) => `post to https://hooks.example.org/${it}: refused`,
      (it) => `whsec_${it}`,
    ];
    fc.assert(
      fc.property(secrets, fc.constantFrom(...shapes), (secret, shape) => {
        assert.ok(!redact(`failed: ${shape(secret)} at 3`).includes(secret), shape(secret));
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(odd, fc.constantFrom('https', 'mqtt'), (secret, scheme) => {
        const shown = redact(`cannot reach ${scheme}://me:${secret}@host.example:1883 now`);
        assert.ok(!shown.includes(secret), shown);
        assert.match(shown, /host\.example:1883 now$/);
      }),
    );
  });

  it('notices a clock that was set, and neither drift nor sleep', () => {
    const clock = { wall: 1e12, steady: 5, boot: 70 };
    const watch = new ClockWatch({ wall: () => clock.wall, steady: () => clock.steady, sinceBoot: () => clock.boot });
    const passed = (wall: number, steady: number, boot: number): number => {
      Object.assign(clock, { wall: clock.wall + wall, steady: clock.steady + steady, boot: clock.boot + boot });
      return watch.look();
    };
    const HOUR = 3_600_000;
    assert.equal(passed(HOUR, HOUR, HOUR), 0);
    assert.equal(passed(HOUR + 100_000, HOUR, HOUR), 0, 'a little at a time is no leap');
    assert.equal(passed(4 * HOUR, HOUR, HOUR), 3 * HOUR);
    assert.equal(passed(0, 0, 0), 0, 'told once');
    assert.equal(passed(8 * HOUR, 1000, 8 * HOUR), 0, 'it slept');
    assert.equal(passed(-2 * HOUR, 0, 0), -2 * HOUR);
    assert.deepEqual(leapInWords(3 * HOUR), { key: 'leapt-forward', span: '3 h' });
    assert.deepEqual(leapInWords(-HOUR / 2), { key: 'leapt-back', span: '30 min' });
  });

  it('knows a start of Node-RED from a Deploy, also where the node came to a Node-RED that was running', () => {
    const asked = (...before: string[]): boolean => {
      const events = new EventEmitter();
      const isRestart = watchRestart({ events } as unknown as NodeAPI);
      for (const event of before) events.emit(event);
      return isRestart();
    };
    assert.equal(asked(), true);
    assert.equal(asked('flows:started'), false);
    assert.equal(asked('flows:stopping'), false, 'a Deploy takes down what was running');
  });

  it('leaves what is no secret as it is', () => {
    for (const text of [
      'Nothing answers at http://127.0.0.1:1880/kindred: is the endpoint running?',
      'the token is not valid any more',
      'LWT must be Online or Offline',
    ]) {
      assert.equal(redact(text), text);
    }
  });
});
