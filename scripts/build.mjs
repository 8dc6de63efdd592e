// Compiles the TypeScript to dist/ and puts the editor's files beside the compiled nodes.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { extname, join } from 'node:path';
import { nodeBinary, root } from './bootstrap.mjs';

const dist = join(root, 'dist');

compile();
copyEditorFiles();
copyRecordings();

function compile() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(nodeBinary(), [tsc, '-p', root], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Node-RED looks for <node>.html, locales/ and icons/ beside the node's .js. */
function copyEditorFiles() {
  for (const entry of readdirSync(join(root, 'nodes'), { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const from = join(root, 'nodes', entry.name);
    const to = join(dist, 'nodes', entry.name);
    mkdirSync(to, { recursive: true });
    for (const file of readdirSync(from)) {
      if (extname(file) === '.html' || file === 'locales') replace(join(from, file), join(to, file));
    }
    const icon = join(root, 'icons', `${entry.name}.svg`);
    if (existsSync(icon)) replace(icon, join(to, 'icons', `${entry.name}.svg`));
  }
}

function copyRecordings() {
  const from = join(root, 'appliances', 'recordings');
  if (existsSync(from)) replace(from, join(dist, 'appliances', 'recordings'));
}

function replace(from, to) {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
}
