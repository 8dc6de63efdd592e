import type { RadiusKm, Window } from '../../../schema/index.js';
import { ANYWHERE, cellDistanceKm, coverOf, type Home } from '../../rules/cells.js';
import { type Interval, unitOf } from '../../rules/time.js';
import type { LiveIndex } from './live.js';
import { type Cursor, type Entry, isNewer, turned } from './run.js';

export interface LiveQuery {
  topic: number;
  /** Whoever's minutes touch these. */
  minutes: Interval;
  window: Window;
  /** How far behind `minutes` an activity can have started and still go on. */
  longest: number;
  near?: { home: Home; km: RadiusKm };
  /** Who is not to be found: the one who asks, and whoever is blocked either way. */
  isHidden: (user: number) => boolean;
  /** Where on the ring of a minute the viewer begins to read. */
  turn: number;
  /** Activities with a greater key have come later than what is asked about. */
  newest: number;
  limit: number;
}

export interface Found {
  rows: Entry[];
  truncated: boolean;
}

/** Most rows looked at beyond the limit, to have all of a quarter of an hour: which of them are taken tells nothing of its minutes. */
const MOST_IN_A_WINDOW = 1000;
const ANYWHERE_ALONE = [ANYWHERE];

/**
 * Who is there in those minutes: one row a user, those who began last; of those who began in the same minute, or quarter of
 * an hour, the ones whose turn it is for the viewer. Cells are read lazily and merged; it ends as soon as there are enough.
 */
export function searchLive(live: LiveIndex, query: LiveQuery): Found {
  const { limit, window, isHidden, newest } = query;
  const unit = unitOf(window);
  const users = new Set<number>();
  const rows: Entry[] = [];
  const isNear = nearTest(query);
  let windowOfLast = Number.NaN;
  const isEnough = (windowOfRow: number): boolean =>
    rows.length > limit && (unit === 1 || windowOfRow !== windowOfLast || rows.length > limit + MOST_IN_A_WINDOW);
  newestFirst(live, query, (row) => {
    const windowOfRow = Math.floor(row.from / unit);
    if (isEnough(windowOfRow)) return false;
    if (row.activity > newest || users.has(row.user) || isHidden(row.user) || !isNear(row)) return true;
    users.add(row.user);
    rows.push(row);
    windowOfLast = windowOfRow;
    return true;
  });
  if (unit > 1)
    rows.sort(
      (a, b) => Math.floor(b.from / unit) - Math.floor(a.from / unit) || turned(a, query.turn) - turned(b, query.turn),
    );
  return { rows: rows.slice(0, limit), truncated: rows.length > limit };
}

function nearTest({ near }: LiveQuery): (row: Entry) => boolean {
  if (!near) return () => true;
  const known = new Map<Home, boolean>();
  return ({ home }) => {
    if (home === null) return false;
    let within = known.get(home);
    if (within === undefined) {
      within = cellDistanceKm(near.home, home) <= near.km;
      known.set(home, within);
    }
    return within;
  };
}

/**
 * What touches the minutes in the cells that are near enough, newest first, until `take` has had enough. Calling back is
 * half the cost of a generator, and this is the innermost loop of everything.
 */
function newestFirst(live: LiveIndex, query: LiveQuery, take: (entry: Entry) => boolean): void {
  const { topic, minutes, longest, near, turn } = query;
  const codes = near ? coverOf(near.home, near.km) : ANYWHERE_ALONE;
  const oldest = minutes.from - longest;
  let open = live.backFrom(minutes.to, topic, codes, turn).filter(({ entry }) => entry);
  while (open.length > 0) {
    let newest = open[0] as Cursor;
    for (let index = 1; index < open.length; index++) {
      const cursor = open[index] as Cursor;
      if (isNewer(cursor.entry as Entry, newest.entry as Entry, turn)) newest = cursor;
    }
    const entry = newest.entry as Entry;
    if (entry.from < oldest) return;
    if (entry.ended > minutes.from && !take(entry)) return;
    newest.advance();
    if (!newest.entry) open = open.filter((cursor) => cursor !== newest);
  }
}
