import type { Sighting } from '../../rules/gathering.js';
import type { Statements } from './database.js';
import { AS_TEXT, entriesOf } from './index-text.js';

/** A stretch of somebody's activity in the match index. */
export interface Entry extends Sighting {
  /** The activity's id. */
  id: string;
}

/** A place in a run of the index: of one topic and one cell, the newest first. */
export type Place = Pick<Entry, 'from' | 'tie' | 'user' | 'id'>;

/** What lies behind a place and before the next one of a minute and tie. */
export interface Stretch {
  behind: Place;
  until: Pick<Place, 'from' | 'tie'>;
}

/** What is read for one search. */
export interface Asked {
  /** The topic's key. */
  topic: number;
  /** Codes of cells, or of anywhere. */
  cells: readonly number[];
  /** The minute after which it still went on. */
  since: number;
  /** The key of the user who looks: their own rows stay where they are. */
  self: number;
}

/** As they stand in the index: `slot` counts down with the minutes. */
const ORDER = 'slot, tie, user_key, id';

const merging = new Map<string, string>();

/**
 * The newest rows of a stretch in all cells of a search: at most `page` of them, and few that are not among those are read.
 * Every cell is a run in order already, so that PostgreSQL merges them and stops when it has enough.
 */
export async function readMerged(
  db: Statements,
  { topic, cells, since, self }: Asked,
  { behind: { from, tie, user, id }, until }: Stretch,
  page: number,
): Promise<Entry[]> {
  // Room for as many cells as a power of two, so that few texts are prepared; without a cell nothing is read.
  const sql = mergedSql(2 ** Math.ceil(Math.log2(cells.length)), page);
  const values = [topic, cells, since, self, -from, tie, user, id, -until.from, until.tie];
  return entriesOf((await db.get<{ rows: string | null }>(sql, ...values))?.rows);
}

function mergedSql(cells: number, page: number): string {
  const key = `${cells}/${page}`;
  const known = merging.get(key);
  if (known !== undefined) return known;
  // That each run has an order and a limit makes the planner merge, and bounds what is read where it does not.
  const run = (at: number): string => `(SELECT slot, tie, user_key, id, number, ended, home FROM live
    WHERE topic = $1 AND cell = ($2::int[])[${at}] AND ended > $3 AND user_key <> $4
      AND (slot, tie, user_key, id) > ($5, $6, $7, $8) AND (slot, tie) < ($9, $10) ORDER BY ${ORDER} LIMIT ${page})`;
  const runs = Array.from({ length: cells }, (_, index) => run(index + 1)).join(' UNION ALL ');
  const sql = `SELECT ${AS_TEXT} FROM (SELECT * FROM (${runs}) AS runs ORDER BY ${ORDER} LIMIT ${page}) AS page`;
  merging.set(key, sql);
  return sql;
}

/** Several searches at a time, each in one run: of each the next rows of a stretch, at most `page`. */
export async function readEach(
  db: Statements,
  searches: readonly (Asked & Stretch)[],
  page: number,
): Promise<Entry[][]> {
  if (searches.length === 0) return [];
  const found = await db.all<{ n: number; rows: string }>(
    `SELECT v.n, page.rows FROM unnest($1::int[], $2::int[], $3::int[], $4::int[], $5::bigint[], $6::int[], $7::int[],
         $8::bigint[], $9::uuid[], $10::int[], $11::int[])
       AS v (n, topic, cell, since, self, slot, tie, user_key, id, until_slot, until_tie)
     CROSS JOIN LATERAL (SELECT ${AS_TEXT} FROM
       (SELECT live.slot, live.user_key, live.id, live.number, live.ended, live.home FROM live
        WHERE live.topic = v.topic AND live.cell = v.cell AND live.ended > v.since AND live.user_key <> v.self
          AND (live.slot, live.tie, live.user_key, live.id) > (v.slot, v.tie, v.user_key, v.id)
          AND (live.slot, live.tie) < (v.until_slot, v.until_tie)
        ORDER BY live.slot, live.tie, live.user_key, live.id LIMIT ${page}) AS stretch) AS page
     WHERE page.rows IS NOT NULL`,
    ...[searches.map((_, n) => n), searches.map(({ topic }) => topic), searches.map(({ cells: [cell] }) => cell)],
    ...[searches.map(({ since }) => since), searches.map(({ self }) => self)],
    ...[searches.map(({ behind }) => -behind.from), searches.map(({ behind }) => behind.tie)],
    ...[searches.map(({ behind }) => behind.user), searches.map(({ behind }) => behind.id)],
    ...[searches.map(({ until }) => -until.from), searches.map(({ until }) => until.tie)],
  );
  const texts = new Map(found.map(({ n, rows }) => [n, rows]));
  return searches.map((_, n) => entriesOf(texts.get(n)));
}
