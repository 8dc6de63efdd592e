import type { RadiusKm, Window } from '../../schema/index.js';
import { cellDistanceKm, type Home } from './cells.js';
import { RING } from './ranking.js';
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
}

export interface Found<Row> {
  rows: Row[];
  truncated: boolean;
}

/** Most rows looked at beyond the limit, to have all of a quarter of an hour: which of them are taken tells nothing of its minutes. */
const MOST_IN_A_WINDOW = 1000;

/**
 * Gathers who is there from rows that come newest first: one row a user, those who began last; of those who began in the same
 * minute, or quarter of an hour, the ones whose turn it is for the viewer.
 */
export class Gathering<Row extends Sighting> {
  readonly #users = new Set<number>();
  readonly #rows: Row[] = [];
  readonly #unit: number;
  readonly #isNear: (row: Row) => boolean;
  #windowOfLast = Number.NaN;

  constructor(private readonly query: Pick<LiveQuery, 'window' | 'near' | 'isHidden' | 'turn' | 'newest' | 'limit'>) {
    this.#unit = unitOf(query.window);
    this.#isNear = nearTest(query);
  }

  /** Takes the next row. @returns false when neither it nor any behind it is needed */
  take(row: Row): boolean {
    const { limit, isHidden, newest } = this.query;
    const count = this.#rows.length;
    const windowOfRow = Math.floor(row.from / this.#unit);
    const isElsewhere = this.#unit === 1 || windowOfRow !== this.#windowOfLast;
    if (count > limit && (isElsewhere || count > limit + MOST_IN_A_WINDOW)) return false;
    if (row.activity > newest || this.#users.has(row.user) || isHidden(row.user) || !this.#isNear(row)) return true;
    this.#users.add(row.user);
    this.#rows.push(row);
    this.#windowOfLast = windowOfRow;
    return true;
  }

  /** How many people are missing until there are enough; none, or fewer, when only the rest of a window is still to be read. */
  get missing(): number {
    return this.query.limit + 1 - this.#rows.length;
  }

  get found(): Found<Row> {
    const { limit, turn } = this.query;
    const unit = this.#unit;
    const windowOf = ({ from }: Row): number => Math.floor(from / unit);
    if (unit > 1) this.#rows.sort((a, b) => windowOf(b) - windowOf(a) || turned(a, turn) - turned(b, turn));
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
