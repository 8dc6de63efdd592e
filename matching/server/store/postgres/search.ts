import { MAX_MATCHES } from '../../../schema/index.js';
import { ANYWHERE, coverOf } from '../../rules/cells.js';
import { type Found, Gathering, type LiveQuery as Query, type Sighting, turned } from '../../rules/gathering.js';
import { RING } from '../../rules/ranking.js';
import type { Statements } from './database.js';
import { type Asked, type Entered, type Place, readEach, readMerged, type Stretch } from './runs.js';

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

/** Rows read at a time: at first, and then as many as are wanted. A few sizes, because each has a statement of its own. */
const FIRST_PAGE = 32;
const FIRST_OF_MANY = 288;
const PAGES = [64, 256, 1024] as const;
/** So many rows are read for each that is wanted: some are of people who are there already, or hidden. */
const SPARE = 4 / 3;

function pageFor(wanted: number): number {
  return PAGES.find((page) => page >= wanted * SPARE) ?? PAGES[2];
}

/** Behind everything of a slot that has this tie or a smaller one. */
function lastOf(slot: number, tie = RING): Place {
  return { slot, tie, user: Number.MAX_SAFE_INTEGER, id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };
}

/** Part of a ring: rows that are known, or a stretch that is still to be read. */
type Part = readonly Entered[] | Stretch;

/**
 * One search, and how far it has come. It reads minute after minute. When more of one minute are there than are wanted,
 * that minute is read around its ring, from where the viewer's turn is: only in a crowd does it matter who is read.
 */
class Reading {
  readonly asked: Asked;
  readonly #gathering: Gathering<Entry>;
  readonly #turn: number;
  readonly #oldest: Stretch['until'];
  /** What is known of a minute that has not been read to its end. */
  #begun: Entered[] = [];
  #ring: Part[] = [];
  #stretch: Stretch;
  #page: number;
  isDone: boolean;

  constructor(query: LiveQuery) {
    const { topic, near, minutes, self, turn, longest, limit } = query;
    const cells = near ? coverOf(near.home, near.km) : [ANYWHERE];
    this.asked = { topic, cells, since: minutes.from, self };
    this.#gathering = new Gathering(query);
    this.#turn = turn;
    this.#oldest = { slot: longest - minutes.from + 1, tie: -1 };
    this.#stretch = this.#behind(lastOf(-minutes.to));
    this.#page = limit > MAX_MATCHES ? FIRST_OF_MANY : FIRST_PAGE;
    this.isDone = limit <= 0;
  }

  get found(): Found<Entry> {
    return this.#gathering.found;
  }

  /** What is to be read next, and how many rows of it. */
  get next(): { stretch: Stretch; page: number } {
    return { stretch: this.#stretch, page: this.#page };
  }

  /** @param rows the next ones of the stretch: all that are left when they are fewer than `page` */
  take(rows: readonly Entered[], page: number): void {
    const last = rows.length < page ? undefined : rows.at(-1);
    if (this.#ring.length > 0) this.#takeRing(rows, last);
    else this.#takeMinutes(rows, last);
  }

  #takeMinutes(rows: readonly Entered[], last: Entered | undefined): void {
    const known = [...this.#begun, ...rows];
    const whole = last ? known.filter(({ slot }) => slot < last.slot) : known;
    this.#gather(whole.sort((a, b) => a.slot - b.slot || turned(a, this.#turn) - turned(b, this.#turn)));
    if (!last) this.isDone = true;
    if (!last || this.isDone) return;
    this.#begun = known.filter(({ slot }) => slot === last.slot);
    const wanted = this.#gathering.wantedFrom(-last.slot);
    if (this.#begun.length <= wanted) this.#read(this.#behind(last), wanted - this.#begun.length);
    else this.#goAround(this.#ringFrom(this.#begun, last));
  }

  #takeRing(rows: readonly Entered[], last: Entered | undefined): void {
    this.#gather(rows);
    const [, ...rest] = this.#ring;
    this.#goAround(last ? [{ ...this.#stretch, behind: last }, ...rest] : rest);
  }

  /** A minute from where the viewer's turn is. @param known what there is up to `last`, which is one of them */
  #ringFrom(known: readonly Entered[], last: Place): Part[] {
    const { slot, tie } = last;
    const turn = this.#turn;
    const [end, begin] = [
      { slot, tie: RING },
      { slot, tie: turn },
    ];
    const after = known.filter((row) => row.tie >= turn);
    const before = known.filter((row) => row.tie < turn);
    return tie >= turn
      ? [after, { behind: last, until: end }, before]
      : [{ behind: lastOf(slot, turn - 1), until: end }, before, { behind: last, until: begin }];
  }

  /** Takes what is known, and reads what is not. Behind the ring are the minutes before. */
  #goAround(parts: readonly Part[]): void {
    this.#ring = [...parts];
    while (Array.isArray(this.#ring[0])) this.#gather(this.#ring.shift() as Entered[]);
    const [next] = this.#ring as Stretch[];
    if (!next) this.#begun = [];
    this.#read(next ?? this.#behind(lastOf(this.#stretch.behind.slot)));
  }

  #read(stretch: Stretch, wanted = this.#gathering.wantedFrom(-stretch.behind.slot)): void {
    this.#stretch = stretch;
    this.#page = pageFor(wanted);
  }

  #gather(rows: readonly Entered[]): void {
    for (const { slot, tie, user, id, number: activity, ended, home } of rows) {
      if (this.isDone) return;
      this.isDone = !this.#gathering.take({ from: -slot, tie, activity, user, id, ended, home });
    }
  }

  #behind(behind: Place): Stretch {
    return { behind, until: this.#oldest };
  }
}

/** Who is there, for a search anywhere or within a radius. */
export async function searchLive(db: Statements, query: LiveQuery): Promise<Found<Entry>> {
  const reading = new Reading(query);
  while (!reading.isDone) {
    const { stretch, page } = reading.next;
    reading.take(await readMerged(db, reading.asked, stretch, page), page);
  }
  return reading.found;
}

/** Who is anywhere, for each of many searches: all that are not done read their next page together. */
export async function searchEach(db: Statements, queries: readonly LiveQuery[]): Promise<Found<Entry>[]> {
  const readings = queries.map((query) => new Reading(query));
  const areOpen = (): Reading[] => readings.filter(({ isDone }) => !isDone);
  for (let open = areOpen(); open.length > 0; open = areOpen()) {
    const page = Math.max(...open.map(({ next }) => next.page));
    const lines = open.map(({ asked, next }) => ({ ...asked, ...next.stretch }));
    const rows = await readEach(db, lines, page);
    for (const [at, reading] of open.entries()) reading.take(rows[at] as Entered[], page);
  }
  return readings.map(({ found }) => found);
}
