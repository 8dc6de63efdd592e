import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ledger } from '../ledger.js';
import type { EndpointProcess } from '../process-support.js';
import { canRun, Place, publishMore, type Scenario, secondsToGoOn } from './scenario.js';

/** Publishes until nothing is stored any more, looks at its health, mends, and waits until it goes on by itself. */
async function until503(ledger: Ledger, endpoint: EndpointProcess, mend: () => void): Promise<number> {
  const refused = (): number => ledger.statuses.get(503) ?? 0;
  await ledger.load(endpoint.url, () => refused() > 50);
  const { status } = await fetch(`${endpoint.url}/healthz`);
  if (status !== 503) throw new Error(`it says that it is well (${status})`);
  const me = await fetch(`${endpoint.url}/v1/me`, { headers: { authorization: `Bearer ${ledger.tokens[0]}` } });
  if (me.status !== 200) throw new Error(`what is stored cannot be read (${me.status})`);
  mend();
  return await secondsToGoOn(performance.now(), ledger, endpoint.url);
}

export const full: Scenario = {
  name: 'the disk is full (a small tmpfs), under load',
  sees: /The disk that kindred\.sqlite is on is full: free some space, and it goes on by itself/,
  async run(outer) {
    const folder = mkdtempSync(join(tmpdir(), 'kindred-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder]);
    outer.cleanup.add(() => {
      execFileSync('umount', ['-l', folder]);
      rmdirSync(folder);
    });
    const place = new Place(outer.cleanup, folder);
    const ledger = new Ledger();
    const endpoint = await place.serve();
    await publishMore(ledger, endpoint.url, 100);
    const filler = join(folder, 'filler');
    const { bavail, bsize } = statfsSync(folder);
    writeFileSync(filler, Buffer.alloc(bavail * bsize - 500_000));
    const seconds = await until503(ledger, endpoint, () => rmSync(filler));
    const sees = place.line(endpoint.output, this.sees);
    return {
      balance: await ledger.balance(endpoint.url),
      seconds,
      sees,
      cure: 'frees some space; it goes on by itself',
    };
  },
  unavailable() {
    const folder = mkdtempSync(join(tmpdir(), 'kindred-mount-'));
    const canMount = canRun('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder) && canRun('umount', folder);
    rmdirSync(folder);
    return canMount
      ? undefined
      : 'this machine does not let anybody mount a small disk; the next one breaks writing without';
  },
};

export const unwritable: Scenario = {
  name: 'every write fails from some point on (a limit on the size of files), under load',
  sees: /cannot be read or written \(disk I\/O error\): check the disk/,
  unavailable: () => (canRun('prlimit', '--version') ? undefined : 'there is no prlimit here'),
  async run(place) {
    const ledger = new Ledger();
    const endpoint = await place.serve({ under: ['prlimit', '--fsize=1500000:'] });
    await ledger.join(endpoint.url, 8);
    const mend = () => void execFileSync('prlimit', ['--pid', String(endpoint.child.pid), '--fsize=unlimited:']);
    const seconds = await until503(ledger, endpoint, mend);
    const sees = place.line(endpoint.output, this.sees);
    return { balance: await ledger.balance(endpoint.url), seconds, sees, cure: 'mends the disk; it goes on by itself' };
  },
};

/** Root may write everything, unless it gives that up. */
const asAnybody = (): string[] =>
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'] : [];

function readOnly(what: 'file' | 'folder'): Scenario {
  return {
    name: `the ${what} may not be written any more`,
    sees:
      what === 'file'
        ? /kindred\.sqlite may not be read and written: give the endpoint's user the right to/
        : /cannot be opened|may not be written/,
    unavailable: () => (canDrop() ? undefined : 'this machine does not let root give up that it may write everything'),
    async run(place) {
      const ledger = new Ledger();
      const before = await place.serve();
      await publishMore(ledger, before.url, 200);
      await before.end('SIGTERM');
      const path = what === 'file' ? place.file : place.folder;
      chmodSync(path, what === 'file' ? 0o444 : 0o555);
      const sees = await place.refusal(asAnybody());
      chmodSync(path, 0o755);
      const since = performance.now();
      const { url } = await place.serve({ under: asAnybody() });
      const seconds = await secondsToGoOn(since, ledger, url);
      return { balance: await ledger.balance(url), seconds, sees, cure: 'gives the right to write, and starts it' };
    },
  };
}

function canDrop(): boolean {
  const [program = 'true', ...rest] = [...asAnybody(), 'true'];
  return canRun(program, ...rest);
}

export const readOnlyFile = readOnly('file');
export const readOnlyFolder = readOnly('folder');
