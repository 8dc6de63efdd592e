import { type ProblemDocument, problemCode } from '../schema/index.js';

/**
 * unreachable: nobody is there · timeout: it does not answer · not-kindred: something else answers there ·
 * refused: the endpoint says no · unauthorised: the token is not valid · busy: come back later · server: it failed.
 */
type EndpointErrorKind = 'unreachable' | 'timeout' | 'not-kindred' | 'refused' | 'unauthorised' | 'busy' | 'server';

interface Details {
  status?: number;
  type?: string;
  retryAfterSeconds?: number;
  mayHaveArrived?: boolean;
}

/** Why a call to the endpoint failed, in words for a person; never with a token or a header in it. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError';
  readonly status?: number;
  /** The problem's stable `type`. */
  readonly type?: string;
  readonly retryAfterSeconds?: number;
  /** The request may have been carried out although there is no answer. Publishing again is harmless in any case. */
  readonly mayHaveArrived: boolean;

  constructor(
    readonly kind: EndpointErrorKind,
    message: string,
    { mayHaveArrived = false, ...details }: Details = {},
  ) {
    super(message);
    this.mayHaveArrived = mayHaveArrived;
    Object.assign(this, details);
  }
}

/** Codes of Node and OpenSSL that mean the request was never sent. */
const NEVER_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|ERR_TLS)/;

/** What a failure without an answer means. @param host for the message; without user, password and path */
export function failureOf(code: string | undefined, host: string, timeoutMs: number): EndpointError {
  if (code === 'ECONNABORTED' || code === 'ETIMEDOUT' || code === 'ERR_CANCELED') {
    const seconds = Math.round(timeoutMs / 100) / 10;
    return new EndpointError('timeout', `${host} did not answer within ${seconds} s`, { mayHaveArrived: true });
  }
  if (code === 'ERR_BAD_RESPONSE' || code?.startsWith('HPE_')) {
    return new EndpointError('not-kindred', `What answers at ${host} is no Kindred endpoint`, { mayHaveArrived: true });
  }
  const mayHaveArrived = !NEVER_SENT.test(code ?? '');
  const reason = mayHaveArrived ? 'The connection broke off' : 'Nobody can be reached';
  return new EndpointError('unreachable', `${reason} at ${host}${code ? ` (${code})` : ''}`, { mayHaveArrived });
}

/** What an answer other than success means. */
export function refusalOf(status: number, body: unknown, retryAfter: unknown, host: string): EndpointError {
  const problem = asProblem(body);
  const seconds = problem?.retryAfterSeconds ?? secondsOf(retryAfter);
  const details = {
    status,
    ...(problem ? { type: problem.type } : {}),
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
  };
  const said = problem ? (problem.detail ?? problem.title) : `${host} answered ${status}`;
  if (status === 502 || status === 504) return new EndpointError('server', said, { ...details, mayHaveArrived: true });
  if (status === 429 || status === 503) return new EndpointError('busy', said, details);
  if (!problem) {
    return new EndpointError(
      'not-kindred',
      `What answers at ${host} is no Kindred endpoint (status ${status})`,
      details,
    );
  }
  if (status === 401) return new EndpointError('unauthorised', said, details);
  if (status >= 500) return new EndpointError('server', said, { ...details, mayHaveArrived: true });
  return new EndpointError('refused', said, details);
}

function asProblem(body: unknown): ProblemDocument | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { type, title } = body as Record<string, unknown>;
  return problemCode(type) && typeof title === 'string' ? (body as ProblemDocument) : undefined;
}

function secondsOf(header: unknown): number | undefined {
  return typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) : undefined;
}
