import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type onRequestHookHandler,
  type onSendHookHandler,
} from 'fastify';
import { BODY_LIMIT, ROUTES, type RouteName } from '../../schema/index.js';
import type { AuditEntry, EndpointEvent, Limits, MetricsFor, Registration } from '../options.js';
import type { Store } from '../store/index.js';
import { addressOf } from './address.js';
import { Audit } from './audit.js';
import { type Handling, handlersOf } from './handlers.js';
import { SECURITY_HEADERS, TLS_HEADERS } from './headers.js';
import { Limiter, limitsOf } from './limits.js';
import { Metrics } from './metrics.js';
import { takePlainPublishes } from './plain-publish.js';
import { problemAnswer, problemOf, rawProblem, sendProblem } from './problem.js';
import { Streams } from './streams.js';
import { type Watcher, watcherOf } from './watching.js';

export interface BuildOptions {
  store: Store;
  prefix?: string;
  registration?: Registration;
  invitation?: string;
  extraActivities?: readonly string[];
  /** None when missing. */
  limits?: Limits;
  behindProxy?: boolean;
  /** Nobody when missing. */
  metrics?: MetricsFor;
  audit?: (entry: AuditEntry) => void;
  /** A certificate of its own, and its key, as PEM. */
  tls?: { cert: Buffer; key: Buffer };
  /** After how many milliseconds a connection is cut on which the headers, or the whole request, have not come, or an answer is not read. */
  slowMs?: { headers?: number; request?: number; unread?: number };
  onEvent?: (event: EndpointEvent) => void;
  /** Epoch milliseconds. */
  clock?: () => number;
  heartbeatMs?: number;
}

/** The routes as they are registered. */
interface RouteShape {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  token: boolean;
  params?: object;
  query?: { properties: Record<string, { type?: string }> };
  headers?: object;
  body?: object;
}

/** Senders that are slower are cut off, so that half a request holds no connection for long. */
const HEADERS_MS = 15_000;
const REQUEST_MS = 30_000;
/** After how long without progress a connection is cut whose answer is not read. */
export const UNREAD_MS = 60_000;

/**
 * Builds the endpoint over an open store. It does not listen: give it to a server with `listen`, or hand it single requests
 * with `routing` once it is `ready`. Closing it ends the streams and leaves the store open.
 */
export function buildEndpoint(options: BuildOptions): FastifyInstance {
  const { store, prefix = '', clock = Date.now, onEvent, heartbeatMs } = options;
  const report = (problem: string): void => tell(onEvent, problem);
  const metrics = options.metrics && options.metrics !== 'nobody' ? new Metrics() : undefined;
  const app = appFor(options, metrics);
  const streams = new Streams(store, clock, heartbeatMs);
  const limiter = options.limits && new Limiter(options.limits, clock);
  const callerOf = (request: IncomingMessage): string => addressOf(request, options.behindProxy ?? false);
  const audit = options.audit && new Audit(options.audit, clock, callerOf);
  const headers = options.tls ? { ...SECURITY_HEADERS, ...TLS_HEADERS } : SECURITY_HEADERS;
  const watching = { streams, limiter, audit, metricsSoFar: metrics, addressOf: callerOf, report };
  const handling: Handling = { ...options, ...watching, prefix, clock, headers, onEvent: onEvent ?? (() => {}) };
  app.addHook('onRequest', (request, reply, done) => {
    // Read once, it is known of a connection that is closed by the time there is an answer.
    callerOf(request.raw);
    reply.headers(headers);
    done();
  });
  app.addHook('preClose', async () => streams.close());
  app.setErrorHandler((error: FastifyError, _request, reply) => sendProblem(reply, problemOf(error, report)));
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsAt(request, prefix);
    metrics?.count('none', allowed.length === 0 ? 404 : 405);
    if (allowed.length === 0) return sendProblem(reply, problemAnswer('not-found'));
    return sendProblem(reply.header('allow', allowed.join(', ')), problemAnswer('method-not-allowed'));
  });
  void app.register(
    (scope, _options, done) => {
      register(scope, handling);
      takePlainPublishes(app, scope, handling);
      done();
    },
    { prefix },
  );
  return app;
}

/** Fastify, without routes. @param metrics count what is no request at all */
function appFor(options: BuildOptions, metrics: Metrics | undefined): FastifyInstance {
  const app = fastify({
    ...serverOptions(options),
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: 100 },
    // A HEAD for the stream of events would never end.
    exposeHeadRoutes: false,
    keepAliveTimeout: 72_000,
    forceCloseConnections: true,
    // What is not as the schema says is refused, and never bent until it fits: consent is a boolean, and not "yes".
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        allErrors: false,
        strictTypes: false,
        verbose: true,
      },
    },
    frameworkErrors: (_error, _request, reply) =>
      sendProblem(reply, problemAnswer('bad-request', 'The address is not well formed')),
    clientErrorHandler: (error, socket) => {
      const status = answerGarbage(error, socket);
      if (status !== undefined) metrics?.count('none', status);
    },
  }) as unknown as FastifyInstance;
  // Text is no JSON, though Fastify would take it.
  app.removeContentTypeParser('text/plain');
  return app;
}

