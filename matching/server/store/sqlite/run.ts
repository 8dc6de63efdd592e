import type { Position, Sighting } from '../../rules/gathering.js';

/** What the match index keeps of one stretch of an activity. */
export interface Entry extends Sighting {
  /**
   * How many others a whole activity was matched with; from NEVER downwards as long as its owner has not looked who was there
   * before, whoever else has begun since. One number for both: a million of these are kept.
   */
  told: number;
}

/** With nobody yet, and its owner has not looked. */
export const NEVER = -1;

export function hasLooked({ told }: Pick<Entry, 'told'>): boolean {
  return told > NEVER;
}

/** How many others it was matched with. */
export function countOf({ told }: Pick<Entry, 'told'>): number {
  return told > NEVER ? told : NEVER - told;
}

/** What `told` is with so many others more. */
export function toldWith({ told }: Pick<Entry, 'told'>, more: number): number {
  return told > NEVER ? told + more : told - more;
}

/** Entries in one piece at most, so that putting one in moves few. */
const PIECE = 256;

/** Negative when `a` is older: that is further from the end of a run. */
function compare(a: Position, b: Position): number {
  return a.from - b.from || b.tie - a.tie || b.activity - a.activity;
}

/** Entries of one topic and cell in order, the newest last, in pieces of bounded length. */
export class Run {
  readonly #pieces: Entry[][] = [];
  size = 0;
  /** Of a region: whether each of its cells has a run, too. */
  divided = false;

  /** Puts an entry in where there is none yet. */
  put(entry: Entry): void {
    this.size++;
    const at = Math.max(0, this.#pieceOf(entry));
    const piece = this.#pieces[at];
    if (!piece) {
      this.#pieces.push([entry]);
      return;
    }
    piece.splice(firstFrom(piece, entry), 0, entry);
    if (piece.length > PIECE) this.#pieces.splice(at + 1, 0, piece.splice(piece.length >> 1));
  }

  find(position: Position): Entry | undefined {
    const piece = this.#pieces[this.#pieceOf(position)];
    const there = piece?.[firstFrom(piece, position)];
    return there && compare(there, position) === 0 ? there : undefined;
  }

  remove(position: Position): void {
    const at = this.#pieceOf(position);
    const piece = this.#pieces[at];
    if (!piece || !this.find(position)) return;
    this.size--;
    piece.splice(firstFrom(piece, position), 1);
    if (piece.length === 0) this.#pieces.splice(at, 1);
  }

  /** The oldest entries that began before a minute; at most so many. */
  oldest(before: number, most: number): Entry[] {
    const found: Entry[] = [];
    for (const piece of this.#pieces) {
      for (const entry of piece) {
        if (entry.from >= before || found.length >= most) return found;
        found.push(entry);
      }
    }
    return found;
  }

  /**
   * Reads back from the newest entry that began before a minute. Valid until the run changes.
   * @param turn where on the ring of a minute it begins
   */
  backFrom(minute: number, turn: number): Cursor {
    return new Cursor(this, minute, turn);
  }

  /** The last place whose entry is older than a position: piece, and index in it. */
  before(position: Position): [piece: Entry[], at: number, index: number] | undefined {
    // Nearly everybody asks about now, and nothing has begun behind that.
    const end = this.#pieces.length - 1;
    const last = this.#pieces[end];
    if (last && compare(last[last.length - 1] as Entry, position) < 0) return [last, end, last.length - 1];
    for (let at = this.#pieceOf(position); at >= 0; at--) {
      const piece = this.#pieces[at] as Entry[];
      const index = firstFrom(piece, position) - 1;
      if (index >= 0) return [piece, at, index];
    }
    return undefined;
  }

  piece(at: number): Entry[] | undefined {
    return this.#pieces[at];
  }

  *[Symbol.iterator](): Generator<Entry> {
    for (const piece of this.#pieces) yield* piece;
  }

  /** The last piece that begins at or before a position; -1 when the first one begins behind it. */
  #pieceOf(position: Position): number {
    let [low, high] = [0, this.#pieces.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare((this.#pieces[middle] as Entry[])[0] as Entry, position) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** The first index in a piece that is at a position or behind it. */
function firstFrom(piece: Entry[], position: Position): number {
  let [low, high] = [0, piece.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(piece[middle] as Entry, position) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Walks a run from newer to older minutes. What began in the same minute stands on a ring, by what is random in it, and is
 * read once around from where the reader's turn is.
 */
export class Cursor {
  entry: Entry | undefined;
  #piece: Entry[] = [];
  #at = 0;
  #index = 0;
  /** Whether it is behind the place where the ring is closed. */
  #isAround = false;

  constructor(
    private readonly run: Run,
    minute: number,
    private readonly turn: number,
  ) {
    this.#begin(minute);
  }

  advance(): void {
    const { from } = this.entry as Entry;
    const next = this.#older();
    if (next?.from === from) {
      if (!this.#isAround || next.tie < this.turn) this.#step(next);
      else this.#begin(from);
    } else if (!this.#isAround) this.#goAround(from);
    else if (next) {
      this.#step(next);
      this.#enter(next);
    } else this.entry = undefined;
  }

  /** Goes to the newest minute before one. */
  #begin(minute: number): void {
    const newest = this.#place({ from: minute, tie: Number.POSITIVE_INFINITY, activity: Number.POSITIVE_INFINITY });
    if (newest) this.#enter(newest);
  }

  /** Goes to where its minute begins for the reader. @param newest the first of that minute, where it is */
  #enter(newest: Entry): void {
    this.#isAround = true;
    // Alone in its minute, as nearly all are that are far from a crowd: the ring has no beginning.
    if (this.#older()?.from !== newest.from) return;
    const [piece, at, index] = [this.#piece, this.#at, this.#index];
    const first = this.#place({ from: newest.from, tie: this.turn, activity: Number.NEGATIVE_INFINITY });
    if (first?.from === newest.from) this.#isAround = false;
    else [this.entry, this.#piece, this.#at, this.#index] = [newest, piece, at, index];
  }

  /** Goes on in the same minute behind the place where the ring is closed, or in an older minute when nothing is there. */
  #goAround(minute: number): void {
    const last = this.#place({ from: minute + 1, tie: Number.POSITIVE_INFINITY, activity: Number.POSITIVE_INFINITY });
    if (last && last.tie < this.turn) this.#isAround = true;
    else this.#begin(minute);
  }

  #place(position: Position): Entry | undefined {
    const place = this.run.before(position);
    if (!place) {
      this.entry = undefined;
      return undefined;
    }
    [this.#piece, this.#at, this.#index] = place;
    this.entry = this.#piece[this.#index];
    return this.entry;
  }

  #older(): Entry | undefined {
    return this.#index > 0 ? this.#piece[this.#index - 1] : this.run.piece(this.#at - 1)?.at(-1);
  }

  #step(next: Entry): void {
    this.entry = next;
    if (this.#index > 0) this.#index--;
    else {
      this.#piece = this.run.piece(--this.#at) as Entry[];
      this.#index = this.#piece.length - 1;
    }
  }
}
