import { EndpointError } from '../../matching/client/index.js';
import { problemCode } from '../../matching/schema/index.js';
import type { KindredAccountNode } from '../kindred-account/kindred-account.js';
import { type Told, toldByAccount } from '../kindred-account/told.js';
import type { Voice } from '../shared/voice.js';
import { QuestionProblem } from './question.js';

/** What this node tells of a problem. */
export function told(error: unknown, account: KindredAccountNode | undefined, voice: Voice): Told {
  if (error instanceof QuestionProblem) {
    return { status: 'message', text: voice.words(`error.${error.code}`, error.values) };
  }
  const code = account && error instanceof EndpointError ? problemCode(error.type) : undefined;
  if (code === 'not-discoverable') return { status: 'not-visible', text: voice.words('error.not-visible') };
  if (code === 'no-cell') return { status: 'no-area', text: voice.words('error.no-area') };
  return toldByAccount(error, account);
}
