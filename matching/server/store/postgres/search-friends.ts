import { cellDistanceKm } from '../../rules/cells.js';
import { type Found, isNewer } from '../../rules/gathering.js';
import { homeOfUser, type Shown, shownIn, tieOf } from '../../rules/live.js';
import { MINUTE_MS } from '../../rules/time.js';
import type { Statements } from './database.js';
import { NEWEST_OWN, timesOf } from './newest-own.js';
import type { LiveQuery } from './reading.js';
import type { Entry } from './runs.js';

interface FriendRow extends Shown {
  user_key: number;
  cell: string | null;
  id: string;
  number: number;
  spans: string;
  closes: number;
}

/**
 * Which of these friends are there in those minutes. A few friends are found sooner by their own activities than in the
 * index of everybody's.
 */
export async function searchFriends(
  db: Statements,
  query: LiveQuery,
  friends: readonly number[],
): Promise<Found<Entry>> {
  const { minutes, turn, newest } = query;
  if (friends.length === 0) return { rows: [], truncated: false };
  const found = await db.all<FriendRow>(
    `SELECT users.key AS user_key, users.cell, users.shown_since, a.id, a.number, a.spans, a.closes
     FROM unnest($1::bigint[]) AS v (key)
     JOIN users ON users.key = v.key AND users.discoverable
     CROSS JOIN LATERAL ${NEWEST_OWN} AS a`,
    ...[friends, ...timesOf(minutes.from * MINUTE_MS, minutes.to * MINUTE_MS)],
  );
  const rows = new Map<number, Entry>();
  for (const entry of found.flatMap((row) => entriesOf(query, row))) {
    const known = rows.get(entry.user);
    if (entry.activity <= newest && (!known || isNewer(entry, known, turn))) rows.set(entry.user, entry);
  }
  return { rows: [...rows.values()], truncated: false };
}

function entriesOf({ topic, minutes, near }: LiveQuery, { id, number: activity, ...row }: FriendRow): Entry[] {
  const home = homeOfUser(row);
  if (near && (home === null || cellDistanceKm(near.home, home) > near.km)) return [];
  return shownIn(row, row)
    .filter(([of, from, to]) => of === topic && from < minutes.to && to > minutes.from)
    .map(([, from, ended]) => ({ from, tie: tieOf(id), activity, user: row.user_key, id, ended, home }));
}
