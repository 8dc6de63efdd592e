import { EndpointError } from '../../matching/client/index.js';
import { problemCode } from '../../matching/schema/index.js';
import { problemOf, redact } from '../shared/problem.js';

/** A problem for which this folder's locales have the words. */
export class AccountProblem extends Error {
  constructor(
    readonly code:
      | 'no-token'
      | 'no-token-yet'
      | 'address'
      | 'name'
      | 'coordinates'
      | 'ambiguous-place'
      | 'cell'
      | 'token-elsewhere'
      | 'interrupted',
    /** Addresses that the words name besides that of the endpoint. */
    readonly addresses: Record<string, string> = {},
  ) {
    super(code);
  }
}

/** What went wrong with the endpoint at `url`, as a key of the locales and its values. */
export function explain(error: unknown, url: string): { key: string; values: Record<string, string> } {
  const named = error instanceof AccountProblem ? error.addresses : {};
  const values = { ...named, url, problem: problemOf(error) };
  const shown = Object.entries(values).map(([name, value]) => [name, redact(value)]);
  return { key: `kindred-account.error.${keyOf(error)}`, values: Object.fromEntries(shown) };
}

function keyOf(error: unknown): string {
  if (error instanceof AccountProblem) return error.code;
  if (!(error instanceof EndpointError)) return error instanceof TypeError ? 'address' : 'refused';
  if (error.kind !== 'refused') return error.kind;
  const code = problemCode(error.type);
  if (code === 'registration-closed') return 'closed';
  return code === 'invitation-needed' ? 'invitation' : 'refused';
}
