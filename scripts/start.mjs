// npm start: the whole of Kindred on recorded real readings. Installs and builds what is missing first.
import { existsSync } from 'node:fs';

const HELP = `npm start [-- OPTIONS]

Starts Node-RED with the household and the matching endpoint, an MQTT broker, a player of recorded
real readings and a second, recorded household. Everything listens on 127.0.0.1 only.

  --port N     port of the editor, the dashboard and the endpoint   (1880)
  --speed N    how many times faster than life the recordings run    (10)
  --data DIR   where flows, accounts and activities are kept          (.kindred)
  --help       this text

Ctrl-C ends it; the next start goes on with the same data.`;

if (process.argv.slice(2).some((arg) => arg === '--help' || arg === '-h')) {
  console.log(HELP);
  process.exit(0);
}
if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error(`npm start needs Node 20 or newer to begin with; this is ${process.version}. See https://nodejs.org.`);
  process.exit(1);
}

const { join } = await import('node:path');
const { prepare, root, runNode } = await import('./bootstrap.mjs');
prepare();
const main = join(root, 'dist', 'scripts', 'household', 'main.js');
if (!existsSync(main)) {
  console.error(`${main} is missing: run "npm run build" and look at what it says.`);
  process.exit(1);
}
process.exit(await runNode(['--enable-source-maps', main, ...process.argv.slice(2)]));
