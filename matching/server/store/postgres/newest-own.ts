import { MOST_OF_USER } from '../../rules/live.js';
import { idsReaching, MOST_OWN } from '../../rules/sharing.js';

const COLUMNS = 'id, number, spans, started, closes';

/**
 * What a user does that may touch some time, as a table of a query over users: `timesOf` gives $2, $3 and $4. Bounded within as
 * well: whoever publishes under ids of the future is not to make searches read all of them.
 */
export const NEWEST_OWN = `(SELECT ${COLUMNS} FROM (
    (SELECT ${COLUMNS} FROM (
       SELECT ${COLUMNS} FROM activity WHERE user_key = users.key AND id >= $4 ORDER BY id DESC LIMIT ${MOST_OF_USER}) AS later
     WHERE started < $2 AND closes >= $3 ORDER BY id DESC LIMIT ${MOST_OWN})
    UNION ALL
    (SELECT ${COLUMNS} FROM activity WHERE user_key = users.key AND id < $4 ORDER BY id DESC LIMIT ${MOST_OWN})) AS newest
  WHERE started < $2 AND closes >= $3)`;

/** @param since epoch milliseconds, and so is `until` */
export function timesOf(since: number, until: number): [until: number, since: number, first: string] {
  return [until, since, idsReaching(since)];
}
