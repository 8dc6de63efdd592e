import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Row, ratio } from '../harness.js';
import { installed, packed } from '../packages.js';

const run = promisify(execFile);
const OURS = '@kindred-home/node-red-kindred';
const PEER = 'node-red-contrib-home-assistant-websocket';

/**
 * Loads every node file that a package names for Node-RED and lets each register its types, in a process of its own.
 * The registering object takes whatever is asked of it, so that both packages run their real registration code.
 */
const LOADER = `
  const { join } = require('node:path');
  const folder = process.argv[1];
  const files = Object.values(require(join(folder, 'package.json'))['node-red'].nodes).map((file) => join(folder, file));
  const anything = new Proxy(function () {}, { get: (_, key) => (key === Symbol.toPrimitive ? () => '' : key === 'then' ? undefined : anything), apply: () => anything, construct: () => anything });
  const start = process.hrtime.bigint();
  for (const file of files) {
    const loaded = require(file);
    (loaded.default ?? loaded)(anything);
  }
  process.stdout.write(String(Number(process.hrtime.bigint() - start) / 1e6));
  process.exit(0);
`;

const folders = { ours: '', peer: '' };

async function milliseconds(folder: string): Promise<number> {
  const { stdout } = await run(process.execPath, ['-e', LOADER, folder]);
  return Number(stdout);
}

/** How long Node-RED waits for our node files, beside the best-kept large package's. */
export const loadTime: Row = {
  name: 'load_ms_vs_peer',
  what: `time to load all our node modules against ${PEER}'s`,
  floor: { atMost: 0.5 },
  rounds: 9,
  async unavailable() {
    try {
      folders.peer = join(await installed(PEER, PEER), 'node_modules', PEER);
      return undefined;
    } catch {
      return `${PEER} could not be installed`;
    }
  },
  async prepare() {
    folders.ours = join(await installed(OURS, await packed(), { fresh: true }), 'node_modules', OURS);
    return async () => {};
  },
  round: (reversed) =>
    ratio(
      reversed,
      () => milliseconds(folders.ours),
      () => milliseconds(folders.peer),
    ),
};
