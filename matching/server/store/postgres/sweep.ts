import { LONGEST } from '../../rules/live.js';
import { cellRestedSince, KEEP_MINUTES } from '../../rules/people.js';
import { DAY_MINUTES, MINUTE_MS, minuteOf } from '../../rules/time.js';
import type { Database } from './database.js';
import type { CountedChange, Features } from './features.js';
import { sweepFriends } from './friends.js';
import { sweepLive } from './live.js';

type Kept = NonNullable<CountedChange['before']>;

interface Old extends Kept {
  user_key: number;
  id: string;
}

/**
 * What was taken in before a moment, 500 at most, and is counted out. What a clock that was ahead dates later than tomorrow
 * goes by its own time instead: a clock that is behind must not make everything look like that.
 */
async function forgetActivities(db: Database, features: Features, now: number, before: number): Promise<number> {
  const tomorrow = now + DAY_MINUTES * MINUTE_MS;
  const old = await db.all<Pick<Old, 'user_key' | 'id'>>(
    `(SELECT user_key, id FROM activity WHERE received < $1 LIMIT 500)
     UNION ALL (SELECT user_key, id FROM activity WHERE received > $2 AND closes < $1 LIMIT 500)`,
    ...[before, tomorrow],
  );
  if (old.length === 0) return 0;
  const users = [...new Set(old.map(({ user_key }) => user_key))];
  return await db.transaction(
    async (tx) => {
      await tx.all('SELECT key FROM users WHERE key = ANY($1::bigint[]) ORDER BY key FOR NO KEY UPDATE', users);
      // Looked at once more: another process may have forgotten them, too.
      const gone = await tx.all<Old>(
        `DELETE FROM activity USING unnest($1::bigint[], $2::uuid[]) AS v (user_key, id)
         WHERE activity.user_key = v.user_key AND activity.id = v.id
         RETURNING activity.user_key, activity.id, activity.activity, activity.state, activity.started, activity.closes,
           activity.body`,
        ...[old.map(({ user_key }) => user_key), old.map(({ id }) => id)],
      );
      await features.change(
        tx,
        gone.map((row) => ({ user: row.user_key, before: row, after: undefined })),
      );
      return gone.length;
    },
    { idempotent: true },
  );
}

/** Forgets old matches, some users after the others, from one sweep to the next. */
export class Sweep {
  #afterUser = 0;

  constructor(
    private readonly db: Database,
    private readonly features: Features,
  ) {}

  /** Any number of processes may do it at once. @returns whether there is more to do */
  async run({ now, retentionMs }: { now: number; retentionMs: number }): Promise<boolean> {
    const live = await sweepLive(this.db, minuteOf(now) - DAY_MINUTES - LONGEST);
    const forgotten = await forgetActivities(this.db, this.features, now, now - retentionMs);
    const users = await this.#forgetMatches(minuteOf(now) - KEEP_MINUTES, now);
    const friends = await sweepFriends(this.db, now);
    return live > 0 || forgotten > 0 || friends > 0 || users;
  }

  async #forgetMatches(before: number, now: number): Promise<boolean> {
    const rows = await this.db.all<{ key: number }>(
      'SELECT key FROM users WHERE key > $1 ORDER BY key LIMIT 500',
      this.#afterUser,
    );
    const last = rows.at(-1)?.key;
    if (last !== undefined) {
      const sql = 'DELETE FROM match WHERE user_key > $1 AND user_key <= $2 AND at < $3';
      await this.db.run(sql, this.#afterUser, last, before);
      // Cells that were taken away, once they no longer count.
      const cells = `UPDATE users SET last_cell = NULL, cell_set_at = NULL
        WHERE key > $1 AND key <= $2 AND cell IS NULL AND cell_set_at <= $3`;
      await this.db.run(cells, this.#afterUser, last, cellRestedSince(now));
    }
    this.#afterUser = last ?? 0;
    return last !== undefined;
  }
}
