import type { ConcurrentUsers, Person } from '../../../schema/index.js';
import { ACCEPTED, BLOCKED, BLOCKS, FRIEND, isFreshSince, mayHaveAsked } from '../../rules/friends.js';
import type { Found } from '../../rules/gathering.js';
import { answerTo, PAGES_LAST_MS, pageOf, queryOf, questionOf } from '../../rules/paging.js';
import { type ActivityTimes, type Looking, personOf, type ShownAs, shareOf, topicOf } from '../../rules/sharing.js';
import { ShownIds } from '../../rules/shown-ids.js';
import { MINUTE_MS, minuteOf, windowAt } from '../../rules/time.js';
import type { Caller, Search } from '../store.js';
import type { Database, Statements } from './database.js';
import { NEWEST_OWN, timesOf } from './newest-own.js';
import type { LiveQuery } from './reading.js';
import type { Entry } from './runs.js';
import { searchLive } from './search.js';
import { searchFriends } from './search-friends.js';
import type { Topics } from './topics.js';
import { USER_COLUMNS, type UserRow, unauthorised } from './users.js';

/** Keys of those who block a user or are blocked by them; a column of a query over users. */
export const APART = `ARRAY(SELECT other FROM relation WHERE user_key = users.key AND state & ${BLOCKS | BLOCKED} <> 0) AS apart`;
/** Keys of a user's friends, likewise. */
export const FRIENDS = `ARRAY(SELECT other FROM relation WHERE user_key = users.key AND state & ${FRIEND} <> 0) AS friends`;

interface OwnRow extends ActivityTimes {
  id: string;
  spans: string;
}

interface Seer extends UserRow {
  apart: number[];
  friends: number[];
  own: OwnRow[];
  /** The greatest number that an activity has. */
  newest: number;
}

/** Somebody who was found, for somebody who looks. */
export interface Sight {
  looking: Looking & { user: UserRow };
  entry: Entry;
  as: ShownAs;
  /** The viewer's activity whose match it may be, by its id. */
  own?: string;
}

interface SightRow {
  n: number;
  id: string;
  name: string;
  state: number;
  asked: boolean;
  started: number | null;
  closes: number | null;
  match_id: string | null;
}

/** Who somebody does not find: themselves, and who is apart. */
export function hiddenFrom(user: number, apart: readonly number[]): (other: number) => boolean {
  const hidden = new Set(apart).add(user);
  return (other) => hidden.has(other);
}

/** Finds the people, and shows of them what their consent allows. */
export class People {
  constructor(
    private readonly db: Database,
    private readonly topics: Topics,
  ) {}

  /** @throws Refusal unauthorised, not-discoverable, no-cell, bad-request */
  async concurrent(call: Caller & { search: Search }): Promise<ConcurrentUsers> {
    const { search, now: asked } = call;
    const [user, topic] = await Promise.all([this.#seer(call), this.topics.find(topicOf(search))]);
    const question = questionOf(user, search, asked, topic, () => user.own);
    const answer = answerTo(question);
    if (topic === undefined) return answer;
    const { looking, own } = question;
    const isHidden = hiddenFrom(user.key, user.apart);
    const query = { ...queryOf(question, topic, () => user.newest), self: user.key, isHidden };
    const found = await this.#search(query, own ? search.among : 'friends', user.friends);
    const friends = new Set(user.friends);
    const { rows, ...page } = pageOf(question, query, found, (other) => (friends.has(other) ? 'friend' : 'stranger'));
    const shown = await showAll(
      this.db,
      rows.map((entry) => ({ looking: { ...looking, user }, entry, as: search, ...(own ? { own: own.id } : {}) })),
    );
    return { ...answer, ...page, people: shown.flatMap((person) => person ?? []) };
  }

  /** In a crowd friends are found beside it, so that none is missing. */
  async #search(query: LiveQuery, among: Search['among'], friends: readonly number[]): Promise<Found<Entry>> {
    if (among === 'friends') return await searchFriends(this.db, query, friends);
    const found = await searchLive(this.db, query);
    if (!found.truncated) return found;
    const users = new Set(found.rows.map(({ user }) => user));
    const others = friends.filter((friend) => !users.has(friend));
    return { ...found, rows: [...found.rows, ...(await searchFriends(this.db, query, others)).rows] };
  }

  /**
   * Who looks, with whoever is apart from them, their friends, and what of their newest own touches the window: of a later page
   * that may be the one in which the first was asked for, and all since then is read.
   */
  async #seer({ credential, search }: Caller & { search: Search }): Promise<Seer> {
    const minutes = windowAt(minuteOf(search.at), search.window);
    const sql = `SELECT ${USER_COLUMNS}, ${APART}, ${FRIENDS}, coalesce(
        (SELECT json_agg(json_build_object('id', a.id, 'spans', a.spans, 'started', a.started, 'closes', a.closes)
           ORDER BY a.id DESC)
         FROM ${NEWEST_OWN} AS a), '[]') AS own, (SELECT last_value FROM arrival) AS newest
      FROM users WHERE token_hash = $1`;
    const earlier = search.after === undefined ? 0 : PAGES_LAST_MS;
    const times = timesOf(minutes.from * MINUTE_MS - earlier, minutes.to * MINUTE_MS);
    const user = await this.db.get<Seer>(sql, Buffer.from(credential), ...times);
    if (!user) throw unauthorised();
    return user;
  }
}

