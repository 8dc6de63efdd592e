import { post } from '../http.js';
import type { Outcome, Reason, Share, SharedActivity, ShareTarget } from '../target.js';

export interface WebhookCredentials {
  /** http or https; may hold a secret in its path. */
  url: string;
  /** Base64 after the prefix `whsec_`, 24 to 64 bytes. */
  secret: string;
  timeoutMs?: number;
}

/** The specification asks senders to stay below this, in bytes. */
const MAX_BODY = 20_000;
const SECRET = /^whsec_[A-Za-z0-9+/]+={0,2}$/;

/**
 * A signed webhook after the Standard Webhooks specification 1.0: headers webhook-id, webhook-timestamp and
 * webhook-signature (v1, HMAC-SHA256). The id is the share's key, so a receiver recognises a second copy.
 */
export const webhook: ShareTarget<WebhookCredentials> = {
  name: 'webhook',
  idempotency: 'deduplicates',
  public: false,
  standing: false,

  problemWith({ url, secret }) {
    if (!url) return { key: 'no-address' };
    const protocol = URL.canParse(url) ? new URL(url).protocol : '';
    if (protocol !== 'http:' && protocol !== 'https:') return { key: 'address' };
    if (!secret) return { key: 'no-secret' };
    const bytes = SECRET.test(secret) ? Buffer.from(secret.slice('whsec_'.length), 'base64').length : 0;
    return bytes < 24 || bytes > 64 ? { key: 'secret' } : undefined;
  },

  async send(share, { signal, credentials }): Promise<Outcome<Reason>> {
    const body = bodyOf(share);
    const bytes = Buffer.byteLength(body);
    if (bytes > MAX_BODY) {
      const reason = { key: 'too-long', values: { bytes, most: MAX_BODY } };
      return { outcome: 'failed', permanent: 'item', reason };
    }
    return sign(share.key, body, credentials, signal);
  },
};

/** Without its oldest actions where it would be too long with all of them. */
function bodyOf(share: Share): string {
  const { actions } = share.activity;
  let excess = Buffer.byteLength(bodyWith(share, actions)) - MAX_BODY;
  let left = 0;
  // Each takes a comma with it.
  for (; excess > 0 && left < actions.length; left++) excess -= Buffer.byteLength(JSON.stringify(actions[left])) + 1;
  return bodyWith(share, actions.slice(left));
}

function bodyWith({ moment, createdAt, text, activity }: Share, actions: SharedActivity['actions']): string {
  return JSON.stringify({
    type: `activity.${moment}`,
    timestamp: new Date(createdAt).toISOString(),
    data: { text, activity: { ...activity, actions } },
  });
}

/** Sends one signed `kindred.test` event, for the Test button. */
export function testWebhook(
  credentials: WebhookCredentials,
  id: string,
  signal: AbortSignal,
): Promise<Outcome<Reason>> {
  const body = JSON.stringify({
    type: 'kindred.test',
    timestamp: new Date().toISOString(),
    data: { text: 'Kindred can reach this webhook.' },
  });
  return sign(id, body, credentials, signal);
}

async function sign(
  id: string,
  body: string,
  credentials: WebhookCredentials,
  signal: AbortSignal,
): Promise<Outcome<Reason>> {
  const { Webhook } = await import('standardwebhooks');
  // Signed at each try: receivers refuse a signature that is older than five minutes.
  const now = new Date();
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(credentials.secret).sign(id, now, body),
  };
  const outcome = await post({ url: credentials.url, body, headers, signal, timeoutMs: credentials.timeoutMs });
  return outcome.outcome === 'sent' ? { ...outcome, remoteId: id } : outcome;
}
