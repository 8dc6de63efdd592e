import * as answers from './answers.js';
import * as features from './features.js';
import * as friends from './friends.js';
import {
  actionName,
  activityBody,
  activityName,
  DEFAULT_PEOPLE,
  instant,
  MAX_PEOPLE,
  me,
  RADII_KM,
  uuid,
  windowName,
} from './parts.js';
import type { ProblemCode } from './problems.js';

interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `{name}` for a parameter, as OpenAPI writes it. */
  path: string;
  summary: string;
  /** Whether a bearer token is needed. */
  token: boolean;
  params?: object;
  query?: object;
  headers?: object;
  body?: object;
  /** Of what comes back; JSON when missing. */
  mediaType?: string;
  /** What comes back: a schema by status, or `null` for nothing. */
  answers: Record<number, object | null>;
  /** The answer is a stream of Server-Sent Events, each with this as its data. */
  stream?: object;
  problems: readonly ProblemCode[];
}

const requestParams = {
  type: 'object',
  properties: { id: friends.sentRequest.properties.id },
  required: ['id'],
  additionalProperties: false,
} as const;
const shownParams = {
  type: 'object',
  properties: { id: friends.shownId },
  required: ['id'],
  additionalProperties: false,
} as const;
const idParams = { type: 'object', properties: { id: uuid }, required: ['id'], additionalProperties: false } as const;

/** The data of each kind of event on the stream. */
export const EVENTS = {
  match: answers.match,
  'friend-request': friends.receivedRequest,
  'friend-answer': friends.friendAnswer,
} as const;

