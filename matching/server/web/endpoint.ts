import type { IncomingMessage } from 'node:http';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { BODY_LIMIT, ROUTES, type RouteName } from '../../schema/index.js';
import type { EndpointEvent, Limits, Registration } from '../options.js';
import type { Store } from '../store/index.js';
import { type Handling, handlersOf } from './handlers.js';
import { Limiter, limitsOf } from './limits.js';
import { answerError, problemDocument, sendProblem } from './problem.js';
import { Streams } from './streams.js';

export interface BuildOptions {
  store: Store;
  prefix?: string;
  registration?: Registration;
  invitation?: string;
  extraActivities?: readonly string[];
  /** None when missing. */
  limits?: Limits;
  behindProxy?: boolean;
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

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/**
 * Builds the endpoint over an open store. It does not listen: give it to a server with `listen`, or hand it single requests
 * with `routing` once it is `ready`. Closing it ends the streams and leaves the store open.
 */
export function buildEndpoint(options: BuildOptions): FastifyInstance {
  const { store, prefix = '', clock = Date.now, onEvent, heartbeatMs } = options;
  const report = (problem: string): void => onEvent?.({ event: 'failed', problem });
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    // One hop: the address that the proxy itself has seen, and not what a caller says of the way before it.
    trustProxy: options.behindProxy ? (_address: string, hop: number) => hop === 0 : false,
    routerOptions: { maxParamLength: 100 },
    // A HEAD for the stream of events would never end.
    exposeHeadRoutes: false,
    // Slow senders are cut off; streams of events are answers, which may last.
    requestTimeout: 30_000,
    keepAliveTimeout: 72_000,
    http: { headersTimeout: 15_000, maxHeaderSize: 16 * 1024 },
    forceCloseConnections: true,
    // What is not as the schema says is refused, and never bent until it fits: consent is a boolean, and not "yes".
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: false, strictTypes: false } },
    frameworkErrors: (_error, _request, reply) => sendProblem(reply, 'bad-request', 'The address is not well formed'),
    clientErrorHandler: answerGarbage,
  });
  const streams = new Streams(store, clock, heartbeatMs);
  const limiter = options.limits && new Limiter(options.limits, clock);
  const handling: Handling = { ...options, prefix, clock, streams, limiter, onEvent: onEvent ?? (() => {}) };
  app.addHook('onRequest', async (_request, reply) => void reply.headers(SECURITY_HEADERS));
  app.addHook('preClose', async () => streams.close());
  app.setErrorHandler(answerError(report));
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsAt(request, prefix);
    if (allowed.length === 0) return sendProblem(reply, 'not-found');
    return sendProblem(reply.header('allow', allowed.join(', ')), 'method-not-allowed');
  });
  void app.register(
    (scope, _options, done) => {
      register(scope, handling);
      done();
    },
    { prefix },
  );
  return app;
}

function register(scope: FastifyInstance, handling: Handling): void {
  const handlers = handlersOf(handling);
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const { method, path, token, params, query, headers, body }: RouteShape = ROUTES[name];
    scope.route({
      method,
      url: path.replace(/\{(\w+)\}/g, ':$1'),
      schema: {
        ...(params ? { params } : {}),
        ...(query ? { querystring: query } : {}),
        ...(headers ? { headers } : {}),
        ...(body ? { body } : {}),
      },
      ...(query ? { preValidation: async (request: FastifyRequest) => readNumbers(request, query) } : {}),
      ...(handling.limiter ? limitsOf(handling.limiter, name, token) : {}),
      handler: handlers[name],
    });
  }
}

/** A query is text; what its schema calls an integer is made one, if it is written as one. */
function readNumbers(request: FastifyRequest, query: NonNullable<RouteShape['query']>): void {
  const given = request.query as Record<string, unknown>;
  for (const [name, { type }] of Object.entries(query.properties)) {
    const text = given[name];
    if (type === 'integer' && typeof text === 'string' && /^\d{1,9}$/.test(text)) given[name] = Number(text);
  }
}

function methodsAt(request: FastifyRequest, prefix: string): string[] {
  const path = request.url.split('?')[0]?.slice(prefix.length) ?? '';
  const routes: RouteShape[] = Object.values(ROUTES);
  return routes.filter((route) => patternOf(route.path).test(path)).map(({ method }) => method);
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`);
}

/** Bytes that are no HTTP at all. */
function answerGarbage(_error: Error, socket: NodeJS.WritableStream & { destroy(): void; writable: boolean }): void {
  if (socket.writable) {
    const body = JSON.stringify(problemDocument('bad-request', 'That is no HTTP request'));
    socket.end(
      `HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: application/problem+json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
  }
  socket.destroy();
}

/** Whether a request is for something under the prefix. */
export function isUnder(prefix: string, request: IncomingMessage): boolean {
  const { url = '' } = request;
  return (
    url.startsWith(prefix) && (prefix === '' || url.length === prefix.length || /[/?]/.test(url[prefix.length] ?? ''))
  );
}