/**
 * Shows who was found to who looks, one for each sight. Undefined for who has hidden, left or blocked since they were
 * found, and for everybody when the one who looks does not show any more.
 */
export async function showAll(db: Statements, sights: readonly Sight[]): Promise<(Person | undefined)[]> {
  if (sights.length === 0) return [];
  const viewers = sights.map(({ looking }) => looking.user.key);
  // What only friends are shown is looked up of friends alone: nothing is read where a key is NULL.
  const rows = await db.all<SightRow>(
    `WITH viewer AS MATERIALIZED (SELECT key FROM users WHERE key = ANY($7::bigint[]) AND discoverable)
     SELECT v.n, users.id, users.name, coalesce(relation.state, 0) AS state,
       EXISTS (SELECT 1 FROM friend_request
         WHERE asker = v.viewer AND target = v.other AND state <> ${ACCEPTED} AND made > v.fresh) AS asked,
       greatest(activity.started, users.shown_since) AS started, activity.closes,
       (SELECT match.id FROM match WHERE match.user_key = v.viewer AND match.mine = v.own AND match.other = v.other
         AND match.theirs = v.id) AS match_id
     FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::uuid[], $5::bigint[], $6::uuid[])
       AS v (n, viewer, other, id, fresh, own)
     JOIN viewer ON viewer.key = v.viewer
     JOIN users ON users.key = v.other AND users.discoverable
     LEFT JOIN relation ON relation.user_key = v.viewer AND relation.other = v.other
     LEFT JOIN activity ON activity.user_key = CASE WHEN relation.state & ${FRIEND} <> 0 THEN v.other END
       AND activity.id = v.id`,
    ...[sights.map((_, n) => n), viewers],
    ...[sights.map(({ entry }) => entry.user), sights.map(({ entry }) => entry.id)],
    sights.map(({ looking: { user, now } }) => (mayHaveAsked(user, now) ? isFreshSince(now) : Number.MAX_SAFE_INTEGER)),
    ...[sights.map(({ own }) => own ?? null), [...new Set(viewers)]],
  );
  const shownBy = new Map<number, ShownIds>();
  const shown = new Array<Person | undefined>(sights.length).fill(undefined);
  for (const row of rows) {
    if (row.state & (BLOCKS | BLOCKED)) continue;
    const sight = sights[row.n] as Sight;
    const { user } = sight.looking;
    const ids = shownBy.get(user.key) ?? new ShownIds(user.relation_key);
    shownBy.set(user.key, ids);
    shown[row.n] = showOne(sight, row, ids);
  }
  return shown;
}

function showOne({ looking, entry, as }: Sight, row: SightRow, ids: ShownIds): Person {
  const { state, asked, started, closes } = row;
  const relation = state & FRIEND ? 'friend' : asked ? 'requested' : 'stranger';
  const share = shareOf(looking, entry, as);
  const times = () => ({ started: started ?? 0, closes: closes ?? 0 });
  const person = personOf(looking, { id: ids.of(row.id), name: row.name }, relation, share, as, times);
  const matched = row.match_id === null ? {} : { matchId: row.match_id };
  return { ...person, ...matched };
}
