import assert from 'node:assert/strict';
import { Agent, type IncomingMessage, request } from 'node:http';
import fastify from 'fastify';
import { problemCode } from '../../matching/schema/index.js';
import { DEFAULT_LIMITS } from '../../matching/server/web/limits.js';
import { newId } from '../../vocabulary/index.js';
import { effort, FULL_FUZZ, FUZZ } from '../support/effort.js';
import { Random } from '../support/random.js';
import { type Json, SchemaValues } from '../support/schema-values.js';
import { Cleanup, joinAs, type RunningEndpoint, startEndpoint, VIENNA } from './support.js';

const CONNECTIONS = 24;
const ANSWER_MS = 60_000;

interface Operation {
  id: string;
  method: string;
  path: string;
  parameters: { name: string; in: string; required: boolean; schema: Json }[];
  body: Json | undefined;
  needsToken: boolean;
  /** By status: a schema by media type, or nothing. */
  responses: Record<string, Record<string, { schema: Json }> | undefined>;
}

interface Call {
  operation: Operation;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer | undefined;
  /** Not what the document says this operation takes, so that its answer may be that of another one. */
  isBent: boolean;
  user: string;
}

interface Answer {
  status: number;
  type: string;
  headers: IncomingMessage['headers'];
  text: string;
}

interface Document {
  paths: Record<string, Record<string, Json>>;
  components: { schemas: Json };
}

/** Every operation of an OpenAPI document. */
function operationsOf({ paths }: Document): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const responses = operation.responses as Record<string, { content?: Record<string, { schema: Json }> }>;
      const body = operation.requestBody as { content: Record<string, { schema: Json }> } | undefined;
      return {
        id: operation.operationId as string,
        method: method.toUpperCase(),
        path,
        parameters: operation.parameters as Operation['parameters'],
        body: body?.content['application/json']?.schema,
        needsToken: (operation.security as unknown[]).length > 0,
        responses: Object.fromEntries(Object.entries(responses).map(([status, { content }]) => [status, content])),
      };
    }),
  );
}

/** What the document has no list of. */
const HINTS = {
  activity: ['coffee', 'tea', 'run', 'knitting'],
  timeZone: ['Europe/Vienna', 'Asia/Shanghai', 'UTC', 'Mars/Olympus'],
};
/** Seldom: they end what the other calls live on. */
const SELDOM = new Set(['deleteMe', 'rotateToken']);
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'SEARCH'];
const WRONG_TYPES = [
  ...['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', ''],
  ...['application/json; charset=utf-16', 'application/jsonp', 'application/json, text/html', '*/*'],
];
const ODD_HEADERS: Record<string, string>[] = [
  { 'x-http-method-override': 'DELETE' },
  { 'x-forwarded-for': '127.0.0.1, <script>' },
  { 'content-encoding': 'gzip' },
  { accept: 'text/html' },
  { range: 'bytes=0-1' },
  { 'if-none-match': '*' },
  { cookie: `a=${'b'.repeat(3000)}` },
  { origin: 'https://evil.example' },
];
const ODD_SEGMENTS = ['%00', '%ff', '%E0%A4%A', '..%2f..', '.', '..', '%2e%2e', 'a'.repeat(99), 'a'.repeat(3000), '%'];

/** Makes calls from the endpoint's own OpenAPI document. */
class Caller {
  readonly operations: Operation[];
  readonly values: SchemaValues;
  readonly tokens: string[];

  constructor(
    private readonly random: Random,
    document: Document,
    tokens: string[],
  ) {
    this.operations = operationsOf(document);
    this.values = new SchemaValues(random, document.components.schemas, 0.02, HINTS);
    this.tokens = tokens;
    const now = Date.now();
    const times = [0, -60_000, -3_600_000, 60_000, -7 * 86_400_000].map((ms) => new Date(now + ms).toISOString());
    this.values.learn([...times, 'Anna', 'Ben', VIENNA, '861e126c7ffffff', newId(), newId()]);
  }

  next(): Call {
    const { random } = this;
    const operation = random.pick(this.operations);
    if (SELDOM.has(operation.id) && random.chance(0.9)) return this.next();
    const bends = random.chance(0.05);
    const method = bends && random.chance(0.5) ? random.pick(METHODS) : operation.method;
    const path = this.#path(operation, bends);
    const user = random.pick(this.tokens);
    const body = this.#body(operation, bends);
    const headers = this.#headers(operation, user, body !== undefined);
    return { operation, method, path, headers, body, isBent: bends, user };
  }

