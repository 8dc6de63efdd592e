import { Ledger } from '../ledger.js';
import { type Scenario, secondsToGoOn } from './scenario.js';

/** Rounds of killing. */
const ROUNDS = Number(process.env.KINDRED_KILL_ROUNDS ?? 10);

export const killed: Scenario = {
  name: `the endpoint, with \`kill -9\` under load, ${ROUNDS} times over`,
  sees: /^nothing/,
  async run(place) {
    const ledger = new Ledger();
    const seconds: number[] = [];
    let killedAt = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const endpoint = await place.serve();
      if (killedAt > 0) seconds.push(await secondsToGoOn(killedAt, ledger, endpoint.url));
      if (ledger.tokens.length === 0) await ledger.join(endpoint.url, 8);
      const goal = ledger.acknowledged.size + 100 + round * 10;
      let isDead = false;
      void endpoint.ended.then(() => {
        isDead = true;
      });
      await ledger.load(endpoint.url, () => {
        if (ledger.acknowledged.size >= goal) endpoint.child.kill('SIGKILL');
        return isDead;
      });
      killedAt = performance.now();
    }
    const { url } = await place.serve();
    seconds.push(await secondsToGoOn(killedAt, ledger, url));
    return {
      balance: await ledger.balance(url),
      seconds: Math.max(...seconds),
      sees: 'nothing: whatever supervises it starts it again',
      cure: 'none',
    };
  },
};

export const second: Scenario = {
  name: 'a second endpoint is started on the same file, under load',
  sees: /in use by another Kindred endpoint: stop that one first/,
  async run(place) {
    const ledger = new Ledger();
    const { url } = await place.serve();
    await ledger.join(url, 8);
    let sees = '';
    const loading = ledger.load(url, () => sees !== '');
    sees = await place.refusal();
    await loading;
    const seconds = await secondsToGoOn(performance.now(), ledger, url);
    return { balance: await ledger.balance(url), seconds, sees, cure: 'none: the first one goes on' };
  },
};
