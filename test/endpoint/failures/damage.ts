import { closeSync, openSync, readSync, renameSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { Ledger } from '../ledger.js';
import { type Outcome, type Place, publishMore, type Scenario, secondsToGoOn } from './scenario.js';

/** Turns every bit of a stretch of a file around. */
function flip(path: string, at: number, length: number): void {
  const descriptor = openSync(path, 'r+');
  const bytes = Buffer.alloc(length);
  readSync(descriptor, bytes, 0, length, at);
  writeSync(
    descriptor,
    bytes.map((byte) => byte ^ 0xff),
    0,
    length,
    at,
  );
  closeSync(descriptor);
}

/** Publishes, takes a backup, publishes more, and ends. */
async function prepare(place: Place, ledger: Ledger, end: NodeJS.Signals): Promise<ReadonlyMap<string, number>> {
  const endpoint = await place.serve();
  const { url } = endpoint;
  await publishMore(ledger, url, 400);
  await place.command('backup');
  const inBackup = new Map(ledger.acknowledged);
  await publishMore(ledger, url, 300);
  await endpoint.end(end);
  return inBackup;
}

async function restoreBackup(place: Place, ledger: Ledger, inBackup: ReadonlyMap<string, number>): Promise<Outcome> {
  const since = performance.now();
  const gone = ledger.acknowledged.size - inBackup.size;
  await place.command('restore');
  const { url } = await place.serve();
  const balance = await ledger.balance(url, inBackup);
  const seconds = await secondsToGoOn(since, ledger, url);
  return { balance, seconds, sees: '', cure: 'restores the backup', gone };
}

function damaged(name: string, sees: RegExp, spoil: (place: Place) => void): Scenario {
  return {
    name,
    sees,
    async run(place) {
      const ledger = new Ledger();
      const inBackup = await prepare(place, ledger, 'SIGTERM');
      spoil(place);
      const refusal = await place.refusal();
      return { ...(await restoreBackup(place, ledger, inBackup)), sees: refusal };
    },
  };
}

const size = (path: string): number => statSync(path).size;
const page = (path: string): number => Math.floor(size(path) / 4096 / 2) * 4096;

export const header = damaged('bytes at the beginning of the store are flipped', /is no SQLite database/, ({ file }) =>
  flip(file, 0, 32),
);
export const middle = damaged(
  'bytes in the middle of the store are flipped',
  /is damaged \(.+\): restore a backup/,
  ({ file }) => flip(file, page(file), 64),
);
export const truncated = damaged('the store is cut off in the middle', /is damaged/, ({ file }) =>
  truncateSync(file, page(file)),
);

export const logFlipped: Scenario = {
  name: 'bytes in the middle of the log are flipped, after `kill -9`',
  sees: /kindred\.sqlite-wal is damaged: what was answered last would be lost/,
  async run(place) {
    const ledger = new Ledger();
    const inBackup = await prepare(place, ledger, 'SIGKILL');
    flip(`${place.file}-wal`, size(`${place.file}-wal`) >> 1, 64);
    const sees = await place.refusal();
    return { ...(await restoreBackup(place, ledger, inBackup)), sees };
  },
};

/** The other cure of the same: what is behind the damage is lost, and the operator knows. */
export const logSalvaged: Scenario = {
  name: 'the same, without a backup',
  sees: /write one with "kindred-endpoint backup" and restore that/,
  async run(place) {
    const ledger = new Ledger();
    await prepare(place, ledger, 'SIGKILL');
    flip(`${place.file}-wal`, Math.floor(size(`${place.file}-wal`) * 0.9), 64);
    const sees = await place.refusal();
    const since = performance.now();
    await place.command('backup', `${place.backup}-of-the-rest`);
    await place.command('restore', `${place.backup}-of-the-rest`);
    const { url } = await place.serve();
    const whole = await ledger.balance(url);
    const kept = new Map([...ledger.acknowledged].filter(([id]) => !whole.lost.includes(id)));
    const seconds = await secondsToGoOn(since, ledger, url);
    const cure = 'backs up what can still be read, and restores that';
    return {
      balance: { ...whole, acknowledged: kept.size, lost: [] },
      seconds,
      sees,
      cure,
      gone: whole.lost.length,
    };
  },
};

export const logDeleted: Scenario = {
  name: 'the log is taken away, after `kill -9`',
  sees: /kindred\.sqlite-wal is missing, and who used kindred\.sqlite last did not end cleanly/,
  async run(place) {
    const ledger = new Ledger();
    await prepare(place, ledger, 'SIGKILL');
    renameSync(`${place.file}-wal`, `${place.file}-elsewhere`);
    const sees = await place.refusal();
    renameSync(`${place.file}-elsewhere`, `${place.file}-wal`);
    const since = performance.now();
    const { url } = await place.serve();
    const seconds = await secondsToGoOn(since, ledger, url);
    return { balance: await ledger.balance(url), seconds, sees, cure: 'puts it back' };
  },
};

export const logDeletedRunning: Scenario = {
  name: 'the log is deleted while the endpoint runs, under load',
  sees: /kindred\.sqlite-wal was taken away or replaced while it was in use/,
  async run(place) {
    const ledger = new Ledger();
    const endpoint = await place.serve();
    await publishMore(ledger, endpoint.url, 300);
    let hasEnded = false;
    void endpoint.ended.then(() => {
      hasEnded = true;
    });
    rmSync(`${place.file}-wal`);
    const since = performance.now();
    await ledger.load(endpoint.url, () => hasEnded);
    const { url } = await place.serve();
    const seconds = await secondsToGoOn(since, ledger, url);
    const sees = place.line(endpoint.output);
    return { balance: await ledger.balance(url), seconds, sees, cure: 'none: whatever supervises it starts it again' };
  },
};

export const storeDeletedRunning: Scenario = {
  name: 'the store itself is deleted while the endpoint runs, under load',
  sees: /kindred\.sqlite is missing, and there was a store: restore a backup/,
  async run(place) {
    const ledger = new Ledger();
    const endpoint = await place.serve();
    await publishMore(ledger, endpoint.url, 300);
    await place.command('backup');
    const inBackup = new Map(ledger.acknowledged);
    await publishMore(ledger, endpoint.url, 100);
    let hasEnded = false;
    void endpoint.ended.then(() => {
      hasEnded = true;
    });
    rmSync(place.file);
    await ledger.load(endpoint.url, () => hasEnded);
    const sees = await place.refusal();
    return { ...(await restoreBackup(place, ledger, inBackup)), sees };
  },
};
