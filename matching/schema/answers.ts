import { features } from './features.js';
import { blocks, exportedDecline, exportedInvitation, friends, receivedRequest, sentRequest } from './friends.js';
import { cell, displayName, instant, MAX_MATCHES, MAX_STRANGERS, me, person, storedActivity } from './parts.js';
import { MAX_SECRET } from './secrets.js';

export const newUser = {
  title: 'NewUser',
  type: 'object',
  properties: {
    name: displayName,
    discoverable: { type: 'boolean', default: false },
    cell,
    invitation: { type: 'string', maxLength: MAX_SECRET },
  },
  required: ['name'],
  additionalProperties: false,
} as const;

export const createdUser = {
  title: 'CreatedUser',
  type: 'object',
  properties: { user: me, token: { type: 'string', description: 'Shown this once; only its hash is stored' } },
  required: ['user', 'token'],
  additionalProperties: false,
} as const;

export const mePatch = {
  title: 'MePatch',
  type: 'object',
  properties: {
    name: displayName,
    discoverable: { type: 'boolean' },
    cell: { oneOf: [cell, { type: 'null' }] },
  },
  minProperties: 1,
  additionalProperties: false,
} as const;

export const newToken = {
  title: 'NewToken',
  type: 'object',
  properties: { token: { type: 'string' } },
  required: ['token'],
  additionalProperties: false,
} as const;

/** A match as one side is told of it. */
export const match = {
  title: 'Match',
  type: 'object',
  properties: { at: { ...instant, description: 'The clock minute in which it was found' }, person },
  required: ['at', 'person'],
  additionalProperties: false,
} as const;

export const exported = {
  title: 'Export',
  type: 'object',
  description:
    'Everything the endpoint has on its caller, save what it counts and looks up by: when each activity came in, how many ' +
    'friends were asked for today, the number of the last event, and hashes and keys that tell nobody anything.',
  properties: {
    exportedAt: instant,
    user: me,
    lastCell: {
      type: ['string', 'null'],
      description: 'The cell set last; kept for seven days after it was taken away',
    },
    shownSince: {
      type: ['string', 'null'],
      description:
        'Since when the account shows itself, where it has hidden before: of the time before, nothing can be found. Null where it never hid and showed itself again',
    },
    activities: { type: 'array', items: storedActivity },
    features: { ...features.properties.features, description: 'What has been worked out of them, as of today in UTC' },
    matches: { type: 'array', items: match },
    friends: friends.properties.friends,
    sentRequests: { type: 'array', items: sentRequest },
    receivedRequests: { type: 'array', items: receivedRequest },
    blocks: blocks.properties.blocks,
    declined: { type: 'array', items: exportedDecline, description: 'Who cannot ask again; remembered for 90 days' },
    invitations: { type: 'array', items: exportedInvitation, description: 'Open ones' },
  },
  required: [
    'exportedAt',
    'user',
    'lastCell',
    'shownSince',
    'activities',
    'features',
    'matches',
    'friends',
    'sentRequests',
    'receivedRequests',
    'blocks',
    'declined',
    'invitations',
  ],
  additionalProperties: false,
} as const;

export const publishAnswer = {
  title: 'PublishAnswer',
  type: 'object',
  properties: {
    outcome: {
      type: 'string',
      enum: ['created', 'updated', 'unchanged'],
      description: 'unchanged: the endpoint has this revision, or a newer one, already',
    },
    activity: storedActivity,
    matches: {
      type: 'array',
      items: person,
      maxItems: MAX_MATCHES,
      description: `Whom the activity has been matched with so far: friends, and at most ${MAX_STRANGERS} strangers. More may be there: ask for concurrent users`,
    },
    friendRequests: { type: 'integer', minimum: 0, description: 'How many received requests wait for an answer' },
  },
  required: ['outcome', 'activity', 'matches', 'friendRequests'],
  additionalProperties: false,
} as const;

export const activityPage = {
  title: 'ActivityPage',
  type: 'object',
  properties: {
    activities: { type: 'array', items: storedActivity },
    next: {
      type: 'string',
      description:
        'Give it as `before` to get the next page; missing on the last one. A page of large activities has fewer than `limit`',
    },
  },
  required: ['activities'],
  additionalProperties: false,
} as const;

export const concurrentUsers = {
  title: 'ConcurrentUsers',
  type: 'object',
  properties: {
    asOf: { ...instant, description: 'As of when the answer holds: when its first page was asked for' },
    truncated: { type: 'boolean', description: 'There are more people, on the next page or beyond all pages' },
    people: {
      type: 'array',
      items: person,
      description:
        'Friends first, then who shares most of the time, then who began last; among equals in an order of the caller’s own, the same all day. All pages together reach friends and the 200 strangers who began last.',
    },
    next: {
      type: 'string',
      description: 'Ask the same with it as `after` to get the next page; missing on the last one',
    },
    reason: {
      type: 'string',
      enum: ['nothing-of-yours'],
      description:
        'Why there are no strangers: the caller has published nothing of the kind in that window, or not within a quarter of an hour of it, and sees no more than they show. Friends are found all the same.',
    },
  },
  required: ['asOf', 'truncated', 'people'],
  additionalProperties: false,
} as const;

export const health = {
  title: 'Health',
  type: 'object',
  properties: { status: { type: 'string', enum: ['ok'] }, kindred: { type: 'string', enum: ['endpoint'] } },
  required: ['status', 'kindred'],
  additionalProperties: false,
} as const;

/** RFC 9457. */
export const problemDocument = {
  title: 'Problem',
  type: 'object',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    retryAfterSeconds: { type: 'integer' },
  },
  required: ['type', 'title', 'status'],
  additionalProperties: true,
} as const;
