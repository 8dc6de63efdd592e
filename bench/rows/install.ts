import { join } from 'node:path';
import type { Row } from '../harness.js';
import { installed, packed, sizeOf } from '../packages.js';

const OURS = '@kindred-home/node-red-kindred';

/** How much disk a production install of the packed package takes, dependencies included. */
export const installSize: Row = {
  name: 'install_mb',
  what: 'production install of the packed package, in MB',
  floor: { atMost: 60 },
  rounds: 1,
  async round() {
    const folder = await installed(OURS, await packed(), { fresh: true });
    const megabytes = (await sizeOf(join(folder, 'node_modules'))) / 1e6;
    const own = (await sizeOf(join(folder, 'node_modules', OURS))) / 1e6;
    return { value: megabytes, parts: { own } };
  },
};
