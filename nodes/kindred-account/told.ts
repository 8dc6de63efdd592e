import { EndpointError } from '../../matching/client/index.js';
import { problemOf, redact } from '../shared/problem.js';
import { AccountProblem } from './explain.js';
import type { KindredAccountNode } from './kindred-account.js';

/** A problem in words, and the status it gives: a key below "status" in the locale of the node that has it. */
export interface Told {
  status: string;
  text: string;
}

/** What a node tells of a problem with its account or the endpoint, where it has no words of its own for it. */
export function toldByAccount(error: unknown, account: KindredAccountNode | undefined): Told {
  const isKnown = error instanceof EndpointError || error instanceof AccountProblem;
  const text = account && isKnown ? account.explain(error) : redact(problemOf(error));
  return { status: account ? statusOf(error) : 'no-account', text };
}

function statusOf(error: unknown): string {
  if (!(error instanceof EndpointError)) return isTokenMissing(error) ? 'no-token' : 'problem';
  if (error.kind === 'unauthorised') return 'token';
  if (error.kind === 'busy') return 'busy';
  return error.kind === 'refused' || error.kind === 'too-large' ? 'problem' : 'down';
}

/** True when something failed only because the account has no token yet. */
function isTokenMissing(error: unknown): boolean {
  const problem = error instanceof Error && error.cause ? error.cause : error;
  return problem instanceof AccountProblem && problem.code === 'no-token';
}
