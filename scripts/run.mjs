// node scripts/run.mjs PROGRAM.js [ARGUMENTS]: installs and builds what is missing, then runs dist/PROGRAM.js.
import { join } from 'node:path';
import { prepare, root, runNode } from './bootstrap.mjs';

const [program, ...args] = process.argv.slice(2);
prepare();
process.exit(await runNode(['--enable-source-maps', join(root, 'dist', program), ...args]));
