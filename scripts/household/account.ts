import { rm } from 'node:fs/promises';
import { KindredClient } from '../../matching/client/index.js';
import { ENDPOINT, type FlowNode, readIfThere } from './user-directory.js';

/** The first household's account in the flow as shipped. */
export const ACCOUNT_ID = 'kindred-account-home';

interface Joining {
  /** Address of Node-RED's admin interface. */
  nodeRed: string;
  endpoint: string;
  /** The file that is there until the account has joined: whoever leaves afterwards stays away. */
  toJoin: string;
}

/**
 * Gives the household's kindred account a user of the endpoint, once: joins over HTTP and puts the token into the flow's
 * credentials, as the editor's "Create account" button does. One that its owner has given a token or another endpoint,
 * or has removed, is theirs.
 */
export async function ensureAccount({ nodeRed, endpoint, toJoin }: Joining): Promise<void> {
  if ((await readIfThere(toJoin)) === undefined) return;
  const { flows, rev } = await ask<{ flows: FlowNode[]; rev: string }>(`${nodeRed}/flows`);
  const account = flows.find(({ id, type }) => id === ACCOUNT_ID && type === 'kindred-account');
  if (account?.url === ENDPOINT && !(await hasToken(nodeRed))) {
    const token = await createUser(endpoint, account);
    const changed = flows.map((node) => (node === account ? { ...node, credentials: { token } } : node));
    await ask(`${nodeRed}/flows`, { flows: changed, rev });
  }
  await rm(toJoin);
}

async function hasToken(nodeRed: string): Promise<boolean> {
  const { has_token } = await ask<{ has_token?: boolean }>(`${nodeRed}/credentials/kindred-account/${ACCOUNT_ID}`);
  return has_token === true;
}

async function createUser(endpoint: string, account: FlowNode): Promise<string> {
  const { name, visibility, cell } = account as FlowNode & { name?: string; visibility?: string; cell?: string };
  const { token } = await new KindredClient({ url: endpoint }).createUser({
    name: name?.trim() || 'Household',
    discoverable: visibility === 'everyone',
    ...(cell ? { cell } : {}),
  });
  return token;
}

async function ask<T>(url: string, body?: object): Promise<T> {
  const headers = { 'Node-RED-API-Version': 'v2', 'Node-RED-Deployment-Type': 'nodes' };
  const response = await fetch(url, {
    ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    headers: { ...headers, 'Content-Type': 'application/json' },
  });
  if (!response.ok) throw new Error(`Node-RED answered ${response.status} to ${new URL(url).pathname}`);
  return (await response.json()) as T;
}
