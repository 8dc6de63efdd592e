import type { Page } from '../../endpoint/failures/page.js';
import { Cleanup } from '../../endpoint/support.js';
import { endSharedPostgres } from '../../support/postgres.js';
import { SCENARIOS, type Scenario } from './index.js';

const INTRODUCTION = `# What happens when something fails: endpoints over PostgreSQL

Written by \`npm run failures -- --store postgres --out docs/failures-postgres.md\`; do not edit by hand. The same is tried by every
\`npm test\` (\`test/postgres/failures.test.ts\`) where PostgreSQL is installed.

Each row is two to four real \`kindred-endpoint\` processes over PostgreSQL 15 on one machine, under load from 24 hubs that keep account of
what was acknowledged: activities begun, ended and sent again, under the same id until there is an answer. Where there is a standby it
is synchronous (\`ANY 1\`). Afterwards everything that is there is compared with that account; where people were told of each other,
that both sides have it once.

- **acknowledged**: activities that were answered with success; in rows of events, people of whom a stream had to be told.
- **lost**, **doubled**: of these, not there (or in an older revision); there twice.
- **seconds**: until the next answer, or event: from the primary's end, without the time to notice (promotion takes as long as whoever
  does it is told to wait); else from when the standby goes on, the new process is there, or it has happened.
`;

const REMARKS = `
An acknowledged activity is lost only when the primary and every standby that has it are. On one machine \`kill -9\` does not show what a
power cut does; the standby that stands still before does show that nothing is answered that only the primary has.
`;

async function rowOf({ name, sees, cure, run }: Scenario): Promise<(string | number)[]> {
  const cleanup = new Cleanup();
  try {
    const { balance, seconds } = await run(cleanup);
    return [name, balance.acknowledged, balance.lost, balance.doubled, seconds.toFixed(1), sees, cure];
  } finally {
    await cleanup.run();
  }
}

export const POSTGRES: Page = {
  introduction: INTRODUCTION,
  columns: ['what fails', 'acknowledged', 'lost', 'doubled', 'seconds', 'a hub sees', 'the operator does'],
  rows: SCENARIOS.map((scenario) => () => rowOf(scenario)),
  remarks: REMARKS,
  close: endSharedPostgres,
};
