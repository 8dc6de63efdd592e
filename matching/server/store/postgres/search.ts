import { ANYWHERE, cellDistanceKm, coverOf, type Home } from '../../rules/cells.js';
import {
  type Found,
  Gathering,
  isNewer,
  type LiveQuery as Query,
  type Sighting,
  turned,
} from '../../rules/gathering.js';
import { homeOfUser, spansIn, tieOf } from '../../rules/live.js';
import { RING } from '../../rules/ranking.js';
import { MOST_OWN } from '../../rules/sharing.js';
import { MINUTE_MS } from '../../rules/time.js';
import type { Statements } from './database.js';

/** A stretch of somebody's activity in the match index. */
export interface Entry extends Sighting {
  /** The activity's id. */
  id: string;
}

/** A search in the match index. */
export interface LiveQuery extends Query {
  /** The key of the user who looks: their own rows stay where they are. */
  self: number;
}

interface PageRow {
  n: number;
  slot: number;
  tie: number;
  user_key: number;
  id: string;
  number: number;
  ended: number;
  home: Home | null;
}

/** A place in a run of the index. */
interface Place {
  slot: number;
  tie: number;
  user: number;
  id: string;
}

/** What lies behind a place and before the next one of a slot and tie. */
type Stretch = [behind: Place, slot: number, tie: number];

/** Rows read at a time: for most searches the first page is enough. Written out, because a planner needs to know them. */
const FIRST_PAGE = 32;
const FIRST_OF_MANY = 288;
const NEXT_PAGE = 256;
const LAST_PAGE = 64;
/** Of so many people who are missing, the last page nearly always has enough. */
const FEW = 48;

/** Behind everything of a slot that has this tie or a smaller one. */
function lastAt(slot: number, tie: number): Place {
  return { slot, tie, user: Number.MAX_SAFE_INTEGER, id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };
}

/** What is in some stretches of the index, in their order, the newest first; of each stretch at most `page` rows. */
function pageSql(page: number, isOneSearch: boolean): string {
  return `SELECT v.n, l.slot, l.tie, l.user_key, l.id, l.number, l.ended, l.home
    FROM unnest($1::int[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[], $7::bigint[], $8::uuid[], $9::int[],
        $10::int[], $11::int[], $12::bigint[])
      AS v (n, stretch, topic, cell, slot, tie, user_key, id, until_slot, until_tie, since, self)
    CROSS JOIN LATERAL
      (SELECT live.slot, live.tie, live.user_key, live.id, live.number, live.ended, live.home FROM live
       WHERE live.topic = v.topic AND live.cell = v.cell AND live.ended > v.since AND live.user_key <> v.self
         AND (live.slot, live.tie, live.user_key, live.id) > (v.slot, v.tie, v.user_key, v.id)
         AND (live.slot, live.tie) < (v.until_slot, v.until_tie)
       ORDER BY live.slot, live.tie, live.user_key, live.id LIMIT ${page}) AS l
    ORDER BY v.n, v.stretch, l.slot, l.tie, l.user_key, l.id${isOneSearch ? ` LIMIT ${page}` : ''}`;
}

/**
 * One search, and how far it has come. It reads minute after minute. When a page ends within one, that minute is read once
 * more by itself, around its ring from where the viewer's turn is: only in a crowd does it matter who of a minute is read.
 */
class Reading {
  readonly #gathering: Gathering<Entry>;
  readonly #codes: readonly number[];
  readonly #oldest: number;
  #stretches: Stretch[];
  /** The slot that is read around its ring. */
  #ring: number | undefined;
  isDone: boolean;

  constructor(
    readonly query: LiveQuery,
    readonly n: number,
  ) {
    this.#gathering = new Gathering(query);
    this.#codes = query.near ? coverOf(query.near.home, query.near.km) : [ANYWHERE];
    this.#oldest = query.longest - query.minutes.from;
    this.#stretches = [this.#behind(-query.minutes.to)];
    this.isDone = query.limit <= 0;
  }

  get found(): Found<Entry> {
    return this.#gathering.found;
  }

  get isNearlyDone(): boolean {
    return this.#gathering.missing > 0 && this.#gathering.missing <= FEW;
  }

