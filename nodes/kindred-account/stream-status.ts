import type { Node } from 'node-red';
import type { Voice } from '../shared/voice.js';
import type { FeedState } from './feed.js';
import type { KindredAccountNode } from './kindred-account.js';
import { isTokenUnknown } from './settings.js';
import type { Told } from './told.js';

interface Shown {
  node: Node;
  voice: Voice;
  /** Whether nothing can come while it is open: nobody is told of strangers who hide. What is answered, and invitations, are. */
  isHidden?(): boolean;
  /** Keys below `status` for a stream that is open, and for one that is tried again in a while. */
  open: string;
  waiting: string;
  told(problem: unknown): Told;
}

/** Before the stream is tried, which is a while after Node-RED has started: nothing is wrong yet, unless its account lacks the token. */
export function showNotTriedYet(voice: Voice, { lacks }: KindredAccountNode): void {
  if (lacks === 'token') voice.show('red', 'ring', 'no-token');
  else voice.show('grey', 'ring', 'connecting');
}

/**
 * Shows how the stream of an account is, and tells the Catch nodes why it is not there: once until it is, however often it is
 * tried, and of what may mend itself only when the next try has failed as well. With each Deploy an endpoint in the same Node-RED is away
 * for a moment.
 */
export function streamStatus({ node, voice, isHidden, open, waiting, told }: Shown): (state: FeedState) => void {
  let complained: string | undefined;
  let hasWaited = false;
  const complain = (text: string): void => {
    if (text !== complained) node.error(text, {});
    complained = text;
  };
  return (state) => {
    if (state.state === 'open') {
      complained = undefined;
      hasWaited = false;
      if (isHidden?.()) voice.show('grey', 'ring', 'not-visible');
      else voice.show('green', 'ring', open);
    } else if (state.state === 'connecting') voice.show('yellow', 'ring', 'connecting');
    else {
      const { status, text } = told(state.problem);
      // A token that is not known is its owner's to see to, although it is tried again.
      const mayMend = state.state === 'waiting' && !isTokenUnknown(state.problem);
      if (mayMend) voice.show('yellow', 'ring', waiting);
      else voice.show('red', 'ring', status);
      if (hasWaited || !mayMend) complain(text);
      hasWaited = true;
    }
  };
}
