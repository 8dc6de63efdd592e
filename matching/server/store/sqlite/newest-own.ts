import { MOST_OF_USER } from '../../rules/live.js';
import { idsReaching, MOST_OWN } from '../../rules/sharing.js';
import { type Interval, MINUTE_MS } from '../../rules/time.js';
import type { Database } from './database.js';

interface OwnRow {
  key: number;
  id: string;
  spans: string;
  started: number;
  closes: number;
}

const COLUMNS = 'key, id, spans, started, closes';
/** Bounded within as well: whoever publishes under ids of the future is not to make searches read all of them. */
const LATER = `SELECT ${COLUMNS} FROM (
    SELECT ${COLUMNS} FROM activity WHERE user = ? AND id >= ? ORDER BY id DESC LIMIT ${MOST_OF_USER})
  WHERE started < ? AND closes >= ? ORDER BY id DESC LIMIT ${MOST_OWN}`;
const EARLIER = `SELECT ${COLUMNS} FROM activity WHERE user = ? AND id < ? ORDER BY id DESC LIMIT ${MOST_OWN}`;

/** What a user does that may touch some minutes, the newest first. The earlier is read when it is asked for. */
export function* newestOwn(db: Database, user: number, { from, to }: Interval): Generator<OwnRow> {
  const since = from * MINUTE_MS;
  const first = idsReaching(since);
  yield* db.all<OwnRow>(LATER, user, first, to * MINUTE_MS, since);
  yield* db.all<OwnRow>(EARLIER, user, first);
}
