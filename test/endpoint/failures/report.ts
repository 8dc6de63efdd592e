import { writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { POSTGRES } from '../../postgres/failures/page.js';
import { Cleanup } from '../support.js';
import { type Outcome, Place, SCENARIOS, type Scenario } from './index.js';
import type { Page } from './page.js';

const INTRODUCTION = `# What survives when something breaks

Written by \`npm run failures -- --out docs/failures.md\`; do not edit by hand. The same is tried by every \`npm test\`
(\`test/endpoint/failures.test.ts\`).

Each row is a real \`kindred-endpoint\` process over a SQLite file, under load from hubs that keep account of what it
acknowledged: 8 people, 32 connections, activities begun, ended and sent again, retried under the same id until there is an
answer, as a hub's outbox does. Afterwards everything that the endpoint has is compared with that account.

- **acknowledged**: activities that were answered with success, and so must be there.
- **lost**, **doubled**: of these, not there (or in an older revision); there twice.
- **gone**: acknowledged, and only in what was broken: after the backup that was restored, or behind the damage. The endpoint
  refuses to go on before, in the words of the row, so nobody loses it unawares.
- **seconds**: from the end of what was wrong until the next publish was acknowledged, the start of a process included.
`;

const REMARKS = `
## What cannot be noticed

- *A disk that lies.* SQLite waits for the disk with every commit. A disk or a virtual machine that says "written" and is not
  loses the last transactions when the power goes; nothing above it can tell.
- *Bytes flipped within a text.* SQLite keeps no checksums of its pages (it does of its log). What damages a page's structure is
  found when the store is opened (up to 256 MB), by \`kindred-endpoint check\`, and by every backup; a letter that became another
  one is not. Use a file system with checksums (btrfs, ZFS) where that matters.
- *The very last transaction, damaged in the log after a crash* looks like one that was never finished, and is dropped.
- *A clock that is ahead by days*: the sweeper forgets what is too old by that clock: after seven days matches, after 14 requests and invitations, after the retention (365 days) activities.
- *A message between two nodes of a hub, within a Deploy.* Node-RED drops without a word what is sent to a node that is being
  replaced, and nobody knows of it. What has reached a *share-to-social* node is told, and a *collect-parameters* node holds back
  what it recognises until the Deploy is through (\`test/node/deploys.test.ts\`); what any other node sends then has to be sent again.
`;

const FILE: Page = {
  introduction: INTRODUCTION,
  columns: ['what is broken', 'acknowledged', 'lost', 'doubled', 'gone', 'seconds', 'the operator reads', 'and does'],
  rows: SCENARIOS.map((scenario) => async () => {
    const reason = scenario.unavailable?.();
    return reason ? [scenario.name, `left out: ${reason}`, '', '', '', '', '', ''] : await rowOf(scenario);
  }),
  remarks: REMARKS,
  async close() {},
};

async function main(): Promise<void> {
  const options = { out: { type: 'string' }, store: { type: 'string', default: 'sqlite' } } as const;
  const { out, store } = parseArgs({ options }).values;
  if (store !== 'sqlite' && store !== 'postgres') throw new Error('--store is sqlite or postgres');
  const page = store === 'sqlite' ? FILE : POSTGRES;
  const { introduction, columns, remarks } = page;
  const lines = [columns, columns.map(() => '---')].map((cells) => `| ${cells.join(' | ')} |`);
  try {
    for (const row of page.rows) {
      lines.push(`| ${(await row()).join(' | ')} |`);
      console.log(lines.at(-1));
    }
  } finally {
    await page.close();
  }
  const made = `Made on ${new Date().toISOString().slice(0, 10)} with Node ${process.versions.node} on ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}.`;
  if (out) writeFileSync(out, `${introduction}\n${made}\n\n${lines.join('\n')}\n${remarks}`);
}

async function rowOf(scenario: Scenario): Promise<(string | number)[]> {
  const cleanup = new Cleanup();
  try {
    const { balance, seconds, sees, cure, gone }: Outcome = await scenario.run(new Place(cleanup));
    const { acknowledged, lost, doubled, invented } = balance;
    if (invented.length > 0) throw new Error(`${invented.length} activities are there that nobody sent`);
    const said = sees.replace('kindred-endpoint: ', '').replaceAll('|', '\\|');
    return [scenario.name, acknowledged, lost.length, doubled.length, gone ?? '–', seconds.toFixed(1), said, cure];
  } finally {
    await cleanup.run();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
