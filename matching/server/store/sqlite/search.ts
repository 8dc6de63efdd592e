import { ANYWHERE, coverOf } from '../../rules/cells.js';
import { type Found, Gathering, isNewer, type LiveQuery } from '../../rules/gathering.js';
import type { LiveIndex } from './live.js';
import type { Cursor, Entry } from './run.js';

const ANYWHERE_ALONE = [ANYWHERE];

/** Who is there in those minutes. Cells are read lazily and merged; it ends as soon as there are enough. */
export function searchLive(live: LiveIndex, query: LiveQuery): Found<Entry> {
  const gathering = new Gathering<Entry>(query);
  newestFirst(live, query, (row) => gathering.take(row));
  return gathering.found;
}

/**
 * What touches the minutes in the cells that are near enough, newest first, until `take` has had enough. Calling back is
 * half the cost of a generator, and this is the innermost loop of everything.
 */
function newestFirst(live: LiveIndex, query: LiveQuery, take: (entry: Entry) => boolean): void {
  const { topic, minutes, longest, near, turn } = query;
  const codes = near ? coverOf(near.home, near.km) : ANYWHERE_ALONE;
  const oldest = minutes.from - longest;
  const open = live.backFrom(minutes.to, topic, codes, turn).filter(({ entry }) => entry);
  for (let at = open.length >> 1; at >= 0; at--) sink(open, at, turn);
  while (open.length > 0) {
    const newest = open[0] as Cursor;
    const entry = newest.entry as Entry;
    if (entry.from < oldest) return;
    if (entry.ended > minutes.from && !take(entry)) return;
    newest.advance();
    if (!newest.entry) {
      const last = open.pop() as Cursor;
      if (last !== newest) open[0] = last;
    }
    sink(open, 0, turn);
  }
}

/** Lets a cursor down in a heap whose first one is at the newest entry: a large town is read from twenty cells at once. */
function sink(heap: Cursor[], at: number, turn: number): void {
  const sinking = heap[at];
  if (!sinking) return;
  for (;;) {
    let below = 2 * at + 1;
    const [left, right] = [heap[below], heap[below + 1]];
    if (!left) break;
    if (right && isNewer(right.entry as Entry, left.entry as Entry, turn)) below++;
    const newer = heap[below] as Cursor;
    if (!isNewer(newer.entry as Entry, sinking.entry as Entry, turn)) break;
    heap[at] = newer;
    at = below;
  }
  heap[at] = sinking;
}
