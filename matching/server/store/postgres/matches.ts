import type { Statements } from './database.js';

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
