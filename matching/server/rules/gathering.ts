import type { RadiusKm, Window } from '../../schema/index.js';
import { cellDistanceKm, type Home } from './cells.js';
import { beganIn, RING } from './ranking.js';
import { type Interval, unitOf } from './time.js';

/** A stretch of somebody's activity, as the match index finds it. */
export interface Sighting {
  /** The minute in which it began, since the epoch. */
  from: number;
  /** Random, from the activity's id: orders what began in the same minute without telling anything of its seconds. */
  tie: number;
  /** The activity's number: activities that came later have greater ones. */
  activity: number;
  /** The user's key. */
  user: number;
  /** The minute after the last. */
  ended: number;
  /** Cell of resolution 6, or null. */
  home: Home | null;
}

export type Position = Pick<Sighting, 'from' | 'tie' | 'activity'>;

export interface LiveQuery {
  /** The topic's key. */
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
  /** Activities with a greater number have come later than what is asked about. */
  newest: number;
  limit: number;
  /** Most people read to have all who began in one window, or before the minutes: which of them are taken tells nothing of when. */
  atOnce: number;
}

export interface Found<Row> {
  rows: Row[];
  truncated: boolean;
}

/**
 * Gathers who is there from rows that come newest first: one row a user, those who began last; of those who began in the same
 * minute, or quarter of an hour, or at any time before, the ones whose turn it is for the viewer.
 */
export class Gathering<Row extends Sighting> {
  readonly #users = new Set<number>();
  readonly #rows: Row[] = [];
  readonly #isNear: (row: Row) => boolean;
  readonly #isMinute: boolean;
  #beganLast = Number.NaN;

  constructor(private readonly query: LiveQuery) {
    this.#isMinute = unitOf(query.window) === 1;
    this.#isNear = nearTest(query);
  }

  /** Takes the next row. @returns false when neither it nor any behind it is needed */
  take(row: Row): boolean {
    const { limit, atOnce, minutes, window } = this.query;
    const count = this.#rows.length;
    const began = beganIn(row.from, minutes, window);
    // What began in one minute of those asked about is read in the order of turns already.
    const isInTurn = this.#isMinute && row.from > minutes.from;
    if (count > limit && (began !== this.#beganLast || isInTurn || count >= atOnce)) return false;
    if (!this.#isNew(row)) return true;
    this.#users.add(row.user);
    this.#rows.push(row);
    this.#beganLast = began;
    return true;
  }

  /** How many people are there. */
  get count(): number {
    return this.#rows.length;
  }

  /** How many of these would be taken: people who are not there yet. */
  countNew(rows: readonly Row[]): number {
    return new Set(rows.filter((row) => this.#isNew(row)).map(({ user }) => user)).size;
  }

  #isNew(row: Row): boolean {
    const { isHidden, newest } = this.query;
    return row.activity <= newest && !this.#users.has(row.user) && !isHidden(row.user) && this.#isNear(row);
  }

  /** How many people at most are wanted yet, when the next ones began at `from`. */
  wantedFrom(from: number): number {
    const { limit, atOnce, minutes } = this.query;
    const isInTurn = this.#isMinute && from > minutes.from;
    return (isInTurn ? limit + 1 : atOnce) - this.#rows.length;
  }

  get found(): Found<Row> {
    const { limit, minutes, window, turn } = this.query;
    const beganOf = ({ from }: Row): number => beganIn(from, minutes, window);
    this.#rows.sort((a, b) => beganOf(b) - beganOf(a) || turned(a, turn) - turned(b, turn));
    return { rows: this.#rows.slice(0, limit), truncated: this.#rows.length > limit };
  }
}

/** Whether `a` comes before `b` when the newest come first, and those of a minute in the order of the ring. */
export function isNewer(a: Position, b: Position, turn: number): boolean {
  if (a.from !== b.from) return a.from > b.from;
  if (a.tie !== b.tie) return turned(a, turn) < turned(b, turn);
  return a.activity < b.activity;
}

/** How far behind the turn something stands on the ring of its minute. */
export function turned({ tie }: Pick<Position, 'tie'>, turn: number): number {
  return tie >= turn ? tie - turn : tie - turn + RING;
}

function nearTest({ near }: Pick<LiveQuery, 'near'>): (row: Sighting) => boolean {
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
