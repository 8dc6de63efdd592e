import type { Readable } from 'node:stream';
import type { Outcome, Reason } from './target.js';
import { waitOf } from './wait.js';

/** Milliseconds for a whole exchange, body included. */
const TIMEOUT = 20_000;
/** Bytes of an answer that are read, and for how many milliseconds: the rest is of no use to us. */
const MAX_ANSWER = 16_384;
const LONGEST_READING = 2_000;

/** Failures that happen before the first byte of the request is written. */
const NOT_SENT: Record<string, string> = {
  ENOTFOUND: 'unknown-host',
  EAI_AGAIN: 'no-lookup',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'no-way',
  ENETUNREACH: 'no-network',
  ENETDOWN: 'no-network',
  EADDRNOTAVAIL: 'no-network',
};
const TLS = /^(ERR_TLS|ERR_SSL|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH)/;

interface Post {
  url: string;
  body: string;
  headers: Record<string, string>;
  signal: AbortSignal;
  timeoutMs?: number | undefined;
}

/**
 * Posts JSON once and says what became of it. Follows no redirect, takes at most `timeoutMs` and reads no more than
 * a little of the answer. Nothing of an error of the HTTP library is passed on: it carries addresses and headers, which
 * may be secrets.
 */
export async function post({ url, body, headers, signal, timeoutMs = TIMEOUT }: Post): Promise<Outcome<Reason>> {
  const { default: axios } = await import('axios');
  const deadline = AbortSignal.timeout(timeoutMs);
  const ended = AbortSignal.any([signal, deadline]);
  try {
    const answer = await axios.post<Readable>(url, body, {
      headers: { 'content-type': 'application/json', 'user-agent': 'node-red-kindred', ...headers },
      maxRedirects: 0,
      validateStatus: () => true,
      responseType: 'stream',
      transformRequest: [(data: string) => data],
      signal: ended,
    });
    const text = await readSome(answer.data, AbortSignal.any([ended, AbortSignal.timeout(LONGEST_READING)]));
    return outcomeOf(answer.status, answer.headers as Record<string, unknown>, text);
  } catch (error) {
    if (deadline.aborted) {
      const seconds = Math.round(timeoutMs / 1000);
      return { outcome: 'unknown', reason: { key: 'timeout', values: { seconds } } };
    }
    return outcomeOfError(error);
  }
}

/** The beginning of the answer; what cannot be read any more does not change what the status said. */
async function readSome(stream: Readable, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  const stop = () => stream.destroy();
  signal.addEventListener('abort', stop);
  try {
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length >= MAX_ANSWER) break;
    }
  } catch {
    // The status has arrived, and that is what counts.
  } finally {
    signal.removeEventListener('abort', stop);
    stream.destroy();
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER).toString('utf8');
}

function outcomeOfError(error: unknown): Outcome<Reason> {
  const { code = '', cause } = (error ?? {}) as { code?: string; cause?: { syscall?: string } };
  const before = NOT_SENT[code] ?? (cause?.syscall === 'getaddrinfo' ? 'unknown-host' : undefined);
  if (before) return { outcome: 'failed', permanent: 'no', reason: { key: before } };
  if (TLS.test(code)) return { outcome: 'failed', permanent: 'no', reason: { key: 'tls', values: { code } } };
  if (code === 'ERR_INVALID_URL' || code === 'ERR_BAD_OPTION_VALUE') {
    return { outcome: 'failed', permanent: 'target', reason: { key: 'address' } };
  }
  return { outcome: 'unknown', reason: { key: 'cut' } };
}

/** Statuses with words of their own. */
const TOLD = [401, 403, 404, 410, 413, 429, 503];
const STOPPING = [301, 308, 401, 403, 404, 410];
/** The request was turned away before anything was done with it. */
const LATER = [302, 307, 425, 429, 503];
/** It may have been taken in: 303 after a POST says that it was (RFC 9110, section 15.4.4). */
const PERHAPS = [303, 408];

/** What an answer's status means for the share. @param headers with lower-case names */
export function outcomeOf(
  status: number,
  headers: Record<string, unknown>,
  body: string,
  now: number = Date.now(),
): Outcome<Reason> {
  if (status >= 200 && status < 300) return { outcome: 'sent', ...linkIn(headers.location) };
  const reason = { key: keyOf(status), values: { status } };
  if (STOPPING.includes(status)) return { outcome: 'failed', permanent: 'target', reason, status };
  const wait = status === 429 || status >= 500 ? waitOf(status, headers, body, now) : undefined;
  const later = wait === undefined ? {} : { retryAfterMs: wait };
  if (LATER.includes(status)) return { outcome: 'failed', permanent: 'no', reason, status, ...later };
  if (status >= 500 || PERHAPS.includes(status)) return { outcome: 'unknown', reason, status, ...later };
  return { outcome: 'failed', permanent: 'item', reason, status };
}

/** Where what was made can be seen (RFC 9110, section 10.2.2), when the answer says it as a whole web address. */
function linkIn(location: unknown): { url?: string } {
  if (typeof location !== 'string' || location.length > 2000 || !URL.canParse(location)) return {};
  return /^https?:$/.test(new URL(location).protocol) ? { url: location } : {};
}

function keyOf(status: number): string {
  if (TOLD.includes(status)) return `status-${status}`;
  if (status >= 500) return 'server';
  return status >= 300 && status < 400 ? 'elsewhere' : 'status';
}
