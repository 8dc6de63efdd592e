import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Ledger } from '../ledger.js';
import { coffee, joinAs, until } from '../support.js';
import { publishMore, type Scenario, secondsToGoOn } from './scenario.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A clock that is wrong by what a file says, looked up at each signal; and a sweeper that comes at once and often. */
const PRELOAD = `
const { readFileSync } = require('node:fs');
const read = () => Number(readFileSync(process.env.KINDRED_TEST_CLOCK, 'utf8'));
const now = Date.now.bind(Date);
let wrong = read();
Date.now = () => now() + wrong;
process.on('SIGUSR2', () => { wrong = read(); });
const plan = setTimeout;
globalThis.setTimeout = (work, ms, ...args) => plan(work, ms === 60000 ? 100 : ms, ...args);
`;

export const clockSet: Scenario = {
  name: 'the clock is set back and ahead by hours and days, while it runs and between, under load',
  sees: /^nothing/,
  unavailable: () => (process.platform === 'win32' ? 'needs a signal that Windows has not' : undefined),
  async run(place) {
    const [preload, clock] = [join(place.folder, 'clock.js'), join(place.folder, 'clock')];
    writeFileSync(preload, PRELOAD);
    const env = { NODE_OPTIONS: `--require ${preload}`, KINDRED_TEST_CLOCK: clock };
    const ledger = new Ledger();
    // Each pair: what it is wrong by when it starts, and what it is set to while it runs.
    const wrongs = [
      [0, -3 * HOUR_MS],
      [-3 * DAY_MS, 2 * HOUR_MS],
      [5 * DAY_MS, 0],
      [0, 30 * DAY_MS],
      [-30 * DAY_MS, -2 * HOUR_MS],
    ] as const;
    for (const [atStart, later] of wrongs) {
      writeFileSync(clock, String(atStart));
      const endpoint = await place.serve({ env });
      await publishMore(ledger, endpoint.url, 80);
      writeFileSync(clock, String(later));
      endpoint.child.kill('SIGUSR2');
      await publishMore(ledger, endpoint.url, 80);
      // The sweeper has come by then, with the wrong time.
      await wait(300);
      await endpoint.end(atStart === 0 ? 'SIGKILL' : 'SIGTERM');
    }
    writeFileSync(clock, '0');
    const since = performance.now();
    const endpoint = await place.serve({ env });
    const seconds = await secondsToGoOn(since, ledger, endpoint.url);
    await wait(300);
    await meet(endpoint.url);
    const sees = place.line(endpoint.output) || 'nothing';
    return { balance: await ledger.balance(endpoint.url), seconds, sees, cure: 'sets the clock right' };
  },
};

/** Two who do the same thing now find each other, and who was first is told at once, whatever is stored with other times. */
async function meet(url: string): Promise<void> {
  const [anna, ben] = [await joinAs(url, 'Anna'), await joinAs(url, 'Ben')];
  await anna.client.publish(coffee({ activity: 'yoga', category: 'exercise' }));
  const watching = new AbortController();
  const told: string[] = [];
  let isOpen = false;
  const watched = anna.client.watch({
    signal: watching.signal,
    onEvent: (event) => event.type === 'match' && told.push(event.match.person.user.name),
    onState: ({ state }) => {
      isOpen ||= state === 'open';
    },
  });
  await until(() => isOpen);
  const { matches } = await ben.client.publish(coffee({ activity: 'yoga', category: 'exercise' }));
  if (!matches.some(({ user }) => user.name === 'Anna')) throw new Error('two who do the same thing do not meet');
  await until(() => told.includes('Ben'));
  watching.abort();
  await watched;
}
