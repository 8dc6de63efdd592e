// npm start: the whole of Kindred on recorded real readings. Installs and builds what is missing first.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** @returns the options; ends the process with a clear line when one of them cannot be used */
function checkedOptions() {
  try {
    return parseOptions(args, root);
  } catch (error) {
    return end(error.message);
  }
}

function end(problem) {
  console.error(problem);
  process.exit(1);
}

if (Number(process.versions.node.split('.')[0]) < 20) {
  end(`npm start needs Node 20 or newer to begin with; this is ${process.version}. See https://nodejs.org.`);
}
const { HELP, parseOptions } = await import('./household/options.mjs');
const { prepare, root, runNode } = await import('./bootstrap.mjs');

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  console.log(HELP);
  process.exit(0);
}
const options = checkedOptions();
prepare();
const main = join(root, 'dist', 'scripts', 'household', 'main.js');
if (!existsSync(main)) end(`${main} is missing: run "npm run build" and look at what it says.`);
process.exit(await runNode(['--enable-source-maps', main, JSON.stringify(options)]));
