import { problemDocument } from './answers.js';
import { DESCRIPTIONS, INTERFACE } from './descriptions.js';
import { PROBLEMS, type ProblemCode, problemType } from './problems.js';
import { ROUTES, type RouteName } from './routes.js';

type Json = Record<string, unknown>;
type AnyRoute = {
  [Key in 'params' | 'query' | 'headers' | 'body' | 'stream']?: Json;
} & {
  method: string;
  path: string;
  summary: string;
  token: boolean;
  mediaType?: string;
  answers: Record<string, Json | null>;
  problems: readonly ProblemCode[];
};

/** The interface as an OpenAPI 3.1 document. @param server the address the routes are under, such as `/kindred` */
export function openApi(server = '/'): Json {
  const schemas: Json = {};
  const name = (schema: unknown): unknown => hoist(schema, schemas);
  const paths: Record<string, Json> = {};
  for (const [operationId, route] of Object.entries(ROUTES) as unknown as [RouteName, AnyRoute][]) {
    paths[route.path] ??= {};
    (paths[route.path] as Json)[route.method.toLowerCase()] = operation(operationId, route, name);
  }
  name(problemDocument);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Kindred matching endpoint',
      version: '1',
      description: INTERFACE,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: server }],
    paths,
    components: { schemas, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  };
}

function operation(operationId: RouteName, route: AnyRoute, name: (schema: unknown) => unknown): Json {
  const responses: Json = {};
  for (const [status, schema] of Object.entries(route.answers)) {
    const mediaType = route.mediaType ?? 'application/json';
    const content = schema ? { content: { [mediaType]: { schema: name(schema) } } } : {};
    responses[status] = { description: route.summary, ...content };
  }
  if (route.stream) {
    name(route.stream);
    const note =
      'Server-Sent Events: `match` with a Match as its data, `friend-request` with a ReceivedRequest, `friend-answer` with a FriendAnswer';
    responses[200] = { description: note, content: { 'text/event-stream': { schema: { type: 'string' } } } };
  }
  return {
    operationId,
    summary: route.summary,
    description: DESCRIPTIONS[operationId],
    security: route.token ? [{ token: [] }] : [],
    parameters: [
      ...parameters('path', route.params),
      ...parameters('query', route.query),
      ...parameters('header', route.headers),
    ],
    ...(route.body
      ? { requestBody: { required: true, content: { 'application/json': { schema: name(route.body) } } } }
      : {}),
    responses: { ...responses, ...problemResponses(route) },
  };
}

function parameters(where: string, schema?: Json): Json[] {
  const required = (schema?.required ?? []) as string[];
  return Object.entries((schema?.properties ?? {}) as Json).map(([key, value]) => ({
    name: key,
    in: where,
    required: required.includes(key),
    schema: value,
  }));
}

const RETRY_AFTER = { 'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer', minimum: 1 } } };

/** As draft-ietf-httpapi-ratelimit-headers-10 has them; on every answer where there is a limit. */
const QUOTA = {
  RateLimit: {
    description:
      'What is left: `"policy";r=remaining;t=seconds until all of it is back`; of a publish one for each of its limits',
    schema: { type: 'string' },
  },
  'RateLimit-Policy': {
    description: 'The limits: `"policy";q=quota;w=seconds`, and `qu="content-bytes"` where bytes are counted',
    schema: { type: 'string' },
  },
};

/** Problems of any call, and of those with a token. */
const ANYWHERE: readonly ProblemCode[] = [
  'bad-request',
  'request-timeout',
  'headers-too-large',
  'too-many-requests',
  'internal',
  'unavailable',
];
const TOKENS: readonly ProblemCode[] = ['unauthorised'];

/** One response a status; its description lists the types that share it. */
function problemResponses(route: AnyRoute): Json {
  const codes = new Set<ProblemCode>([...ANYWHERE, ...(route.token ? TOKENS : []), ...route.problems]);
  if (route.body) for (const code of ['too-large', 'unsupported-media-type'] as const) codes.add(code);
  const statuses = new Set([...codes].map((code) => PROBLEMS[code].status));
  const schema = { $ref: '#/components/schemas/Problem' };
  return Object.fromEntries(
    [...statuses].map((status) => [
      status,
      {
        description: [...codes]
          .filter((code) => PROBLEMS[code].status === status)
          .map((code) => `${PROBLEMS[code].title} (${problemType(code)})`)
          .join('; '),
        ...headersOf(status),
        content: { 'application/problem+json': { schema } },
      },
    ]),
  );
}

function headersOf(status: number): Json {
  if (status === 429) return { headers: { ...RETRY_AFTER, ...QUOTA } };
  return status === 503 ? { headers: RETRY_AFTER } : {};
}

/** Moves every schema that has a title to the document's components, and refers to it from where it was. */
function hoist(schema: unknown, schemas: Json): unknown {
  if (Array.isArray(schema)) return schema.map((item) => hoist(item, schemas));
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, hoist(value, schemas)]));
  if (typeof inner.title !== 'string') return inner;
  schemas[inner.title] = inner;
  return { $ref: `#/components/schemas/${inner.title}` };
}
