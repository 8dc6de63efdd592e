import type { RadiusKm, Window } from '../../../schema/index.js';
import { ANYWHERE, cellDistanceKm, coverOf, type Home } from '../../rules/cells.js';
import { type Interval, unitOf } from '../../rules/time.js';
import type { Database } from './database.js';
import { type LiveRow, minuteOfSlot, slotsOf } from './live.js';

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
  rows: LiveRow[];
  truncated: boolean;
}

/** Most rows looked at beyond the limit, to give a whole quarter of an hour in an order that tells nothing of its minutes. */
const MOST_IN_A_WINDOW = 1000;

/**
 * Who is there in those minutes: one row a user, the newest first, within one window in an order that is random but always
 * the same. Cells are read lazily, a page at a time, and merged; it ends as soon as there are enough.
 */
export function searchLive(db: Database, query: LiveQuery): Found {
  const { limit, window, isHidden } = query;
  const unit = unitOf(window);
  const users = new Map<number, LiveRow>();
  const isNear = nearTest(query);
  let windowOfLast = Number.NaN;
  for (const row of newestFirst(cursorsOf(db, query))) {
    const windowOfRow = Math.floor(minuteOfSlot(row.slot) / unit);
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

/** The order in which people are shown. */
export function newestWindowFirst(a: LiveRow, b: LiveRow, window: Window): number {
  return rankOf(a, unitOf(window)) - rankOf(b, unitOf(window));
}

/** Newest window first, then by the random part of the slot. */
function rankOf({ slot }: LiveRow, unit: number): number {
  const tie = slot % 2 ** 24;
  return -Math.floor(minuteOfSlot(slot) / unit) * 2 ** 24 + tie;
}

function nearTest({ near }: LiveQuery): (row: LiveRow) => boolean {
  if (!near || coverOf(near.home, near.km).exact) return () => true;
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

function cursorsOf(db: Database, { topic, minutes, longest, near }: LiveQuery): CellCursor[] {
  const codes = near ? coverOf(near.home, near.km).codes : [ANYWHERE];
  const [first, beyond] = slotsOf({ from: minutes.from - longest, to: minutes.to });
  return codes.map((code) => new CellCursor(db, topic, code, first, beyond, minutes.from));
}

function* newestFirst(cursors: CellCursor[]): Generator<LiveRow> {
  let open = cursors.filter((cursor) => cursor.row);
  while (open.length > 0) {
    let newest = open[0] as CellCursor;
    for (const cursor of open) if (isBefore(cursor.row as LiveRow, newest.row as LiveRow)) newest = cursor;
    yield newest.row as LiveRow;
    newest.advance();
    if (!newest.row) open = open.filter((cursor) => cursor !== newest);
  }
}

function isBefore(a: LiveRow, b: LiveRow): boolean {
  return a.slot < b.slot || (a.slot === b.slot && a.activity < b.activity);
}

/** Reads one cell of the index, newest first, in pages. The limits are literals: a bound LIMIT is prepared at every call. */
class CellCursor {
  #page: LiveRow[];
  #next = 0;
  #pageSize = FIRST_PAGE;

  constructor(
    private readonly db: Database,
    private readonly topic: number,
    private readonly code: number,
    first: number,
    private readonly beyond: number,
    private readonly endedAfter: number,
  ) {
    this.#page = db.all<LiveRow>(FIRST_SQL, topic, code, first - 1, Number.MAX_SAFE_INTEGER, beyond, endedAfter);
  }

  get row(): LiveRow | undefined {
    return this.#page[this.#next];
  }

  advance(): void {
    const last = this.#page[this.#next++] as LiveRow;
    if (this.#next < this.#page.length || this.#page.length < this.#pageSize) return;
    this.#pageSize = NEXT_PAGE;
    this.#next = 0;
    const { topic, code, beyond, endedAfter } = this;
    this.#page = this.db.all<LiveRow>(NEXT_SQL, topic, code, last.slot, last.activity, beyond, endedAfter);
  }
}

const FIRST_PAGE = 24;
const NEXT_PAGE = 128;
const PAGE_SQL = `SELECT slot, activity, user, ended, home FROM live
  WHERE topic = ? AND cell = ? AND (slot, activity) > (?, ?) AND slot < ? AND ended > ?
  ORDER BY slot, activity`;
const FIRST_SQL = `${PAGE_SQL} LIMIT ${FIRST_PAGE}`;
const NEXT_SQL = `${PAGE_SQL} LIMIT ${NEXT_PAGE}`;
