import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { LONGEST } from '../../rules/live.js';
import { cellRestedSince, KEEP_MINUTES } from '../../rules/people.js';
import { DAY_MINUTES, MINUTE_MS, minuteOf } from '../../rules/time.js';
import { StoreFailure } from '../store.js';
import type { Database } from './database.js';
import type { CountedChange, Features } from './features.js';
import { type Feed, NOW } from './feed.js';
import { sweepFriends } from './friends.js';
import { LIVE_SWEPT, sweepLive, withdraw } from './live.js';
import { forgetMatchesOfActivities } from './matches.js';

/** Rows of a kind that are forgotten at once, at most: nobody is to wait for it. Of matches there are many. */
const SOME = 500;
const MANY = 2000;
/** Whoever sweeps comes once a minute; until they were not heard of for so long it stays their turn. */
const TURN_MS = 150_000;
/** What a process that has died was told to keep counts for so long: it may be started again. */
const HEARD_MS = DAY_MINUTES * MINUTE_MS;

/** Another process that looks whether all is well has the row for a moment only. */
const MOST_CHECKS = 5;
/** On average. */
const CHECK_AGAIN_MS = 400;

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
    `(SELECT user_key, id FROM activity WHERE received < $1 LIMIT ${SOME})
     UNION ALL (SELECT user_key, id FROM activity WHERE received > $2 AND closes < $1 LIMIT ${SOME})`,
    ...[before, tomorrow],
  );
  if (old.length === 0) return 0;
  const users = [...new Set(old.map(({ user_key }) => user_key))];
  await db.transaction(
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
      // It may go on, or have gone on lately: what was taken in long ago can have been moved to another time since.
      const activities = gone.map(({ user_key: user, id }) => ({ user, id }));
      await withdraw(tx, activities);
      await forgetMatchesOfActivities(tx, activities);
    },
    { idempotent: true },
  );
  return old.length;
}

/** Cells that were taken away, once they no longer count. Returns how many. */
async function forgetCells(db: Database, now: number): Promise<number> {
  return await db.run(
    `UPDATE users SET last_cell = NULL, cell_set_at = NULL WHERE key IN
       (SELECT key FROM users WHERE cell IS NULL AND cell_set_at <= $1
        ORDER BY cell_set_at LIMIT ${SOME} FOR UPDATE SKIP LOCKED)`,
    cellRestedSince(now),
  );
}

async function forgetMatches(db: Database, before: number): Promise<number> {
  return await db.run(
    `DELETE FROM match WHERE (user_key, mine, other, theirs) IN
       (SELECT user_key, mine, other, theirs FROM match WHERE at < $1 ORDER BY at LIMIT ${MANY} FOR UPDATE SKIP LOCKED)`,
    before,
  );
}

/**
 * Forgets what is past its time. Of the processes over one database only one does: whoever comes first goes on being it, and
 * when it closes, or was not heard of for a while, the next one takes over. Nothing would be wrong if two did.
 */
export class Sweep {
  readonly #id = randomUUID();
  #goesOn = false;
  /** For how long activities are kept, in milliseconds. */
  #retentionMs = 0;
  #isTold = false;

  constructor(
    private readonly db: Database,
    private readonly features: Features,
    private readonly feed: Feed,
  ) {}

  /**
   * Activities are kept as long as the process that is to keep them longest says, whoever's turn it is.
   * @returns whether there is more to do: where as much was found as is forgotten at once. A little comes due at any time, and
   * waits.
   * @throws StoreFailure for the operator, once, where another process was told to keep them longer; the work is done then
   */
  async run({ now, retentionMs }: { now: number; retentionMs: number }): Promise<boolean> {
    if (!this.#goesOn) this.#retentionMs = await this.#longest(retentionMs);
    if (await this.#isMyTurn()) await this.#forget(now);
    else this.#goesOn = false;
    if (!this.#goesOn && !this.#isTold && this.#retentionMs > retentionMs) {
      this.#isTold = true;
      const [longest, mine] = [this.#retentionMs, retentionMs].map((ms) => ms / (DAY_MINUTES * MINUTE_MS));
      throw new StoreFailure(
        `Another endpoint over this store keeps activities for ${longest} days, and this one for ${mine}: they are kept for ` +
          `${longest}. Start all of them with the same retention`,
        'differs',
      );
    }
    return this.#goesOn;
  }

  async #forget(now: number): Promise<void> {
    if (!this.#goesOn) await this.feed.sweep();
    const { db, features } = this;
    const live = await sweepLive(db, minuteOf(now) - DAY_MINUTES - LONGEST);
    const forgotten = await forgetActivities(db, features, now, now - this.#retentionMs);
    const matches = await forgetMatches(db, minuteOf(now) - KEEP_MINUTES);
    const cells = await forgetCells(db, now);
    const friends = await sweepFriends(db, now);
    this.#goesOn = live >= LIVE_SWEPT || matches >= MANY || Math.max(forgotten, cells, friends) >= SOME;
  }

  /** Says for how long this process was told to keep activities. @returns the longest that any was told */
  async #longest(retentionMs: number): Promise<number> {
    await this.db.run(
      `INSERT INTO retention (api, ms, seen) VALUES ($1, $2, ${NOW})
       ON CONFLICT (api) DO UPDATE SET ms = excluded.ms, seen = excluded.seen`,
      ...[this.#id, retentionMs],
    );
    await this.db.run(`DELETE FROM retention WHERE seen < ${NOW} - ${HEARD_MS}`);
    const found = await this.db.get<{ ms: number }>('SELECT max(ms) AS ms FROM retention');
    return Math.max(retentionMs, found?.ms ?? 0);
  }

  /** Leaves it to another process. */
  async close(): Promise<void> {
    await this.db.run('UPDATE sweeper SET until = 0 WHERE api = $1', this.#id);
    await this.db.run('DELETE FROM retention WHERE api = $1', this.#id);
  }

  /** A turn that lasts longer than any was taken before the server's clock was set back. */
  async #isMyTurn(): Promise<boolean> {
    const isOver = `until NOT BETWEEN ${NOW} + 1 AND ${NOW} + ${2 * TURN_MS}`;
    const sql = `UPDATE sweeper SET api = $1, until = ${NOW} + ${TURN_MS} WHERE one = 1 AND (${isOver} OR api = $1)`;
    return (await this.db.run(sql, this.#id)) > 0;
  }
}

/** Whether anything can be stored, found out once for all who ask a process meanwhile: they would fail each other. */
export class Checks {
  #underWay: Promise<void> | undefined;

  constructor(private readonly db: Database) {}

  /** @throws StoreFailure, or Refusal, when nothing can be stored */
  run(): Promise<void> {
    this.#underWay ??= checkWrites(this.db).finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }
}

/**
 * Writes something, and waits for its commit as everything does that is stored: for the disk, and the standby. One that waits
 * goes on waiting at the server when it is given up here. Whoever comes meanwhile does not stand in line behind it: those
 * who look every few seconds would take up all connections.
 * @throws StoreFailure, or Refusal, when nothing can be stored
 */
async function checkWrites(db: Database): Promise<void> {
  const sql = `UPDATE sweeper SET until = until
    WHERE one = (SELECT one FROM sweeper WHERE one = 1 FOR UPDATE SKIP LOCKED)`;
  for (let tries = 1; (await db.run(sql)) === 0; tries++) {
    if (tries >= MOST_CHECKS) {
      throw new StoreFailure('PostgreSQL does not commit what is written: look at its standby and its disk', 'away');
    }
    // Not all who came at the same moment come back at the same moment.
    await wait(CHECK_AGAIN_MS * (0.5 + Math.random()));
  }
}
