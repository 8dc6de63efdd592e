/**
 * What went wrong, as far as it matters for going on: `conflict`, the same again may work at once; `stale`, the same again may
 * work on another connection; `lost`, the server is not there, or not the one that takes writes; `other`, the same again fails
 * again.
 */
export type Trouble = 'conflict' | 'stale' | 'lost' | 'other';

/** SQLSTATEs (PostgreSQL documentation, appendix A). */
const CONFLICTS = new Set(['40001', '40P01', '55P03']);
/** What was prepared gives other columns than it did then: somebody has changed a table. So is said of what no server can, too. */
const STALE = '0A000';
/** Shutting down, crashed, starting, read-only, too many connections, no disk left. */
const AWAY = /^(08...|57P0[1-5]|25006|53...|58030)$/;
const NETWORK =
  /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT|EACCES)$/;
/** What the driver says without a code. */
const BROKEN = /^Connection terminated|not queryable|timeout exceeded|Query read timeout|is closed|is a standby/i;

export function troubleOf(error: unknown): Trouble {
  const { code, message = '', errors } = error as { code?: string; message?: string; errors?: unknown[] };
  if (code !== undefined && CONFLICTS.has(code)) return 'conflict';
  if (code === STALE) return 'stale';
  if (code !== undefined && (AWAY.test(code) || NETWORK.test(code))) return 'lost';
  // Several addresses of one name, none of which answers.
  if (errors && errors.length > 0) return troubleOf(errors[0]);
  return BROKEN.test(message) ? 'lost' : 'other';
}

/** The reason in words, without any of the secrets. */
export function reasonOf(error: unknown, secrets: readonly string[]): string {
  const { message = '', errors, code } = error as { code?: string; message?: string; errors?: Error[] };
  const text = message || errors?.[0]?.message || code || 'unknown reason';
  return secrets.reduce((told, secret) => told.replaceAll(secret, '…'), text);
}
