import type { RadiusKm, Window } from '../../../schema/index.js';
import { ANYWHERE, cellDistanceKm, coverOf, type Home } from '../../rules/cells.js';
import { type Interval, unitOf } from '../../rules/time.js';
import type { LiveIndex } from './live.js';
import { type Cursor, type Entry, isNewer, type Position } from './run.js';

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
  limit: number;
}

export interface Found {
  rows: Entry[];
  truncated: boolean;
}

/** Most rows looked at beyond the limit, to give a whole quarter of an hour in an order that tells nothing of its minutes. */
const MOST_IN_A_WINDOW = 1000;

/**
 * Who is there in those minutes: one row a user, the newest first, within one window in an order that is random but always
 * the same. Cells are read lazily and merged; it ends as soon as there are enough.
 */
export function searchLive(live: LiveIndex, query: LiveQuery): Found {
  const { limit, window, isHidden } = query;
  const unit = unitOf(window);
  const users = new Map<number, Entry>();
  const isNear = nearTest(query);
  let windowOfLast = Number.NaN;
  for (const row of newestFirst(live, query)) {
    const windowOfRow = Math.floor(row.from / unit);
    if (users.size > limit && (unit === 1 || windowOfRow !== windowOfLast || users.size > limit + MOST_IN_A_WINDOW))
      break;
    if (users.has(row.user) || isHidden(row.user) || !isNear(row)) continue;
    users.set(row.user, row);
    windowOfLast = windowOfRow;
  }
  const rows = [...users.values()];
  if (unit > 1) rows.sort((a, b) => newestWindowFirst(a, b, window));
  return { rows: rows.slice(0, limit), truncated: rows.length > limit };
}

/** The order in which people are shown: newest window first, then by what is random in them. */
export function newestWindowFirst(a: Position, b: Position, window: Window): number {
  const unit = unitOf(window);
  return Math.floor(b.from / unit) - Math.floor(a.from / unit) || a.tie - b.tie;
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

/** What touches the minutes in the cells that are near enough, newest first. */
function* newestFirst(live: LiveIndex, { topic, minutes, longest, near }: LiveQuery): Generator<Entry> {
  const codes = near ? coverOf(near.home, near.km) : [ANYWHERE];
  const oldest = minutes.from - longest;
  let open = live.backFrom(minutes.to, topic, codes).filter(({ entry }) => entry);
  while (open.length > 0) {
    let newest = open[0] as Cursor;
    for (const cursor of open) if (isNewer(cursor.entry as Entry, newest.entry as Entry)) newest = cursor;
    const entry = newest.entry as Entry;
    if (entry.from < oldest) return;
    if (entry.ended > minutes.from) yield entry;
    newest.advance();
    if (!newest.entry) open = open.filter((cursor) => cursor !== newest);
  }
}