  #path({ path, parameters }: Operation, bends: boolean): string {
    const { random } = this;
    const filled = path.replace(/\{(\w+)\}/g, (_, name) => {
      const { schema } = parameters.find((one) => one.name === name) as { schema: Json };
      if (bends) return random.pick(ODD_SEGMENTS);
      return encoded(this.values.of(schema)) || '%20';
    });
    const given = parameters.filter(
      ({ in: where, required }) => where === 'query' && random.chance(required ? 0.95 : 0.4),
    );
    const pairs = given.map(({ name, schema }) => `${name}=${encoded(this.values.of(schema, name))}`);
    if (random.chance(0.03))
      pairs.push(`${random.pick(['x', '__proto__', 'limit', '%00', '%'])}=${encoded(this.values.odd())}`);
    if (random.chance(0.02) && pairs[0]) pairs.push(pairs[0]);
    return pairs.length > 0 ? `${filled}?${pairs.join('&')}` : filled;
  }

  #body({ body }: Operation, bends: boolean): Buffer | undefined {
    const { random } = this;
    if (!body) return bends && random.chance(0.3) ? Buffer.from('{}') : undefined;
    if (random.chance(0.95)) return Buffer.from(JSON.stringify(this.values.of(body)) ?? '');
    const text = JSON.stringify(this.values.of(body)) ?? '';
    return random.pick([
      Buffer.from(text.slice(0, text.length >> 1)),
      Buffer.from(text, 'utf16le'),
      Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0xfe, 0xc0, 0x80])]),
      Buffer.from(`\ufeff${text}`),
      Buffer.from('['.repeat(random.between(1, 60_000))),
      Buffer.from(`{"name":"a","name":"b","__proto__":{"admin":true},"revision":1e999,"x":${'9'.repeat(400)}}`),
      Buffer.from(JSON.stringify({ name: 'x'.repeat(70_000) })),
      Buffer.alloc(0),
    ]);
  }

  #headers({ parameters, needsToken }: Operation, user: string, hasBody: boolean): Record<string, string> {
    const { random } = this;
    const type = random.chance(0.96) ? 'application/json' : random.pick(WRONG_TYPES);
    const authorization = random.chance(0.96)
      ? `Bearer ${user}`
      : random.pick(['', 'Bearer', 'Basic YTpi', `Bearer ${'A'.repeat(43)}`]);
    const given = parameters.filter(({ in: where }) => where === 'header' && random.chance(0.7));
    return {
      ...(hasBody ? { 'content-type': type } : {}),
      ...(needsToken || random.chance(0.1) ? { authorization } : {}),
      ...Object.fromEntries(given.map(({ name, schema }) => [name, encoded(this.values.of(schema))])),
      ...(random.chance(0.03) ? random.pick(ODD_HEADERS) : {}),
    };
  }
}

function encoded(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  // A lone surrogate becomes U+FFFD on the way.
  return encodeURIComponent(Buffer.from(text).toString());
}

function send(agent: Agent, url: string, { method, path, headers, body }: Call): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const length = body ? { 'content-length': String(body.length) } : {};
    const options = { agent, hostname, port, method, path, headers: { ...headers, ...length }, timeout: ANSWER_MS };
    const outgoing = request(options, (response) => {
      const { statusCode: status = 0, headers: answered } = response;
      const type = answered['content-type'] ?? '';
      let text = '';
      const done = (): void => resolve({ status, type, headers: answered, text });
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
        // A stream goes on for ever: what it begins with is its answer.
        if (type.startsWith('text/event-stream')) {
          done();
          response.destroy();
        }
      });
      response.on('end', done).on('error', reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('there is no answer: it hangs')));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

type Validate = ((value: unknown) => boolean) & { errors?: unknown };

/** Compiles the document's schemas with what the endpoint itself validates with. */
async function compilerOf({ components }: Document): Promise<(schema: Json) => Validate> {
  const app = fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false, strictTypes: false } } });
  let compile: ((schema: Json) => Validate) | undefined;
  app.get('/', (incoming, reply) => {
    compile = (schema) => incoming.compileValidationSchema(schema as { [key: string]: unknown }) as Validate;
    return reply.send();
  });
  await app.inject('/');
  assert.ok(compile);
  const compiled = new Map<Json, Validate>();
  return (schema) => {
    const known = compiled.get(schema) ?? compile?.(inlined(schema, components.schemas) as Json);
    compiled.set(schema, known as Validate);
    return known as Validate;
  };
}

/** A schema with what it refers to written out in place. */
function inlined(schema: unknown, schemas: Json): unknown {
  if (Array.isArray(schema)) return schema.map((one) => inlined(one, schemas));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { $ref } = schema as { $ref?: unknown };
  if (typeof $ref === 'string') return inlined(schemas[$ref.split('/').at(-1) as string], schemas);
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, inlined(value, schemas)]));
}

