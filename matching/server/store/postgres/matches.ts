import type { shareOf } from '../../rules/sharing.js';
import { minuteOf } from '../../rules/time.js';
import type { Statements } from './database.js';
import type { Kept } from './publishing.js';
import type { Entry } from './runs.js';

/** A match for both sides. */
export interface NewMatch {
  id: string;
  kept: Kept;
  entry: Entry;
  share: ReturnType<typeof shareOf>;
}

/** A user of whom nobody else changes anything until the transaction ends. */
export interface LockedUser {
  key: number;
  id: string;
  /** The number of what they were told last. */
  seq: number;
}

interface Side {
  user_key: number;
  mine: string;
  other: number;
  theirs: string;
}

/** The other side of each of these rows. */
async function forgetOtherSides(db: Statements, rows: readonly Side[]): Promise<void> {
  if (rows.length === 0) return;
  await db.run(
    `DELETE FROM match USING unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::uuid[]) AS v (user_key, mine, other, theirs)
     WHERE match.user_key = v.user_key AND match.mine = v.mine AND match.other = v.other AND match.theirs = v.theirs`,
    ...[rows.map(({ other }) => other), rows.map(({ theirs }) => theirs)],
    ...[rows.map(({ user_key }) => user_key), rows.map(({ mine }) => mine)],
  );
}

/** Forgets every match of a user, on both sides. */
export async function forgetMatchesOf(db: Statements, user: number): Promise<void> {
  const sql = 'DELETE FROM match WHERE user_key = $1 RETURNING user_key, mine, other, theirs';
  await forgetOtherSides(db, await db.all<Side>(sql, user));
}

/** Forgets every match of two users with each other. */
export async function forgetMatchesBetween(db: Statements, user: number, other: number): Promise<void> {
  const sql = 'DELETE FROM match WHERE (user_key = $1 AND other = $2) OR (user_key = $2 AND other = $1)';
  await db.run(sql, user, other);
}

/** Forgets every match of some activities, on both sides. */
export async function forgetMatchesOfActivities(
  db: Statements,
  activities: readonly { user: number; id: string }[],
): Promise<void> {
  if (activities.length === 0) return;
  const sql = `DELETE FROM match USING unnest($1::bigint[], $2::uuid[]) AS v (user_key, mine)
    WHERE match.user_key = v.user_key AND match.mine = v.mine
    RETURNING match.user_key, match.mine, match.other, match.theirs`;
  const columns = [activities.map(({ user }) => user), activities.map(({ id }) => id)];
  await forgetOtherSides(db, await db.all<Side>(sql, ...columns));
}

/** Writes both sides of each match, behind everything that either was told before. */
export async function writeMatches(
  tx: Statements,
  matches: readonly NewMatch[],
  users: ReadonlyMap<number, LockedUser>,
): Promise<void> {
  const next = (user: number): number => ++(users.get(user) as LockedUser).seq;
  const sides = matches.flatMap(({ id, kept: { user, row, now }, entry, share }) => {
    const common = { id, activity: row.activity, at: minuteOf(now), ...share };
    return [
      { ...common, user: user.key, mine: row.id, other: entry.user, theirs: entry.id, seq: next(user.key) },
      { ...common, user: entry.user, mine: entry.id, other: user.key, theirs: row.id, seq: next(entry.user) },
    ];
  });
  const concerned = [...new Set(sides.map(({ user }) => user))];
  await tx.run(
    'UPDATE users SET seq = v.seq FROM unnest($1::bigint[], $2::bigint[]) AS v (key, seq) WHERE users.key = v.key',
    ...[concerned, concerned.map((user) => users.get(user)?.seq)],
  );
  const column = <Name extends keyof (typeof sides)[number]>(name: Name) => sides.map((side) => side[name]);
  await tx.run(
    `INSERT INTO match (user_key, mine, other, theirs, seq, id, activity, at, seconds, nearby)
     SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::uuid[], $5::bigint[], $6::text[], $7::text[],
         $8::int[], $9::int[], $10::boolean[])
       AS v (user_key, mine, other, theirs, seq, id, activity, at, seconds, nearby)
     ORDER BY user_key, mine, other, theirs`,
    ...[column('user'), column('mine'), column('other'), column('theirs'), column('seq'), column('id')],
    ...[column('activity'), column('at'), column('seconds'), column('nearby')],
  );
}
