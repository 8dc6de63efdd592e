import type { Node } from 'node-red';
import type { Voice } from '../shared/voice.js';
import type { FeedState } from './feed.js';
import type { Told } from './told.js';

interface Shown {
  node: Node;
  voice: Voice;
  /** Keys below `status` for a stream that is open, and for one that is tried again in a while. */
  open: string;
  waiting: string;
  told(problem: unknown): Told;
}

/** Shows how the stream of an account is, and tells the Catch nodes why it is not there: once until it is, however often it is tried. */
export function streamStatus({ node, voice, open, waiting, told }: Shown): (state: FeedState) => void {
  let complained: string | undefined;
  const complain = (text: string): void => {
    if (text !== complained) node.error(text, {});
    complained = text;
  };
  return (state) => {
    if (state.state === 'open') {
      complained = undefined;
      voice.show('green', 'ring', open);
    } else if (state.state === 'connecting') voice.show('yellow', 'ring', 'connecting');
    else {
      const { status, text } = told(state.problem);
      if (state.state === 'waiting') voice.show('yellow', 'ring', waiting);
      else voice.show('red', 'ring', status);
      complain(text);
    }
  };
}
