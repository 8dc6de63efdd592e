interface ProblemKind {
  status: number;
  title: string;
}

/** Every error the endpoint answers with: a stable code, its HTTP status, and what it is called. */
export const PROBLEMS = {
  'bad-request': { status: 400, title: 'The request is not well formed' },
  'unknown-activity': { status: 400, title: 'This endpoint does not match that activity' },
  'bad-time': { status: 400, title: 'A time is out of range' },
  'bad-time-zone': { status: 400, title: 'There is no such time zone' },
  'bad-cell': { status: 400, title: 'That is no H3 cell' },
  unauthorised: { status: 401, title: 'A valid token is needed' },
  'registration-closed': { status: 403, title: 'This endpoint takes no new users' },
  'invitation-needed': { status: 403, title: 'A valid invitation is needed to join' },
  'not-discoverable': { status: 403, title: 'Who does not show does not see' },
  'not-found': { status: 404, title: 'There is no such thing here' },
  'method-not-allowed': { status: 405, title: 'That method is not for this address' },
  'no-cell': { status: 409, title: 'A radius needs a cell of your own' },
  'request-timeout': { status: 408, title: 'The request came too slowly' },
  'limit-reached': { status: 409, title: 'There cannot be more of them' },
  'blocked-by-you': { status: 409, title: 'You block this person' },
  'too-large': { status: 413, title: 'The request is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be JSON' },
  'cell-changed-recently': { status: 409, title: 'The cell can be changed once in seven days' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'The endpoint made a mistake' },
  unavailable: { status: 503, title: 'The endpoint cannot store anything right now' },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof PROBLEMS;

const TYPE_BASE = 'https://kindred-home.github.io/problems/';

/** The problem's stable `type` (RFC 9457, section 3.1.1). */
export function problemType(code: ProblemCode): string {
  return TYPE_BASE + code;
}

/** The code behind a problem's `type`, or undefined when it is none of ours. */
export function problemCode(type: unknown): ProblemCode | undefined {
  if (typeof type !== 'string' || !type.startsWith(TYPE_BASE)) return undefined;
  const code = type.slice(TYPE_BASE.length);
  return Object.hasOwn(PROBLEMS, code) ? (code as ProblemCode) : undefined;
}