/** Says that something failed. Who cannot be told must not spoil the answer that says so, too. */
function tell(onEvent: BuildOptions['onEvent'], problem: string): void {
  try {
    onEvent?.({ event: 'failed', problem });
  } catch {
    // The listener's own affair.
  }
}

/** How the server that it listens with itself treats connections. */
function serverOptions({ tls, slowMs = {} }: BuildOptions) {
  const { headers: headersTimeout = HEADERS_MS, request: requestTimeout = REQUEST_MS } = slowMs;
  const { unread: connectionTimeout = UNREAD_MS } = slowMs;
  const connectionsCheckingInterval = Math.min(5000, headersTimeout);
  const http = { headersTimeout, connectionsCheckingInterval, maxHeaderSize: 16 * 1024 };
  const https = { ...http, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: headersTimeout } as const;
  return { requestTimeout, connectionTimeout, ...(tls ? { https } : { http }) };
}

function register(scope: FastifyInstance, handling: Handling): void {
  const handlers = handlersOf(handling);
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const { method, path, token, params, query, headers, body }: RouteShape = ROUTES[name];
    const limits = handling.limiter && limitsOf(handling.limiter, name, token, handling.addressOf);
    const watched = watchedBy(watcherOf(handling, name));
    scope.route({
      method,
      url: path.replace(/\{(\w+)\}/g, ':$1'),
      schema: {
        ...(params ? { params } : {}),
        ...(query ? { querystring: query } : {}),
        ...(headers ? { headers } : {}),
        ...(body ? { body } : {}),
      },
      ...(query
        ? {
            preValidation: (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
              readNumbers(request, query);
              done();
            },
          }
        : {}),
      onRequest: [...watched.onRequest, ...(limits ? [limits.onRequest] : [])],
      onSend: [...(limits ? [limits.onSend] : []), ...watched.onSend],
      handler: handlers[name],
    });
  }
}

/** Looks at an answer when it is made, and not when it has arrived: who hangs up before that is counted like everybody. */
function watchedBy(watch: Watcher | undefined): { onRequest: onRequestHookHandler[]; onSend: onSendHookHandler[] } {
  if (!watch) return { onRequest: [], onSend: [] };
  // A reply's own `elapsedTime` is 0 where Fastify writes no log.
  const began = new WeakMap<FastifyRequest, number>();
  return {
    onRequest: [
      (request, _reply, done) => {
        began.set(request, performance.now());
        done();
      },
    ],
    onSend: [
      (request, { statusCode }, payload, done) => {
        const now = performance.now();
        watch(request.raw, statusCode, now - (began.get(request) ?? now), request.body);
        done(null, payload);
      },
    ],
  };
}

/** A query is text; what its schema calls an integer is made one, if it is written as one. */
function readNumbers(request: FastifyRequest, query: NonNullable<RouteShape['query']>): void {
  const given = request.query as Record<string, unknown>;
  for (const [name, { type }] of Object.entries(query.properties)) {
    const text = given[name];
    if (type === 'integer' && typeof text === 'string' && /^\d{1,9}$/.test(text)) given[name] = Number(text);
  }
}

function methodsAt({ raw }: FastifyRequest, prefix: string): string[] {
  if (!isUnder(prefix, raw)) return [];
  const path = raw.url?.split('?')[0]?.slice(prefix.length) ?? '';
  const routes: RouteShape[] = Object.values(ROUTES);
  return routes.filter((route) => patternOf(route.path).test(path)).map(({ method }) => method);
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`);
}

/** Bytes that are no HTTP at all, or that do not come. @returns the status; undefined when nobody is there to be answered */
function answerGarbage(
  error: { code?: string },
  socket: Pick<Socket, 'writable' | 'end' | 'destroy'>,
): number | undefined {
  const { status, text } = rawProblem(error.code);
  const isThere = socket.writable && error.code !== 'ECONNRESET';
  if (isThere) socket.end(text);
  socket.destroy();
  return isThere ? status : undefined;
}

/** Whether a request is for something under the prefix. */
export function isUnder(prefix: string, request: IncomingMessage): boolean {
  const { url = '' } = request;
  return (
    url.startsWith(prefix) && (prefix === '' || url.length === prefix.length || /[/?]/.test(url[prefix.length] ?? ''))
  );
}
