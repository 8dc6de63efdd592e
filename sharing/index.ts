/**
 * Telling others about an activity: to whom (targets/), in which words (wording/), and surely but only once (queue/).
 * No Node-RED, no files, no clock of its own: the queue is handed what it needs of the world.
 */
export { planShares, reviewShare, type SharingRules } from './plan.js';
export { type Acceptance, MOST_WAITING, type Offer } from './queue/accept.js';
export { QueueChanges } from './queue/changes.js';
export { type QueueSummary, ShareQueue } from './queue/queue.js';
export { isQueueState, type QueueState, type ShareItem } from './queue/state.js';
export type { QueueEvent, QueueWorld } from './queue/world.js';
export { parseActivity, reveal } from './reveal.js';
export {
  type Destination,
  destinationOf,
  explained,
  type Lack,
  type Moment,
  type Outcome,
  type Reason,
  type Share,
  type SharedActivity,
  type ShareTarget,
} from './target.js';
export { type Publisher, TARGETS, testWebhook, type WebhookCredentials } from './targets/index.js';
export {
  defaultWording,
  FIELDS,
  hiddenFields,
  LANGUAGES,
  type Language,
  languageOf,
  WordingProblem,
  word,
} from './wording/index.js';
