import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply } from 'fastify';
import { PROBLEMS, type ProblemCode, type ProblemDocument, problemType } from '../../schema/index.js';
import { Refusal } from '../refusal.js';
import { StoreFailure } from '../store/index.js';
import { SECURITY_HEADERS } from './headers.js';
import { invalidText } from './invalid.js';

/** Fastify's own errors that are not simply a bad request. */
const BY_FASTIFY: Record<string, ProblemCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_ASYNC_CONSTRAINT: 'internal',
};

/** RFC 9457. */
export function problemDocument(code: ProblemCode, detail?: string, retryAfterSeconds?: number): ProblemDocument {
  const { status, title } = PROBLEMS[code];
  return {
    type: problemType(code),
    title,
    status,
    ...(detail ? { detail } : {}),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

/** What is sent, beside the headers that every answer has. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

export function problemAnswer(code: ProblemCode, detail?: string, retryAfterSeconds?: number): Answer {
  const wait = retryAfterSeconds ?? (code === 'unavailable' ? 5 : undefined);
  return {
    status: PROBLEMS[code].status,
    headers: {
      ...(wait === undefined ? {} : { 'retry-after': String(wait) }),
      ...(code === 'unauthorised' ? { 'www-authenticate': 'Bearer realm="kindred"' } : {}),
      'content-type': 'application/problem+json; charset=utf-8',
    },
    text: JSON.stringify(problemDocument(code, detail, wait)),
  };
}

export function sendProblem(reply: FastifyReply, { status, headers, text }: Answer): FastifyReply {
  return reply.headers(SECURITY_HEADERS).headers(headers).code(status).send(text);
}

/**
 * What is answered to whatever was thrown. What is the endpoint's own fault is told to its operator, and never to the caller.
 * @param report takes the reason of a failure
 */
export function problemOf(error: Error & Partial<FastifyError>, report: (problem: string) => void): Answer {
  if (error instanceof Refusal) return problemAnswer(error.code, error.message, error.retryAfterSeconds);
  if (error instanceof StoreFailure) {
    report(error.message);
    return problemAnswer('unavailable');
  }
  if (error.validation) return problemAnswer('bad-request', sentence(invalidText(error as FastifyError)));
  if ((error.statusCode ?? 500) < 500)
    return problemAnswer(BY_FASTIFY[error.code ?? ''] ?? 'bad-request', BODY_TEXT[error.code ?? ''] ?? error.message);
  report(error.message);
  return problemAnswer('internal');
}

/** What Fastify says of a body, in words of ours. */
const BODY_TEXT: Record<string, string> = {
  FST_ERR_CTP_EMPTY_JSON_BODY: 'There is no body: send a JSON object',
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is no JSON',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'Send the body as JSON, with the header "Content-Type: application/json"',
};

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What the HTTP parser says of bytes that it cannot take (llhttp, and node:http), where that is no bad request. */
const BY_PARSER: Record<string, ProblemCode> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

/** The whole answer to bytes that never became a request. */
export function rawProblem(parserCode: string | undefined): { status: number; text: string } {
  const code = BY_PARSER[parserCode ?? ''] ?? 'bad-request';
  const body = JSON.stringify(problemDocument(code, code === 'bad-request' ? 'That is no HTTP request' : undefined));
  const { status } = PROBLEMS[code];
  const headers = {
    ...SECURITY_HEADERS,
    connection: 'close',
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return { status, text: `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}` };
}
