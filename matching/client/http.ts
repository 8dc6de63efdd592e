import type { AxiosResponse } from 'axios';
import { EndpointError, failureOf, refusalOf } from './error.js';

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
}

/** Bytes of an answer: an export with thousands of activities fits. */
const MAX_ANSWER = 32 * 1024 * 1024;

/** One call, one JSON answer. @throws EndpointError, or the signal's reason when it was aborted */
export async function call<T>(connection: Connection, request: Request): Promise<T> {
  const response = await send<string>(connection, request, 'text');
  const body = response.status === 204 ? undefined : jsonOf(response);
  if (response.status >= 200 && response.status < 300 && (body !== undefined || response.status === 204))
    return body as T;
  const host = hostOf(connection.url);
  if (response.status < 400) {
    const text = `What answers at ${host} is no Kindred endpoint (status ${response.status})`;
    throw new EndpointError('not-kindred', text, { status: response.status, mayHaveArrived: true });
  }
  throw refusalOf(response.status, body, response.headers['retry-after'], host);
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
    return await axios.request<T>({
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
      signal: AbortSignal.any([...aborts, deadline.signal]),
      responseType,
      // Axios would parse JSON by guess, and answer a string when it is none.
      transformResponse: (data: unknown) => data,
      validateStatus: () => true,
      maxRedirects: 0,
      maxContentLength: MAX_ANSWER,
    });
  } catch (error) {
    for (const signal of aborts) signal.throwIfAborted();
    // The axios error itself carries the headers, and with them the token: only its code goes on.
    throw failureOf((error as { code?: string }).code, hostOf(connection.url), connection.timeoutMs);
  } finally {
    clearTimeout(timer);
  }
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
