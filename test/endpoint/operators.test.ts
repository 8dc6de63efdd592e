import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AuditLog } from '../../matching/server/audit-log.js';
import type { AuditEntry } from '../../matching/server/index.js';
import { addressClassOf } from '../../matching/server/web/address.js';
import { leaveOut } from '../support/leave-out.js';
import { operatorsConformance } from './operators-conformance.js';
import { Cleanup, openFile, temporaryFolder, until } from './support.js';

const NOW = Date.UTC(2026, 10, 22, 8, 41, 7);

operatorsConformance('sqlite', openFile);

describe('the file of the audit log', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  it('is written to a file that only its owner reads, and to a new one after the old was moved', async () => {
    const file = join(temporaryFolder(cleanup), 'audit.log');
    const problems: string[] = [];
    const log = new AuditLog(file, (problem) => problems.push(problem));
    const entry: AuditEntry = { at: new Date(NOW).toISOString(), operation: 'invite', status: 201, address: 'public' };
    log.write(entry);
    await until(() => statOf(file) > 0);
    renameSync(file, `${file}.1`);
    log.reopen();
    log.write({ ...entry, status: 429 });
    await log.close();
    assert.deepEqual(JSON.parse(readFileSync(`${file}.1`, 'utf8')), entry);
    assert.equal(JSON.parse(readFileSync(file, 'utf8')).status, 429);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(problems, []);
  });

  it('says so when it cannot be written, and ends nothing', async () => {
    const folder = join(temporaryFolder(cleanup), 'folder');
    mkdirSync(folder);
    const problems: string[] = [];
    const log = new AuditLog(folder, (problem) => problems.push(problem));
    log.write({ at: '', operation: 'invite', status: 201, address: 'public' });
    await until(() => problems.length > 0);
    log.write({ at: '', operation: 'invite', status: 201, address: 'public' });
    await log.close();
    assert.match(problems[0] as string, /cannot be written/);
  });

  it('goes on when it can be written again, and says how many lines it lost', async () => {
    const folder = join(temporaryFolder(cleanup), 'later');
    const problems: string[] = [];
    let now = 0;
    const log = new AuditLog(
      join(folder, 'audit.log'),
      (problem) => problems.push(problem),
      () => now,
    );
    const entry: AuditEntry = { at: '', operation: 'invite', status: 201, address: 'public' };
    await until(() => problems.length > 0);
    log.write(entry);
    mkdirSync(folder);
    log.write(entry);
    now = 10_000;
    log.write({ ...entry, status: 429 });
    await log.close();
    const line = JSON.parse(readFileSync(join(folder, 'audit.log'), 'utf8'));
    assert.equal(line.status, 429);
    assert.ok(line.lost >= 2, String(line.lost));
    assert.equal(problems.length, 1);
  });

  for (const full of [false, true]) {
    it(`ends nothing when standard output is ${full ? 'full' : 'closed'}`, async function () {
      if (process.platform !== 'linux') leaveOut(this, 'the two ways in which standard output fails here are Linux’s');
      const program = `
        const { AuditLog } = require(${JSON.stringify(join(__dirname, '..', '..', 'matching', 'server', 'audit-log.js'))});
        let now = 0;
        const log = new AuditLog('-', (problem) => {
          console.error(problem);
          now += 10_000;
          setTimeout(() => (now > 10_000 ? console.error('goes on') : log.write({ operation: 'second' })), 10);
        }, () => now);
        log.write({ operation: 'first' });`;
      const output = full ? openSync('/dev/full', 'w') : 'pipe';
      const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', output, 'pipe'] });
      cleanup.add(() => void child.kill());
      if (typeof output === 'number') closeSync(output);
      child.stdout?.destroy();
      let said = '';
      child.stderr?.on('data', (chunk) => (said += chunk));
      const [code] = await once(child, 'close');
      const reason = full ? 'ENOSPC' : 'EPIPE';
      assert.match(
        said,
        new RegExp(`^(The audit log on standard output cannot be written: .*${reason}.*\\n){2}goes on\\n$`),
      );
      assert.equal(code, 0);
    });
  }

  it('knows where an address is', () => {
    const classes = {
      loopback: ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'],
      private: [
        '10.1.2.3',
        '172.31.0.1',
        '192.168.1.1',
        '169.254.7.7',
        '100.64.0.1',
        'fd12::1',
        'fe80::1%eth0',
        '::ffff:10.0.0.1',
      ],
      public: ['192.0.2.1', '172.32.0.1', '100.128.0.1', '2001:db8::1', '::ffff:192.0.2.1', 'nonsense'],
      unknown: [''],
    };
    for (const [expected, addresses] of Object.entries(classes)) {
      for (const address of addresses) assert.equal(addressClassOf(address), expected, address);
    }
  });
});

function statOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
