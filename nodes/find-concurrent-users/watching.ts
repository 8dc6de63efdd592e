import type { Event, Match } from '../../matching/client/index.js';
import type { FeedState } from '../kindred-account/feed.js';
import type { KindredAccountNode } from '../kindred-account/kindred-account.js';
import type { Scope } from '../shared/scope.js';
import { StateFile } from '../shared/state-file.js';
import type { FindConfig } from './question.js';

/** Where a watch left off; of one user of one endpoint, for another user's events are counted from another beginning. */
interface Bookmark {
  identity: string;
  lastEventId: string;
}

interface Watching {
  account: KindredAccountNode;
  config: FindConfig;
  scope: Scope;
  file: { userDir: string; name: string };
  onMatch(match: Match): void;
  onState(state: FeedState): void;
  /** The bookmark could not be read or written. */
  onProblem(problem: unknown): void;
}

/** Watches until the scope closes, and goes on where the last watch left off, so that a restart neither loses nor doubles. */
export function startWatching({ account, config, scope, file, onMatch, onState, onProblem }: Watching): void {
  const bookmark = new StateFile<Bookmark>(file.userDir, file.name);
  const { identity } = account;
  let saving: Promise<void> = Promise.resolve();
  // Closing waits for the last bookmark.
  scope.add(() => saving);

  function onEvent(event: Event): void {
    if (event.type === 'match' && isWanted(event.match, config)) onMatch(event.match);
    save(event.id);
  }

  function save(lastEventId: string): void {
    saving = bookmark.save({ identity, lastEventId }).catch(onProblem);
  }

  void bookmark
    .load()
    .catch(onProblem)
    .then((saved) => {
      if (scope.signal.aborted) return;
      const after = saved && saved.identity === identity ? saved.lastEventId : undefined;
      scope.add(
        account.watch({
          after,
          onEvent,
          onState: (state) => {
            // Also before the first event, or what happens during a restart would be lost.
            if (state.state === 'open' && state.lastEventId) save(state.lastEventId);
            onState(state);
          },
        }),
      );
    })
    .catch(onProblem);
}

/** The endpoint tells of every match of the account: this node is about some of them. */
function isWanted({ person }: Match, { activity, action, among }: FindConfig): boolean {
  if (activity && person.activity !== activity) return false;
  if (action && person.action !== action) return false;
  return among !== 'friends' || person.relation === 'friend';
}
