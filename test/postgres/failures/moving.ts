import { setTimeout as wait } from 'node:timers/promises';
import { Ledger } from '../../endpoint/ledger.js';
import { EndpointProcess as OnFile, runCli } from '../../endpoint/process-support.js';
import { temporaryFolder } from '../../endpoint/support.js';
import { newSchema, sharedPostgres } from '../../support/postgres.js';
import { EndpointProcess } from '../endpoints.js';
import { type Scenario, waitFor } from './house.js';

/** An endpoint over SQLite is moved under load; hubs keep what it does not take any more, and bring it to the new one. */
export const MOVING: Scenario = {
  name: 'the endpoint is moved from SQLite by `import`, under load',
  sees: 'reads are answered; publishes get a 503 from the last pass on, until the new endpoint is there',
  cure: 'start endpoints over PostgreSQL at the old address',
  async run(cleanup) {
    const from = `sqlite:${temporaryFolder(cleanup)}/kindred.sqlite`;
    const server = await sharedPostgres();
    const schema = newSchema();
    cleanup.add(() => server.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`));
    const to = server.address(schema);
    const old = await OnFile.serve(cleanup, ['--store', from]);
    let { url } = old;
    let isOver = false;
    const ledger = new Ledger();
    await ledger.join(url, 12);
    const load = ledger.load(
      () => url,
      () => isOver,
      24,
    );
    load.catch(() => {});
    await waitFor('some load', () => ledger.acknowledged.size > 200);
    const { code, output } = await runCli(cleanup, ['import', '--from', from, '--to', to]);
    if (code !== 0) throw new Error(output);
    await wait(200);
    const begun = performance.now();
    const { size } = ledger.acknowledged;
    ({ url } = await EndpointProcess.start(cleanup, to));
    await waitFor('that it goes on', () => ledger.acknowledged.size > size);
    const seconds = (performance.now() - begun) / 1000;
    await waitFor('some more load', () => ledger.acknowledged.size > size + 100);
    isOver = true;
    await load;
    const { acknowledged, lost, doubled, invented } = await ledger.balance(url);
    if (invented.length > 0) throw new Error(`${invented.length} activities are there that nobody sent`);
    return { balance: { acknowledged, lost: lost.length, doubled: doubled.length }, seconds };
  },
};
