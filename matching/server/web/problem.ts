import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEMS, type ProblemCode, type ProblemDocument, problemType } from '../../schema/index.js';
import { Refusal } from '../refusal.js';
import { StoreFailure } from '../store/index.js';

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

export function sendProblem(reply: FastifyReply, code: ProblemCode, detail?: string, retryAfterSeconds?: number) {
  const wait = retryAfterSeconds ?? (code === 'unavailable' ? 5 : undefined);
  if (wait !== undefined) void reply.header('retry-after', String(wait));
  if (code === 'unauthorised') void reply.header('www-authenticate', 'Bearer realm="kindred"');
  return reply
    .code(PROBLEMS[code].status)
    .type('application/problem+json')
    .send(JSON.stringify(problemDocument(code, detail, wait)));
}

/**
 * Answers whatever was thrown. What is the endpoint's own fault is told to its operator, and never to the caller.
 * @param report takes the reason of a failure
 */
export function answerError(report: (problem: string) => void) {
  return (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
    if (error instanceof Refusal) return sendProblem(reply, error.code, error.message, error.retryAfterSeconds);
    if (error instanceof StoreFailure) {
      report(error.message);
      return sendProblem(reply, 'unavailable');
    }
    if (error.validation) return sendProblem(reply, 'bad-request', error.message + choicesOf(error.validation));
    const status = error.statusCode ?? 500;
    if (status < 500) return sendProblem(reply, BY_FASTIFY[error.code] ?? 'bad-request', error.message);
    report(error.message);
    return sendProblem(reply, 'internal');
  };
}

/** What is allowed, where it is one of a few words or figures. */
function choicesOf([first]: NonNullable<FastifyError['validation']>): string {
  const { allowedValues } = (first?.params ?? {}) as { allowedValues?: unknown };
  return Array.isArray(allowedValues) ? `: ${allowedValues.join(', ')}` : '';
}
