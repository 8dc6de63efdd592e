import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leaveOut } from '../support/leave-out.js';
import { NodeRed, ROOT } from '../support/node-red.js';
import { examplesIn, type Manifest, npmInstall, PACKAGE, pack, readJson } from '../support/package.js';

interface NodeSet {
  module: string;
  name: string;
  types: string[];
  enabled: boolean;
  err?: string;
}

/** Which node-red to run the packed package in; undefined is the project's own (5). */
const RELEASES = [
  { title: 'Node-RED 5', install: undefined },
  { title: 'Node-RED 4.1', install: 'node-red@~4.1.0' },
];

describe('packed package', () => {
  let installed: string;
  before(async () => {
    installed = mkdtempSync(join(tmpdir(), 'kindred-package-'));
    await npmInstall(installed, await pack(installed));
  });
  after(() => rmSync(installed, { recursive: true, force: true }));

  for (const { title, install } of RELEASES) {
    describe(`in an empty ${title}`, () => {
      let folder: string;
      let red: NodeRed;

      before(async function () {
        folder = mkdtempSync(join(tmpdir(), 'kindred-installed-'));
        const userDir = join(folder, 'user');
        cpSync(installed, userDir, { recursive: true });
        if (install)
          await npmInstall(join(folder, 'red'), install).catch(() =>
            leaveOut(this, `${install} could not be installed`),
          );
        const settings = { logging: { console: { level: 'warn', metrics: false, audit: false } } };
        red = await NodeRed.start({ userDir, nodeRedFrom: install ? join(folder, 'red') : ROOT, settings });
      });
      after(async () => {
        await red?.stop();
        rmSync(folder, { recursive: true, force: true });
      });

      const packageRoot = () => join(folder, 'user', 'node_modules', PACKAGE);

      it('loads every node', async () => {
        const sets = (await red.admin<NodeSet[]>('GET', '/nodes')).filter((set) => set.module === PACKAGE);
        assert.deepEqual(
          sets.filter((set) => set.err || !set.enabled),
          [],
        );
        const { nodes } = readJson<Manifest>(packageRoot(), 'package.json')['node-red'];
        assert.deepEqual(sets.flatMap((set) => set.types).sort(), Object.keys(nodes).sort());
      });

      it('offers the examples in the Import menu', async () => {
        const menu = JSON.stringify(await red.admin('GET', '/library/examples/flows/'));
        assert.match(menu, new RegExp(PACKAGE));
      });

      it('imports and deploys every example', async () => {
        const examples = examplesIn(join(packageRoot(), 'examples'));
        assert.ok(examples.length >= 5, `only ${examples.length} examples`);
        for (const { name, flow } of examples) {
          const before = red.output.length;
          await red.deploy(flow);
          // What goes wrong a moment after the start is said a moment after it.
          await new Promise((resolve) => setTimeout(resolve, 300));
          assert.deepEqual(complaints(red.output.slice(before)), [], name);
          const active = await red.admin<{ flows: { type: string }[] }>('GET', '/flows');
          assert.equal(active.flows.length, flow.length, name);
        }
      });
    });
  }
});

/** What Node-RED complained about, but for what every newcomer sees: no broker is there yet, and no account was created. */
function complaints(log: string): string[] {
  return log
    .split('\n')
    .filter((line) => /\[(error|warn)\]|missing types|Uncaught|TypeError|ReferenceError/.test(line))
    .filter((line) => !/\[mqtt-broker:|The account has no token\./.test(line));
}
