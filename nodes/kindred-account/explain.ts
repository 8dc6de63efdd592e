import { EndpointError } from '../../matching/client/index.js';
import { problemCode } from '../../matching/schema/index.js';
import { problemOf, redact } from '../shared/problem.js';

/** A problem for which this folder's locales have the words. */
export class AccountProblem extends Error {
  constructor(
    readonly code: 'no-token' | 'address' | 'name' | 'visibility' | 'coordinates' | 'cell' | 'token-elsewhere',
  ) {
    super(code);
  }
}

/** What went wrong with the endpoint at `url`, as a key of the locales and its values. */
export function explain(error: unknown, url: string): { key: string; values: Record<string, string> } {
  const values = { url: redact(url), problem: redact(problemOf(error)) };
  return { key: `kindred-account.error.${keyOf(error)}`, values };
}

function keyOf(error: unknown): string {
  if (error instanceof AccountProblem) return error.code;
  if (!(error instanceof EndpointError)) return error instanceof TypeError ? 'address' : 'refused';
  if (error.kind !== 'refused') return error.kind;
  const code = problemCode(error.type);
  if (code === 'registration-closed') return 'closed';
  return code === 'invitation-needed' ? 'invitation' : 'refused';
}