/** Every route of the endpoint. What validates requests, types the client and documents the interface is this one table. */
export const ROUTES = {
  createUser: {
    method: 'POST',
    path: '/v1/users',
    summary: 'Join',
    token: false,
    body: answers.newUser,
    answers: { 201: answers.createdUser },
    problems: ['bad-cell', 'registration-closed', 'invitation-needed', 'too-many-requests'],
  },
  me: {
    method: 'GET',
    path: '/v1/me',
    summary: 'Look at your own account',
    token: true,
    answers: { 200: me },
    problems: [],
  },
  updateMe: {
    method: 'PATCH',
    path: '/v1/me',
    summary: 'Change your name, your discoverability or your cell',
    token: true,
    body: answers.mePatch,
    answers: { 200: me },
    problems: ['bad-cell', 'cell-changed-recently'],
  },
  deleteMe: {
    method: 'DELETE',
    path: '/v1/me',
    summary: 'Leave, with everything',
    token: true,
    answers: { 204: null },
    problems: [],
  },
  rotateToken: {
    method: 'POST',
    path: '/v1/me/token',
    summary: 'Get a new token; the old one ends at once',
    token: true,
    answers: { 200: answers.newToken },
    problems: [],
  },
  exportMe: {
    method: 'GET',
    path: '/v1/me/export',
    summary: 'Take everything along',
    token: true,
    answers: { 200: answers.exported },
    problems: [],
  },
  publish: {
    method: 'PUT',
    path: '/v1/activities/{id}',
    summary: 'Publish the start, the progress or the end of an activity',
    token: true,
    params: idParams,
    body: activityBody,
    answers: { 200: answers.publishAnswer, 201: answers.publishAnswer },
    problems: ['unknown-activity', 'bad-time', 'bad-time-zone', 'limit-reached'],
  },
  activities: {
    method: 'GET',
    path: '/v1/activities',
    summary: 'Your own activities, newest first',
    token: true,
    query: {
      type: 'object',
      properties: { before: uuid, limit: { type: 'integer', minimum: 1, maximum: 100, default: 50 } },
      additionalProperties: false,
    },
    answers: { 200: answers.activityPage },
    problems: [],
  },
  concurrentUsers: {
    method: 'GET',
    path: '/v1/concurrent-users',
    summary: 'The people who are doing the same thing at the same time',
    token: true,
    query: {
      type: 'object',
      properties: {
        activity: activityName,
        action: actionName,
        window: { ...windowName, default: 'overlap' },
        at: {
          ...instant,
          description:
            'Now, when missing; at most 24 hours back, and what is more than 2 minutes in the future is taken as now. Strangers are found in windows that touch an own activity of that kind, and with an action an own one of that action, told within a quarter of an hour; friends in any.',
        },
        radiusKm: { type: 'integer', enum: RADII_KM, description: 'Anywhere, when missing' },
        among: { type: 'string', enum: ['everyone', 'friends'], default: 'everyone' },
        limit: { type: 'integer', minimum: 1, maximum: MAX_PEOPLE, default: DEFAULT_PEOPLE },
        after: { type: 'string', pattern: '^[\\w-]{43}$', description: '`next` of the page before' },
      },
      required: ['activity'],
      additionalProperties: false,
    },
    answers: { 200: answers.concurrentUsers },
    problems: ['unknown-activity', 'bad-time', 'not-discoverable', 'no-cell'],
  },
  features: {
    method: 'GET',
    path: '/v1/features',
    summary: 'Your habits, worked out of your finished activities',
    token: true,
    query: features.featuresQuery,
    answers: { 200: features.features },
    problems: ['unknown-activity', 'bad-time-zone'],
  },
  ranks: {
    method: 'GET',
    path: '/v1/ranks',
    summary: 'Where you stand among your friends, in your area and among everyone',
    token: true,
    query: features.ranksQuery,
    answers: { 200: features.ranks },
    problems: ['unknown-activity', 'bad-time-zone', 'not-discoverable', 'no-cell'],
  },
  requestFriend: {
    method: 'POST',
    path: '/v1/friend-requests',
    summary: 'Ask somebody whom the endpoint reported, or use an invitation',
    token: true,
    body: friends.newFriendRequest,
    answers: { 200: { anyOf: [friends.sentRequest, friends.friendship] }, 201: friends.sentRequest },
    problems: ['not-discoverable', 'blocked-by-you', 'not-found', 'limit-reached'],
  },
  friendRequests: {
    method: 'GET',
    path: '/v1/friend-requests',
    summary: 'The requests that are open',
    token: true,
    answers: { 200: friends.friendRequests },
    problems: [],
  },
  answerFriendRequest: {
    method: 'PATCH',
    path: '/v1/friend-requests/{id}',
    summary: 'Accept or decline a received request; who is declined is not told',
    token: true,
    params: requestParams,
    body: friends.friendRequestPatch,
    answers: { 200: { anyOf: [friends.friendship, friends.declined] } },
    problems: ['not-found', 'limit-reached'],
  },
  friends: {
    method: 'GET',
    path: '/v1/friends',
    summary: 'Your friends',
    token: true,
    answers: { 200: friends.friends },
    problems: [],
  },
  removeFriend: {
    method: 'DELETE',
    path: '/v1/friends/{id}',
    summary: 'End a friendship, or take your request back; the other one is not told',
    token: true,
    params: shownParams,
    answers: { 204: null },
    problems: [],
  },
  blocks: {
    method: 'GET',
    path: '/v1/blocks',
    summary: 'Whom you block',
    token: true,
    answers: { 200: friends.blocks },
    problems: [],
  },
  block: {
    method: 'PUT',
    path: '/v1/blocks/{id}',
    summary: 'Block somebody: neither sees the other from now on, and nobody is told',
    token: true,
    params: shownParams,
    answers: { 204: null },
    problems: ['limit-reached'],
  },
  unblock: {
    method: 'DELETE',
    path: '/v1/blocks/{id}',
    summary: 'Block somebody no more; what the block ended stays ended',
    token: true,
    params: shownParams,
    answers: { 204: null },
    problems: [],
  },
  invite: {
    method: 'POST',
    path: '/v1/invitations',
    summary: 'Make an invitation to friendship, for one person',
    token: true,
    answers: { 201: friends.newInvitation },
    problems: [],
  },
  events: {
    method: 'GET',
    path: '/v1/events',
    summary: 'What happens, as Server-Sent Events; resumes after Last-Event-ID',
    token: true,
    headers: {
      type: 'object',
      properties: { 'last-event-id': { type: 'string', pattern: '^[0-9]{1,15}$' } },
    },
    answers: {},
    stream: { anyOf: Object.values(EVENTS) },
    problems: [],
  },
  health: {
    method: 'GET',
    path: '/healthz',
    summary: 'Whether the endpoint can store and answer',
    token: false,
    answers: { 200: answers.health },
    problems: ['unavailable'],
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    summary: 'What the endpoint does, for its operator, in Prometheus’ text format: counts and times, nobody’s data',
    token: false,
    mediaType: 'text/plain',
    answers: { 200: { type: 'string' } },
    problems: ['unauthorised', 'not-found'],
  },
  openApi: {
    method: 'GET',
    path: '/v1/openapi.json',
    summary: 'This document',
    token: false,
    answers: { 200: { type: 'object' } },
    problems: [],
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;
