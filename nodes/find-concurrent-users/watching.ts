import type { Match } from '../../matching/client/index.js';
import { type Following, followEvents } from '../kindred-account/follow.js';
import type { FindConfig } from './question.js';

interface Watching extends Omit<Following, 'onEvent'> {
  config: FindConfig;
  onMatch(match: Match): void;
}

/** Watches until the scope closes, and goes on where the last watch left off. @returns as `followEvents` does */
export function startWatching({ config, onMatch, ...following }: Watching): () => Promise<void> {
  return followEvents({
    ...following,
    onEvent: (event) => {
      if (event.type === 'match' && isWanted(event.match, config)) onMatch(event.match);
    },
  });
}

/** The endpoint tells of every match of the account, and always of whole activities: this node is about some of them. */
function isWanted({ person }: Match, { activity, among }: FindConfig): boolean {
  if (activity && person.activity !== activity) return false;
  return among !== 'friends' || person.relation === 'friend';
}
