import { randomBytes } from 'node:crypto';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import {
  type Destination,
  destinationOf,
  explained,
  type Reason,
  TARGETS,
  testWebhook,
  type WebhookCredentials,
} from '../../sharing/index.js';
import { REACHABLE } from '../kindred-account/kindred-account.js';
import { fingerprint } from '../shared/fingerprint.js';
import { fromEnvironment } from '../shared/from-environment.js';
import { migrate } from '../shared/migrations.js';
import { problemOf, redact } from '../shared/problem.js';
import { MIGRATIONS } from './migrations.js';

interface ShareAccountConfig extends NodeDef {
  network: string;
  url: string;
}

/** What share-to-social may do with an account. */
export interface ShareAccountNode extends Node<{ secret?: string }> {
  destination(): Destination;
}

/** What the editor puts where a saved password is. */
const UNCHANGED = '__PWRD__';

export default function register(RED: NodeAPI): void {
  const explain = ({ key, values = {} }: Reason): string =>
    RED._(`share-account.reason.${key}`, values as Record<string, string>);

  function ShareAccount(this: ShareAccountNode, def: ShareAccountConfig): void {
    RED.nodes.createNode(this, def);
    const { url } = migrate<ShareAccountConfig>(def, MIGRATIONS);
    const credentials = { url: url.trim(), secret: this.credentials?.secret?.trim() ?? '' };
    const isUsable = TARGETS.webhook.problemWith(credentials) === undefined;
    const lacks = isUsable ? undefined : credentials.secret ? 'settings' : 'secret';
    const name = this.name || hostOf(credentials.url);
    this.destination = () =>
      destinationOf(TARGETS.webhook, {
        id: this.id,
        name,
        settings: fingerprint(credentials.url, credentials.secret),
        address: fingerprint(credentials.url),
        lacks,
        credentials: () => credentials,
        explain,
      });
  }

  RED.nodes.registerType<ShareAccountNode, ShareAccountConfig, Record<string, never>, { secret?: string }>(
    'share-account',
    ShareAccount,
    { credentials: { secret: { type: 'password' } } },
  );

  RED.httpAdmin.post('/kindred/share-account/test', RED.auth.needsPermission('flows.write'), (request, response) => {
    response.set('cache-control', 'no-store');
    void test(RED, request.body, explain)
      .then((failure) => (failure ? response.status(422).json(failure) : response.json({})))
      .catch((error: unknown) => response.status(422).json({ problem: redact(problemOf(error)) }));
  });
}

interface Failure {
  problem: string;
  /** Where it was sent; missing when the settings did not let it be sent. */
  host?: string;
}

/** Sends a signed test event with what stands in the dialog. @returns what is wrong, or undefined */
async function test(RED: NodeAPI, body: unknown, explain: (reason: Reason) => string): Promise<Failure | undefined> {
  const { id, url, secret } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const saved = typeof id === 'string' ? (RED.nodes.getCredentials(id) as { secret?: string } | undefined) : undefined;
  const textOf = (given: unknown): string => {
    const text = fromEnvironment(RED, given, id);
    return typeof text === 'string' ? text.trim() : '';
  };
  const credentials: WebhookCredentials = {
    url: textOf(url),
    secret: textOf(secret === UNCHANGED ? saved?.secret : secret),
    timeoutMs: 10_000,
  };
  const problem = TARGETS.webhook.problemWith(credentials);
  if (problem) return { problem: explain(problem) };
  const sent = await testWebhook(credentials, `test_${randomBytes(12).toString('hex')}`, new AbortController().signal);
  const outcome = explained(sent, explain);
  if (outcome.outcome !== 'sent') return { problem: outcome.reason, host: hostOf(credentials.url) };
  if (deployedSettings(RED, id) === fingerprint(credentials.url, credentials.secret)) RED.events.emit(REACHABLE, id);
  return undefined;
}

/** Of the account as it is deployed, or undefined when it is not. */
function deployedSettings(RED: NodeAPI, id: unknown): string | undefined {
  const node = typeof id === 'string' ? (RED.nodes.getNode(id) as ShareAccountNode | null) : null;
  return node?.type === 'share-account' ? node.destination().settings : undefined;
}

/** Only the host: the rest of an address may be a secret. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'webhook';
}
