import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { BODY_LIMIT, type PublishedActivity, ROUTES } from '../../schema/index.js';
import { Refusal } from '../refusal.js';
import type { PublishCall } from '../store/store.js';
import { type Handling, publicationOf, publishAnswer } from './handlers.js';
import { type Answer, problemOf } from './problem.js';
import { tokenHash } from './token.js';
import { watcherOf } from './watching.js';

const { method, path, params, body: schema } = ROUTES.publish;
const [BEFORE_ID = ''] = path.split('{id}');
const ID = new RegExp(params.properties.id.pattern);
/** Fastify refuses names that could change a prototype; behind a backslash any name can hide. */
const SUSPECT = ['\\', '__proto__', 'constructor'];

/**
 * Takes plain publishes ahead of Fastify, which takes a good part of the time of such a call, and nearly every call is one. It
 * takes what has come in one piece, is written as hubs write it, and is accepted: by the route's own schema and its own
 * functions. Whatever is not goes to Fastify as if nobody had looked at it, so that all refusals are Fastify's; after this only
 * the store can refuse, and what it says becomes an answer by the same functions, too. What is added to all routes with a hook
 * belongs here as well.
 */
export class PlainPublishes {
  readonly #start: string;
  readonly #watch: ReturnType<typeof watcherOf>;

  /**
   * @param isValid whether a body is as the route's schema says
   * @param behind Fastify
   */
  constructor(
    private readonly handling: Handling,
    private readonly isValid: (body: unknown) => boolean,
    private readonly behind: RequestListener,
  ) {
    this.#start = handling.prefix + BEFORE_ID;
    this.#watch = watcherOf(handling, 'publish');
  }

  readonly listener: RequestListener = (request, response) => {
    // The body is there in the next tick, when it came with the headers.
    if (this.#isPlain(request)) process.nextTick(this.#take, request, response, performance.now());
    else this.behind(request, response);
  };

  #isPlain({ method: given, url = '', headers }: IncomingMessage): boolean {
    return (
      given === method &&
      url.startsWith(this.#start) &&
      ID.test(url.slice(this.#start.length)) &&
      headers['content-type'] === 'application/json'
    );
  }

  readonly #take = (request: IncomingMessage, response: ServerResponse, began: number): void => {
    // At once: of a connection that is closed by the time there is an answer, nobody knows whose it was.
    const address = this.handling.addressOf(request);
    const call = this.#callIn(request, address);
    if (!call) {
      this.behind(request, response);
      return;
    }
    const send = (answer: Answer): number => {
      this.#send(response, answer, call, address);
      return answer.status;
    };
    this.#carryOut(call)
      .then(send)
      .catch((error) => send(problemOf(error as Error, this.handling.report)))
      .then(
        (status) => this.#watch?.(request, status, performance.now() - began),
        // Nothing can be said. Who is cut off comes back, and who is left waiting does not.
        () => void response.destroy(),
      )
      .catch((error) => this.handling.report((error as Error).message));
  };

  /** The call in a request; undefined, and the request as it was, where Fastify is to look at it. */
  #callIn(request: IncomingMessage, address: string): PublishCall | undefined {
    const { readableLength, headers } = request;
    if (readableLength === 0 || String(readableLength) !== headers['content-length']) return undefined;
    const body = request.read() as Buffer;
    const call = this.#checked(request, address, body);
    if (call) request.resume();
    else request.unshift(body);
    return call;
  }

  #checked(request: IncomingMessage, address: string, body: Buffer): PublishCall | undefined {
    const { clock, limiter, report } = this.handling;
    const credential = tokenHash(request.headers.authorization);
    const text = body.toString();
    if (!credential || body.length > BODY_LIMIT || SUSPECT.some((part) => text.includes(part))) return undefined;
    try {
      const given = parsed(text);
      if (!this.isValid(given)) return undefined;
      const now = clock();
      const id = (request.url as string).slice(this.#start.length);
      const publication = publicationOf(this.handling, id, given as PublishedActivity, now);
      // At last, because it counts: Fastify is to find the limits as they were.
      limiter?.publish(credential, address, publication.body.length);
      return { credential, now, publication, ...limiter?.beginning(credential) };
    } catch (error) {
      // Fastify refuses it once more, and says so. All else is a mistake, and all would only be slower if nobody was told.
      if (!(error instanceof Refusal)) report((error as Error).message);
      return undefined;
    }
  }

  async #carryOut(call: PublishCall): Promise<Answer> {
    try {
      return publishAnswer(this.handling, call.credential, await this.handling.store.publish(call));
    } catch (error) {
      return problemOf(error as Error, this.handling.report);
    }
  }

  #send(
    response: ServerResponse,
    { status, headers, text }: Answer,
    { credential }: PublishCall,
    address: string,
  ): void {
    const { limiter, headers: always } = this.handling;
    limiter?.called(credential, address, status);
    const quota = limiter?.headersFor('publish', true, credential, address);
    const length = String(Buffer.byteLength(text));
    response.writeHead(status, { ...always, ...headers, ...quota, 'content-length': length });
    response.end(text);
  }
}

/** @returns undefined, which is no body, for what is no JSON */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Puts the way for plain publishes ahead of an endpoint's Fastify, from when that is ready until it closes. */
export function takePlainPublishes(app: FastifyInstance, scope: FastifyInstance, handling: Handling): void {
  const { routing: behind, server } = app;
  const lead = (to: RequestListener): void => {
    server.off('request', app.routing).on('request', to);
    app.routing = to;
  };
  scope.addHook('onReady', async () => {
    const isValid: unknown = scope.validatorCompiler?.({ schema, method, url: path, httpPart: 'body' });
    if (typeof isValid !== 'function') throw new Error('Fastify gives no validator for what is published');
    lead(new PlainPublishes(handling, isValid as (body: unknown) => boolean, behind).listener);
  });
  scope.addHook('preClose', async () => lead(behind));
}
