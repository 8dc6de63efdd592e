import { problemOf, redact } from '../shared/problem.js';
import { EndpointProblem } from './claims.js';

/** Why there is no endpoint, as the folder's locales have it. @param store as it may be shown */
export function problemFor(error: unknown, store: string): { code: string; values: Record<string, string> } {
  if (error instanceof EndpointProblem) return error;
  const { reason } = error as { reason?: unknown };
  if (reason === 'in-use') return { code: 'store-taken', values: { store } };
  const values = { store, problem: redact(problemOf(error)) };
  return { code: reason === 'damaged' ? 'store-damaged' : 'failed', values };
}