  /** A line of parameters for each stretch of each run that is read. */
  parameters(): unknown[][] {
    const { topic, minutes, self } = this.query;
    return this.#stretches.flatMap(([{ slot, tie, user, id }, untilSlot, untilTie], stretch) =>
      this.#codes.map((code) => [
        ...[this.n, stretch, topic, code, slot, tie, user, id],
        ...[untilSlot, untilTie, minutes.from, self],
      ]),
    );
  }

  /** @param rows the next ones, all there are when they are fewer than `page` */
  take(rows: readonly PageRow[], page: number): void {
    const last = rows.length < page ? undefined : (rows[page - 1] as PageRow);
    if (this.#ring !== undefined) {
      this.#gather(rows.slice(0, page));
      if (last) this.#goOn(last);
      else this.#goBehind(this.#ring);
      return;
    }
    const { turn } = this.query;
    const whole = last ? rows.filter(({ slot }) => slot < last.slot) : [...rows];
    this.#gather(whole.sort((a, b) => a.slot - b.slot || turned(a, turn) - turned(b, turn)));
    if (!last) {
      this.isDone = true;
      return;
    }
    this.#ring = last.slot;
    this.#stretches = [
      [lastAt(last.slot, turn - 1), last.slot, RING],
      [lastAt(last.slot, -1), last.slot, turn],
    ];
  }

  #gather(rows: readonly PageRow[]): void {
    for (const { slot, tie, user_key: user, id, number: activity, ended, home } of rows) {
      if (this.isDone) return;
      this.isDone = !this.#gathering.take({ from: -slot, tie, activity, user, id, ended, home });
    }
  }

  /** Goes on around the ring behind a row. */
  #goOn({ slot, tie, user_key: user, id }: PageRow): void {
    const { turn } = this.query;
    const place = { slot, tie, user, id };
    const rest: Stretch = [lastAt(slot, -1), slot, turn];
    this.#stretches = tie >= turn ? [[place, slot, RING], rest] : [[place, slot, turn]];
  }

  #goBehind(slot: number): void {
    this.#ring = undefined;
    this.#stretches = [this.#behind(slot)];
  }

  #behind(slot: number): Stretch {
    return [lastAt(slot, RING), this.#oldest + 1, -1];
  }
}

/**
 * Who is there, for each of some searches, of which several are anywhere and one can be within a radius. All that are not
 * done read their next page together.
 */
export async function searchLive(db: Statements, queries: readonly LiveQuery[]): Promise<Found<Entry>[]> {
  const readings = queries.map((query, n) => new Reading(query, n));
  const isOneSearch = readings.length === 1;
  let page = Math.max(0, ...queries.map(({ limit }) => limit)) > 20 ? FIRST_OF_MANY : FIRST_PAGE;
  for (let open = readings.filter(({ isDone }) => !isDone); open.length > 0; ) {
    const lines = open.flatMap((reading) => reading.parameters());
    const columns = Array.from({ length: 12 }, (_, column) => lines.map((line) => line[column]));
    const rows = await db.all<PageRow>(pageSql(page, isOneSearch), ...columns);
    const byReading = new Map<number, PageRow[]>();
    for (const row of rows) {
      const known = byReading.get(row.n);
      if (known) known.push(row);
      else byReading.set(row.n, [row]);
    }
    for (const reading of open) reading.take(byReading.get(reading.n) ?? [], page);
    open = open.filter(({ isDone }) => !isDone);
    page = open.every(({ isNearlyDone }) => isNearlyDone) ? LAST_PAGE : NEXT_PAGE;
  }
  return readings.map(({ found }) => found);
}

interface FriendRow {
  user_key: number;
  cell: string | null;
  id: string;
  number: number;
  spans: string;
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
    `SELECT users.key AS user_key, users.cell, a.id, a.number, a.spans FROM unnest($1::bigint[]) AS v (key)
     JOIN users ON users.key = v.key AND users.discoverable
     CROSS JOIN LATERAL
       (SELECT id, number, spans, started, closes FROM activity
        WHERE user_key = users.key ORDER BY id DESC LIMIT ${MOST_OWN}) AS a
     WHERE a.started < $2 AND a.closes >= $3`,
    ...[friends, minutes.to * MINUTE_MS, minutes.from * MINUTE_MS],
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
  return spansIn(row)
    .filter(([of, from, to]) => of === topic && from < minutes.to && to > minutes.from)
    .map(([, from, ended]) => ({ from, tie: tieOf(id), activity, user: row.user_key, id, ended, home }));
}
