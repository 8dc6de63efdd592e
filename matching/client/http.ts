import type { AxiosRequestConfig, AxiosResponse } from 'axios';
import { EndpointError, failureOf, refusalOf, tooLarge } from './error.js';
import { known, type Shape } from './known.js';

export interface Connection {
  url: string;
  token?: string;
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface Request {
  method: string;
  path: string;
  query?: object;
  body?: object;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /**
   * Bytes of an answer that may be large at most. Of others it is 1 MiB: room for 500 friends, and for nothing that fills a
   * small hub; what is larger is no answer of an endpoint.
   */
  maxBytes?: number;
}

/** A request whose answer is JSON: of these shapes by status, `null` for none. */
export interface Question extends Request {
  answers: Readonly<Record<number, Shape | null>>;
}

const MAX_ANSWER = 1024 * 1024;

/** One call, one JSON answer. @throws EndpointError, or the signal's reason when it was aborted */
export async function call<T>(connection: Connection, question: Question): Promise<T> {
  const response = await send<string>(connection, question, 'text');
  const { status, headers } = response;
  if (question.answers[status] === null) return undefined as T;
  const body = jsonOf(response);
  const taken = shapesOf(question, status).map((shape) => known(shape, body));
  const answer = taken.find((one) => one !== undefined);
  if (answer !== undefined) return answer as T;
  const host = hostOf(connection.url);
  if (status < 400) {
    const text = `What answers at ${host} is no Kindred endpoint (status ${status})`;
    throw new EndpointError('not-kindred', text, { status, mayHaveArrived: true });
  }
  throw refusalOf({ status, body, retryAfter: headers['retry-after'], host, token: connection.token });
}

/**
 * What an answer with this status may be. A success that is not in the table is one like those that are (RFC 9110, section 15),
 * as long as it brings the same: that it brings nothing says nothing, for any web server says 200.
 */
function shapesOf({ answers }: Question, status: number): Shape[] {
  const isUnknown = !(status in answers) && status >= 200 && status < 300;
  const shapes = isUnknown ? Object.values(answers) : [answers[status]];
  return shapes.filter((shape) => shape !== null && shape !== undefined);
}

/** Sends a request and takes any status. Redirects are not followed: a token goes to the address it was made for. */
export async function send<T>(
  connection: Connection,
  request: Request,
  responseType: 'text' | 'stream',
): Promise<AxiosResponse<T>> {
  const aborts = [connection.signal, request.signal].filter((signal) => signal !== undefined);
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), connection.timeoutMs);
  const { default: axios } = await import('axios');
  try {
    for (const signal of aborts) signal.throwIfAborted();
    const signal = AbortSignal.any([...aborts, deadline.signal]);
    return await axios.request<T>({ ...configOf(connection, request, responseType), signal });
  } catch (error) {
    for (const signal of aborts) signal.throwIfAborted();
    // The axios error itself carries the headers, and with them the token: only its code goes on.
    const { code, message = '' } = error as { code?: string; message?: string };
    if (request.maxBytes !== undefined && message.startsWith('maxContentLength')) {
      throw tooLarge(connection.url + request.path, request.maxBytes);
    }
    throw failureOf(code, hostOf(connection.url), connection.timeoutMs);
  } finally {
    clearTimeout(timer);
  }
}

/** A request as axios wants it, with nothing left to its guesses. */
function configOf(connection: Connection, request: Request, responseType: 'text' | 'stream'): AxiosRequestConfig {
  return {
    url: connection.url + request.path,
    method: request.method,
    params: request.query,
    data: request.body === undefined ? undefined : JSON.stringify(request.body),
    headers: {
      accept: 'application/json, application/problem+json',
      // False, or axios would make up a form where there is no body.
      'content-type': request.body ? 'application/json' : false,
      ...(connection.token ? { authorization: `Bearer ${connection.token}` } : {}),
      ...request.headers,
    },
    responseType,
    // Axios would parse JSON by guess, and answer a string when it is none.
    transformResponse: (data: unknown) => data,
    validateStatus: () => true,
    maxRedirects: 0,
    maxContentLength: responseType === 'stream' ? -1 : (request.maxBytes ?? MAX_ANSWER),
  };
}

function jsonOf(response: AxiosResponse<string>): unknown {
  if (!/^application\/(problem\+)?json\b/i.test(String(response.headers['content-type']))) return undefined;
  try {
    return JSON.parse(response.data);
  } catch {
    return undefined;
  }
}

/** Host and port, for messages. */
export function hostOf(url: string): string {
  return new URL(url).host;
}
