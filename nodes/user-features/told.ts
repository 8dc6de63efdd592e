import { EndpointError } from '../../matching/client/index.js';
import { problemCode } from '../../matching/schema/index.js';
import type { KindredAccountNode } from '../kindred-account/kindred-account.js';
import { type Told, toldByAccount } from '../kindred-account/told.js';
import type { Voice } from '../shared/voice.js';
import { QuestionProblem } from './question.js';

/** What this node tells of a problem. */
export function told(error: unknown, account: KindredAccountNode | undefined, voice: Voice): Told {
  if (error instanceof QuestionProblem) {
    const text = voice.words(`error.${error.code}`, error.values);
    return { status: error.code === 'config' ? 'problem' : 'message', text };
  }
  const inGeneral = toldByAccount(error, account);
  const isUnknown = error instanceof EndpointError && problemCode(error.type) === 'unknown-activity';
  return isUnknown ? { ...inGeneral, status: 'unknown' } : inGeneral;
}
