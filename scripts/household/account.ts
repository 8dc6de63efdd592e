import { KindredClient } from '../../matching/client/index.js';
import type { FlowNode } from './user-directory.js';

/** The first household's account in the flow as shipped. */
export const ACCOUNT_ID = 'kindred-account-home';

/**
 * Gives the household's kindred account a user of the endpoint, unless it has one or its owner has removed it: joins
 * over HTTP and puts the token into the flow's credentials, as the editor's "Create account" button does.
 * @param nodeRed address of Node-RED's admin interface
 */
export async function ensureAccount(nodeRed: string, endpoint: string): Promise<void> {
  const { flows, rev } = await ask<{ flows: FlowNode[]; rev: string }>(`${nodeRed}/flows`);
  const account = flows.find(({ id, type }) => id === ACCOUNT_ID && type === 'kindred-account');
  if (!account) return;
  const { has_token } = await ask<{ has_token?: boolean }>(`${nodeRed}/credentials/kindred-account/${ACCOUNT_ID}`);
  if (has_token) return;
  const { name, visibility, cell } = account as FlowNode & { name?: string; visibility?: string; cell?: string };
  const { token } = await new KindredClient({ url: endpoint }).createUser({
    name: name?.trim() || 'Household',
    discoverable: visibility === 'everyone',
    ...(cell ? { cell } : {}),
  });
  const changed = flows.map((node) => (node === account ? { ...node, credentials: { token } } : node));
  await ask(`${nodeRed}/flows`, { flows: changed, rev });
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
