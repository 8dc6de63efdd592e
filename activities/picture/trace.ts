/** A span of time with the lowest and the highest value in it: from, to (epoch milliseconds), low, high. */
export type TraceSpan = [from: number, to: number, low: number, high: number];

/** A stretch of time that is kept in detail, in epoch milliseconds. */
export interface Detail {
  from: number;
  to: number;
}

/** Spans at most: about as many as a picture has room for, and 30 kB. */
const MOST = 400;
/** How many are let go at once, so that it is not done at every value. */
const ROOM = 60;
/** What comes within so many milliseconds is one span. */
const FINEST_MS = 250;
/** Outside the detail, older spans are joined up to this length, in milliseconds. */
const COARSEST_MS = 60_000;
/** The detail is not joined into fewer spans than this. */
const DETAILED = 150;

/**
 * What one value was over time, for a picture: the fresh past as fine as it came, the older past coarser, and one stretch
 * kept fine however old it is. Its size is bounded, and taking a value in costs next to nothing.
 */
export class Trace {
  #spans: TraceSpan[];
  #last: TraceSpan | undefined;
  #detail: Detail | undefined;

  /** @param spans what another trace gave, to go on from */
  constructor(spans: readonly TraceSpan[] = []) {
    this.#spans = spans.slice(-MOST).map((span) => [...span] as TraceSpan);
    this.#last = this.#spans.at(-1);
  }

  /** Oldest first; no span overlaps the next one. */
  get spans(): readonly TraceSpan[] {
    return this.#spans;
  }

  /** Keeps a stretch in detail from now on, and no other. */
  keep(detail: Detail | undefined): void {
    this.#detail = detail;
  }

  /** Takes in a value. @param at epoch milliseconds, not before the last one's */
  note(at: number, value: number): void {
    const last = this.#last;
    if (last && at - last[0] < FINEST_MS) {
      last[1] = at;
      if (value < last[2]) last[2] = value;
      if (value > last[3]) last[3] = value;
      return;
    }
    this.#last = [at, at, value, value];
    if (this.#spans.push(this.#last) > MOST) this.#makeRoom();
  }

  /** Joins what is older; when that is not enough, lets the oldest go; when all of it is detail, coarsens that. */
  #makeRoom(): void {
    const enough = MOST - ROOM;
    this.#joinOlder(1);
    if (this.#spans.length > enough) this.#dropOldest(ROOM);
    for (let coarser = 2; this.#spans.length > enough; coarser *= 2) this.#joinOlder(coarser);
  }

  /** Joins neighbours in the older three quarters, two by two, where they are not too long for their place. */
  #joinOlder(coarser: number): void {
    const until = Math.floor((this.#spans.length * 3) / 4);
    const joined: TraceSpan[] = [];
    let open: TraceSpan | undefined;
    for (const [index, span] of this.#spans.entries()) {
      if (open && index < until && span[1] - open[0] <= this.#longest(open) * coarser) {
        joined.push([open[0], span[1], Math.min(open[2], span[2]), Math.max(open[3], span[3])]);
        open = undefined;
      } else {
        if (open) joined.push(open);
        open = span;
      }
    }
    if (open) joined.push(open);
    this.#spans = joined;
    this.#last = joined.at(-1);
  }

  #longest(span: TraceSpan): number {
    const detail = this.#detail;
    return detail && isWithin(span, detail) ? (detail.to - detail.from) / DETAILED : COARSEST_MS;
  }

  #dropOldest(most: number): void {
    const detail = this.#detail;
    let left = most;
    this.#spans = this.#spans.filter((span) => {
      if (left === 0 || (detail && isWithin(span, detail))) return true;
      left--;
      return false;
    });
  }
}

function isWithin([from, to]: TraceSpan, detail: Detail): boolean {
  return to >= detail.from && from <= detail.to;
}
