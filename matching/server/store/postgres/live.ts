import { ANYWHERE, cellCodeOf, type Home, regionCodeOf } from '../../rules/cells.js';
import { homeOfUser, isCurrent, MOST_OF_USER, type Shown, type StoredSpan, shownIn, tieOf } from '../../rules/live.js';
import type { Statements } from './database.js';

/** One stretch of an activity in the match index. */
export interface LiveSpan {
  user: number;
  /** The activity's id. */
  id: string;
  /** The activity's number. */
  number: number;
  span: StoredSpan;
  home: Home | null;
}

/** A span's rows: under anywhere, its region and its cell. */
function codesOf(home: Home | null): number[] {
  return home === null ? [ANYWHERE] : [ANYWHERE, regionCodeOf(home), cellCodeOf(home)];
}

/** The columns of all rows of these spans. */
function columnsOf(spans: readonly LiveSpan[]) {
  const rows = spans.flatMap((one) => codesOf(one.home).map((cell) => ({ ...one, cell })));
  return [
    rows.map(({ span }) => span[0]),
    rows.map(({ cell }) => cell),
    rows.map(({ span }) => -span[1]),
    rows.map(({ id }) => tieOf(id)),
    rows.map(({ user }) => user),
    rows.map(({ id }) => id),
    rows.map(({ number }) => number),
    rows.map(({ span }) => span[2]),
    rows.map(({ home }) => home),
  ];
}

/** Puts spans into the index; of those that are there, changes the end. */
export async function putLive(db: Statements, spans: readonly LiveSpan[]): Promise<void> {
  if (spans.length === 0) return;
  await db.run(
    `INSERT INTO live (topic, cell, slot, tie, user_key, id, number, ended, home)
     SELECT * FROM unnest($1::int[], $2::int[], $3::int[], $4::int[], $5::bigint[], $6::uuid[], $7::bigint[], $8::int[],
         $9::int[])
       AS v (topic, cell, slot, tie, user_key, id, number, ended, home)
     ORDER BY topic, cell, slot, tie, user_key, id
     ON CONFLICT (topic, cell, slot, tie, user_key, id) DO UPDATE SET ended = excluded.ended
     WHERE live.ended <> excluded.ended`,
    ...columnsOf(spans),
  );
}

export async function removeLive(db: Statements, spans: readonly LiveSpan[]): Promise<void> {
  if (spans.length === 0) return;
  await db.run(
    `DELETE FROM live USING unnest($1::int[], $2::int[], $3::int[], $4::int[], $5::bigint[], $6::uuid[])
       AS v (topic, cell, slot, tie, user_key, id)
     WHERE live.topic = v.topic AND live.cell = v.cell AND live.slot = v.slot AND live.tie = v.tie
       AND live.user_key = v.user_key AND live.id = v.id`,
    ...columnsOf(spans).slice(0, 6),
  );
}

interface LiveRow {
  topic: number;
  slot: number;
  user_key: number;
  id: string;
  number: number;
  ended: number;
  home: Home | null;
}

function spanOfRow({ topic, slot, user_key, id, number, ended, home }: LiveRow): LiveSpan {
  return { user: user_key, id, number, span: [topic, -slot, ended], home };
}

/** Takes everything of a user out of the index. Their row is locked. */
export async function withdrawAll(db: Statements, user: number): Promise<void> {
  const sql = 'SELECT topic, slot, user_key, id, number, ended, home FROM live WHERE user_key = $1 AND cell = 0';
  await removeLive(db, (await db.all<LiveRow>(sql, user)).map(spanOfRow));
}

/** Takes single activities out of the index. */
export async function withdraw(db: Statements, activities: readonly { user: number; id: string }[]): Promise<void> {
  const rows = await db.all<LiveRow>(
    `SELECT live.topic, live.slot, live.user_key, live.id, live.number, live.ended, live.home
     FROM unnest($1::bigint[], $2::uuid[]) AS v (user_key, id)
     JOIN live ON live.user_key = v.user_key AND live.cell = 0 AND live.id = v.id`,
    ...[activities.map(({ user }) => user), activities.map(({ id }) => id)],
  );
  await removeLive(db, rows.map(spanOfRow));
}

/** Puts what goes on of a user into the index. Their row is locked. */
export async function enterAll(
  db: Statements,
  user: Shown & { key: number; cell: string | null },
  now: number,
): Promise<void> {
  const sql = 'SELECT id, number, spans, closes FROM activity WHERE user_key = $1 ORDER BY number';
  const rows = await db.all<{ id: string; number: number; spans: string; closes: number }>(sql, user.key);
  const home = homeOfUser(user);
  const entries: LiveSpan[] = [];
  for (const row of rows) {
    if (!isCurrent(row.closes, now) || entries.length >= MOST_OF_USER) continue;
    for (const span of shownIn(row, user)) entries.push({ user: user.key, id: row.id, number: row.number, span, home });
  }
  await putLive(db, entries.slice(0, MOST_OF_USER));
}

/** What goes on of a user is told as if it began now: they have hidden meanwhile. Their row is locked. */
export async function tellAnew(db: Statements, user: number): Promise<void> {
  const sql = 'UPDATE activity SET told = NULL, looked = FALSE WHERE user_key = $1 AND (told IS NOT NULL OR looked)';
  await db.run(sql, user);
}

/** How many entries a user has, and to which of the activities that were asked for: each as often as it has any. */
export interface Entries {
  count: number;
  ids: readonly string[];
}

/** The entries of each of these users. @param ids of activities that are asked for */
export async function countEntries(
  db: Statements,
  users: readonly number[],
  ids: readonly string[],
): Promise<Map<number, Entries>> {
  const sql = `SELECT user_key, count(*) AS count, array_agg(id::text) FILTER (WHERE id = ANY($2::uuid[])) AS ids
     FROM live WHERE user_key = ANY($1::bigint[]) AND cell = 0 GROUP BY 1`;
  const rows = await db.all<{ user_key: number; count: number; ids: string[] | null }>(sql, users, ids);
  return new Map(rows.map(({ user_key, count, ids }) => [user_key, { count, ids: ids ?? [] }]));
}

/** Entries that are swept at once, at most. */
export const LIVE_SWEPT = 1000;

/** Removes what began before a minute, at most LIVE_SWEPT entries. Returns how many. */
export async function sweepLive(db: Statements, before: number): Promise<number> {
  const rows = await db.all<LiveRow>(
    `SELECT old.topic, slot, user_key, id, number, ended, home FROM topic CROSS JOIN LATERAL
       (SELECT topic, slot, user_key, id, number, ended, home FROM live
        WHERE topic = topic.key AND cell = 0 AND slot > $1 LIMIT ${LIVE_SWEPT}) AS old
     LIMIT ${LIVE_SWEPT}`,
    -before,
  );
  await removeLive(db, rows.map(spanOfRow));
  return rows.length;
}