describe('bad input', function () {
  this.timeout(30 * 60_000);
  const cleanup = new Cleanup();
  let endpoint: RunningEndpoint;
  let caller: Caller;
  let compile: (schema: Json) => Validate;
  const reached = new Map<string, Set<number>>();
  const seed = Number(process.env.KINDRED_FUZZ_SEED ?? Date.now() % 2 ** 31);

  before(async () => {
    const most = 1_000_000_000;
    const limits = { ...DEFAULT_LIMITS, callsPerMinute: most, joinsPerHour: most, failuresPerMinute: most };
    endpoint = await startEndpoint(cleanup, {
      ...{ limits, metrics: 'loopback', audit: () => {} },
      extraActivities: ['knitting'],
    });
    const document = (await (await fetch(`${endpoint.url}/v1/openapi.json`)).json()) as Document;
    compile = await compilerOf(document);
    const members = await Promise.all(['A', 'B', 'C', 'D', 'E', 'F'].map((name) => joinAs(endpoint.url, name)));
    caller = new Caller(
      new Random(seed),
      document,
      members.map(({ token }) => token),
    );
  });
  after(() => cleanup.run());

  /** @throws AssertionError when an answer is not as the document says */
  function check(call: Call, { status, type, headers, text }: Answer): void {
    const { operation, isBent } = call;
    assert.ok(status < 500, 'it is a failure');
    assert.doesNotMatch(text, /node_modules|\.[jt]s:\d+|\n\s+at |SQLITE|sqlite/, 'it shows its insides');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['access-control-allow-origin'], undefined);
    if (status >= 400) {
      const problem = JSON.parse(text) as { type: string; status: number };
      assert.ok(problemCode(problem.type) && problem.status === status, 'it is no problem of ours');
      assert.match(type, /^application\/problem\+json/);
    }
    if (isBent) return;
    assert.ok(status in operation.responses, 'the document does not know this status');
    const content = operation.responses[status];
    if (!content) assert.equal(text, '');
    if (!content) return;
    const schema = content[type.split(';')[0] as string]?.schema;
    assert.ok(schema, `the document does not know ${type}`);
    if (!/json/.test(type)) return;
    const validate = compile(schema);
    assert.ok(validate(JSON.parse(text)), `it is not as the document says: ${JSON.stringify(validate.errors)}`);
  }

  /** Goes on with what came of a call: ids, and tokens that are new or over. */
  async function goOn(call: Call, { status, type, text }: Answer): Promise<void> {
    if (status >= 300 || !type.startsWith('application/json')) {
      if (call.method === 'DELETE' && call.operation.id === 'deleteMe' && status === 204) {
        change(call.headers.authorization, (await joinAs(endpoint.url, 'Again')).token);
      }
      return;
    }
    const body = JSON.parse(text) as { token?: string };
    if (call.operation.id === 'openApi') return;
    if (call.operation.id === 'rotateToken' && body.token) change(call.headers.authorization, body.token);
    else if (call.operation.id === 'createUser' && body.token) caller.tokens[caller.tokens.length % 12] = body.token;
    caller.values.learn(body);
  }

  function change(authorization = '', next: string): void {
    const at = caller.tokens.indexOf(authorization.slice('Bearer '.length));
    if (at >= 0) caller.tokens[at] = next;
  }

  const { note } = effort(FULL_FUZZ, FUZZ);
  it(`of ${FUZZ} requests none gets a failure, a stack or no answer, and each what the document says${note}`, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    cleanup.add(() => agent.destroy());
    let left = FUZZ;
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        const call = caller.next();
        let answer: Answer | undefined;
        try {
          answer = await send(agent, endpoint.url, call);
          check(call, answer);
        } catch (error) {
          // A long export ends in the middle when another call ends its token.
          if (call.operation.id === 'exportMe' && (error as Error).message === 'aborted') continue;
          left = 0;
          throw new Error(tellOf(call, answer, error as Error));
        }
        const statuses = reached.get(call.operation.id) ?? new Set();
        reached.set(call.operation.id, statuses.add(answer.status));
        await goOn(call, answer);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, worker));
    assert.deepEqual(endpoint.failures, []);
  });

  function tellOf({ method, path, headers, body }: Call, answer: Answer | undefined, { message }: Error): string {
    const sent = `${method} ${path}\n${JSON.stringify(headers)}\n${body?.toString('latin1').slice(0, 2000) ?? ''}`;
    return `${message}\nKINDRED_FUZZ_SEED=${seed}\n${sent}\n→ ${answer?.status} ${answer?.text.slice(0, 2000)}`;
  }

  it('got through to every operation, and was refused by every one that can refuse', () => {
    const silent = caller.operations.filter(({ id }) => ![...(reached.get(id) ?? [])].some((status) => status < 300));
    // Who asks whom is chance: an answer to the right request by the right person is seldom hit.
    assert.deepEqual(
      silent.map(({ id }) => id).filter((id) => id !== 'answerFriendRequest'),
      [],
    );
    const picky = caller.operations.filter(({ needsToken }) => needsToken);
    const open = picky.filter(({ id }) => !reached.get(id)?.has(401));
    assert.deepEqual(
      open.map(({ id }) => id).filter((id) => !SELDOM.has(id)),
      [],
    );
  });

  it('goes on as if nothing had been', async () => {
    const { client } = await joinAs(endpoint.url, 'Anna');
    assert.equal((await client.me()).name, 'Anna');
    const health = await fetch(`${endpoint.url}/healthz`);
    assert.deepEqual(await health.json(), { status: 'ok', kindred: 'endpoint' });
    assert.equal(({} as { admin?: unknown }).admin, undefined);
  });
});
