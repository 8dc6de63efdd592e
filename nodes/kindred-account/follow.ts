import type { Event } from '../../matching/client/index.js';
import type { Scope } from '../shared/scope.js';
import { StateFile } from '../shared/state-file.js';
import type { FeedState } from './feed.js';
import type { KindredAccountNode } from './kindred-account.js';

/** Where a node left off; of one user of one endpoint, for another user's events are counted from another beginning. */
interface Bookmark {
  /** Of the address and the token, which tells without a question that it is still that user. */
  identity: string;
  /** Missing in those of earlier versions, and where the endpoint has not said it yet. */
  userId?: string;
  lastEventId: string;
}

function isBookmark(saved: unknown): boolean {
  const { identity, userId = '', lastEventId } = (saved ?? {}) as Partial<Bookmark>;
  if (typeof userId !== 'string') return false;
  return typeof identity === 'string' && typeof lastEventId === 'string' && /^\d+$/.test(lastEventId);
}

export interface BookmarkFile {
  userDir: string;
  name: string;
}

/** Removes where a node left off that does not follow its account any more. */
export function forgetBookmark({ userDir, name }: BookmarkFile): Promise<void> {
  return new StateFile<Bookmark>(userDir, name).remove();
}

export interface Following {
  account: KindredAccountNode;
  scope: Scope;
  file: BookmarkFile;
  onEvent(event: Event): void;
  /** @param isFirst there was no bookmark: what happened before is not told */
  onState(state: FeedState, isFirst: boolean): void;
  /** Whether all that was told so far has been seen to in the end; else it comes again when the node is back. */
  settled?(): Promise<boolean>;
  /** The bookmark could not be read: it begins anew. */
  onUnread(problem: unknown): void;
  /** The bookmark cannot be saved; told once until it can be. */
  onUnsaved(problem: unknown): void;
}

/**
 * Follows an account's events until the scope closes, from where it left off: a restart loses none, and doubles only what was told
 * while something before it was still undecided.
 * @returns what removes the bookmark, once the scope is closed: for a node that is deleted, or switched off with its
 *   tab. Nothing that was accepted is lost with it; a node that comes back tells of what happens from then on.
 */
export function followEvents(following: Following): () => Promise<void> {
  const { account, scope, file, onEvent, onState, onUnread, onUnsaved } = following;
  const bookmark = new StateFile<Bookmark>(file.userDir, file.name, isBookmark);
  const { identity } = account;
  let userId: string | undefined;
  let saving: Promise<void> = Promise.resolve();
  let hasComplained = false;
  let moved: Promise<void> = Promise.resolve();
  // Closing waits for the last bookmark.
  scope.add(async () => {
    await moved;
    await saving;
  });

  function save(lastEventId: string): void {
    saving = bookmark.save({ identity, ...(userId ? { userId } : {}), lastEventId }).then(
      () => {
        hasComplained = false;
      },
      (problem: unknown) => {
        if (!hasComplained) onUnsaved(problem);
        hasComplained = true;
      },
    );
  }

  /** Moves the bookmark once all that was told so far is seen to. */
  function move(lastEventId: string): void {
    const settled = following.settled?.() ?? true;
    moved = moved.then(async () => {
      if (await settled) save(lastEventId);
    });
  }

  async function begin(): Promise<void> {
    const saved = await bookmark.load().catch(onUnread);
    // What may not be overwritten has been told just now.
    hasComplained = bookmark.isLocked;
    if (saved?.identity === identity) userId = saved.userId;
    void account.userId.then((id) => {
      userId = id;
    });
    const isOwn = saved && (saved.identity === identity || (await isOfSameUser(saved, following)));
    if (scope.signal.aborted) return;
    const after = isOwn ? saved.lastEventId : undefined;
    scope.add(
      account.watch({
        after,
        onEvent: (event) => {
          onEvent(event);
          move(event.id);
        },
        onState: (state) => {
          onState(state, after === undefined);
          // Also before the first event, or what happens during a restart would be lost.
          if (state.state === 'open' && state.lastEventId) move(state.lastEventId);
        },
      }),
    );
  }

  void begin().catch(onUnread);
  return () => bookmark.remove();
}

/**
 * Whether a bookmark that was made with another address or another token is this user's all the same, as only the endpoint knows:
 * until it can be asked, what keeps it from that is told.
 */
async function isOfSameUser({ userId }: Bookmark, { account, scope, onState }: Following): Promise<boolean> {
  if (userId === undefined) return false;
  const end = account.watch({
    onEvent: () => {},
    onState: (state) => {
      if (state.state !== 'open') onState(state, false);
    },
  });
  scope.add(end);
  const isSame = (await account.userId) === userId;
  end();
  return isSame;
}
