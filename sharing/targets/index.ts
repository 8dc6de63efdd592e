import { kindred } from './kindred.js';
import { webhook } from './webhook.js';

/** Every network that an activity can be told to. */
export const TARGETS = { kindred, webhook };

export type { Publisher } from './kindred.js';
export { testWebhook, type WebhookCredentials } from './webhook.js';
