import { cellDistanceKm } from '../../../rules/cells.js';
import { type Found, isNewer, type LiveQuery } from '../../../rules/gathering.js';
import { homeOfUser, type Shown, shownIn } from '../../../rules/live.js';
import type { Database } from '../database.js';
import { positionOf } from '../live.js';
import { newestOwn } from '../newest-own.js';
import { type Entry, NEVER } from '../run.js';

type FriendQuery = Pick<LiveQuery, 'topic' | 'minutes' | 'near' | 'turn' | 'newest'>;

/**
 * Which of these friends are there in those minutes. A few friends are found sooner by their own activities than in the
 * index of everybody's.
 */
export function searchFriends(db: Database, query: FriendQuery, friends: readonly number[]): Found<Entry> {
  const rows = friends.flatMap((friend) => newestOf(db, query, friend) ?? []);
  return { rows, truncated: false };
}

function newestOf(
  db: Database,
  { topic, minutes, near, turn, newest }: FriendQuery,
  friend: number,
): Entry | undefined {
  const owner = db.get<Shown & { discoverable: number; cell: string | null }>(
    'SELECT discoverable, shown_since, cell FROM user WHERE key = ?',
    friend,
  );
  if (!owner?.discoverable) return undefined;
  const home = homeOfUser(owner);
  if (near && (home === null || cellDistanceKm(near.home, home) > near.km)) return undefined;
  const rows = [...newestOwn(db, friend, minutes)].flatMap((row) =>
    shownIn(row, owner)
      .filter(([of, from, to]) => row.key <= newest && of === topic && from < minutes.to && to > minutes.from)
      .map(([, from, ended]) => ({ ...positionOf(from, row), user: friend, ended, home, told: NEVER })),
  );
  return rows.sort((a, b) => (isNewer(a, b, turn) ? -1 : 1))[0];
}
