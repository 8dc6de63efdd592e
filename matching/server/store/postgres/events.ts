import type { Event, Match, Person } from '../../../schema/index.js';
import { ACCEPTED, FRIEND, isFreshSince, mayHaveAsked, REQUESTED } from '../../rules/friends.js';
import { ShownIds } from '../../rules/shown-ids.js';
import { isoMinute, minuteOf } from '../../rules/time.js';
import { readOf, type Told } from '../../rules/told.js';
import type { Caller, MatchPage } from '../store.js';
import type { Statements } from './database.js';
import { friendship } from './relations.js';
import { receivedFrom } from './requests.js';
import { callerOf, type UserRow } from './users.js';

/** Events, or matches of an export, read at a time. */
const MOST = 100;

interface MatchRow {
  seq: number;
  id: string;
  activity: string;
  at: number;
  seconds: number;
  nearby: boolean;
  user_id: string | null;
  name: string;
  state: number;
  asked: boolean;
}

/** What happened to the caller behind a sequence number. */
export async function eventsOf(
  db: Statements,
  call: Caller & { after?: number },
): Promise<{ user: string; last: number; events: Event[] }> {
  const user = await callerOf(db, call);
  // A number from the future is of another store: start from the beginning, rather than stay silent for ever.
  const after = call.after === undefined ? user.seq : call.after > user.seq ? 0 : call.after;
  if (after === user.seq) return { user: user.id, last: after, events: [] };
  const [matches, notices] = [
    await matchEvents(db, user, after, call.now),
    await noticeEvents(db, user, after, call.now),
  ];
  // What is committed between the two readings is in one of them, and something before it may be in neither: it comes next time.
  const told = [...matches, ...notices]
    .filter(({ seq }) => seq <= user.seq)
    .sort((a, b) => a.seq - b.seq)
    .slice(0, MOST);
  return { user: user.id, ...readOf(user, told, after) };
}

/** What a user was told of matches, in its order, for their export. @param after where to go on */
export async function matchesOf(
  db: Statements,
  user: UserRow,
  after: string | undefined,
  now: number,
): Promise<MatchPage> {
  const told = await matchEvents(db, user, Number(after ?? 0), now);
  const matches = told.flatMap(({ event }) => (event?.type === 'match' ? [event.match] : []));
  const last = told.length === MOST ? told.at(-1) : undefined;
  return { matches, ...(last ? { next: String(last.seq) } : {}) };
}

async function matchEvents(db: Statements, user: UserRow, after: number, now: number): Promise<Told[]> {
  const rows = await db.all<MatchRow>(
    `SELECT match.seq, match.id, match.activity, match.at, match.seconds, match.nearby,
       users.id AS user_id, users.name, coalesce(relation.state, 0) AS state,
       EXISTS (SELECT 1 FROM friend_request
         WHERE asker = $1 AND target = match.other AND state <> ${ACCEPTED} AND made > $3) AS asked
     FROM match LEFT JOIN users ON users.key = match.other AND users.discoverable
     LEFT JOIN relation ON relation.user_key = $1 AND relation.other = match.other
     WHERE match.user_key = $1 AND match.seq > $2 ORDER BY match.seq LIMIT ${MOST}`,
    ...[user.key, after, mayHaveAsked(user, now) ? isFreshSince(now) : Number.MAX_SAFE_INTEGER],
  );
  const shown = new ShownIds(user.relation_key);
  return rows.map((row) => {
    const match = user.discoverable ? matchOf(row, shown) : undefined;
    return { seq: row.seq, event: match && { id: String(row.seq), type: 'match', match } };
  });
}

function matchOf({ user_id, name, state, asked, ...row }: MatchRow, shown: ShownIds): Match | undefined {
  if (user_id === null) return undefined;
  const person: Person = {
    user: { id: shown.of(user_id), name },
    activity: row.activity,
    window: 'overlap',
    overlapSeconds: row.seconds,
    nearby: row.nearby,
    relation: state & FRIEND ? 'friend' : asked ? 'requested' : 'stranger',
    matchId: row.id,
  };
  return { at: isoMinute(row.at), person };
}

async function noticeEvents(db: Statements, user: UserRow, after: number, now: number): Promise<Told[]> {
  const rows = await db.all<{ seq: number; kind: number; other: number; at: number }>(
    `SELECT seq, kind, other, at FROM notice WHERE user_key = $1 AND seq > $2 AND at > $3 ORDER BY seq LIMIT ${MOST}`,
    ...[user.key, after, isFreshSince(now)],
  );
  return await Promise.all(
    rows.map(async ({ seq, kind, other, at }): Promise<Told> => {
      const id = String(seq);
      if (kind === REQUESTED) {
        const request = await receivedFrom(db, user, other, now);
        return { seq, event: request && { id, type: 'friend-request', request } };
      }
      const friend = await friendship(db, user, other);
      const answer = friend && ({ at: isoMinute(minuteOf(at)), answer: 'accepted', friend } as const);
      return { seq, event: answer && { id, type: 'friend-answer', answer } };
    }),
  );
}
