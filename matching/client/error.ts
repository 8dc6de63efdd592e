import { problemCode } from '../schema/index.js';

/**
 * unreachable: nobody is there · certificate: it is not trusted, or out of date · timeout: it does not answer ·
 * not-kindred: something else answers there · refused: the endpoint says no · unauthorised: the token is not valid ·
 * busy: come back later · server: it failed · too-large: it answers more than this client takes.
 */
type EndpointErrorKind =
  | 'unreachable'
  | 'certificate'
  | 'timeout'
  | 'not-kindred'
  | 'refused'
  | 'unauthorised'
  | 'busy'
  | 'server'
  | 'too-large';

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

/** Seconds: a week. */
const LONGEST_WAIT = 7 * 86_400;
/** Characters of what an endpoint says: more than any of ours says. */
const MOST_SHOWN = 400;

/** Codes of Node and OpenSSL for a certificate that is not taken. It is looked at before anything is sent. */
const CERTIFICATE = /^(CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|INVALID_(CA|PURPOSE)$|ERR_TLS_CERT)/;
/** Codes of Node and OpenSSL that mean the request was never sent. */
const NEVER_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ERR_TLS)/;

/** What a failure without an answer means. @param host for the message; without user, password and path */
export function failureOf(code: string | undefined, host: string, timeoutMs: number): EndpointError {
  if (code === 'ECONNABORTED' || code === 'ETIMEDOUT' || code === 'ERR_CANCELED') {
    const seconds = Math.round(timeoutMs / 100) / 10;
    return new EndpointError('timeout', `${host} did not answer within ${seconds} s`, { mayHaveArrived: true });
  }
  if (code === 'ERR_BAD_RESPONSE' || code?.startsWith('HPE_')) {
    return new EndpointError('not-kindred', `What answers at ${host} is no Kindred endpoint`, { mayHaveArrived: true });
  }
  if (CERTIFICATE.test(code ?? '')) {
    return new EndpointError('certificate', `The certificate of ${host} is not trusted (${code})`);
  }
  const mayHaveArrived = !NEVER_SENT.test(code ?? '');
  const reason = mayHaveArrived ? 'The connection broke off' : 'Nobody can be reached';
  return new EndpointError('unreachable', `${reason} at ${host}${code ? ` (${code})` : ''}`, { mayHaveArrived });
}

/** What an answer means that is larger than this client takes. @param url what was asked for @param maxBytes of an answer */
export function tooLarge(url: string, maxBytes: number): EndpointError {
  const command = `curl -H "Authorization: Bearer <token>" -o export.json ${url}`;
  const limit = `${Math.floor(maxBytes / 1024 / 1024)} MiB`;
  return new EndpointError(
    'too-large',
    `The answer is larger than the ${limit} that this client takes: fetch it into a file, for example with ${command}`,
  );
}

interface RefusedAnswer {
  status: number;
  body: unknown;
  retryAfter: unknown;
  host: string;
  /** That was sent; nothing of it is told. */
  token: string | undefined;
}

/** What an answer other than success means. */
export function refusalOf({ status, body, retryAfter, host, token }: RefusedAnswer): EndpointError {
  const problem = asProblem(body);
  const seconds = within(problem?.seconds ?? secondsOf(retryAfter));
  const details = {
    status,
    ...(problem ? { type: problem.type } : {}),
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
  };
  const said = problem ? shown(problem.said, token) : `${host} answered ${status}`;
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

/** What counts of a problem document. A member that is of another type is none (RFC 9457, section 3.1). */
function asProblem(body: unknown): { type: string; said: string; seconds?: number } | undefined {
  const { type, title, detail, retryAfterSeconds } = (body ?? {}) as Record<string, unknown>;
  if (typeof type !== 'string' || !problemCode(type) || typeof title !== 'string') return undefined;
  const said = typeof detail === 'string' ? detail : title;
  return { type, said, ...(typeof retryAfterSeconds === 'number' ? { seconds: retryAfterSeconds } : {}) };
}

function secondsOf(header: unknown): number | undefined {
  return typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) : undefined;
}

/** No endpoint asks for longer than until a cell may be changed again, or for less than nothing. */
function within(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.min(Math.max(seconds, 0), LONGEST_WAIT);
}

/** What an endpoint says, for a message that others show and write down: one line, and no longer than a person reads. */
function shown(said: string, token: string | undefined): string {
  const text = token ? said.replaceAll(token, '…') : said;
  const line = text.slice(0, MOST_SHOWN).replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ');
  return text.length > MOST_SHOWN ? `${line}…` : line;
}
