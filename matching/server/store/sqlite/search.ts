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
  let open = live.backFrom(minutes.to, topic, codes, turn).filter(({ entry }) => entry);
  while (open.length > 0) {
    let newest = open[0] as Cursor;
    for (let index = 1; index < open.length; index++) {
      const cursor = open[index] as Cursor;
      if (isNewer(cursor.entry as Entry, newest.entry as Entry, turn)) newest = cursor;
    }
    const entry = newest.entry as Entry;
    if (entry.from < oldest) return;
    if (entry.ended > minutes.from && !take(entry)) return;
    newest.advance();
    if (!newest.entry) open = open.filter((cursor) => cursor !== newest);
  }
}
