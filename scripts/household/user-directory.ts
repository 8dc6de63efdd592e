import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface FlowNode {
  id: string;
  type: string;
  [property: string]: unknown;
}

/** The area of both households: the H3 cell, about 36 km², around the coffee corner in Cambridge. */
export const AREA = '86194326fffffff';
// biome-ignore lint/suspicious/noTemplateCurlyInString: Node-RED's own notation for an environment variable
export const ENDPOINT = '${KINDRED_ENDPOINT}';
/** The file in the user directory that is there until the household's account has joined. */
export const TO_JOIN = 'to-join';

const FLOWS = ['flows/household.json', 'flows/matching-endpoint.json'];
const DASHBOARD = '@flowfuse/node-red-dashboard';

/**
 * Makes `userDir` a Node-RED user directory in which this clone's package and the dashboard are installed, by links.
 * @returns the secret that encrypts its credentials, made at the first start and kept
 * @throws Error that names the file when the directory cannot be used
 */
export async function prepareUserDirectory(userDir: string, root: string): Promise<string> {
  await mkdir(userDir, { recursive: true });
  const own = await readPackage(root);
  const dashboard = join(root, 'node_modules', DASHBOARD);
  await link(root, join(userDir, 'node_modules', own.name));
  await link(dashboard, join(userDir, 'node_modules', DASHBOARD));
  await namePackages(userDir, { [own.name]: own.version, [DASHBOARD]: (await readPackage(dashboard)).version });
  return keepSecret(join(userDir, 'credential-secret'));
}

/**
 * Installs the flows as shipped, and newer ones in their place until the editor has deployed them: then they are their
 * owner's. Even unchanged ones, for it writes outlines of groups and the order of nodes in its own way.
 * Where the broker and the endpoint are is taken from the environment, for both change from start to start. This
 * endpoint is for this computer alone, so the household shows itself there; as shipped, nobody does.
 * @returns whether the owner's stay although others are shipped, once for each of those
 */
export async function installFlows(userDir: string, root: string): Promise<boolean> {
  const path = join(userDir, 'flows.json');
  const lastPath = join(userDir, 'flows-shipped');
  const last = await readIfThere(lastPath);
  const shipped = await placedFlows(root);
  const newest = fingerprint(shipped);
  const text = await readIfThere(path);
  const existing = text === undefined ? undefined : fingerprint(parseFlows(text, path));
  const isReplaced = existing === undefined || (existing === last && existing !== newest);
  if (existing === undefined) await writeFile(join(userDir, TO_JOIN), '');
  if (isReplaced) await writeFile(path, JSON.stringify(shipped, null, 2));
  await writeFile(lastPath, newest);
  return !isReplaced && existing !== newest && last !== newest;
}

function fingerprint(flows: FlowNode[]): string {
  return createHash('sha256').update(JSON.stringify(flows)).digest('hex');
}

/** The shipped flows as they are installed. */
export async function placedFlows(root: string): Promise<FlowNode[]> {
  const flows = await Promise.all(FLOWS.map(async (file) => JSON.parse(await readFile(join(root, file), 'utf8'))));
  return merge(flows as FlowNode[][]).map(placed);
}

/** One flow file of several; config nodes that they share are kept once. */
function merge(flows: FlowNode[][]): FlowNode[] {
  return [...new Map(flows.flat().map((node) => [node.id, node])).values()];
}

function placed(node: FlowNode): FlowNode {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as above
  if (node.type === 'mqtt-broker') return { ...node, broker: '127.0.0.1', port: '${KINDRED_MQTT_PORT}' };
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as above
  if (node.type === 'http request') return { ...node, url: '${KINDRED_HEALTH}' };
  return node.type === 'kindred-account' ? { ...node, url: ENDPOINT, visibility: 'everyone', cell: AREA } : node;
}

function parseFlows(text: string, path: string): FlowNode[] {
  try {
    const flows: unknown = JSON.parse(text);
    if (Array.isArray(flows)) return flows as FlowNode[];
  } catch {
    // said below
  }
  throw new Error(`${path} is damaged: mend it, or move it away to begin again with the flows as shipped.`);
}

async function link(target: string, path: string): Promise<void> {
  if ((await realpath(path).catch(() => undefined)) === (await realpath(target))) return;
  await rm(path, { recursive: true, force: true });
  await mkdir(dirname(path), { recursive: true });
  // A junction needs no administrator on Windows; elsewhere the kind is ignored.
  await symlink(target, path, 'junction');
}

/** Node-RED takes a module for installed by its user only when the user directory's package.json names it. */
async function namePackages(userDir: string, versions: Record<string, string>): Promise<void> {
  const path = join(userDir, 'package.json');
  const before = parsePackage((await readIfThere(path)) ?? '{}', path);
  const after = {
    name: 'kindred-household',
    version: '0.0.1',
    private: true,
    ...before,
    dependencies: { ...(before.dependencies as object | undefined), ...versions },
  };
  await writeFile(path, `${JSON.stringify(after, null, 2)}\n`);
}

function parsePackage(text: string, path: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new Error(`${path} is damaged: remove it, it is made anew.`);
  }
}

async function keepSecret(path: string): Promise<string> {
  const kept = (await readIfThere(path))?.trim();
  if (kept) return kept;
  const made = randomBytes(32).toString('hex');
  await writeFile(path, made, { mode: 0o600 });
  return made;
}

async function readPackage(dir: string): Promise<{ name: string; version: string }> {
  return JSON.parse(await readFile(join(dir, 'package.json'), 'utf8')) as { name: string; version: string };
}

export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
