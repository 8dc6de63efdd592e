import { activityName, instant, userCard } from './parts.js';

/** Friend requests and invitations that one user can make in a day (UTC). */
export const MAX_ASKED = 20;
/** Days after which a request, or an invitation, counts no more. */
export const REQUEST_DAYS = 14;
export const MAX_FRIENDS = 500;
export const MAX_BLOCKS = 1000;

/** A random UUID, with nothing of the time in it. */
const randomId = {
  type: 'string',
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
} as const;

/** The id of somebody as the caller was shown it. */
export const shownId = {
  type: 'string',
  pattern: '^[\\w-]{1,64}$',
  description: 'As the endpoint showed it to the caller; of this relation alone',
} as const;

export const friend = {
  title: 'Friend',
  type: 'object',
  properties: { user: userCard, since: instant },
  required: ['user', 'since'],
  additionalProperties: false,
} as const;

export const newFriendRequest = {
  title: 'NewFriendRequest',
  type: 'object',
  description: 'One of the three. No text: strangers cannot write to each other.',
  properties: {
    matchId: {
      type: 'string',
      pattern: '^[\\w-]{20,40}$',
      description: 'Of a match that the endpoint told the caller of',
    },
    userId: { ...shownId, description: 'Of a person that the endpoint reported to the caller' },
    invitation: {
      type: 'string',
      minLength: 1,
      maxLength: 200,
      description: 'The secret of somebody’s invitation: makes both friends at once',
    },
  },
  minProperties: 1,
  maxProperties: 1,
  additionalProperties: false,
} as const;

const requestTimes = {
  at: { ...instant, description: 'The clock minute in which it was made' },
  expiresAt: instant,
} as const;

/** A request as its asker sees it: the same whether the other one is undecided, says no, blocks, hides or does not exist. */
export const sentRequest = {
  title: 'SentRequest',
  type: 'object',
  properties: {
    id: randomId,
    state: { type: 'string', enum: ['open'] },
    to: {
      type: 'object',
      description: 'As it was given',
      properties: { matchId: { type: 'string' }, userId: { type: 'string' } },
      additionalProperties: false,
    },
    ...requestTimes,
  },
  required: ['id', 'state', 'to', 'at', 'expiresAt'],
  additionalProperties: false,
} as const;

export const receivedRequest = {
  title: 'ReceivedRequest',
  type: 'object',
  properties: {
    id: randomId,
    user: userCard,
    activity: { ...activityName, description: 'What both were doing at the same time' },
    mutualFriends: { type: 'boolean', description: 'Whether both have a friend in common' },
    ...requestTimes,
  },
  required: ['id', 'user', 'mutualFriends', 'at', 'expiresAt'],
  additionalProperties: false,
} as const;

export const friendship = {
  title: 'Friendship',
  type: 'object',
  properties: { state: { type: 'string', enum: ['accepted'] }, friend },
  required: ['state', 'friend'],
  additionalProperties: false,
} as const;

export const friendRequests = {
  title: 'FriendRequests',
  type: 'object',
  properties: {
    received: { type: 'array', items: receivedRequest, description: 'Open ones, the newest first; at most 100' },
    sent: { type: 'array', items: sentRequest },
  },
  required: ['received', 'sent'],
  additionalProperties: false,
} as const;

export const friendRequestPatch = {
  title: 'FriendRequestPatch',
  type: 'object',
  properties: { state: { type: 'string', enum: ['accepted', 'declined'] } },
  required: ['state'],
  additionalProperties: false,
} as const;

export const declined = {
  title: 'Declined',
  type: 'object',
  description: 'The asker is not told.',
  properties: { state: { type: 'string', enum: ['declined'] } },
  required: ['state'],
  additionalProperties: false,
} as const;

export const friends = {
  title: 'Friends',
  type: 'object',
  properties: { friends: { type: 'array', items: friend } },
  required: ['friends'],
  additionalProperties: false,
} as const;

const block = {
  title: 'Block',
  type: 'object',
  properties: { id: { type: 'string', description: 'As it was given' }, since: instant },
  required: ['id', 'since'],
  additionalProperties: false,
} as const;

export const blocks = {
  title: 'Blocks',
  type: 'object',
  properties: { blocks: { type: 'array', items: block } },
  required: ['blocks'],
  additionalProperties: false,
} as const;

export const newInvitation = {
  title: 'NewInvitation',
  type: 'object',
  properties: {
    invitation: {
      type: 'string',
      description: 'A secret of 256 bits, shown this once; only its hash is stored. Whoever uses it first is a friend.',
    },
    expiresAt: instant,
  },
  required: ['invitation', 'expiresAt'],
  additionalProperties: false,
} as const;

/** Somebody said yes. That somebody said no is never told. */
export const friendAnswer = {
  title: 'FriendAnswer',
  type: 'object',
  properties: { at: instant, answer: { type: 'string', enum: ['accepted'] }, friend },
  required: ['at', 'answer', 'friend'],
  additionalProperties: false,
} as const;

/** Whom somebody has declined, as far as it is remembered. */
export const exportedDecline = {
  type: 'object',
  properties: { id: shownId, since: instant },
  required: ['id', 'since'],
  additionalProperties: false,
} as const;

export const exportedInvitation = {
  type: 'object',
  properties: { expiresAt: instant },
  required: ['expiresAt'],
  additionalProperties: false,
} as const;
