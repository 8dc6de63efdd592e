/** What the match index keeps of one stretch of an activity. Minutes are counted from the epoch. */
export interface Entry {
  from: number;
  /** Random, from the activity's id: orders what began in the same minute without telling anything of its seconds. */
  tie: number;
  /** The activity's key. */
  activity: number;
  /** The user's key. */
  user: number;
  /** The minute after the last. */
  ended: number;
  /** Cell of resolution 6, or null. */
  home: number | null;
  /** How many others it was matched with, of a whole activity; NEVER when its matches have not been looked for. */
  told: number;
}

/** As a count of matches: nobody has looked for any. */
export const NEVER = -1;

export type Position = Pick<Entry, 'from' | 'tie' | 'activity'>;

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

  /** Reads back from the newest entry that began before a minute. Valid until the run changes. */
  backFrom(minute: number): Cursor {
    const beyond = { from: minute, tie: Number.POSITIVE_INFINITY, activity: Number.POSITIVE_INFINITY };
    const at = this.#pieceOf(beyond);
    const piece = this.#pieces[at];
    return new Cursor(this.#pieces, at, piece ? firstFrom(piece, beyond) - 1 : -1);
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

/** Walks a run from newer to older entries. */
export class Cursor {
  entry: Entry | undefined;

  constructor(
    private readonly pieces: readonly Entry[][],
    private at: number,
    private index: number,
  ) {
    this.entry = pieces[at]?.[index];
    if (!this.entry && at > 0) this.advance();
  }

  advance(): void {
    if (--this.index < 0) {
      this.at--;
      this.index = (this.pieces[this.at]?.length ?? 0) - 1;
    }
    this.entry = this.pieces[this.at]?.[this.index];
  }
}

/** Whether `a` comes before `b` when the newest come first. */
export function isNewer(a: Position, b: Position): boolean {
  return compare(a, b) > 0;
}
