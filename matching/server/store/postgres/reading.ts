import { ANYWHERE, coverOf } from '../../rules/cells.js';
import { type Found, Gathering, type LiveQuery as Query, turned } from '../../rules/gathering.js';
import { RING } from '../../rules/ranking.js';
import type { Asked, Entry, Place, Stretch } from './runs.js';

/** A search in the match index. */
export interface LiveQuery extends Query {
  /** The key of the user who looks: their own rows stay where they are. */
  self: number;
}

/** Rows read at a time: a few sizes, because each has a statement of its own. */
const PAGES = [64, 288, 1024] as const;
/** So many rows are read for each that is wanted: some are of people who are there already, or hidden. */
const SPARE = 4 / 3;

function pageFor(wanted: number): number {
  return PAGES.find((page) => page >= wanted * SPARE) ?? PAGES[2];
}

/** Behind everything of a minute that has this tie or a smaller one. */
function lastOf(from: number, tie = RING): Place {
  return { from, tie, user: Number.MAX_SAFE_INTEGER, id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };
}

/** Part of a ring: rows that are known, or a stretch that is still to be read. */
type Part = Entry[] | Stretch;

/**
 * One search, and how far it has come. It reads minute after minute. When more of one minute are there than are wanted,
 * that minute is read around its ring, from where the viewer's turn is: only in a crowd does it matter who is read.
 */
export class Reading {
  readonly asked: Asked;
  readonly #gathering: Gathering<Entry>;
  readonly #oldest: number;
  /** What is known of a minute that has not been read to its end. */
  #begun: Entry[] = [];
  #ring: Part[] = [];
  /** How many people are enough, when that is known. */
  #enough = Number.POSITIVE_INFINITY;
  #stretch: Stretch;
  #page: number;
  isDone: boolean;

  constructor(private readonly query: LiveQuery) {
    const { topic, near, minutes, self, longest, limit } = query;
    const cells = near ? coverOf(near.home, near.km) : [ANYWHERE];
    this.asked = { topic, cells, since: minutes.from, self };
    this.#gathering = new Gathering(query);
    this.#oldest = minutes.from - longest;
    this.#stretch = this.#behind(lastOf(minutes.to));
    this.#page = pageFor(limit + 1);
    this.isDone = limit <= 0;
  }

  get found(): Found<Entry> {
    return this.#gathering.found;
  }

  /** What is to be read next, and how many rows of it. */
  get next(): { stretch: Stretch; page: number } {
    return { stretch: this.#stretch, page: this.#page };
  }

  /**
   * Takes what is next.
   * @param rows of what is next, in its order
   * @param last the last row that was read; undefined when nothing is left behind them
   */
  take(rows: readonly Entry[], last: Entry | undefined): void {
    if (this.#ring.length > 0) this.#takeRing(rows, last);
    else this.#takeMinutes(rows, last);
  }

  /** Takes the newest rows of a topic, whomever they are for. */
  takeNewest(rows: readonly Entry[], last: Entry | undefined): void {
    const { minutes, self } = this.query;
    // They end before the minutes that are asked about begin.
    if (last && last.from >= minutes.to) return;
    const touching = rows.filter(({ from, ended, user }) => from < minutes.to && ended > minutes.from && user !== self);
    this.take(
      touching.filter(({ from }) => from >= this.#oldest),
      last,
    );
  }

  #takeMinutes(rows: readonly Entry[], last: Entry | undefined): void {
    const { turn } = this.query;
    const known = [...this.#begun, ...rows];
    const whole = last ? known.filter(({ from }) => from > last.from) : known;
    this.#gather(whole.sort((a, b) => b.from - a.from || turned(a, turn) - turned(b, turn)));
    if (!last) this.isDone = true;
    if (!last || this.isDone) return;
    this.#begun = known.filter(({ from }) => from === last.from);
    const wanted = this.#gathering.wantedFrom(last.from);
    if (this.#begun.length <= wanted) this.#read(this.#behind(last), this.#begun.length);
    else this.#begin(last, wanted);
  }

  /** Begins to go around the minute of `last`, of which everything up to there is known. */
  #begin(last: Entry, wanted: number): void {
    const { turn, limit } = this.query;
    const { from, tie } = last;
    // Whoever of the ring comes behind so many is not among the first: when it has all that are wanted, that is enough.
    if (this.#gathering.countNew(this.#begun) >= wanted) this.#enough = this.#gathering.count + limit + 1;
    const after = this.#begun.filter((row) => row.tie >= turn);
    const before = this.#begun.filter((row) => row.tie < turn);
    const [end, begin] = [RING, turn].map((to) => ({ from, tie: to })) as [Stretch['until'], Stretch['until']];
    this.#goAround(
      tie >= turn
        ? [after, { behind: last, until: end }, before]
        : [{ behind: lastOf(from, turn - 1), until: end }, before, { behind: last, until: begin }],
    );
  }

  #takeRing(rows: readonly Entry[], last: Entry | undefined): void {
    this.#gather(rows);
    const [, ...rest] = this.#ring;
    this.#goAround(last ? [{ ...this.#stretch, behind: last }, ...rest] : rest);
  }

  /** Takes what is known, and reads what is not. Behind the ring are the minutes before. */
  #goAround(parts: readonly Part[]): void {
    this.#ring = [...parts];
    while (Array.isArray(this.#ring[0])) this.#gather(this.#ring.shift() as Entry[]);
    const [next] = this.#ring as Stretch[];
    if (!next) this.#begun = [];
    this.#read(next ?? this.#behind(lastOf(this.#stretch.behind.from)));
  }

  /** @param known how many of those who are wanted are known already */
  #read(stretch: Stretch, known = 0): void {
    const { count } = this.#gathering;
    const wanted = this.#gathering.wantedFrom(stretch.behind.from) - known;
    this.#stretch = stretch;
    this.#page = pageFor(Math.min(wanted, this.#enough - count));
  }

  #gather(rows: readonly Entry[]): void {
    for (const row of rows) {
      if (this.isDone) return;
      this.isDone = !this.#gathering.take(row) || this.#gathering.count >= this.#enough;
    }
  }

  #behind(behind: Place): Stretch {
    return { behind, until: { from: this.#oldest - 1, tie: -1 } };
  }
}
