import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { isActivityName, isNeverMatched } from '../../../vocabulary/index.js';
import {
  type ActivityPageQuery,
  type ConcurrentUsersQuery,
  DEFAULT_PEOPLE,
  MAX_AHEAD_MINUTES,
  openApi,
  type PublishedActivity,
  type RouteName,
} from '../../schema/index.js';
import { Refusal } from '../refusal.js';
import { type Publication, toPublication } from '../rules/publication.js';
import type { Caller, Published, Search } from '../store/store.js';
import { accountHandlersOf } from './account-handlers.js';
import type { Audit } from './audit.js';
import type { BuildOptions } from './endpoint.js';
import { featureHandlersOf } from './feature-handlers.js';
import { friendHandlersOf } from './friend-handlers.js';
import { countsOf, type Limiter } from './limits.js';
import type { Metrics } from './metrics.js';
import { admitOperator } from './operator.js';
import type { Answer } from './problem.js';
import type { Streams } from './streams.js';
import { credentialOf } from './token.js';
import { watcherOf } from './watching.js';

export interface Handling extends Omit<BuildOptions, 'audit'> {
  prefix: string;
  clock: () => number;
  streams: Streams;
  limiter: Limiter | undefined;
  audit: Audit | undefined;
  metricsSoFar: Metrics | undefined;
  addressOf: (request: IncomingMessage) => string;
  /** Sent with every answer. */
  headers: Record<string, string>;
  /** Takes the reason of a failure. */
  report: (problem: string) => void;
  onEvent: NonNullable<BuildOptions['onEvent']>;
}

const DAY_MS = 86_400_000;
export const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };
const AHEAD_MS = MAX_AHEAD_MINUTES * 60_000;

/** What each route does: reads the request, asks the store, says what happened. */
export function handlersOf(handling: Handling): Record<RouteName, RouteHandlerMethod> {
  const { store, limiter, clock } = handling;
  const document = JSON.stringify(openApi(handling.prefix || '/'));
  const watchStream = watcherOf(handling, 'events');
  const caller = (request: FastifyRequest): Caller => ({
    credential: credentialOf(request.headers.authorization),
    now: clock(),
  });
  return {
    ...accountHandlersOf(handling, caller),
    publish: (request, reply) => publish(handling, caller(request), request, reply),
    activities: async (request) => {
      const { before, limit = 50 } = request.query as ActivityPageQuery;
      return await store.activities({ ...caller(request), limit, ...(before ? { before } : {}) });
    },
    concurrentUsers: async (request) => {
      const call = caller(request);
      return await store.concurrentUsers({ ...call, search: searchOf(handling, request, call.now) });
    },
    ...featureHandlersOf(handling, caller),
    ...friendHandlersOf(handling, caller),
    events: async (request, reply) => {
      const { credential } = caller(request);
      const address = handling.addressOf(request.raw);
      const after = request.headers['last-event-id'];
      // From here on the connection is the stream's; a refusal comes before anything is sent. No hook sees it off: it is counted when it begins, and says what is left then.
      const begin = (): OutgoingHttpHeaders => {
        limiter?.called(credential, address, 200, countsOf('events'));
        return {
          ...(reply.getHeaders() as OutgoingHttpHeaders),
          ...limiter?.headersFor('events', true, credential, address),
        };
      };
      await handling.streams.open(reply.raw, begin, credential, after === undefined ? undefined : Number(after));
      reply.hijack();
      watchStream?.(request.raw, 200);
    },
    health: async () => {
      await store.check();
      return { status: 'ok', kindred: 'endpoint' };
    },
    metrics: async (request, reply) => await measure(handling, request, reply),
    openApi: async (_request, reply) => reply.type('application/json').send(document),
  };
}

/** @throws Refusal when it is not for the caller */
async function measure(handling: Handling, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { store, streams, clock, metrics = 'nobody', metricsSoFar, behindProxy = false } = handling;
  admitOperator(metrics, behindProxy, request);
  // A store that is away is what an operator wants to see, and no reason to see nothing.
  const counts = await store.counts({ now: clock() }).catch(() => undefined);
  const text = metricsSoFar?.text({ streams: streams.count, store: counts });
  return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text);
}

async function publish(
  handling: Handling,
  call: Caller,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { id } = request.params as { id: string };
  const publication = publicationOf(handling, id, request.body as PublishedActivity, call.now);
  handling.limiter?.keep(call.credential, publication.body.length);
  const published = await handling.store.publish({
    ...call,
    publication,
    ...handling.limiter?.beginning(call.credential),
  });
  const { status, headers, text } = publishAnswer(handling, call.credential, published);
  return reply.code(status).headers(headers).send(text);
}

/** What is published, checked. @throws Refusal */
export function publicationOf(handling: Handling, id: string, given: PublishedActivity, now: number): Publication {
  if (given.id !== undefined && given.id !== id) {
    throw new Refusal('bad-request', 'body/id differs from the id in the address');
  }
  // What the operator has taken out of the list since can be taken back. What is never matched was never in it.
  const mayHaveBeenListed = given.state === 'discarded' && !isNeverMatched(given.activity);
  if (!mayHaveBeenListed) checkActivity(handling, given.activity);
  return toPublication(id, given, now);
}

/** Says what came of a publish to whoever listens. @returns what is answered */
export function publishAnswer(
  { onEvent, streams, limiter }: Handling,
  credential: Uint8Array,
  { outcome, activity, state, json, told }: Published,
): Answer {
  if (outcome === 'created') limiter?.created(credential);
  onEvent({ event: 'published', activity, state, outcome });
  if (told.length > 0) {
    onEvent({ event: 'matched', activity, people: told.length - 1 });
    streams.wake(told);
  }
  return { status: outcome === 'created' ? 201 : 200, headers: JSON_HEADERS, text: json };
}

/** @throws Refusal unknown-activity */
export function checkActivity({ extraActivities = [] }: Handling, activity: string): void {
  if (isActivityName(activity) || extraActivities.includes(activity)) return;
  const whoseToAdd = isNeverMatched(activity) ? ', and no operator can add it' : '; its operator can add it';
  throw new Refusal('unknown-activity', `"${activity}" is not matched here${whoseToAdd}`);
}

function searchOf(handling: Handling, request: FastifyRequest, now: number): Search {
  const query = request.query as ConcurrentUsersQuery;
  const { activity, action, window = 'overlap', radiusKm, among = 'everyone', limit = DEFAULT_PEOPLE, after } = query;
  checkActivity(handling, activity);
  const asked = query.at === undefined ? now : Date.parse(query.at);
  // As in what is published: what a clock that is ahead calls the future is now.
  const at = asked > now + AHEAD_MS ? now : asked;
  if (Number.isNaN(at) || at < now - DAY_MS) {
    throw new Refusal('bad-time', 'querystring/at must be within the last 24 hours');
  }
  return {
    ...{ activity, window, at, among, limit },
    ...(action === undefined ? {} : { action }),
    ...(radiusKm === undefined ? {} : { radiusKm }),
    ...(after === undefined ? {} : { after }),
  };
}
