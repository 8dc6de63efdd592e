import { EndpointError } from '../../matching/client/index.js';
import { problemCode } from '../../matching/schema/index.js';
import type { KindredAccountNode } from '../kindred-account/kindred-account.js';
import { type Told, toldByAccount } from '../kindred-account/told.js';
import type { Voice } from '../shared/voice.js';
import { OrderProblem } from './order.js';

/** What this node tells of a problem. */
export function told(error: unknown, account: KindredAccountNode | undefined, voice: Voice): Told {
  if (error instanceof OrderProblem) {
    return { status: error.code, text: voice.words(`error.${error.code}`, error.values) };
  }
  return (account && error instanceof EndpointError && toldOfRefusal(error, voice)) || toldByAccount(error, account);
}

/** What this node has words of its own for. */
function toldOfRefusal({ type }: EndpointError, voice: Voice): Told | undefined {
  const code = problemCode(type);
  if (code === 'not-discoverable') return { status: 'not-visible', text: voice.words('error.not-visible') };
  if (code === 'blocked-by-you') return { status: 'you-block', text: voice.words('error.you-block') };
  return code === 'not-found' ? { status: 'not-found', text: voice.words('error.not-found') } : undefined;
}
