/** No server makes us wait longer than this, in milliseconds. */
export const LONGEST_WAIT = 3_600_000;

const SECOND = 1000;
const DAY = 86_400_000;
/** What the headers begin with that say how many calls are left, and until when. */
const LIMITS = ['x-ratelimit', 'ratelimit'];

type Headers = Record<string, unknown>;

/**
 * How long the server asks us to wait, in milliseconds from now and at most an hour; undefined when it does not say.
 * Understands what the networks send: `Retry-After` (seconds or a date), `retry_after` and `parameters.retry_after`
 * (seconds), `retry_after_ms`, `X-RateLimit-Reset` and `RateLimit-Reset` (ISO date, epoch seconds or seconds). Of
 * several, the longest counts. Many gateways send the reset with every answer: it counts where the limit is what
 * stopped us.
 * @param headers with lower-case names
 * @param now epoch milliseconds
 */
export function waitOf(status: number, headers: Headers, body: string, now: number): number | undefined {
  const answer = parse(body);
  const parameters = isRecord(answer.parameters) ? answer.parameters : {};
  const isLimit = status === 429 || LIMITS.some((limit) => String(headers[`${limit}-remaining`]).trim() === '0');
  const waits = [
    fromMoment(headers['retry-after'], now),
    ...(isLimit ? LIMITS.map((limit) => fromMoment(headers[`${limit}-reset`], now)) : []),
    milliseconds(answer.retry_after, SECOND),
    milliseconds(parameters.retry_after, SECOND),
    milliseconds(answer.retry_after_ms, 1),
  ].filter((wait) => wait !== undefined);
  return waits.length === 0 ? undefined : Math.min(LONGEST_WAIT, Math.max(...waits));
}

/** Seconds from now, seconds since 1970, or a date. */
function fromMoment(value: unknown, now: number): number | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value);
  if (Number.isFinite(number)) {
    const wait = number * SECOND > DAY * 365 ? number * SECOND - now : number * SECOND;
    return Math.max(0, wait);
  }
  const date = Date.parse(String(value));
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function milliseconds(value: unknown, unit: number): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value * unit : undefined;
}

function parse(body: string): Record<string, unknown> {
  try {
    const answer: unknown = JSON.parse(body);
    return isRecord(answer) ? answer : {};
  } catch {
    return {};
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
